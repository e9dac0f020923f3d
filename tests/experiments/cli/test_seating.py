"""``detente seat`` and ``detente arena`` as their user meets them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import detente, refused, written
from typer.testing import Result

ROOT = Path(__file__).resolve().parents[3]
MINE = """
from detente import Agent

class Mine(Agent):
    def answer(self, question):
        return "accept" if question.worth.gain > 1.0 else "refuse"
"""
FEW = ("--quarters", "2")


def test_a_program_of_ones_own_plays_and_its_games_replay(call: Callable[..., Result], tmp_path: Path) -> None:
    written(tmp_path, "mine.py", MINE)
    result = call("seat", "--bloc", "EU", "--bloc", "us", "--agent", "mine.py:Mine", "--games", 2, *FEW)
    assert result.exit_code == 0, result.output
    assert "detente seat --replay results/seat/game-0.json" in result.stdout
    games = json.loads((tmp_path / "results/seat/games.json").read_text("utf-8"))
    assert set(games["seats"]) == {"EU", "US"} and games["seats"]["EU"]["file"] == "mine.py"
    again = call("seat", "--replay", "results/seat/game-1.json")
    assert again.exit_code == 0 and "The same as kept, to the last bit." in again.stdout
    path = tmp_path / "results/seat/game-1.json"
    path.write_text(path.read_text("utf-8").replace('"digest": "', '"digest": "0'), "utf-8")
    other = call("seat", "--replay", "results/seat/game-1.json")
    assert other.exit_code == 1 and "Not the same as kept" in other.stdout


def test_a_file_without_its_class_is_told_what_to_write(call: Callable[..., Result], tmp_path: Path) -> None:
    written(tmp_path, "mine.py", MINE)
    written(tmp_path, "two.py", f"{MINE}\nclass Other(Mine):\n    pass\n")
    written(tmp_path, "none.py", "x = 1\n")
    for command in ("seat", "arena"):
        said = (
            f"detente {command} takes options alone, and not 'mine.py'; an agent of your own is given by --agent FILE"
        )
        refused(call(command, "mine.py"), said)
    for words in (("--bloc", "EU", "--agent"), ("--serve",)):
        refused(call("seat", *words, "mine.py"), "its class is to stand behind it: mine.py:Mine")
        refused(call("seat", *words, "mine.py:"), "its class is to stand behind it: mine.py:Mine")
        refused(call("seat", *words, "two.py"), "two.py:Mine, or two.py:Other")
        refused(call("seat", *words, "none.py"), "'none.py' has no agent; write a subclass of Agent")
        refused(call("seat", *words, "gone.py"), "'gone.py' cannot be read")
        written(tmp_path, "waits.py", MINE.replace("def answer", "async def answer"))
        refused(call("seat", *words, "waits.py:Mine"), "answer is async, and nobody awaits it; write def answer")
    refused(call("seat", "--agent", "rules"), "whose seat does rules take? name it: --bloc EU")


def test_an_agent_that_is_not_heard_is_told_on_the_side_and_counted(call: Callable[..., Result]) -> None:
    result = call("seat", "--bloc", "EU", "--url", "http://127.0.0.1:9", *FEW)
    assert result.exit_code == 0
    assert result.stderr.count("cannot be reached") == 1 and "own rules decide" in result.stderr
    assert re.search(r"EU \(http://127.0.0.1:9\): answers that failed or could not be reached: \d+; the rules decided",
                     " ".join(result.stdout.split()))  # fmt: skip


def test_the_interface_is_printed(call: Callable[..., Result]) -> None:
    result = call("seat", "--openapi")
    assert json.loads(result.stdout)["openapi"] == "3.1.0"


def test_an_agent_is_served_and_takes_a_seat(call: Callable[..., Result], tmp_path: Path) -> None:
    written(tmp_path, "mine.py", MINE)
    words = [sys.executable, "-u", "-m", "experiments.cli", "seat", "--serve", "mine.py:Mine", "--port", "0"]
    ours = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=ours) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[3]
            with urllib.request.urlopen(f"{address}/openapi.json", timeout=30) as document:
                assert json.load(document)["info"]["version"]
            result = call("seat", "--bloc", "EU", "--url", address, *FEW)
            assert result.exit_code == 0 and result.stderr.count("own rules decide") == 0
            assert "answers that" not in result.stdout
        finally:
            server.terminate()


def test_an_arena_compares(call: Callable[..., Result], tmp_path: Path) -> None:
    written(tmp_path, "mine.py", MINE)
    words = ("--agent", "rules", "--agent", "mine.py:Mine", "--bloc", "EU", "--games", 2, "--cloud", 4, *FEW)
    result = call("arena", *words)
    assert result.exit_code == 0, result.output
    assert "+0.00 [+0.00, +0.00]" in result.stdout and "mine.py:Mine" in result.stdout
    assert (tmp_path / "results/arena/arena.csv").is_file()
    assert call("arena", *words).exit_code == 0 and (tmp_path / "results/arena-2").is_dir()


def test_whoever_interrupts_an_arena_keeps_what_is_over(
    call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.seating import arena

    whole, n_begun = arena.play_all, iter(range(10))

    def interrupted(*about: object) -> Iterator[object]:
        if next(n_begun) == 1:
            raise KeyboardInterrupt
        yield from whole(*about)  # type: ignore[arg-type]

    monkeypatch.setattr(arena, "play_all", interrupted)
    result = call("arena", "--agent", "rules", "--bloc", "EU", "--bloc", "US", "--games", 2, "--cloud", 2, *FEW)
    assert result.exit_code == 130 and "Interrupted after 2 of 4 games; what is over is kept." in result.stderr
    table = (tmp_path / "results/arena/arena.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[:3] for line in table[1:]] == [["rules", "EU", "2"]]
    assert (tmp_path / "results/arena/game-0-EU-1.json").is_file()


REFUSED: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    "nothing": (("seat",), ("nothing to do", "detente seat --bloc EU")),
    "two things": (("seat", "--bloc", "EU", "--openapi"), ("--bloc beside --openapi",)),
    "nobody": (("seat", "--bloc", "EU"), ("who takes the seat?",)),
    "two agents": (("seat", "--bloc", "EU", "--agent", "rules", "--url", "http://h"), ("--agent beside --url",)),
    "no bloc": (("seat", "--bloc", "FR", "--agent", "rules"), ("'FR' is no bloc", "CN, US, EU")),
    "no agent": (("seat", "--bloc", "EU", "--agent", "tit-for-tatt"), ("'tit-for-tat'",)),
    "no file": (("seat", "--bloc", "EU", "--agent", "none.py:Mine"), ("'none.py' cannot be read",)),
    "no address": (("seat", "--bloc", "EU", "--url", "localhost:3"), ("is no address of an agent",)),
    "no model": (("seat", "--bloc", "EU", "--openai-compatible", "http://h/v1"), ("needs --model NAME",)),
    "a model alone": (("seat", "--bloc", "EU", "--agent", "rules", "--model", "m"), ("--model and --key-variable",)),
    "arena, a model alone": (("arena", "--model", "m"), ("--model and --key-variable",)),
    "no scenario": (("seat", "--bloc", "EU", "--agent", "rules", "--scenario", "2062"), ("2062", "2026")),
    "no games": (("seat", "--bloc", "EU", "--agent", "rules", "--games", 0), ("--games 0", "from 1")),
    "no luck": (("seat", "--bloc", "EU", "--agent", "rules", "--replicate", -1), ("replicate -1",)),
    "no quarters": (("arena", "--quarters", -1), ("quarters -1",)),
    "no time": (("seat", "--bloc", "EU", "--agent", "rules", "--seconds", 0), ("--seconds 0", "0.01 to 3600")),
    "no parameter": (("arena", "--set", "generosty=0.3"), ("'generosty' is not a parameter", "'generosity'")),
    "fixed parameter": (("arena", "--set", "alpha_cn=0.3"), ("alpha_cn belongs to a starting point",)),
    "no cloud": (("arena", "--cloud", 0), ("--cloud 0",)),
    "twice": (("arena", "--agent", "rules", "--agent", "rules"), ("rules is named twice",)),
    "no game": (("seat", "--replay", "none.json"), ("'none.json' cannot be read",)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_in_one_message_and_nothing_is_written(
    name: str, call: Callable[..., Result], tmp_path: Path
) -> None:
    words, said = REFUSED[name]
    refused(call(*words), *said)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_refused_before_a_game_is_played(tmp_path: Path) -> None:
    written(tmp_path, "old.txt", "mine")
    code, said = detente("arena", "--agent", "rules", "--out", tmp_path)
    assert code == 2 and "already holds files" in said


def test_agents_take_seats_in_their_order(call: Callable[..., Result], tmp_path: Path) -> None:
    words = ("seat", "--bloc", "US", "--bloc", "EU", "--agent", "always-accept", "--agent", "never-accept")
    assert call(*words, *FEW).exit_code == 0
    games = json.loads((tmp_path / "results/seat/games.json").read_text("utf-8"))
    assert {bloc: told["agent"] for bloc, told in games["seats"].items()} == {
        "US": "always-accept", "EU": "never-accept",
    }  # fmt: skip


def test_a_seat_that_came_twice_and_agents_without_a_seat_are_refused(call: Callable[..., Result]) -> None:
    for command in ("seat", "arena"):
        result = call(command, "--bloc", "US", "--bloc", "us", "--agent", "rules")
        refused(result, "--bloc US came twice; keep one")
    words = ("--agent", "rules", "--agent", "always-accept")
    refused(call("seat", "--bloc", "US", *words), "2 agents for 1 seat: allowed is one --agent for all, or one for")
    refused(call("seat", "--bloc", "US", "--bloc", "EU", *words, "--url", "http://127.0.0.1:9"), "keep one")

"""The arena: the rules against themselves differ by nothing, and every number of the table is what it says."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sample_calls import wait_until
from seated import SHORT, seatable

from experiments.classroom.game import Game, Settings
from experiments.display.ending import Ended
from experiments.seating.agents import Agent, find_agent
from experiments.seating.arena import ALL, Arena, compared, play_arena
from experiments.seating.begun import Begun
from experiments.seating.measures import by_rules, measured, percentile
from experiments.seating.play import Played, all_settings, replayed, write_game
from experiments.seating.protocol import Question
from experiments.seating.results import write_arena
from experiments.statistics.estimates import mean_interval
from model import DYADS, QUARTERS_PER_YEAR, InputFault
from model.vocabulary import THREE

GAMES = [Settings(replicate=luck, quarters=4) for luck in (4, 5)]


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> tuple[Arena, Path]:
    """Two agents in two seats under two lucks."""
    folder = tmp_path_factory.mktemp("arena") / "kept"
    agents = [find_agent("rules"), find_agent("never-accept")]
    found, fault = write_arena(lambda one: play_arena(agents, [0, 2], GAMES, 12, keep=one.keep), folder, {})
    assert fault == "" and (folder / "arena.png").stat().st_size > 10_000
    return found, folder


def test_measures_are_those_of_the_record(by_rules_alone: Game) -> None:
    recorder = by_rules_alone.model.recorder
    for bloc in range(3):
        gain = joint = attainable = treaties = kept = 0.0
        for frame in recorder.frames:
            columns = frame["dyad"]
            for d, pair in enumerate(DYADS):
                if bloc in pair:
                    gain += columns[("gain_first", "gain_second")[pair.index(bloc)]][d]
                    joint, attainable = joint + columns["joint_gain"][d], attainable + columns["attainable_gain"][d]
                    lapsed = columns["kept"][d] < 2
                    treaties += bool(columns["treaty"][d]) or lapsed
                    kept += bool(columns["treaty"][d]) and not lapsed
        found = measured(recorder, bloc)
        assert found["gain"] == pytest.approx(QUARTERS_PER_YEAR * gain / SHORT.quarters, abs=1e-12)
        assert found["gain_share"] == pytest.approx(joint / attainable, abs=1e-12)
        assert treaties > 0 and found["kept"] == pytest.approx(kept / treaties)


def test_many_lucks_at_once_are_measured_as_each_alone(by_rules_alone: Game) -> None:
    found = by_rules(SHORT, [3, 2, 9])
    for bloc in range(3):
        alone = measured(by_rules_alone.model.recorder, bloc)
        for name, values in found[bloc].items():
            assert values.shape == (3,)
            assert values[1] == alone[name], "to the last bit"


def test_a_share_of_nothing_is_none() -> None:
    class Record:
        parties = THREE

        def series(self, table: str, column: str) -> Any:
            values = {"kept": 2.0, "attainable_gain": 0.001}
            return np.full((3, 5), values.get(column, 0.0))

    found = measured(Record(), 1)
    assert math.isnan(found["gain_share"]) and math.isnan(found["kept"]) and found["gain"] == 0.0


def test_the_rules_against_themselves_differ_by_nothing(arena: tuple[Arena, Path]) -> None:
    table = arena[0].table
    rules = table[table["agent"] == "rules"]
    assert list(rules["seat"]) == ["CN", "EU", ALL]
    for name in ("gain_lead", "gain_lead_low", "gain_lead_high", "gain_share_lead"):
        assert (rules[name] == 0.0).all()
    assert (rules["decided"] == rules["asked"]).all() and (rules["not_heard"] == 0).all()


def test_the_table_is_the_means_and_paired_differences_of_the_games(arena: tuple[Arena, Path]) -> None:
    table, bouts = arena[0].table, arena[0].bouts
    assert len(bouts) == 8 and set(bouts["replicate"]) == {4, 5}
    for row in table.to_dict("records"):
        part = bouts[bouts["agent"] == row["agent"]]
        part = part if row["seat"] == ALL else part[part["seat"] == row["seat"]]
        lead = (part["gain"] - part["rules_gain"]).groupby(part["replicate"]).mean()
        wanted = mean_interval(lead.to_numpy())
        assert row["gain"] == pytest.approx(part["gain"].mean())
        assert [row["gain_lead"], row["gain_lead_low"], row["gain_lead_high"], row["n_gain_lead"]] == pytest.approx(
            [wanted.mean, wanted.low, wanted.high, 2]
        )
        assert 0.0 <= row["percentile_low"] <= row["percentile"] <= row["percentile_high"] <= 100.0
    never = table[(table["agent"] == "never-accept") & (table["seat"] == ALL)]
    assert (never["gain_lead"] != 0.0).all(), "else this test could not fail"


def test_a_luck_without_a_measure_is_left_out_of_its_difference_alone() -> None:
    rows = [
        {"agent": "a", "seat": seat, "replicate": luck, "gain": 1.0, "rules_gain": 0.5, "percentile": 50.0, "asked": 4,
         "gain_share": share, "rules_gain_share": 0.25, "kept": kept, "rules_kept": ours, "decided": 3, "not_heard": 1}
        for seat, luck, share, kept, ours in (
            ("CN", 0, 0.5, 1.0, math.nan), ("CN", 1, 0.75, math.nan, 1.0), ("CN", 2, math.nan, 0.5, 1.0),
            ("EU", 0, 0.5, 1.0, 0.5), ("EU", 1, 0.5, 1.0, 0.5), ("EU", 2, 0.5, 1.0, 0.5),
        )
    ]  # fmt: skip
    table = compared(pd.DataFrame(rows)).set_index("seat")
    assert table.loc["CN", "n_gain_lead"] == 3 and table.loc["CN", "gain_lead"] == 0.5
    assert table.loc["CN", "n_gain_share_lead"] == 2 and table.loc["CN", "gain_share_lead"] == pytest.approx(0.375)
    assert table.loc["CN", "n_kept_lead"] == 1 and table.loc["CN", "kept_lead"] == -0.5
    assert math.isnan(table.loc["CN", "kept_lead_low"])
    # Over seats: in lucks 0 and 1 only the EU has both sides of deals kept, in luck 2 both seats have.
    assert table.loc[ALL, "n_kept_lead"] == 3
    assert table.loc[ALL, "kept_lead"] == pytest.approx(np.mean([0.5, 0.5, 0.0]))
    assert table.loc[ALL, "asked"] == 24 and table.loc[ALL, "not_heard"] == 6


def test_percentiles() -> None:
    cloud = np.array([1.0, 2.0, 2.0, 3.0])
    assert [percentile(value, cloud) for value in (0.0, 1.0, 2.0, 2.5, 9.0)] == [0.0, 12.5, 50.0, 75.0, 100.0]


def test_what_an_arena_leaves_behind(arena: tuple[Arena, Path]) -> None:
    found, folder = arena
    table = pd.read_csv(folder / "arena.csv")
    assert list(table.columns) == list(found.table.columns)
    assert table["gain_lead"].to_numpy() == pytest.approx(found.table["gain_lead"].to_numpy(), rel=1e-9)
    about = json.loads((folder / "arena.json").read_text("utf-8"))
    assert about["replicates"] == [4, 5] and len(about["cloud"]) == 12 and about["cloud"][:2] == [4, 5]
    assert len(about["games"]) == 8 and set(about["measures"]) == {"gain", "gain_share", "kept", "percentile"}
    assert about["table"][0]["gain"] == found.table["gain"][0]
    row = found.bouts.iloc[5]
    game, same = replayed(folder / row["file"])
    assert same and game.digest() == row["digest"] and game.settings.replicate == row["replicate"]


def test_an_agent_that_is_not_heard_is_told_once_and_counted() -> None:
    class Broken(Agent):
        def decide(self, question: Question) -> None:
            raise ValueError("boom")

    said: list[str] = []
    found = play_arena([seatable(Broken, "broken")], [2], GAMES, 2, tell=said.append)
    assert len(said) == 1 and "EU (broken)" in said[0]
    row = found.table.iloc[0]
    assert row["not_heard"] == row["asked"] > 0 and row["decided"] == 0 and row["gain_lead"] == 0.0


def test_what_no_arena_is_played_with_is_refused() -> None:
    rules = find_agent("rules")
    with pytest.raises(InputFault, match="rules is named twice"):
        play_arena([rules, rules], [0], GAMES, 2)
    for n_cloud in (1, 100_000):
        with pytest.raises(InputFault, match="--cloud"):
            play_arena([rules], [0], GAMES, n_cloud)


def test_an_arena_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    def fails(begun: object) -> Arena:
        raise InputFault(["no"], "test")

    with pytest.raises(InputFault):
        write_arena(fails, tmp_path / "arena", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", [Ended, KeyboardInterrupt])
def test_an_arena_that_is_stopped_at_once_keeps_what_is_over(
    stop: type[BaseException], arena: tuple[Arena, Path], tmp_path: Path
) -> None:
    def play(begun: Begun, n_games: int) -> Arena:
        for row in arena[0].bouts.to_dict("records")[:n_games]:
            (begun.folder / "bouts.jsonl").write_text(json.dumps({"file": row["file"]}) + "\n", "utf-8")
        raise stop

    for n_games in (0, 1):
        with pytest.raises(stop):
            write_arena(lambda begun, n=n_games: play(begun, n), tmp_path / "arena", {})  # type: ignore[misc]
        assert [path.name for path in tmp_path.iterdir()] == [".arena.begun"] * n_games


class _Killed(BaseException):
    """As if the process had gone: nothing is cleared up."""


def test_killed_an_arena_goes_on_to_the_same(
    arena: tuple[Arena, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between a game and its row, and in the middle of a line; only what is missing is played again."""
    agents, folder = [find_agent("rules"), find_agent("never-accept")], tmp_path / "arena"
    asked, stage = {"games": 8}, tmp_path / ".arena.begun"
    played: list[str] = []

    def play(begun: Begun, upto: int) -> Arena:
        def keep(one: Played, row: Any) -> None:
            if len(played) == upto:
                write_game(begun.folder, row["file"], one)
                raise _Killed
            played.append(row["file"])
            begun.keep(one, row)

        return play_arena(agents, [0, 2], GAMES, 12, keep=keep, before=begun.before)

    with monkeypatch.context() as patch:
        patch.setattr("experiments.seating.begun.shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(_Killed):
            write_arena(lambda begun: play(begun, 3), folder, asked)
    assert len((stage / "bouts.jsonl").read_text("utf-8").splitlines()) == 3 and not folder.exists()
    with (stage / "bouts.jsonl").open("a") as bouts:
        bouts.write('{"agent": "ru')
    with pytest.raises(InputFault, match="holds another arena that was not finished"):
        write_arena(lambda begun: play(begun, 99), folder, {"games": 9})
    found, fault = write_arena(lambda begun: play(begun, 99), folder, asked)
    assert fault == "" and not stage.exists() and len(played) == len(set(played)) == 8
    whole, kept = arena
    pd.testing.assert_frame_equal(found.table, whole.table, check_exact=True)
    pd.testing.assert_frame_equal(found.bouts, whole.bouts, check_exact=True)
    assert {path.name for path in folder.iterdir()} == {path.name for path in kept.iterdir()}
    for name in ("arena.csv", "games.csv", "arena.json", "messages.jsonl"):
        assert (folder / name).read_bytes() == (kept / name).read_bytes(), name


@pytest.mark.slow
def test_killed_at_random_moments_it_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    """Two arenas of twelve games, one of them killed three times where nobody chose, leave the same files."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def start(out: str) -> subprocess.Popen[bytes]:
        asked = "--agent tit-for-tat --agent never-accept --bloc CN --bloc EU --games 3 --quarters 4 --cloud 12 --out"
        words = [sys.executable, "-m", "experiments.cli", "arena", *asked.split(), out]
        return subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)

    assert start("whole").wait() == 0
    bouts, chance = tmp_path / ".killed.begun" / "bouts.jsonl", random.Random(21)
    for over in sorted(chance.sample(range(1, 10), 3)):
        process = start("killed")
        wait_until(lambda over=over: bouts.is_file() and len(bouts.read_bytes().splitlines()) >= over)  # type: ignore[misc]
        time.sleep(chance.uniform(0.0, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not (tmp_path / "killed").exists()
    assert start("killed").wait() == 0 and not bouts.parent.exists()
    names = {path.name for path in (tmp_path / "whole").iterdir()}
    assert names == {path.name for path in (tmp_path / "killed").iterdir()}
    for name in names - {"arena.png"}:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes(), name


def test_games_are_numbered_lucks() -> None:
    assert [one.replicate for one in all_settings("2026", range(3, 6))] == [3, 4, 5]

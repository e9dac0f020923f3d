"""Wherever a command is told to write, the place is looked at before anything is played."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import pytest
import typer
from commands import SMALL, called, refused, written
from sample_runs import made_up

from experiments.cli.main import app
from experiments.design.plan_file import load_plan
from experiments.running.runner import run_plan
from model.world import World

ROOT: Final = Path(__file__).parents[3]
NOWHERE: Final = "/proc/nowhere"  # nobody, not even root, makes a file there
# What a command is told to write, and its words before that option.
PLACES: Final = {
    ("run", "--out"): ("2018",),
    ("sweep", "--out"): ("two.toml", "--workers", "1"),
    ("sweep", "--into"): ("two.toml", "--workers", "1"),
    ("demo", "--out"): ("--replicates", "1", "--rows", "0", "--workers", "1"),
    ("demo", "--into"): ("--replicates", "1", "--rows", "0", "--workers", "1"),
    ("rerun", "--out"): ("results/two", "--run", "0-0"),
    ("class", "--room"): ("--port", "0"),
    ("mechanisms", "--figure"): ("--results", str(ROOT / "docs" / "ablation.csv")),
    ("bench", "--json"): ("--quick",),
    ("bench", "--figure"): ("--quick",),
    ("league", "--out"): ("--situations", "2", "--replicates", "1", "--workers", "1"),
    ("sensitivity", "--out"): ("uncertainty", "--workers", "1"),
    ("hindcast", "--out"): ("--workers", "1"),
    ("validate", "--json"): ("--workers", "1"),
    ("validate", "--csv"): ("--workers", "1"),
    ("validate", "--figure"): ("--workers", "1"),
    ("forecast", "--out"): ("--workers", "1"),
    ("score", "--json"): (str(next((ROOT / "seeds" / "forecasts").glob("*.json"))),),
    ("emulate", "--out"): ("sliders", "--workers", "1"),
    ("page", "--out"): (),
    ("design", "--out"): ("treaty", "--workers", "1"),
    ("export", "--out"): ("results/two", "--to", "csv"),
    ("certify", "--out"): ("results/two",),
    ("seat", "--out"): ("--bloc", "EU", "--agent", "rules"),
    ("arena", "--out"): ("--agent", "rules"),
}
READ: Final = ("--tactics", "--emulator", "--lessons", "--results", "--evidence", "--verify", "--replay")
ENDINGS: Final = {"--figure": ".png", "--json": ".json", "--csv": ".csv"}
# What is written where one stands, or among results that are there.
AT_HOME: Final = {
    "report": ("results/two",),
    "discover": ("results/two",),
    "export": ("results/two", "--to", "csv"),
    "certify": ("results/two",),
    "forecast": ("--workers", "1", "--out", "new.json"),
}
DOCUMENTED: Final = ("hindcast", "assumptions", "validate", "design")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan, and results of it that nobody played."""
    home = tmp_path_factory.mktemp("outputs")
    plan = load_plan(written(home, "two.toml", SMALL))
    run_plan(plan, home / "results" / "two", 1, work=made_up)
    return home


@pytest.fixture(autouse=True)
def nothing_is_played(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter that is played is a fault of its own."""

    def step(_: object) -> None:
        raise AssertionError("something was played")

    monkeypatch.setattr(World, "step", step)
    monkeypatch.chdir(folder)


def options() -> Iterator[tuple[str, str, bool]]:
    """Every command with each of its options, and whether that names a file or folder."""
    for one in app.registered_commands:
        assert one.callback is not None
        for name, hint in get_type_hints(one.callback, include_extras=True).items():
            for how in get_args(hint)[1:]:
                if isinstance(how, typer.models.OptionInfo):
                    words = (how.default, *(how.param_decls or ()), f"--{name.replace('_', '-')}")
                    said = next(word for word in words if f"{word}".startswith("--"))
                    of = get_args(hint)[0]
                    yield one.name or one.callback.__name__, f"{said}", Path in (of, *get_args(of))


def test_every_place_is_among_these() -> None:
    found = {(name, option) for name, option, is_file in options() if is_file and option not in READ}
    assert found == set(PLACES)
    assert {name for name, option, _ in options() if option == "--document"} == set(DOCUMENTED)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
@pytest.mark.parametrize(("name", "option"), [pytest.param(*one, id="".join(one)) for one in PLACES])
def test_a_place_that_cannot_be_written_is_refused_at_once(name: str, option: str) -> None:
    refused(called(name, *PLACES[name, option], option, NOWHERE + ENDINGS.get(option, "")), NOWHERE, "be written")


@pytest.mark.parametrize("name", AT_HOME)
def test_so_is_a_folder_that_takes_no_more(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    refused(called(name, *AT_HOME[name]), "cannot be written: No space left on device in ")


@pytest.mark.parametrize("name", DOCUMENTED)
def test_so_is_a_page_that_is_not_there(name: str) -> None:
    words = ("treaty",) if name == "design" else ()
    refused(called(name, *words, "--document"), "--document: there is no 'docs/", "a checkout of the project")


WHOLE: Final = (("page", "--out"), ("certify", "--out"), ("forecast", "--out"))
FILES: Final = (*WHOLE, *(place for place in PLACES if place[1] in ENDINGS))


@pytest.mark.parametrize(("name", "option"), [pytest.param(*one, id="".join(one)) for one in FILES])
def test_a_file_that_is_there_is_never_written_over(name: str, option: str, folder: Path) -> None:
    file = folder / f"mine{ENDINGS.get(option, '.zip')}"
    file.write_text("dear to somebody", encoding="utf-8")
    refused(called(name, *PLACES[name, option], option, file), "is there already")
    assert file.read_text(encoding="utf-8") == "dear to somebody"


def test_neither_is_what_a_command_reads(tmp_path: Path) -> None:
    (name,) = PLACES["score", "--json"]
    file = tmp_path / "forecast.json"
    file.write_bytes(Path(name).read_bytes())
    refused(called("score", file, "--json", file), "is there already")
    assert file.read_bytes() == Path(name).read_bytes()
    refused(called("validate", "--json", "one.json", "--csv", "./one.json"), "is named for two outputs")


@pytest.mark.parametrize("inside", ["runs", "series/dyad", "inputs"])
def test_nothing_is_put_among_the_runs_of_a_sweep(inside: str, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    place = folder / "results" / "two" / inside / "x"
    said = f"keeps in {inside.partition('/')[0]}; name another place"
    refused(called("export", "results/two", "--to", "csv", "--out", place), said)
    refused(called("certify", "results/two", "--out", f"{place}.zip"), said)
    refused(called("seat", "--bloc", "EU", "--agent", "rules", "--out", place), said)
    refused(called("sweep", "two.toml", "--workers", "1", "--out", place), said)
    assert sorted(folder.rglob("*")) == before

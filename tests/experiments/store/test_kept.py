"""Results stand alone: what the runs were made of lies with them, and a sweep goes on only where it reads the same."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from commands import refused
from sample_runs import made_up, small_plan, stored
from typer.testing import Result

from experiments.design.plan_file import load_plan
from experiments.running.runner import rerun, run_plan
from experiments.store.folder import Results
from experiments.store.inputs import INPUTS
from model import InputFault, unload
from model.choices import tactic_file

PLAN = """
title = "own"
question = "q"
scenario = "mine.toml"
replicates = 2
[factors.dialogue_ceiling]
levels = ["none", "leaders"]
"""
MINE = 'extends = "base.toml"\nname = "mine"\ntitle = "mine"\n'
BASE = """
extends = "symmetric"
name = "base"
title = "base"
[market]
ev_share = { evidence = "share.csv:automaker=X,market_bloc={bloc}:share" }
[parameters]
tension_jump_rate = { value = 0.02, assumed = "few crises" }
"""
SHARES = "automaker,market_bloc,share,note\nX,CN,0.10,a\nX,US,0.10,b\nX,EU,0.10,c\n"
POINTS = "generosity\n0.1\n0.2\n"
TACTIC = """
from model import tactic

@tactic("half_way", "{about}")
def half_way(moment):
    '''Half of it.'''
    return moment.time * 0.0 + {share}  # a comment
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A plan with a scenario, what that extends and a table, in a folder that one is not in."""
    folder = tmp_path / "sources"
    folder.mkdir()
    files = {"plan.toml": PLAN, "mine.toml": MINE, "base.toml": BASE, "share.csv": SHARES, "points.csv": POINTS}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def swept(sources: Path, folder: Path, **how: object) -> Results:
    return run_plan(load_plan(sources / "plan.toml"), folder, 1, **how).results  # type: ignore[arg-type]


def forget() -> None:
    """As in another process: no file of tactics is loaded."""
    for file in list(tactic_file._loaded.values()):
        unload(file)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- what was read has changed --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("base.toml", "0.02", "0.12", "scenario mine.toml: tension_jump_rate: 0.02 in the results, 0.12 now"),
        ("share.csv", "EU,0.10", "EU,0.15", "scenario mine.toml: ev_share[2]: 0.1 in the results, 0.15 now"),
        ("mine.toml", '"base.toml"', '"symmetric"', "scenario mine.toml: ev_share"),
        (
            "plan.toml",
            '"leaders"',
            '"group"',
            "levels of dialogue_ceiling: none, leaders in the results, none, group now",
        ),
        ("plan.toml", '"mine.toml"', '"symmetric"', "scenario symmetric: ev_share"),
    ],
)
def test_a_change_of_anything_that_was_read_is_refused(
    file: str, old: str, new: str, says: str, sources: Path, tmp_path: Path
) -> None:
    before = swept(sources, tmp_path / "r", work=made_up).digest()
    (sources / file).write_text((sources / file).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        swept(sources, tmp_path / "r", work=made_up)
    assert says in str(caught.value)
    assert Results.open(tmp_path / "r").digest() == before


def test_a_change_of_a_table_of_points_is_refused(sources: Path, tmp_path: Path) -> None:
    text = PLAN.split("[factors", maxsplit=1)[0] + 'design = "table"\ntable = "points.csv"\n'
    (sources / "plan.toml").write_text(text, encoding="utf-8")
    results = swept(sources, tmp_path / "r", work=made_up)
    assert results.input("points.csv").read_text(encoding="utf-8") == POINTS
    (sources / "points.csv").write_bytes(POINTS.replace("0.1\n", "0.10\n").replace("\n", "\r\n").encode())
    swept(sources, tmp_path / "r", work=made_up)
    change(sources / "points.csv", "0.2", "0.3")
    with pytest.raises(InputFault, match=r"levels of generosity: 0\.1, 0\.2 in the results, 0\.1, 0\.3 now"):
        swept(sources, tmp_path / "r", work=made_up)


def test_words_comments_and_layout_may_change(sources: Path, tmp_path: Path) -> None:
    swept(sources, tmp_path / "r", work=made_up)
    change(sources / "base.toml", '"base"', '"The base, mended"')
    change(sources / "base.toml", "few crises", "there are few of them  ")
    change(sources / "share.csv", ",a\n", ",another note\n")
    change(sources / "share.csv", "0.10", "0.1000")
    for file in sources.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert swept(sources, tmp_path / "r", work=made_up).manifest["state"] == "complete"


def test_an_edit_while_a_sweep_goes_on_mixes_no_worlds(sources: Path, tmp_path: Path) -> None:
    from experiments.running.engines import run_chunk

    whole = swept(sources, tmp_path / "whole").digest()

    def work(chunk: object) -> object:
        played = run_chunk(chunk)  # type: ignore[arg-type]
        (sources / "base.toml").write_text(BASE.replace("0.02", "0.9"), encoding="utf-8")
        return played

    assert swept(sources, tmp_path / "r", work=work).digest() == whole


@pytest.mark.slow
def test_a_file_of_tactics_is_compared_by_what_it_does(
    sources: Path, tmp_path: Path, only_ours: None, call: Callable[..., Result]
) -> None:
    file = tmp_path / "own.py"
    file.write_text(TACTIC.format(about="Half.", share=0.5), encoding="utf-8")
    change(sources / "plan.toml", 'scenario = "mine.toml"', 'scenario = "symmetric"')
    change(
        sources / "plan.toml",
        '[factors.dialogue_ceiling]\nlevels = ["none", "leaders"]',
        '[factors.tactic_us]\nlevels = ["polynomial", "half_way"]',
    )
    sweep = ("sweep", "sources/plan.toml", "--out", "r", "--workers", "1")
    assert call(*sweep, "--tactics", "own.py").exit_code == 0
    refused(call("rerun", "r", "--run", "1-0"), "look at the file that was kept", "--tactics r/inputs/tactics.py")
    file.write_bytes(
        TACTIC.format(about="Half.", share=0.5).replace("a comment", "another").replace("\n", "\r\n").encode()
    )
    forget()
    assert call(*sweep, "--tactics", "own.py").exit_code == 0
    file.write_text(TACTIC.format(about="Half.", share=0.6), encoding="utf-8")
    forget()
    refused(call(*sweep, "--tactics", "own.py"), "the file of tactics: own.py with digest", "their code differs")
    file.unlink()
    forget()
    again = call("rerun", "r", "--run", "1-0", "--tactics", "r/inputs/tactics.py")
    assert again.exit_code == 0 and "The same as stored." in again.stdout, again.output


# --- results alone --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("undrawn", "without_figures")
def test_results_that_were_moved_are_reported_and_played_again(
    sources: Path, tmp_path: Path, call: Callable[..., Result]
) -> None:
    """Reached by a path from elsewhere, swept on both engines, moved without any source, in another folder."""
    assert call("sweep", "sources/plan.toml", "--out", "r", "--workers", "1").exit_code == 0
    shutil.rmtree(sources)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "r").rename(tmp_path / "elsewhere" / "moved")
    assert call("report", "elsewhere/moved").exit_code == 0
    result = call("rerun", "elsewhere/moved", "--run", "1-1", "--out", "one")
    assert result.exit_code == 0 and "The same as stored." in result.stdout, result.output
    refused(call("discover", "elsewhere/moved"), "")


def test_a_run_is_played_from_what_was_kept(sources: Path, tmp_path: Path) -> None:
    results = swept(sources, tmp_path / "r")
    change(sources / "base.toml", "0.02", "0.9")
    assert rerun(results, "0-0").is_same


@pytest.mark.parametrize("how", ["edited", "gone", "folder"])
def test_what_was_kept_is_not_touched(how: str, sources: Path, tmp_path: Path, call: Callable[..., Result]) -> None:
    swept(sources, tmp_path / "r", work=made_up)
    file = tmp_path / "r" / INPUTS / "scenario.toml"
    if how == "edited":
        change(file, "0.02", "0.12")
    elif how == "gone":
        file.unlink()
    else:
        shutil.rmtree(file.parent)
    says = "was changed after it was kept" if how == "edited" else "cannot be read (No such file or directory)"
    for words in (("report", "r"), ("rerun", "r", "--run", "0-0"), ("sweep", "sources/plan.toml", "--out", "r")):
        refused(call(*words), f"'r': {INPUTS}/", says)


@pytest.mark.parametrize("name", ["../../mine.toml", "/etc/passwd", "a/../../b", "C:\\x", ""])
def test_a_manifest_names_nothing_outside_of_its_folder(name: str, tmp_path: Path) -> None:
    results = stored(tmp_path / "r", small_plan(tmp_path))
    results.manifest["inputs"][name] = "0" * 64
    results._write_manifest()
    with pytest.raises(InputFault, match="inputs is not what a sweep writes there"):
        Results.open(tmp_path / "r")


# --- parts ----------------------------------------------------------------------------------------------------


def test_a_flipped_bit_anywhere_is_noticed_by_whoever_reads(tmp_path: Path) -> None:
    """Page checksums do not cover the footer and what lies between pages; the digest covers every byte."""
    results = stored(tmp_path / "r", small_plan(tmp_path))
    part = results.parts()[0]
    whole = part.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        data = bytearray(whole)
        data[place] ^= 0x10
        part.write_bytes(data)
        reader = Results.open(tmp_path / "r")
        for read in (
            reader.read,
            reader.read_failures,
            reader.digest,
            reader.dyads,
            functools.partial(reader.run, 0, 0),
        ):
            with pytest.raises(InputFault, match=f"{part.name}' is damaged: it was changed after it was written"):
                read()
    part.write_bytes(whole)
    assert Results.open(tmp_path / "r").digest() == results.digest()


def test_every_column_is_explained(tmp_path: Path, sources: Path) -> None:
    (sources / "plan.toml").write_text(PLAN + "[outputs]\nreplicates = 1\n", encoding="utf-8")
    results = swept(sources, tmp_path / "r")
    told = results.manifest
    assert set(pd.read_parquet(tmp_path / "r" / "runs").columns) == set(told["columns"])
    assert told["columns"]["dialogue_ceiling"].startswith("level of the parameter dialogue_ceiling: ")
    for table in ("dyad", "directed", "bloc"):
        assert set(results.read_series(table).columns) == set(told["series_columns"][table])


def test_series_are_compared_too(tmp_path: Path, sources: Path) -> None:
    (sources / "plan.toml").write_text(PLAN + "[outputs]\nreplicates = 1\n", encoding="utf-8")
    swept(sources, tmp_path / "r")
    part = next((tmp_path / "r" / "series" / "dyad").glob("*.parquet"))
    data = bytearray(part.read_bytes())
    data[-20] ^= 1
    part.write_bytes(data)
    with pytest.raises(InputFault, match="is damaged"):
        Results.open(tmp_path / "r").read_series("dyad")


def test_a_part_that_the_log_does_not_know_is_believed_if_it_is_sound(tmp_path: Path) -> None:
    """As after a sweep was killed between the two; nothing is written by reading."""
    results = stored(tmp_path / "r", small_plan(tmp_path))
    (tmp_path / "r" / "parts.log").unlink()
    assert Results.open(tmp_path / "r").digest() == results.digest()
    assert not (tmp_path / "r" / "parts.log").exists()


# --- told at the head -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_flip_of_identification_heads_every_output(
    sources: Path, tmp_path: Path, call: Callable[..., Result]
) -> None:
    text = 'extends = "2026"\nname = "m"\ntitle = "M"\ncalibrate = true\n'
    text += '[ban."vehicle software rule"]\nin_force = false\n'
    (sources / "mine.toml").write_text(text, encoding="utf-8")
    told = "! The security cost that US sees in electric cars from CN is 68.6 k$ a car in 2026, and not identified here"
    for words in (
        ("run", "sources/mine.toml"),
        ("sweep", "sources/plan.toml", "--out", "r", "--workers", "1"),
        ("rerun", "r", "--run", "0-0"),
        ("parameters", "--calibration", "sources/mine.toml"),
    ):
        assert call(*words).stdout.startswith(told), words
    shutil.rmtree(sources)
    assert call("report", "r").exit_code == 0
    assert told[2:] in (tmp_path / "r" / "report.html").read_text(encoding="utf-8").split("In plain words")[0]
    assert told[2:] in (tmp_path / "r" / "reading.txt").read_text(encoding="utf-8").splitlines()[0]


def test_where_nothing_flips_nothing_is_said(tmp_path: Path) -> None:
    assert stored(tmp_path / "r", small_plan(tmp_path)).manifest["flips"] == []

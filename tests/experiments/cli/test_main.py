"""The command: what it prints and writes, and one clear message for every way of asking wrongly."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import commands
import pandas as pd
import pytest
from commands import SMALL
from sample_runs import made_up
from typer.testing import Result

from experiments.catalogue import parameters_page
from experiments.cli import main, sweeping
from experiments.report.run_outcome import outcome_in_words
from experiments.report.run_story import MOST, SIGNS, condense, last_game
from experiments.running.engines import ENGINES
from experiments.running.executors import WorkersDie, processors
from experiments.running.worker_pool import DIED, WorkerDied
from model import PARAMETERS, InputFault, NegotiationModel, StoryLine, Turn
from model.rules import games

ROOT = Path(__file__).resolve().parents[3]


def refused(result: Result, *said: str) -> None:
    """As for every command; here nothing else has been said before."""
    commands.refused(result, *said)
    assert result.stdout == ""


# --- run ----------------------------------------------------------------------------------------------------


def test_run_tells_a_story_and_writes_the_record(call: Callable[..., Result], tmp_path: Path) -> None:
    result = call("run", "2026", "--root-seed", 1, "--set", "dialogue_ceiling=leaders", "--out", tmp_path / "r")
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert max(len(line) for line in text.splitlines()) <= 100
    for part in ("2026Q4", "Changed: dialogue_ceiling = leaders", "Outcome", "CN-US", "Mean depth", "Turning points"):
        assert part in text, part
    assert text.index("Outcome") < text.index("Turning points") < text.index("Signs: ◆ a treaty") < text.index("--all")
    assert "Games" not in text and len(text.splitlines()) < 90
    names = {path.name for path in (tmp_path / "r").iterdir()}
    tables = {"bloc", "dyad", "directed", "automaker", "supplier", "summary", "story"}
    assert names == {"run.png", *(f"{table}.parquet" for table in tables)}
    dyads = pd.read_parquet(tmp_path / "r" / "dyad.parquet")
    assert len(dyads) == 37 * 3
    summary = pd.read_parquet(tmp_path / "r" / "summary.parquet")
    assert summary["mean_depth"].tolist() == pytest.approx(dyads.groupby("entity", sort=False)["depth"].mean().tolist())
    assert (tmp_path / "r" / "run.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_address_tells_the_same_story(call: Callable[..., Result]) -> None:
    words = ("run", "--root-seed", 3, "--replicate", 2)
    first = call(*words)
    assert call(*words).stdout == first.stdout
    assert call("run", "--root-seed", 3, "--replicate", 1).stdout != first.stdout
    whole, longest = call(*words, "--all").stdout, call(*words, "--every-round").stdout
    assert len(longest.splitlines()) > len(whole.splitlines()) > 3 * len(first.stdout.splitlines())
    for part in ("Games", "Outcome", "Talks open."):
        assert part in whole and part in longest


def test_turning_points_are_lines_of_the_story_and_their_signs_are_explained(call: Callable[..., Result]) -> None:
    short, whole = (call("run", "2026", "--replicate", 1, *words).stdout for words in ((), ("--all",)))
    told = short.partition("Turning points")[2]
    lines = re.findall(r"^(?:\d{4}Q\d)? +(?:[A-Z]{2}-[A-Z]{2})? +([^\w\s]) (\S.*?) *$", told, re.MULTILINE)
    assert 6 <= len(lines) <= MOST
    legend = told.partition("Signs: ")[2]
    for sign, text in lines:
        assert f"{sign} {SIGNS[sign].split()[0]}" in legend, text
        # A signature is told in short; whatever else stands here stands in the whole as well.
        assert " sign a treaty, due to enter into force in " in text or text.split(":")[0][:30] in whole, text
    assert {sign for sign in SIGNS if f"{sign} {SIGNS[sign].split()[0]} " in legend} == {sign for sign, _ in lines}
    # The US broke it twice before China left: that is said.
    assert "after the US had not honoured it two" in short
    assert re.search(rf"^{len(lines)} of \d+ lines: --all tells all", short, re.MULTILINE)


@pytest.mark.parametrize(
    "change", [pytest.param((), marks=pytest.mark.slow), ("--every-round", "--set", "retaliation_rule=generous")]
)
def test_both_engines_tell_one_story_and_write_the_same_files(
    call: Callable[..., Result], tmp_path: Path, change: tuple[str, ...]
) -> None:
    told = {}
    for engine in ("mesa", "ensemble"):
        result = call("run", "symmetric", "--replicate", 4, *change, "--engine", engine, "--out", tmp_path / engine)
        assert result.exit_code == 0, result.output
        told[engine] = result.stdout.replace(str(tmp_path / engine), "")
    assert told["mesa"] == told["ensemble"]
    files = sorted(path.name for path in (tmp_path / "mesa").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "ensemble").iterdir())
    for name in files:
        assert (tmp_path / "mesa" / name).read_bytes() == (tmp_path / "ensemble" / name).read_bytes(), name


def test_an_engine_that_there_is_not_is_refused(call: Callable[..., Result]) -> None:
    refused(call("run", "--engine", "ensembel"), "'ensembel' is not an engine", "ensemble")
    refused(call("run", "--engine", "ensemble", "--set", "generocity=0.4"), "generosity")


@pytest.mark.parametrize("engine", ["mesa", "ensemble"])
def test_luck_that_there_is_not_is_refused(engine: str, call: Callable[..., Result]) -> None:
    refused(call("run", "--engine", engine, "--replicate", -1), "replicate = -1: allowed is a whole number from 0 to")
    refused(call("run", "--engine", engine, "--replicate", 10**19), f"replicate = {10**19}: allowed is")
    refused(call("run", "--engine", engine, "--root-seed", -1), "root_seed = -1: allowed is a whole number from 0")


def test_by_default_the_root_seed_is_the_published_one(call: Callable[..., Result]) -> None:
    from experiments.design.plan_file import read_root_seed

    assert call("run").stdout == call("run", "--root-seed", read_root_seed("default")).stdout


def test_haggling_is_cut_short() -> None:
    def line(topic: str, text: str, turn: Turn = Turn.NONE, side: int = -1) -> StoryLine:
        return StoryLine(1, "2027Q1", topic, "CN-EU", text, turn, side)

    story = [
        line("session", "Talks open."),
        line("offer", "China tables: a. Lobbies: X +0.1", Turn.TABLED, 0),
        line("refusal", "The EU refuses: own gain -0.47", Turn.REFUSED, 1),
        line("offer", "The EU tables: b.", Turn.TABLED, 1),
        line("offer", "China tables: c.", Turn.TABLED, 0),
        line("refusal", "The EU refuses: own gain -0.40", Turn.REFUSED, 1),
        line("offer", "China tables: d.", Turn.TABLED, 0),
        line("offer", "The EU accepts (believed gain +1).", Turn.ACCEPTED, 1),
        line("treaty", "In force."),
        line("offer", "China tables: e.", Turn.TABLED, 0),
    ]
    told = [one.text.split(" Lobbies")[0] for one in condense(story)]
    assert told == [
        *("Talks open.", "China tables: a.", "The EU refuses: own gain -0.47", "The EU tables: b."),
        *("(2 further offers and refusals)", "China tables: d.", "The EU accepts (believed gain +1).", "In force."),
        "China tables: e.",
    ]


def test_the_matrix_is_of_the_game_that_is_named() -> None:
    """The four payoffs on screen, classified again, give the families in the record."""
    model = NegotiationModel(scenario="2026", root_seed=11, replicate=0)
    model.run()
    last = model.tables()["dyad"].tail(3).reset_index(drop=True)
    for dyad in range(3):
        package, ((both, second_lapses), (first_lapses, neither)) = last_game(model, dyad)
        assert package == model.reference_package(dyad)
        for side, name in enumerate(("game_first", "game_second")):
            tempted, left = (first_lapses, second_lapses) if side == 0 else (second_lapses, first_lapses)
            outcomes = (both[side], tempted[side], left[side], neither[side])
            tie = 4.0 * games.TIE_FRACTION * float(model.agenda.scale[dyad, side])
            assert games.FAMILIES[int(games.side_family(*outcomes, tie))] == last.loc[dyad, name]
    assert neither == (0.0, 0.0)


def test_outcomes_in_words() -> None:
    row = {
        "dyad": "CN-EU", "mean_depth": 0.25, "depth_ceiling": 0.8, "mean_depth_contested": 0.2, "joint_gain": 1.5,
        "gain_first": 2.0, "gain_second": -0.5, "n_treaties": 1.0, "treaty_quarters": 9.0, "n_lapses": 0.0,
        "gain_share": 0.31, "inherited": False, "kept": False, "regained": False,
        "emerged": True, "emergence_label": "2030Q1", "n_spells": 1, "longest_spell": 8, "durable": False,
        "collapsed": True, "hollow": True, "blocking": "EU: legislature",
    }  # fmt: skip
    text = outcome_in_words(row, "2035Q4")
    for part in (
        "Mean depth 0.25 of a possible 0.80", "+1.50 bn$ a year (China +2.00, the EU -0.50)", "1 treaty ratified",
        "the EU -0.50), 31 % of what can be had.",
        "a treaty was in force in 9 quarters, and always honoured.",
        "emerges in 2030Q1, in one spell of 8 quarters, which",
        "does not count as durable. It ends before 2035Q4. It is hollow",
        "the legislature of the EU would not have passed it.",
    ):  # fmt: skip
        assert part in text, part
    assert "does not emerge by 2035Q4" in outcome_in_words({**row, "emerged": False}, "2035Q4")
    assert "what can be had" not in outcome_in_words({**row, "gain_share": float("nan")}, "2035Q4")
    there = {**row, "emerged": False, "inherited": True, "hollow": False}
    assert "is inherited, lost and not regained, in one spell of 8" in outcome_in_words(there, "2035Q4")
    assert "lost and regained" in outcome_in_words({**there, "regained": True}, "2035Q4")
    assert "is inherited and kept to 2035Q4." in outcome_in_words({**there, "kept": True}, "2035Q4")
    assert "is inherited and lost at once" in outcome_in_words({**there, "n_spells": 0}, "2035Q4")


# --- sweep and demo -----------------------------------------------------------------------------------------


def test_sweep_runs_a_plan_file(call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "two.toml").write_text(SMALL, encoding="utf-8")
    result = call("sweep", "two.toml", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "What makes the difference" in result.stdout
    assert result.stdout.splitlines()[1].startswith("Between China and the US cooperation ")
    assert "two: 4 runs: 4 done" in result.stderr
    names = {path.name for path in (tmp_path / "results" / "two").iterdir()}
    assert names == {
        *("manifest.json", "reading.txt", "two.png", "two-worth.png", "runs", "parts.log", ".lock", "inputs"),
        *(
            f"{name}.parquet"
            for name in ("cells", "effects", "blocs", "bloc_effects", "tests", "calibration", "definitions")
        ),
    }
    assert len(pd.read_parquet(tmp_path / "results" / "two" / "runs")) == 12
    # The same command again computes nothing; a new folder gets the same numbers. One drawing is enough.
    monkeypatch.setattr(sweeping, "_draw", lambda *_: None)
    again = call("sweep", "two.toml", "--workers", 1)
    assert "All 4 runs are in results/two already; nothing was computed." in again.stderr
    assert again.stdout == result.stdout
    assert call("sweep", "two.toml", "--workers", 1, "--into", "results/two-2").exit_code == 0
    tables = [pd.read_parquet(tmp_path / "results" / name / "cells.parquet") for name in ("two", "two-2")]
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize("plays", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_demo_does_the_main_job(
    plays: bool, call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same tables and figures of made-up runs, which cost nothing, and of runs of the model."""
    if not plays:
        monkeypatch.setitem(ENGINES, "ensemble", made_up)
    result = call("demo", "--replicates", 1, "--rows", 1, "--workers", 1, "--out", tmp_path / "demo")
    assert result.exit_code == 0, result.output
    text = result.stdout
    # Names of files are never broken, so that they can be pasted.
    assert max(len(line) for line in text.splitlines() if str(tmp_path) not in line) <= 100
    for part in ("over assumptions", "2035Q4", "trade", "Difference made by", "of 1 run "):
        assert part in text, part
    assert (tmp_path / "demo" / "mechanisms-worth.png").exists()
    assert set(pd.read_parquet(tmp_path / "demo" / "calibration.parquet")) >= {"security_cost", "supply_stake"}
    assert (tmp_path / "demo" / "mechanisms.png").exists()
    assert len(pd.read_parquet(tmp_path / "demo" / "runs")) == 8 * 2 * 3


def test_an_interrupt_keeps_finished_parts_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "many.toml").write_text(SMALL.replace("replicates = 2", "replicates = 2000"), encoding="utf-8")
    # What has begun is finished, and this engine begins five runs at a time, not five hundred.
    words = ["sweep", "many.toml", "--workers", "2", "--engine", "mesa", "--out", "out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments.cli", *words], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list((tmp_path / "out").glob("runs/*.parquet")):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "Stopping: finishing what has begun" in err
    assert "Finished runs are kept in out." in err
    assert "Traceback" not in err + out
    parts = pd.read_parquet(tmp_path / "out" / "runs")
    assert set(parts["status"]) == {"ok"}
    assert f"Interrupted after {len(parts) // 3} of 4000 runs" in err
    assert "The same command goes on from there." in err


def environment() -> dict[str, str]:
    """What a subprocess needs to find the project where this test found it."""
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


# --- parameters ---------------------------------------------------------------------------------------------


def test_parameters_on_screen(call: Callable[..., Result]) -> None:
    result = call("parameters")
    assert result.exit_code == 0
    assert max(len(line) for line in result.stdout.splitlines()) <= 100
    assert [name for name in PARAMETERS if f" {name} " not in result.stdout] == []


def test_the_page_of_parameters_is_complete(call: Callable[..., Result]) -> None:
    result = call("parameters", "--markdown")
    rows = [line for line in result.stdout.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(PARAMETERS)
    assert {row.replace("\\|", "").count("|") for row in rows} == {10}
    assert (
        "| `generosity` | 0.3 | 0 to 1 | - | mechanism | chance of honouring in spite of a bad signal | 1.11 |"
        in result.stdout
    )


def test_the_page_of_parameters_is_up_to_date() -> None:
    page = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert page == parameters_page.markdown(), "write it anew: detente parameters --markdown > docs/parameters.md"


def test_calibration(call: Callable[..., Result]) -> None:
    result = call("parameters", "--calibration", "2026")
    assert result.exit_code == 0, result.output
    for part in ("US < CN", "EU < CN", "supply stake", "kS1", "not identified"):
        assert part in result.stdout, part


def test_dead_workers_are_told_in_one_line(call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise WorkerDied(DIED)

    monkeypatch.setattr("experiments.league.league.play_league", dies)
    result = call("league", "--out", "league")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        1,
        "Stopped: the worker process died: it was killed, or there was not enough memory. "
        "Fewer processes (--workers) need less memory.",
    )

    def die(*_: object, **__: object) -> None:
        raise WorkersDie("12 worker processes died in a row; is there enough memory?")

    monkeypatch.setattr("experiments.running.runner.run_chunks", die)
    result = call("demo", "--replicates", 1, "--out", "demo")
    assert result.exit_code == 1
    assert "died in a row" in result.stderr and "The same command goes on from there." in result.stderr


# --- refusals -----------------------------------------------------------------------------------------------

RUN = ("run", "--out", "new")
REFUSALS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unknown scenario": ((*RUN, "2062"), ("2062", "2026")),
    "unknown parameter": ((*RUN, "--set", "generosty=0.4"), ("'generosty' is not a parameter", "'generosity'")),
    "out of range": ((*RUN, "--set", "generosity=-1"), ("generosity = -1", "0 to 1")),
    "not a number": ((*RUN, "--set", "generosity=nan"), ("generosity = nan", "0 to 1")),
    "infinite": ((*RUN, "--set", "plant_cost=inf"), ("plant_cost = inf", "0.5 to 5")),
    "text for a number": ((*RUN, "--set", "generosity=high"), ("generosity = 'high'", "a number from 0 to 1")),
    "number for a switch": ((*RUN, "--set", "tariff_issues=1"), ("tariff_issues = 1", "true or false")),
    "capital True": ((*RUN, "--set", "tariff_issues=True"), ("tariff_issues = 'True'", "true or false")),
    "half a quarter": ((*RUN, "--set", "contract_length=2.5"), ("contract_length = 2.5", "write 2 or 3")),
    "percent for a fraction": ((*RUN, "--set", "generosity=25"), ("rates are fractions", "write 0.25, not 25")),
    "percent sign": ((*RUN, "--set", "generosity=25%"), ("rates are fractions", "write 0.25")),
    "unknown choice": ((*RUN, "--set", "retaliation_rule=grimm"), ("'grimm'", "'grim'")),
    "misspelt level": ((*RUN, "--set", "dialogue_ceiling=leader"), ("'leader'", "'leaders'")),
    "no value": ((*RUN, "--set", "generosity"), ("--set 'generosity'", "NAME=VALUE")),
    "empty value": ((*RUN, "--set", "generosity="), ("--set 'generosity='", "NAME=VALUE")),
    "set twice": ((*RUN, "--set", "generosity=0.1", "--set", "generosity=0.2"), ("set already",)),
    "negative replicate": ((*RUN, "--replicate", "-1"), ("replicate = -1", "from 0")),
    "replicate as text": ((*RUN, "--replicate", "one"), ("--replicate = 'one': allowed is a whole number",)),
    "replicate with an exponent": ((*RUN, "--replicate", "1e3"), ("--replicate = '1e3'", "write 1000")),
    "replicate with a point": ((*RUN, "--replicate", "1.5"), ("allowed is a whole number; write one",)),
    "negative root seed": ((*RUN, "--root-seed", "-5"), ("root_seed = -5", "from 0")),
    "unknown option": ((*RUN, "--replicates", "3"), ("--replicates",)),
    "unknown command": (("runn",), ("runn",)),
    "unknown plan": (("sweep", "mechanism", "--out", "new"), ("'mechanism'", "'mechanisms'")),
    "plan that is a folder": (("sweep", ".", "--out", "new"), ("is a folder; write the path of a file",)),
    "broken TOML": (("sweep", "broken.toml", "--out", "new"), ("is not TOML", "line 2")),
    "faulty plan": (("sweep", "faulty.toml", "--out", "new"), ("3 faults", "'replicates'", "'2026'", "'generosity'")),
    "no workers": (("sweep", "two.toml", "--out", "new", "--workers", "0"), ("workers = 0", "from 1 to")),
    "too many workers": (
        ("sweep", "two.toml", "--out", "new", "--workers", "10000"),
        ("workers = 10000", f"from 1 to {4 * processors()}"),
    ),
    "workers as text": (
        ("demo", "--out", "new", "--workers", "all"),
        ("--workers = 'all': allowed is a whole number",),
    ),
    "no replicates": (("demo", "--out", "new", "--replicates", "0"), ("replicates = 0", "from 1")),
    "negative replicates": (("demo", "--out", "new", "--replicates", "-3"), ("replicates = -3", "from 1")),
    "run into a full folder": (("run", "--out", "full"), ("'full' already holds files",)),
    "sweep into a full folder": (("sweep", "two.toml", "--out", "full"), ("'full' already holds files",)),
    "demo into a full folder": (("demo", "--out", "full"), ("'full' already holds files",)),
    "run into a file": (("run", "--out", "two.toml"), ("is a file",)),
    "sweep under a file": (("sweep", "two.toml", "--out", "two.toml/new"), ("is a file",)),
    "calibration of nothing": (("parameters", "--calibration", "2062"), ("2062", "2026")),
    "two prints at once": (("mechanisms", "--arms", "--markdown"), ("--markdown and --arms", "one at a time")),
    "effects of nothing": (("mechanisms", "--table"), ("--results results/ablation",)),
    "a figure of nothing": (("mechanisms", "--figure", "a.png"), ("--results results/ablation",)),
    "results that are not there": (("mechanisms", "--results", "nowhere"), ("nowhere", "detente sweep ablation")),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_wrong_question_is_refused(what: str, call: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("title = 'A'\nquestion =\n", encoding="utf-8")
    faulty = SMALL.replace("replicates", "replicats").replace('"2026"', '"2062"') + "[settings]\ngenerosty = 1\n"
    (tmp_path / "faulty.toml").write_text(faulty, encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    words, said = REFUSALS[what]
    refused(call(*words), *said)
    assert sorted(tmp_path.rglob("*")) == before, "something was written"


def test_several_faults_come_at_once(call: Callable[..., Result]) -> None:
    refused(call("run", "--set", "a=1", "--set", "generosity=2", "--set", "generosty=1"), "'generosity'")


def test_a_full_disk_is_told_in_words(call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **how: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    refused(call("run", "--out", "new"), "No space left on device")
    assert not Path("new").exists()


def test_settings_are_read_as_toml() -> None:
    texts = ["a=0.25", "b = true", "c=group", "d='x'", "e=3", "f=1e-3"]
    assert main.parse_settings(texts) == {"a": 0.25, "b": True, "c": "group", "d": "x", "e": 3, "f": 0.001}
    with pytest.raises(InputFault, match="NAME=VALUE"):
        main.parse_settings(["=3"])


def test_mechanisms_are_shown_and_printed(call: Callable[..., Result]) -> None:
    shown, page, arms = (call("mechanisms", *more) for more in ((), ("--markdown",), ("--arms",)))
    assert [result.exit_code for result in (shown, page, arms)] == [0, 0, 0]
    assert "Climate club" in shown.stdout and "optional" in shown.stdout
    assert page.stdout.startswith("# Mechanisms") and "make ablation" in page.stdout
    assert arms.stdout.splitlines()[1].startswith("core,") and arms.stdout.splitlines()[0].startswith("name,")


# --- start-up -----------------------------------------------------------------------------------------------


def test_help_loads_nothing_heavy() -> None:
    heavy = ("mesa", "pandas", "matplotlib", "pyarrow", "numpy", "scipy", "model")
    code = (
        "import sys; from experiments.cli import main; from typer.testing import CliRunner; "
        "assert CliRunner().invoke(main.app, ['run', '--help']).exit_code == 0; "
        f"print(*[name for name in {heavy!r} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


@pytest.mark.parametrize("command", ["run", "sweep", "demo", "rerun", "report", "parameters", "mechanisms"])
def test_every_command_explains_itself(command: str, call: Callable[..., Result]) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert "--" in result.stdout
    assert command in call("--help").stdout


# --- hindcast ----------------------------------------------------------------------------------------------


def test_a_hindcast_refuses_what_it_cannot_do(
    call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.hindcast import fit

    found = call("hindcast", "--workers", 0)
    assert found.exit_code == 2 and "workers = 0: allowed is a whole number from 1 to" in found.stderr
    monkeypatch.setattr(fit, "posterior_file", lambda plan: tmp_path / "none.csv")
    found = call("hindcast", "--workers", 1, "--out", tmp_path / "r")
    assert found.exit_code == 2 and "fit it: detente hindcast --refit" in found.stderr
    assert not (tmp_path / "r" / "forecast.json").exists()

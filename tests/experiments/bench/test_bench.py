"""The benchmark measures what it says, on runs too short to be meaningful."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from experiments.bench import bench, growth, memory, show, start_up
from experiments.cli.main import app
from model import Ensemble, load_scenario


def test_both_worlds_are_timed() -> None:
    found = bench.against_mesa("symmetric", 4, repeats=1)
    assert found["mesa_ms"] > 0 and found["ensemble_ms"] > 0 and found["batch_ms"] > 0
    assert found["ratio"] == pytest.approx(found["mesa_ms"] / found["ensemble_ms"])
    assert found["runs_per_second"] == pytest.approx(1e3 / found["ensemble_ms"])


def test_processes_that_only_begin_are_timed() -> None:
    ticks: list[int] = []
    found = start_up.start_up(1, lambda: ticks.append(1))
    assert set(found) == set(start_up.COMMANDS) > {start_up.LIBRARIES} and ticks == [1]
    assert all(milliseconds > 1.0 for milliseconds in found.values())


def test_settings_side_by_side_are_timed_beside_those_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "RUNS", 2)
    found = bench.side_by_side("symmetric", 1)
    assert found["ratio"] == pytest.approx(found["alone_ms"] / found["beside_ms"]) and found["ratio"] > 1.0


def test_phases_share_the_time() -> None:
    shares = bench.by_phase("2026", 3)
    assert set(shares) == {"draws", "summary", *bench.PHASES}
    assert sum(shares.values()) == pytest.approx(1.0)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


def test_speed_by_size_of_block() -> None:
    speeds = bench.by_size("symmetric", (1, 8), repeats=1)
    assert 0 < speeds[1] < speeds[8]


def findings(twin: bool = True) -> dict[str, Any]:
    """What a benchmark finds, in its shape."""
    row = {"ensemble_ms": 10.0, "twin_ms": 12.0, "ratio": 1.2, "difference": 1e-15}
    return {
        "scenario": "2026",
        "effort": {"lanes": 8, "repeats": 1},
        "start_up": {"import numpy, pandas": 300.0, "detente --help": 150.0, "import detente": 30.0},
        "machine": {
            "arithmetic": "numpy",
            "python": "3.11.7",
            "numpy": "2.4.6",
            "mesa": "3.3.1",
            "processor": "a processor",
        },
        "worlds": {"mesa_ms": 120.0, "batch_ms": 125.0, "ensemble_ms": 2.0, "ratio": 60.0, "runs_per_second": 500.0},
        "phases": {"assess_impact": 0.7, "bargain": 0.2, "perceive": 0.001},
        "arithmetics": {"numpy_ms": 2.0, "compiled_ms": 1.6, "ratio": 1.25} if twin else None,
        "side_by_side": {"alone_ms": 20.0, "beside_ms": 5.0, "ratio": 4.0},
        "twin": {"price equilibrium": row, "together": row} if twin else None,
        "runs_per_second_by_lanes": {1: 4.0, 64: 200.0},
        "memory": {
            "large_replicates": 4096,
            "large_mb": 508.0,
            "kb_a_replicate": 250.0,
            "block_replicates": 512,
            "after_each_block_mb": [300.0, 310.0, 310.0, 310.0, 310.5],
            "growth_mb": 0.5,
        },
        "growth": {"quarters": {"exponent": 0.97, "seconds": {9: 1.0, 18: 2.0, 36: 3.9}}},
        "processes": {"runs": 20000, "one_s": 40.0, "two_s": 22.0, "ratio": 1.82},
    }


def screen() -> Console:
    return Console(file=io.StringIO(), width=100, highlight=False)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("twin", [True, False])
def test_the_tables_show_what_was_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, twin: bool) -> None:
    monkeypatch.setattr(bench, "measure", lambda *_: findings(twin))
    console = screen()
    files = tmp_path / "bench.json", tmp_path / "bench.png"
    show.run_benchmark(console, screen(), "2026", bench.QUICK, *files)
    said = written(console)
    told = (
        "120.0 ms",
        "2.00 ms",
        "4.0 times",
        "500 runs/s",
        "60.0 times",
        "508 MB",
        "exponent 0.97",
        "1.82 times",
        "70%",
    )
    for text in (*told, "125.0 ms", "0.50 times", "arithmetic numpy"):
        assert text in said
    assert "perceive" not in said
    assert ("1.25 times" in said) is twin
    assert ("1.20 times" in said) is twin and ("pip install" in said) is not twin
    assert json.loads(files[0].read_text(encoding="utf-8"))["worlds"] == findings()["worlds"]
    assert files[1].stat().st_size > 10_000


@pytest.mark.slow
def test_what_is_measured_has_that_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = bench.Effort(
        lanes=2, repeats=1, sizes=(1, 2), large=4, block=2, blocks=2, growth_lanes=2, growth_quarters=4, sweep_runs=2
    )
    monkeypatch.setattr(bench, "memory", lambda *_: findings()["memory"])
    monkeypatch.setattr(growth, "MENUS", growth.MENUS[:2])

    def twin(scenario: str, lanes: int, repeats: int, tick: Callable[[], None]) -> Any:
        """Compiled for seconds; a test of its own plays it."""
        for _ in range(3):
            tick()
        return findings()["twin"]

    monkeypatch.setattr(bench, "against_twin", twin)
    steps, said = [], []
    found = bench.measure("symmetric", tiny, lambda: steps.append(1), said.append)
    assert set(found) == set(findings()) and set(found["growth"]) == {
        "quarters",
        "replicates",
        "automakers",
        "packages",
    }
    assert len(steps) == bench.n_steps(tiny) and len(said) == 10
    assert found["machine"]["numpy"] and found["machine"]["processor"]
    json.dumps(found)
    show.show(screen(), found)


def test_the_command_measures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(show, "run_benchmark", lambda *given: seen.append(given))
    file = tmp_path / "found.json"
    assert CliRunner().invoke(app, ["bench", "--quick", "--json", str(file)]).exit_code == 0
    assert seen[0][2:] == ("2026", bench.QUICK, file, None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--json", "no/such/folder/a.json"], "no folder"),
        (["--figure", "."], "a folder"),
        (["--scenario", "2062"], "2026"),
    ],
)
def test_what_cannot_be_measured_or_written_is_refused(given: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["bench", *given])
    assert result.exit_code == 2 and words in result.output


@pytest.mark.slow
def test_twin_rules_are_the_rules() -> None:
    pytest.importorskip("numba", reason="the scalar twin needs numba: the extra bench")
    found = bench.against_twin("2026", 12, repeats=1)
    assert found is not None and set(found) > {"together"}
    assert all(row["difference"] < 1e-9 and row["ratio"] > 0 for row in found.values())


def test_without_numba_the_twin_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "experiments.bench.twin", raising=False)
    assert bench.against_twin("2026", 2, repeats=1) is None


def test_slope_of_growth() -> None:
    assert growth.exponent({10: 1.0, 20: 4.0, 40: 16.0}) == pytest.approx(2.0)


def test_a_roster_cut_into_equal_parts_sells_the_same() -> None:
    scenario = load_scenario("2026")
    larger = growth.with_more_automakers(scenario, 2)
    assert len(larger.automakers) == len(set(larger.automakers)) == 2 * len(scenario.automakers)
    np.testing.assert_allclose(larger.brand_share.sum(axis=0), scenario.brand_share.sum(axis=0))
    assert larger.tie.shape == (len(scenario.suppliers), len(larger.automakers))
    with growth.playing(larger):
        played = Ensemble("2026", 1, 2, n_quarters=2).run().summary()
    usual = Ensemble("2026", 1, 2, n_quarters=2).run().summary()
    assert not played.equals(usual) and len(played) == len(usual)


@pytest.mark.slow
def test_memory_does_not_grow_over_fifty_blocks() -> None:
    peaks = memory.in_a_process("2026", 64, 50)
    assert len(peaks) == 50 and peaks == sorted(peaks)
    # The first ten fill what the others use again; a block's own record alone is several MB.
    assert peaks[-1] - peaks[10] < 4.0


def test_every_phase_of_the_schedule_is_timed() -> None:
    from model.schedule import play_quarter

    assert set(bench.PHASES) == set(play_quarter.__code__.co_names)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_what_is_told_fits_the_screen(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show.show(console, findings())
    assert max(len(line) for line in written(console).splitlines()) <= width

"""The benchmark measures what it says, on runs too short to be meaningful."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments import bench


def test_both_worlds_are_timed() -> None:
    found = bench.against_mesa("symmetric", 4, repeats=1)
    assert found["mesa_ms"] > 0 and found["ensemble_ms"] > 0
    assert found["ratio"] == pytest.approx(found["mesa_ms"] / found["ensemble_ms"])
    assert found["runs_per_second"] == pytest.approx(1e3 / found["ensemble_ms"])


def test_phases_share_the_time() -> None:
    shares = bench.by_phase("2026", 3)
    assert set(shares) == {"draws", "summary", *bench.PHASES}
    assert sum(shares.values()) == pytest.approx(1.0)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


def test_speed_by_size_of_block() -> None:
    speeds = bench.by_size("symmetric", (1, 8), repeats=1)
    assert 0 < speeds[1] < speeds[8]


def test_the_report_shows_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, Any] = {
        "scenario": "2026",
        "lanes": 8,
        "worlds": {"mesa_ms": 120.0, "ensemble_ms": 2.0, "ratio": 60.0, "runs_per_second": 500.0},
        "phases": {"assess_impact": 0.7, "perceive": 0.001},
        "runs_per_second_by_lanes": {1: 4.0, 64: 200.0},
        "memory_kb_a_replicate": 250.0,
    }
    monkeypatch.setattr(bench, "measure", lambda scenario, lanes, repeats: found)
    bench.main(["--json", str(tmp_path / "bench.json")])
    said = capsys.readouterr().out
    assert all(text in said for text in ("120.0", "2.000", "500 runs/s", "60.0", "70.0%"))
    assert "perceive" not in said
    assert json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["worlds"] == found["worlds"]


def test_every_phase_of_the_schedule_is_timed() -> None:
    from model.schedule import World

    assert set(bench.PHASES) == {name for name in vars(World) if not name.startswith("_")}

"""Both engines play the same sweep: the same rows, to the last bit."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.cli.main import app
from experiments.running import engines
from experiments.running.engines import ENGINES, play_ensemble, play_mesa
from experiments.running.runner import CHUNKS
from experiments.store.columns import Chunk, failed_run, runs_are_true

CASES = (
    ("2026", {}),
    ("2026", {"dialogue_ceiling": 0.7, "tariff_issues": False}),
    ("symmetric", {"retaliation_rule": "grim", "repudiation_hazard": 0.08}),
)


@pytest.mark.parametrize(("scenario", "settings"), CASES)
def test_engines_hand_back_the_same_rows_and_series(scenario: str, settings: dict[str, float | bool | str]) -> None:
    chunk = Chunk(scenario, 12345, 2, settings, {"dialogue": "none"}, 3, 4, series=("dyad", "bloc"), n_series=5)
    one, other = play_mesa(chunk), play_ensemble(chunk)
    assert one.runs.schema.equals(other.runs.schema)
    assert one.runs.equals(other.runs)
    assert one.series.keys() == other.series.keys() == {"dyad", "bloc"}
    assert all(one.series[name].equals(other.series[name]) for name in one.series)


def test_a_run_that_fails_in_a_block_is_found_by_the_readable_world(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ArithmeticError("prices have not settled")

    chunk = Chunk("2026", 1, 0, {}, {}, 0, 2)
    monkeypatch.setattr(engines, "run_columns", fail)
    assert play_ensemble(chunk).runs.equals(play_mesa(chunk).runs)


def test_every_engine_has_a_size_of_part() -> None:
    assert set(CHUNKS) == set(ENGINES)


def test_an_unknown_engine_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--engine", "messa", "--out", str(tmp_path / "r")])
    assert result.exit_code == 2
    assert "'messa' is not an engine; nearest known name: 'mesa'" in result.output + result.stderr
    assert not (tmp_path / "r").exists()


def test_a_level_does_not_give_way_to_what_is_recorded_by_the_same_name() -> None:
    """A plan that varied the term of a truce was grouped by the quarters of truce that each run had."""
    levels = {"truce_quarters": 12, "track2": True, "undertakings": True}
    chunk = Chunk("2026", 12345, 0, levels, levels, 0, 2, series=("dyad", "directed"), n_series=2)
    for played in (play_mesa(chunk), play_ensemble(chunk)):
        assert set(played.runs["truce_quarters"].to_pylist()) == {12}
        assert len(set(played.runs["truce_quarters_recorded"].to_pylist())) > 1
        assert runs_are_true(played.runs)
        for table, name in (("dyad", "track2"), ("directed", "undertakings")):
            assert set(played.series[table][name].to_pylist()) == {True}
            assert f"{name}_recorded" in played.series[table].column_names
    failed = failed_run(chunk, 0, "run", "a fault")
    assert (failed["truce_quarters"].to_pylist(), failed.schema.names) == ([12], played.runs.schema.names)

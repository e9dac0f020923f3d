"""The forecast is sealed before anything of the years to score is read, and what was sealed cannot be changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hindcasts import keep_posterior_in, small_file, small_plan
from rich.console import Console

from experiments.hindcast import evidence, fit, main
from experiments.hindcast import forecast as ahead
from experiments.hindcast.plan import HindcastPlan, load_hindcast
from experiments.hindcast.scores import held_out
from model import InputFault

QUIET = Console(quiet=True)


def sample_of(plan: HindcastPlan) -> pd.DataFrame:
    """Rows in the middle of every prior."""
    row = {name: (prior.low + prior.high) / 2 for name, prior in plan.free.items()}
    row |= {"price_sd": 0.08, "trend_phi": 0.9, "trend_level_sd": 0.1, "trend_growth_sd": 0.02, "trend_noise_sd": 0.1}
    row |= dict.fromkeys((*fit.SPREAD, "supplier_sd"), 0.3)
    return pd.DataFrame([row] * plan.fit.sample)[fit.columns(plan)]


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HindcastPlan:
    """A small declaration with a sample."""
    file, plan = keep_posterior_in(tmp_path, monkeypatch), small_plan(tmp_path)
    file.write_text(fit.as_text(sample_of(plan), plan), "utf-8")
    near = pd.DataFrame([{"target": "cuts", "recorded": 1.0, "prior_low": 0.0, "prior_high": 1.0, "sample_mean": 0.5}])
    fit.targets_file(plan).write_text(fit.as_text(near, plan), "utf-8")
    return plan


def test_without_a_forecast_nothing_later_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="nothing later than 2022 is read before one is written"):
        ahead.read_sealed(tmp_path, load_hindcast())


def test_what_was_sealed_stays_as_it_was(tmp_path: Path) -> None:
    plan = load_hindcast()
    table = pd.DataFrame([[0.1, 0.2]], columns=["draw_0", "draw_1"])
    table.index = pd.MultiIndex.from_tuples([("ev_share", "CN", 2023)], names=ahead.KEYS)
    sealed = ahead.write(tmp_path, table, plan, "abc")
    assert sealed.draws("ev_share", "CN", 2023).tolist() == [0.1, 0.2] and sealed.posterior == "abc"
    assert json.loads((tmp_path / ahead.SEAL_FILE).read_text("utf-8"))["forecast"] == sealed.digest
    with pytest.raises(InputFault, match="belongs to another declaration"):
        ahead.read_sealed(tmp_path, plan.model_copy(update={"title": "another question"}))
    changed = (table + 0.1).reset_index()
    changed.to_parquet(tmp_path / ahead.DRAWS_FILE, index=False)
    with pytest.raises(InputFault, match="was changed after it was sealed"):
        ahead.read_sealed(tmp_path, plan)


def test_a_forecast_of_another_declaration_opens_nothing() -> None:
    sealed = ahead.Sealed(pd.DataFrame(), "x", "of another", "y")
    with pytest.raises(InputFault, match="read when their forecast is sealed"):
        held_out(load_hindcast(), sealed)


def test_spells() -> None:
    session = np.array([[[0, 1, 1, 0, 0, 1, 1, 1]], [[1, 1, 1, 1, 0, 1, 0, 0]]])
    assert ahead.spells(session, 0).tolist() == [2.0, 4.0, 1.0]
    assert ahead.spells(session, 4).tolist() == [4.0, 1.0]


def test_the_forecast_is_sealed_before_the_years_to_score_are_read(
    ready: HindcastPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole command but its figures, with every look at the evidence and the sealing in their order."""
    from experiments.hindcast import figures

    monkeypatch.setattr(figures, "draw_all", lambda *_: {})
    log: list[Any] = []
    rows, write = evidence.rows, main.write

    def logged_rows(file: str, first: int, last: int) -> Any:
        log.append(last)
        return rows(file, first, last)

    def logged_write(*args: Any) -> ahead.Sealed:
        sealed = write(*args)
        log.append("sealed")
        return sealed

    monkeypatch.setattr(evidence, "rows", logged_rows)
    monkeypatch.setattr(main, "write", logged_write)
    out = tmp_path / "results"
    bars = main.run_hindcast(QUIET, None, workers=1, out=out, name=str(small_file(tmp_path)))
    seal = log.index("sealed")
    assert log[:seal] and max(log[:seal]) <= ready.fit_last
    assert max(entry for entry in log[seal + 1 :] if entry != "sealed") == ready.score_last
    assert log.count("sealed") == 1 and len(bars) == 14
    names = {path.name for path in out.iterdir()}
    assert {"forecast.parquet", "forecast.json", "scores.parquet", "chances.parquet", "report.html"} <= names
    html = (out / "report.html").read_text("utf-8")
    assert html.count("<table") == 8 and "http" not in html.replace("http://www.w3.org", "")
    sealed = ahead.read_sealed(out, ready)
    draws = sealed.draws("ev_share", "EU", 2025)
    assert draws.size == ready.fit.sample * ready.forecast.lanes and np.all((draws > 0) & (draws < 1))
    assert len(set(draws.tolist())) == draws.size


@pytest.mark.slow
def test_every_figure_is_drawn(ready: HindcastPlan, tmp_path: Path) -> None:
    out = tmp_path / "results"
    main.run_hindcast(QUIET, None, workers=1, out=out, name=str(small_file(tmp_path)))
    for name in ("ev-shares", "prices-and-suppliers", "duties", "automakers"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "report.html").read_text("utf-8").count("<img") == 4

"""How good a sealed forecast was, beside the baselines: CRPS and coverage, Brier and log scores.

The continuous ranked probability score is in the unit of what is forecast and is the absolute error of a point; lower
is better. Coverage is the share of observations inside the middle 50 or 90 % of the draws. The log score is minus the
log of the probability given to what happened, the Brier score the squared error of the probabilities; lower is better.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.hindcast import baselines
from experiments.hindcast.evidence import (
    BLOCS,
    DIRECTED,
    DYADS,
    Record,
    automakers,
    later,
    market_sizes,
    past,
    suppliers,
)
from experiments.hindcast.forecast import Sealed
from experiments.hindcast.plan import HindcastPlan
from model import InputFault

MODEL: Final = "model"
BANDS: Final = {"in_50": (0.25, 0.75), "in_90": (0.05, 0.95)}
BASE_RATES: Final = "base rates"
CHANCE_QUANTITIES: Final = ("duty moves", "talks", "agreements", "collapses", "threats")


def held_out(plan: HindcastPlan, sealed: Sealed) -> Record:
    """The record of the years to score: opened by a forecast that is written and sealed, and by nothing else.

    Raises:
        InputFault: there is no such forecast, or it is one of another declaration.
    """
    if not isinstance(sealed, Sealed) or sealed.declaration != plan.digest:
        raise InputFault(["the years to score are read when their forecast is sealed, not before"], "hindcast")
    return later(plan)


def crps(draws: np.ndarray, seen: float) -> float:
    """Continuous ranked probability score of equally likely draws (n,)."""
    x = np.sort(draws)
    n = x.size
    spread = float(np.sum((2.0 * np.arange(1, n + 1) - n - 1.0) * x)) / (n * n)
    return float(np.mean(np.abs(x - seen))) - spread


def score_draws(draws: np.ndarray, seen: float) -> dict[str, Any]:
    """CRPS, whether the bands hold what was seen, and the bands."""
    low, median, high = np.quantile(draws, [0.05, 0.5, 0.95])
    inside = {name: bool(np.quantile(draws, a) <= seen <= np.quantile(draws, b)) for name, (a, b) in BANDS.items()}
    return {"observed": seen, "crps": crps(draws, seen), **inside, "low": low, "median": median, "high": high}


def score_chance(chances: np.ndarray, happened: np.ndarray) -> dict[str, float]:
    """Brier and log score of chances (c,) of outcomes; happened (c,) is 1 for what came, or parts of 1."""
    kept = np.maximum(chances, 1e-12)
    return {
        "brier": float(np.sum((chances - happened) ** 2)),
        "log_score": float(-np.sum(happened * np.log(kept))),
        "probability": float(np.sum(chances * happened)),
    }


def yes_no(chance: float, part: float) -> tuple[np.ndarray, np.ndarray]:
    """Chances of yes and no, and what happened; part 0.5 is half a yes."""
    return np.array([chance, 1.0 - chance]), np.array([part, 1.0 - part])


def scores(plan: HindcastPlan, sealed: Sealed) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of every number, a row each and forecaster: shares, prices and duties; then moves and episodes."""
    seen, before = held_out(plan, sealed), past(plan)
    return _continuous(plan, sealed, seen, before), _chances(plan, sealed, seen, before)


def _continuous(plan: HindcastPlan, sealed: Sealed, seen: Record, before: Record) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []

    def add(quantity: str, entity: str, year: int, value: float, by: dict[str, np.ndarray]) -> None:
        for forecaster, draws in by.items():
            own = {"quantity": quantity, "entity": entity, "year": year, "forecaster": forecaster}
            rows.append({**own, **score_draws(draws, value)})

    level = np.cumsum(seen.price_change)
    for y, year in enumerate(plan.score_years):
        for m, (bloc, by) in enumerate(baselines.ev_shares(before, year).items()):
            model = {MODEL: sealed.draws("ev_share", bloc, year)}
            add("EV shares", bloc, year, float(seen.ev_share[m, y]), model | by)
        for m, bloc in enumerate(BLOCS):
            pool = before.brand[m][np.isfinite(before.brand[m, :, -1])]
            for f, maker in enumerate(automakers()):
                if np.isfinite(before.brand[m, f, -1]) and np.isfinite(seen.brand[m, f, y]):
                    model = {MODEL: sealed.draws("brand", f"{bloc} {maker}", year)}
                    by = baselines.shares(before, before.brand[m, f], pool, year)
                    add("automaker shares", f"{bloc} {maker}", year, float(seen.brand[m, f, y]), model | by)
        pool = before.supplier[np.isfinite(before.supplier[:, -1])]
        for k, maker in enumerate(suppliers()):
            if np.isfinite(before.supplier[k, -1]) and np.isfinite(seen.supplier[k, y]):
                model = {MODEL: sealed.draws("supplier", maker, year)}
                by = baselines.shares(before, before.supplier[k], pool, year)
                add("supplier shares", maker, year, float(seen.supplier[k, y]), model | by)
        by = {MODEL: sealed.draws("price", "WORLD", year)} | baselines.price(before, year)
        add("pack prices, log", "WORLD", year, float(level[y]), by)
        for pair, (name, by) in enumerate(baselines.duties(before, market_sizes(), year).items()):
            model = {MODEL: sealed.draws("duty", name, year)}
            add("EV duties", name, year, float(seen.duty[pair, y]), model | by)
    if seen.lengths.size:
        draws = sealed.draws("length", "months", plan.score_last)
        for number, months in enumerate(seen.lengths):
            add("length of talks, months", f"episode {number + 1}", plan.score_last, float(months), {MODEL: draws})
            add(
                "length of talks, months",
                f"episode {number + 1}",
                plan.score_last,
                float(months),
                {BASE_RATES: before.lengths},
            )
    return pd.DataFrame(rows)


def _chances(plan: HindcastPlan, sealed: Sealed, seen: Record, before: Record) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []

    def add(quantity: str, entity: str, year: int, by: dict[str, np.ndarray], happened: np.ndarray) -> None:
        for forecaster, chances in by.items():
            own = {"quantity": quantity, "entity": entity, "year": year, "forecaster": forecaster}
            rows.append({**own, "happened": float(happened[-1]), **score_chance(chances, happened)})

    for y, year in enumerate(plan.score_years):
        wanted = baselines.duties(before, market_sizes(), year)
        for pair, name in enumerate(DIRECTED):
            draws = sealed.draws("move", name, year)
            counts = np.array([np.sum(draws == step) for step in (-1.0, 0.0, 1.0)], dtype=np.float64) + 1.0
            by = {MODEL: counts / np.sum(counts), BASE_RATES: baselines.move_rates(before)}
            by["preferences"] = baselines.preference_moves(wanted[name]["preferences"], before.duty[pair, -1])
            add("duty moves", name, year, by, np.array([-1, 0, 1]) == seen.moves[pair, y])
    found = {"talks": (before.talks, seen.talks), "agreements": (before.agreement, seen.agreement)}
    found["collapses"] = (before.collapse, seen.collapse)
    for kind, (was, came) in found.items():
        for y, year in enumerate(plan.score_years):
            for d, dyad in enumerate(DYADS):
                draws = sealed.draws(kind, dyad, year)
                chance = (float(np.sum(draws)) + 0.5) / (draws.size + 1.0)
                for forecaster, p in ((MODEL, chance), (BASE_RATES, baselines.rate(was[d]))):
                    chances, happened = yes_no(p, float(came[d, y]))
                    add(kind, dyad, year, {forecaster: chances[::-1]}, happened[::-1])
    usual = (float(np.sum(before.threats[:, 1])) + 1.0) / (len(before.threats) + 2.0)
    for dyad, part in seen.threats:
        name = DYADS[int(dyad)]
        carried, dropped = (float(np.sum(sealed.draws(x, name, plan.score_last))) for x in ("carried", "dropped"))
        for forecaster, p in ((MODEL, (carried + 1.0) / (carried + dropped + 2.0)), (BASE_RATES, usual)):
            chances, happened = yes_no(p, float(part))
            add("threats", name, plan.score_last, {forecaster: chances[::-1]}, happened[::-1])
    return pd.DataFrame(rows)


# --- in short ----------------------------------------------------------------------------------------------------


def in_short(continuous: pd.DataFrame, chances: pd.DataFrame) -> pd.DataFrame:
    """A row a quantity and forecaster: n scored, mean scores, coverage, and how the model compares with it.

    verdict: of the model against that forecaster, by the mean difference of CRPS or log score over the same numbers:
    better or worse by more than one standard error of that mean, or a tie.
    """
    rows = []
    for frame, score in ((continuous, "crps"), (chances, "log_score")):
        for quantity, own in frame.groupby("quantity", sort=False):
            model = own[own["forecaster"] == MODEL][score].to_numpy()
            for forecaster, theirs in own.groupby("forecaster", sort=False):
                gap = model - theirs[score].to_numpy()
                error = float(np.std(gap, ddof=1) / np.sqrt(gap.size)) if gap.size > 1 else 0.0
                mean = float(np.mean(gap))
                verdict = "tie" if abs(mean) <= error else ("better" if mean < 0 else "worse")
                row = {"quantity": quantity, "forecaster": forecaster, "n": gap.size}
                row[score] = float(theirs[score].mean())
                for name in ("in_50", "in_90", "brier"):
                    if name in theirs:
                        row[name] = float(theirs[name].mean())
                row["verdict"] = "" if forecaster == MODEL else verdict
                rows.append(row)
    return pd.DataFrame(rows)


def bars(short: pd.DataFrame) -> dict[str, tuple[bool, str]]:
    """The bars of the hindcast: whether each is met, and by how much."""
    by = short.set_index(["quantity", "forecaster"])
    found: dict[str, tuple[bool, str]] = {}
    kinds = ("EV shares", "automaker shares", "supplier shares")
    n = np.array([by["n"][kind, MODEL] for kind in kinds], dtype=np.float64)
    means = {
        (column, who): float(np.sum(n * [by[column][kind, who] for kind in kinds]) / np.sum(n))
        for column, who in (("in_90", MODEL), ("crps", MODEL), ("crps", "logistic"))
    }
    covered, own, line = (means[key] for key in means)
    found["all shares: 90 % band covers at least 80 %"] = (covered >= 0.8, f"{100 * covered:.1f} %")
    found["all shares: mean CRPS at most the logistic trend's"] = (own <= line, f"{own:.4f} against {line:.4f}")
    for quantity in kinds:
        covered, own, line = by["in_90"][quantity, MODEL], by["crps"][quantity, MODEL], by["crps"][quantity, "logistic"]
        found[f"{quantity}: 90 % band covers at least 80 %"] = (bool(covered >= 0.8), f"{100 * covered:.1f} %")
        found[f"{quantity}: mean CRPS at most the logistic trend's"] = (
            bool(own <= line),
            f"{own:.4f} against {line:.4f}",
        )
    covered = by["in_90"]["pack prices, log", MODEL]
    found["pack prices within the 90 % band"] = (bool(covered == 1.0), f"{100 * covered:.0f} % of years")
    for quantity in CHANCE_QUANTITIES:
        own, base = by["log_score"][quantity, MODEL], by["log_score"][quantity, BASE_RATES]
        found[f"{quantity}: log score better than base rates"] = (bool(own < base), f"{own:.3f} against {base:.3f}")
    return found

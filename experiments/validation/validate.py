"""The validation from end to end: figures at the defaults and under the assumption sample, counts in runs, the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from rich.console import Console

from experiments.findings.assumed import weighted_quantile
from experiments.hindcast.assumptions import AssumptionPlan, load_assumptions, load_sample, settings
from experiments.hindcast.work import mapping
from experiments.validation import counts, effects
from experiments.validation.counts import Counted
from experiments.validation.effects import Figure
from experiments.validation.market import Markets
from experiments.validation.published import published
from experiments.validation.rows import Row, assembled
from model import PARAMETERS, InputFault

REPLICATES: Final = 256
ENDS: Final = (0.05, 0.95)
ALPHAS: Final = ("alpha_cn", "alpha_us", "alpha_eu")
SUBJECT: Final = "validate"


@dataclass(frozen=True)
class Validation:
    """Everything that the page tells.

    luck: 95 % interval of every count for the luck of the runs; alphas: figures with price responses at the low and at
    the high end of their declared ranges; others: figures that paragraphs mention.
    """

    rows: list[Row]
    luck: dict[str, tuple[float, float]]
    alphas: tuple[dict[str, Figure], dict[str, Figure]]
    others: dict[str, float]
    n_rows: int
    n_replicates: int
    plan: AssumptionPlan


def validate(
    n_rows: int | None = None, replicates: int = REPLICATES, workers: int = 1, progress: Console | None = None
) -> Validation:
    """Compute every row.

    n_rows: rows of the assumption sample, from the first on; None: all; 0: none. replicates: runs at the defaults.

    Raises:
        InputFault: the sample, the numbers of rows or replicates, or the evidence are not usable.
    """
    plan = load_assumptions()
    sample = _rows_of(load_sample(plan)[0], n_rows)
    _check_replicates(replicates)
    weights, parameters = sample["weight"].to_numpy(np.float64), sample.drop(columns="weight")
    fixed = default_figures()
    tasks = [settings(row) for _, row in parameters.iterrows()]
    under = list(mapping(workers, progress, "markets")(figures_task, tasks))
    whole, by_row = counts.count(plan, parameters, replicates, mapping(workers, progress, "runs"))
    fixed |= _counted(whole)
    for row, part in zip(under[:: counts.EVERY], by_row, strict=True):
        row.update(_counted(part))
    rows = assembled(published() | counts.recorded(plan), fixed, _spread(under, weights, fixed))
    ends = tuple(figures_task({name: getattr(PARAMETERS[name], end) for name in ALPHAS}) for end in ("low", "high"))
    return Validation(rows, whole.intervals(0.95), ends, other_figures(), len(sample), replicates, plan)  # type: ignore[arg-type]


def default_figures() -> dict[str, Figure]:
    """Figures of the markets at the defaults: nothing in them is drawn."""
    return figures_task({})


def figures_task(chosen: dict[str, Any]) -> dict[str, Figure]:
    """Figures of the markets under some parameters; nan where a scenario cannot be calibrated with them."""
    try:
        return effects.figures(Markets(effects.NOW, chosen), Markets(effects.THEN, chosen))
    except (ArithmeticError, InputFault):
        return {}


def other_figures() -> dict[str, float]:
    """Figures beside the rows, for their paragraphs."""
    now, then = Markets(effects.NOW), Markets(effects.THEN)
    full = Markets(effects.THEN, {"pass_through": 1.0})
    short, long = effects.by_brand(now)
    low, high = effects.US_USUAL, effects.US_USUAL + effects.US_ADDED
    found = {
        "imports by brand, short run": short,
        "imports by brand, long run": long,
        "import price, EU duty on China 2026": effects.passed_on(
            now, "EU<CN", effects.USUAL, effects.USUAL + effects.ADDED
        ),
        "import price, Chinese duty on the US 2018": effects.passed_on(then, "CN<US", 0.15, 0.40),
        "import price, pass_through 1": effects.passed_on(full, "US<EU", low, high),
        "recognition 2018": effects.recognition(then)[1],
        "threats, all to September 2026, carried out in full": counts.carried_in_full(),
    }
    return found | {f"elasticity {bloc} 2026": now.elasticity(bloc)[0] for bloc in ("CN", "US", "EU")}


def _counted(found: Counted) -> dict[str, Figure]:
    return {key: (value, value) for key, value in found.figures().items()}


def _spread(
    under: Sequence[Mapping[str, Figure]], weights: np.ndarray, fixed: Mapping[str, Figure]
) -> dict[str, tuple[tuple[float, float], tuple[float, float], int]]:
    """Of every figure its 5 and 95 % over the rows of the sample, short run and long run, and how many rows tell."""
    found = {}
    for key in fixed:
        values = np.array([row.get(key, (np.nan, np.nan)) for row in under]).reshape(-1, 2)
        known = ~np.isnan(values[:, 0])
        ends = [
            tuple(weighted_quantile(values[known, run], weights[known], q) if known.any() else np.nan for run in (0, 1))
            for q in ENDS
        ]
        found[key] = (ends[0], ends[1], int(np.sum(known)))
    return found  # type: ignore[return-value]


def _rows_of(sample: pd.DataFrame, n_rows: int | None) -> pd.DataFrame:
    if n_rows is None:
        return sample
    if not 0 <= n_rows <= len(sample):
        fault = f"--rows {n_rows}: allowed is 0 to {len(sample)}, the rows of the sample; 0 leaves it out"
        raise InputFault([fault], SUBJECT)
    return sample.iloc[:n_rows]


def _check_replicates(replicates: int) -> None:
    if not 1 <= replicates <= 65536:
        raise InputFault([f"--replicates {replicates}: allowed is a whole number from 1 to 65536"], SUBJECT)

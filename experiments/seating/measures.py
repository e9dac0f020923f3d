"""What a seat is measured by: its gain, the share of what could be had, deals kept, and where it lies in a cloud."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from experiments.classroom.game import Settings
from model import QUARTERS_PER_YEAR, Ensemble, load_scenario

FloatArray = npt.NDArray[np.float64]

MEASURES: Final = {
    "gain": "what the seat's bloc gains in its pairs over having no treaties (bn$ a year, mean over quarters)",
    "gain_share": "joint gain of its pairs, as a share of the attainable gain (none below 0.01 bn$ a year)",
    "kept": "of the quarters of its pairs with a treaty, the share in which both sides kept it (none without treaties)",
    "percentile": "share of the cloud (other luck, by the rules alone) in which its bloc gains less; ties count half",
}
PAIRED: Final = ("gain", "gain_share", "kept")
LEAST_ATTAINABLE: Final = 0.01  # bn$ a year


def measured(recorder: Any, bloc: int) -> dict[str, FloatArray]:
    """What came of a bloc's pairs: the measures that are ``PAIRED``, each (...) as the record has lanes or none."""
    pairs = recorder.parties.dyads
    own = [(d, ("gain_first", "gain_second")[pair.index(bloc)]) for d, pair in enumerate(pairs) if bloc in pair]
    series = {name: recorder.series("dyad", name) for name in ("joint_gain", "attainable_gain", "treaty", "kept")}

    def total(column: FloatArray, d: int) -> FloatArray:
        found = np.zeros(np.shape(column[..., d, 0]))
        for t in range(column.shape[-1]):  # in order: the same bits whether games are alone or together
            found = found + column[..., d, t]
        return QUARTERS_PER_YEAR * found / column.shape[-1]

    gain = sum(total(recorder.series("dyad", side), d) for d, side in own)
    joint, attainable = (sum(total(series[name], d) for d, _ in own) for name in ("joint_gain", "attainable_gain"))
    with_treaty, kept = np.zeros(np.shape(gain)), np.zeros(np.shape(gain))
    for d, _ in own:
        lapsed = series["kept"][..., d, :] < 2.0
        has = (series["treaty"][..., d, :] > 0.0) | lapsed
        with_treaty = with_treaty + np.count_nonzero(has, axis=-1)
        kept = kept + np.count_nonzero(has & ~lapsed, axis=-1)
    return {
        "gain": np.asarray(gain, dtype=np.float64),
        "gain_share": _share(np.asarray(joint), np.asarray(attainable), LEAST_ATTAINABLE),
        "kept": _share(kept, with_treaty, 1.0),
    }


def _share(part: FloatArray, whole: FloatArray, least: float) -> FloatArray:
    is_there = whole >= least
    return np.where(is_there, part / np.where(is_there, whole, 1.0), math.nan)


def by_rules(settings: Settings, replicates: Sequence[int]) -> dict[int, dict[str, FloatArray]]:
    """Bloc -> measures of these lucks by the rules alone, (R,); the same numbers as single games have."""
    scenario = load_scenario(settings.scenario)
    most, blocs = scenario.n_quarters, range(scenario.parties.n_blocs)
    ensemble = Ensemble(
        settings.scenario,
        settings.root_seed,
        list(replicates),
        dict(settings.parameters),
        n_quarters=min(settings.quarters or most, most),
    )
    parts: list[dict[int, dict[str, FloatArray]]] = []
    for _, world in ensemble.worlds():
        world.run()
        parts.append({bloc: measured(world.recorder, bloc) for bloc in blocs})
    return {bloc: {name: np.concatenate([part[bloc][name] for part in parts]) for name in PAIRED} for bloc in blocs}


def percentile(value: float, cloud: FloatArray) -> float:
    """The share of a cloud below a value, in percent; ties count half."""
    below, ties = np.count_nonzero(cloud < value), np.count_nonzero(cloud == value)
    return 100.0 * (below + 0.5 * ties) / cloud.size

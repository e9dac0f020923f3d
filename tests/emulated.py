"""An emulator that nobody fitted: weights drawn once, so that every path of a prediction is taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.emulation.emulator import CURVES, FORM
from experiments.store.sources import code_fingerprint
from model import __version__

N_POINTS = 40
# Outcome, where, whether it is a yes or no, what of another output it needs, its limits.
OUTPUTS = (
    ("inherited", "US-EU", True, None, [0.0, 1.0]),
    ("emerged", "US-EU", True, [0, False], [0.0, 1.0]),
    ("kept", "US-EU", True, [0, True], [0.0, 1.0]),
    ("mean_depth", "CN-EU", False, None, [0.0, 1.0]),
    ("joint_gain", "CN-EU", False, None, [-2.0, 7.0]),
    ("duty_first", "CN-US", False, None, [0.0, 1.0]),
)
# What a page shows of every pair.
OF_ALL_PAIRS = tuple(
    (outcome, where, outcome in ("inherited", "emerged"), None, [0.0, 1.0])
    for where in ("CN-US", "CN-EU", "US-EU")
    for outcome in ("inherited", "emerged", "durable", "gain_share", "mean_depth", "duty_first", "duty_second")
)


def made_up_emulator(outputs: tuple[Any, ...] = OUTPUTS) -> dict[str, Any]:
    """What the file of an emulator says: three inputs, one of them on a logarithm and one of whole numbers."""
    luck = np.random.default_rng(20261129)
    names = (("generosity", 0.0, 1.0, "linear", False, 0.1), ("tension_jump_rate", 0.01, 0.2, "log", False, 0.04),
             ("punishment_quarters", 1.0, 8.0, "linear", True, 2.0))  # fmt: skip
    keys = ("name", "low", "high", "scale", "is_whole", "usual")

    def output(outcome: str, where: str, is_yes_no: bool, only: Any, limits: list[float]) -> dict[str, Any]:
        drawn = luck.normal(0.0, 0.3, (len(CURVES), N_POINTS))
        drawn -= drawn.mean(axis=1, keepdims=True)  # so that answers lie on both sides of their level
        curves = {
            curve: {"offset": level, "weights": own.tolist()}
            for curve, level, own in zip(CURVES, (0.5, 0.2, 0.8), drawn, strict=True)
        }
        return {
            "outcome": outcome, "where": where, "is_yes_no": is_yes_no, "only": only, "limits": limits, "width": 0.3,
            "floor": 0.02, "shares": [0.7, 0.4], "lengths": luck.uniform(0.2, 1.0, (2, len(names))).tolist(), **curves,
        }  # fmt: skip

    return {
        "form": FORM, "version": __version__, "code_sha256": code_fingerprint(), "plan": "sliders",
        "scenario": "2026", "settings": {}, "n_points": N_POINTS, "replicates": 8,
        "inputs": [dict(zip(keys, one, strict=True)) for one in names],
        "points": luck.uniform(0.0, 1.0, (N_POINTS, len(names))).tolist(),
        "outputs": [output(*one) for one in outputs],
    }  # fmt: skip

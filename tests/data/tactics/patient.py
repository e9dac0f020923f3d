"""A tactic that waits, then gives half, then follows its partner."""

import numpy as np

from model import acceptance, stance, tactic


@tactic("patient")
def patient(moment):
    """Waits for most of a session, then gives half; follows a partner who gives."""
    late = np.where(moment.time > 0.75, 0.5, 0.0)
    return np.maximum(late, 0.8 * moment.offered * moment.trust**0.3)


@acceptance("eager")
def eager(worth, hope, moment):
    """Takes what is worth nearly its hope."""
    return worth >= 0.9 * hope


@stance("warn_once", horizon=2)
def warn_once(conduct):
    """Answers by half, once."""
    return np.where(conduct.signal > 0.5, 1.0, 0.5 + 0.5 * (conduct.u < conduct.generosity)), 0.0

"""Whether the channel between two governments is open, and how far their dialogue has come.

Theory 1.9b. Dialogue has no payoff of its own. It lowers perception noise, monitoring error and the drift of
tension; those effects live with the rules they change (``packages.noise_scale``, ``trust.monitoring_error``,
``tension.tension_step``), so that each can be switched off alone.
"""

from __future__ import annotations

import numpy as np

from model.numerics import FloatArray, FloatLike
from model.rules import BoolArray, BoolLike


def channel_open(
    was_open: BoolLike, tension: FloatLike, closes_above: FloatLike, opens_below: FloatLike, pathway_on: BoolLike = True
) -> BoolArray:
    """Whether the official channel is open this quarter (True/False), with hysteresis.

    was_open: (...), last quarter. tension: (...), in [0, 1].
    closes_above: scalar, tension that shuts an open channel, in [0.5, 1]; default 0.85.
    opens_below: scalar, tension that reopens a shut one, in [0.3, 1], below closes_above; default 0.70.
    pathway_on: scalar or (...), False disconnects tension from the channel: it is then always open.
    Limits: between the two marks nothing changes; exactly at a mark nothing changes; higher tension never opens it.
    Source: theory 1.9b and pathway (a) of 1.12; the marks are assumptions.
    """
    # Written with comparisons rather than "~": callers pass plain truth values, and ~True is -2 in Python.
    mark = np.where(was_open, closes_above, opens_below)
    stays = np.where(was_open, np.less_equal(tension, mark), np.less(tension, mark))
    return np.logical_or(stays, np.logical_not(pathway_on))


def dialogue_step(
    level: FloatLike, is_open: BoolLike, ceiling: FloatLike, rise: FloatLike, fall: FloatLike, floor: FloatLike = 0.0
) -> FloatArray:
    """State of the dialogue next quarter, a fraction in [floor, 1].

    level: (...), now, in [0, 1]. is_open: (...), whether the official channel is open.
    ceiling: (...) or scalar, highest level this kind of channel reaches: none 0, technical 0.4, ministerial
    0.7, leaders 1.
    rise: scalar, per open quarter, in [0, 0.5]; default 0.10. fall: scalar, per shut quarter, in [0, 1];
    default 0.20.
    floor: (...) or scalar, what subnational contacts keep alive, in [0, 0.3]; 0 when that switch is off.
    Limits: settles at the ceiling while open and at the floor while shut; a ceiling below the floor leaves
    the floor.
    Source: theory 1.9b; Keohane 1984, Earnest 2008; the rates are assumptions.
    """
    raised = np.minimum(np.add(level, rise), ceiling)
    return np.maximum(np.where(is_open, raised, np.subtract(level, fall)), floor)


def subnational_level(level: FloatLike, tension: FloatLike, breaks_above: FloatLike = 0.85) -> FloatArray:
    """State of dialogue that subnational contacts sustain this quarter, a fraction [switch: subnational].

    level: (...) or scalar, dl_sub, what they sustain in calm times, in [0, 0.3]. tension: (...), in [0, 1]; pass 0
    to shut that pathway. breaks_above: scalar, tension above which half of them break off; default 0.85.
    Limits: the level itself at and below the mark, half of it above.
    Source: theory 1.9b and pathway (d) of 1.12 (at half weight); S2 (states and provinces); the sizes are assumptions.
    """
    return np.where(np.greater(tension, breaks_above), np.multiply(0.5, level), level)


def track2_step(
    track2: FloatLike, tension: FloatLike, rise: FloatLike = 0.05, breaks_above: FloatLike = 0.85
) -> FloatArray:
    """State of joint research (track 2) next quarter, a fraction in [0, 1] [switch: track2].

    track2: (...), now, in [0, 1]. tension: (...), in [0, 1]; pass 0 to shut that pathway.
    rise: scalar, per quarter, whether or not the official channel is open; default 0.05.
    breaks_above: scalar, tension above which half of the joint work is lost; default 0.85.
    Limits: reaches 1 in calm times; halves each tense quarter; never leaves [0, 1].
    Source: theory 1.16; S3 (university and industry consortium); the rates are assumptions.
    """
    return np.where(np.greater(tension, breaks_above), np.multiply(0.5, track2), np.minimum(np.add(track2, rise), 1.0))

"""Instruments: which paper a package needs, how long it waits to enter into force, and what its life is worth.

Governments sign a truce alone, for a year at a time. What binds longer is an agreement, on which a legislature votes
where it has a vote and which waits for the law; recognition of certificates and an open market wait longest (second
edition 5).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike, power
from model.rules import BoolLike, IntArray

#: The deepest position of a duty that a government cuts by its own act (``vocabulary.DUTY_POSITIONS``: one third).
DEEPEST_IN_TRUCE = 2


class Instrument(IntEnum):
    """What a treaty is."""

    NONE = 0
    TRUCE = 1
    AGREEMENT = 2
    RECOGNITION = 3


def instrument_of(is_treaty: BoolLike, duty: IntArray, exceeds: BoolLike, by_law: BoolLike) -> npt.NDArray[np.int8]:
    """The instrument that a package needs, a code of ``Instrument``, (...).

    is_treaty: (...), whether it holds anything. duty: (..., 2), position of each side's duty, 0 to 4. exceeds: (...),
    whether it holds a quota or other access short of an open market, common charging, or technology cooperation.
    by_law: (...), whether a side recognises certificates or opens its market.
    Limits: nothing for no treaty; a commitment more never makes a lower instrument.
    Source: second edition 5. Truces of 2018-2025 cut duties and eased controls by executive acts; the EU's duties of
    the deal of August 2025 took a law of July 2026 (``events.csv``).
    """
    deep = np.logical_or.reduce(np.greater(duty, DEEPEST_IN_TRUCE), axis=-1)
    least = np.where(deep | exceeds, Instrument.AGREEMENT, Instrument.TRUCE)
    return np.where(is_treaty, np.where(by_law, Instrument.RECOGNITION, least), Instrument.NONE).astype(np.int8)


def entry_lag(
    instrument: npt.NDArray[np.int8], u: FloatLike, agreement: tuple[int, int], recognition: tuple[int, int]
) -> FloatArray:
    """Quarters from signature to entry into force, >= 1, (...); 1 is the next quarter.

    instrument: (...), codes. u: (...), a uniform draw in [0, 1). agreement, recognition: the least lag, >= 1, and by
    how many quarters it may be longer, >= 0, all equally likely.
    Limits: 1 for a truce; never outside the range.
    Source: second edition 5; ``events.csv`` (Phase One: one quarter; the deal between the EU and the US: four).
    """
    least, more = (np.where(instrument == Instrument.RECOGNITION, recognition[k], agreement[k]) for k in (0, 1))
    return np.where(instrument > Instrument.TRUCE, least + np.floor(u * (more + 1.0)), 1.0)


def life(
    instrument: npt.NDArray[np.int8],
    continuation: float,
    length: float,
    renewal: float,
    agreement: tuple[int, int],
    recognition: tuple[int, int],
) -> FloatArray:
    """What a flow is worth over the expected life of an instrument, as a share of the same flow from now on, (...).

    continuation: weight d of the next quarter, in (0, 1). length: quarters of a truce, >= 1. renewal: chance that it is
    renewed each time, in [0, 1]. agreement, recognition: as in ``entry_lag``.
    Limits: a truce that is surely renewed is worth as much as what lasts, one that never is 1 - d^length; an agreement
    that starts next quarter is worth 1, and less with every quarter of waiting.
    Source: present value of an annuity; a truce lives from term to term, an agreement begins after its lag.
    """
    d, lasts = continuation, power(continuation, length)
    waits = [
        power(d, least - 1.0) * (1.0 - power(d, more + 1.0)) / ((1.0 - d) * (more + 1.0))
        for least, more in (agreement, recognition)
    ]
    return np.array([1.0, (1.0 - lasts) / (1.0 - renewal * lasts), *waits])[instrument]

"""What a package needs, how long it waits, and what its life is worth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from model.rules import instruments
from model.rules.instruments import Instrument

AGREEMENT, RECOGNITION = (1, 3), (2, 4)


def of(duty: tuple[int, int] = (0, 0), exceeds: bool = False, by_law: bool = False, is_treaty: bool = True) -> int:
    return int(instruments.instrument_of(is_treaty, np.array(duty), exceeds, by_law))


def test_a_commitment_more_never_makes_a_lower_instrument() -> None:
    codes = {
        (first, second, exceeds, by_law): of((first, second), exceeds, by_law)
        for first, second, exceeds, by_law in itertools.product(range(5), range(5), (False, True), (False, True))
    }
    for one, other in itertools.product(codes, codes):
        assert any(x > y for x, y in zip(one, other, strict=True)) or codes[one] <= codes[other]
    assert set(codes.values()) == {Instrument.TRUCE, Instrument.AGREEMENT, Instrument.RECOGNITION}
    assert of(is_treaty=False) == Instrument.NONE


def test_governments_alone_go_down_by_one_third() -> None:
    assert [of((position, 1)) for position in range(5)] == [*[Instrument.TRUCE] * 3, *[Instrument.AGREEMENT] * 2]
    assert of((0, 0), exceeds=True) == Instrument.AGREEMENT
    assert of((4, 4), exceeds=True, by_law=True) == Instrument.RECOGNITION


def test_lags_fill_their_range_evenly() -> None:
    u = (np.arange(1000) + 0.5) / 1000
    for kind, ends in ((Instrument.AGREEMENT, (1, 4)), (Instrument.RECOGNITION, (2, 6)), (Instrument.TRUCE, (1, 1))):
        lag = instruments.entry_lag(np.full(u.shape, kind, dtype=np.int8), u, AGREEMENT, RECOGNITION)
        values, counts = np.unique(lag, return_counts=True)
        assert values.tolist() == list(range(ends[0], ends[1] + 1))
        assert np.ptp(counts) <= 1


def life(kind: Instrument, length: float = 4.0, renewal: float = 0.7, lag: tuple[int, int] = (1, 3)) -> float:
    return float(instruments.life(np.array([kind], dtype=np.int8), 0.95, length, renewal, lag, RECOGNITION)[0])


def test_a_truce_that_is_surely_renewed_lasts() -> None:
    assert life(Instrument.TRUCE, renewal=1.0) == pytest.approx(1.0)
    assert life(Instrument.TRUCE, renewal=0.0) == pytest.approx(1 - 0.95**4)
    assert life(Instrument.TRUCE, length=4000.0, renewal=0.0) == pytest.approx(1.0)
    worth = [life(Instrument.TRUCE, renewal=r) for r in np.linspace(0, 1, 11)]
    assert (np.diff(worth) > 0).all()


def test_the_life_of_a_truce_is_the_sum_over_its_quarters() -> None:
    d, renewal = 0.95, 0.7
    alive = np.cumprod([renewal if t and t % 4 == 0 else 1.0 for t in range(4000)])
    weights = d ** np.arange(4000)
    assert life(Instrument.TRUCE) == pytest.approx(float(alive @ weights / weights.sum()))


def test_an_agreement_is_worth_less_with_every_quarter_of_waiting() -> None:
    assert life(Instrument.AGREEMENT, lag=(1, 0)) == pytest.approx(1.0) == life(Instrument.NONE)
    assert life(Instrument.AGREEMENT, lag=(3, 0)) == pytest.approx(0.95**2)
    assert life(Instrument.AGREEMENT, lag=(1, 3)) == pytest.approx(np.mean(0.95 ** np.arange(4)))

"""All chance: the address of a run fixes its luck, and nothing else moves it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from model.draws import STREAMS, Draws, draw, draw_lanes, draw_stream, seeds

FIELDS = [field.name for field in dataclasses.fields(Draws)]


def test_every_stream_is_drawn_and_every_code_is_its_own() -> None:
    assert set(FIELDS) == set(STREAMS)
    codes = [stream.code for stream in STREAMS.values()]
    assert len(set(codes)) == len(codes)


# A code is permanent: a changed one would move the luck of every run that was ever reported.
@pytest.mark.parametrize(("name", "code"), [("tension_shock", 1), ("own_error", 4), ("opening", 11), ("plant", 15)])
def test_codes_stay_what_they_were(name: str, code: int) -> None:
    assert STREAMS[name].code == code
    assert all(stream.use for stream in STREAMS.values())


@pytest.mark.parametrize("name", FIELDS)
def test_a_longer_horizon_leaves_earlier_quarters_as_they_were(name: str) -> None:
    short, long = (draw_stream(name, 5, 2, n, 7) for n in (3, 40))
    np.testing.assert_array_equal(short, long[:3])
    assert long.shape[0] == 40 and np.all(np.isfinite(long))


@pytest.mark.parametrize("name", FIELDS)
def test_root_seed_and_replicate_are_the_address(name: str) -> None:
    one = getattr(draw(7, 3, 5, 6), name)
    np.testing.assert_array_equal(one, getattr(draw(7, 3, 5, 6), name))
    for other in (draw(7, 4, 5, 6), draw(8, 3, 5, 6), draw(3, 7, 5, 6)):
        assert not np.any(one == getattr(other, name))


def test_streams_do_not_repeat_each_other() -> None:
    luck = draw(1, 0, 200, 14)
    flat = [np.ravel(getattr(luck, name))[:400] for name in FIELDS]
    for i, one in enumerate(flat):
        for other in flat[i + 1 :]:
            assert abs(np.corrcoef(one[: min(one.size, other.size)], other[: min(one.size, other.size)])[0, 1]) < 0.25


@pytest.mark.parametrize("name", FIELDS)
def test_numbers_follow_their_law(name: str) -> None:
    numbers = np.ravel(draw_stream(name, 11, 0, 4000, 14))
    mean, variance = {"normal": (0, 1), "uniform": (0.5, 1 / 12), "exponential": (1, 1)}[STREAMS[name].law]
    assert abs(numbers.mean() - mean) < 5 * np.sqrt(variance / numbers.size)
    assert numbers.var() == pytest.approx(variance, rel=0.1)
    if STREAMS[name].law == "uniform":
        assert numbers.min() >= 0.0 and numbers.max() < 1.0


def test_one_quarter_is_drawn_in_front() -> None:
    luck = draw(1, 0, 37, 14)
    assert all(getattr(luck, name).shape[0] == 38 for name in FIELDS)
    assert luck.plant.shape == (38, 14, 3) and luck.own_error.shape == (38, 3, 2, 10)
    # The roster changes only the stream that is drawn by automaker.
    fewer = draw(1, 0, 37, 6)
    same = [name for name in FIELDS if np.array_equal(getattr(luck, name), getattr(fewer, name))]
    assert set(FIELDS) - set(same) == {"plant"}


def test_lanes_have_the_luck_of_their_replicates() -> None:
    lanes = draw_lanes(9, [4, 0, 17], 6, 5)
    for place, replicate in enumerate((4, 0, 17)):
        alone = draw(9, replicate, 6, 5)
        for name in FIELDS:
            many = getattr(lanes, name)
            np.testing.assert_array_equal(many[:, place], getattr(alone, name))
            # A quarter's numbers of all replicates lie side by side.
            assert many[0].strides[0] == many.itemsize


@pytest.mark.parametrize("numbers", [[4, 9, 4, 4], [7, 7], list(range(70)) * 2])
def test_a_replicate_that_comes_again_has_the_same_luck(numbers: list[int]) -> None:
    luck = draw_lanes(12, numbers, 3, 2)
    for name in STREAMS:
        whole = getattr(luck, name)
        alone = np.stack([getattr(draw(12, number, 3, 2), name) for number in numbers], axis=1)
        np.testing.assert_array_equal(whole, alone)
        assert whole.strides[1] == whole.itemsize, "replicates are fastest in memory"


def test_the_luck_of_few_is_drawn_once_for_worlds_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    first = draw_lanes(7, range(3), 4, 2)
    known = first.entry.copy()
    first.entry[...] = 0.5  # its own
    monkeypatch.setattr("model.draws._fill", lambda *_: pytest.fail("drawn again"))
    again = draw_lanes(7, [0, 1, 2], 4, 2)
    np.testing.assert_array_equal(again.entry, known)
    assert again.entry.strides == first.entry.strides
    for other in ((8, range(3), 4, 2), (7, range(1, 4), 4, 2), (7, range(3), 5, 2), (7, range(3), 4, 3)):
        with pytest.raises(pytest.fail.Exception):
            draw_lanes(*other)


@pytest.mark.parametrize("root_seed", [0, 1, 20260928, 2**32 - 1, 2**32, 2**70 + 5, 2**200 + 3])
def test_addresses_hashed_together_are_numpys(root_seed: int) -> None:
    replicates = [0, 1, 123456, 2**32 - 1]
    for code in (1, 15):
        for replicate, seed in zip(replicates, seeds(root_seed, replicates, code), strict=True):
            alone = np.random.SeedSequence(root_seed, spawn_key=(replicate, code))
            np.testing.assert_array_equal(seed.generate_state(4, np.uint64), alone.generate_state(4, np.uint64))
    (beyond,) = seeds(root_seed, [2**32], 1)
    assert isinstance(beyond, np.random.SeedSequence)


def test_a_hashed_address_seeds_nothing_but_what_it_was_made_for() -> None:
    (seed,) = seeds(7, [3], 2)
    with pytest.raises(ValueError, match="PCG64"):
        seed.generate_state(8)

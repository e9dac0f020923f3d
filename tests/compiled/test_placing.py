"""What kernels are told of where arrays lie, against what NumPy says of them."""

import ctypes
import itertools

import numpy as np
import pytest

from model.compiled import placing
from model.ensemble import Ensemble


def told(array: np.ndarray, axes: int) -> list[int]:
    """Where an array lies and its steps in items, by hand."""
    first = array.ctypes.data
    places = [slice(None)] * array.ndim
    steps = []
    for axis in range(axes):
        there = first
        if axis < array.ndim and array.shape[axis] > 1:
            there = array[(*places[:axis], slice(1, None))].ctypes.data
        steps.append((there - first) // array.itemsize)
    return [first, *steps]


SOLID = np.zeros((5, 4, 3, 2))
ARRAYS = [
    *(SOLID, SOLID.T, SOLID[:1], SOLID[:, 1], SOLID[1, :, 2], SOLID[::2, ..., ::-1], SOLID[0, 0, 0, 0:1], np.zeros(())),
    *(np.broadcast_to(SOLID[0, :, :1], (6, 4, 3, 2)), SOLID.transpose(2, 0, 3, 1)[1:], np.arange(9), np.arange(9)[7:]),
]


@pytest.mark.parametrize("read", [True, False])
def test_a_table_says_where_arrays_lie(read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "reads_headers", lambda: read)
    for axes in (4, 6):
        given = [*ARRAYS, None]
        by_hand = [[0] * (1 + axes) if one is None else told(one, axes) for one in given]
        assert list(placing.placed(given, axes)) == [*itertools.chain(*by_hand)]
    marks = np.zeros((3, 5), dtype=bool).T
    assert list(placing.placed([marks], itemsize=1)) == told(marks, 3)
    with pytest.raises(ValueError, match="more than 3 axes"):
        placing.placed([None, SOLID])


def test_headers_are_read_in_the_usual_build_and_in_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = object.__basicsize__ == 16 and ctypes.sizeof(ctypes.c_void_p) == 8
    assert placing.reads_headers() is usual
    for place, wrong in (("_has_header", lambda one: False), ("_read", lambda arrays, axes: [0])):
        with monkeypatch.context() as changed:
            changed.setattr(placing, place, wrong)
            assert not placing.reads_headers.__wrapped__()


def test_no_bit_depends_on_how_arrays_are_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    def played() -> list[list[object]]:
        return Ensemble("2026", 3, 3, n_quarters=9, arithmetic="compiled").run().summary().to_numpy().tolist()

    ours = played()
    monkeypatch.setattr(placing, "reads_headers", lambda: False)
    assert repr(played()) == repr(ours)

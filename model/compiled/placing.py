"""Where arrays lie, as kernels are told: a table of the address and the steps of each.

A kernel asks for a dozen arrays, and where a world has few replicates, looking each up by Python costs more than the
kernel does. So a kernel reads what NumPy has written down of an array (``places.c``), where that stands where it is
looked for; that is tried once a process. Elsewhere Python asks NumPy.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from model.compiled.build import kernels

NUMBER: Final = 8  # bytes of a float64 and of an int64

Table = Any  # of int64, by ctypes


def placed(arrays: Sequence[npt.NDArray[Any] | None], axes: int = 3, itemsize: int = NUMBER) -> Table:
    """For each array where it lies and its steps in numbers, one for each of so many axes, 0 for those that it has not.

    An axis of length one has no step; an array that is not there lies nowhere (0). The arrays must outlive the table.
    itemsize: of all of them, bytes.
    Raises ``ValueError`` for an array of more axes.
    """
    return _read(arrays, axes, itemsize) if reads_headers() else _asked(arrays, axes)


def _read(arrays: Sequence[npt.NDArray[Any] | None], axes: int, itemsize: int = NUMBER) -> Table:
    n = len(arrays)
    to_table, to_objects = _rooms(n, axes)
    table, objects = to_table(), to_objects(*[0 if one is None else id(one) for one in arrays])
    if kernels().place(n, axes, itemsize, objects, table):
        raise ValueError(f"an array has more than {axes} axes")
    return table


@functools.cache
def _rooms(n: int, axes: int) -> tuple[Any, Any]:
    """The types of a table of n arrays, and of their objects: to name a type anew costs as much as to fill it."""
    return ctypes.c_int64 * (n * (1 + axes)), ctypes.c_void_p * n


def _asked(arrays: Sequence[npt.NDArray[Any] | None], axes: int) -> Table:
    row: list[int] = []
    for one in arrays:
        if one is None:
            row += [0] * (1 + axes)
            continue
        if one.ndim > axes:
            raise ValueError(f"an array has more than {axes} axes")
        steps = [step // one.itemsize if n > 1 else 0 for n, step in zip(one.shape, one.strides, strict=True)]
        row += [one.__array_interface__["data"][0], *steps, *[0] * (axes - len(steps))]
    return (ctypes.c_int64 * len(row))(*row)


@functools.cache
def reads_headers() -> bool:
    """Whether the header of an array is what ``places.c`` takes it for: it is where CPython's ``id`` says."""
    # Two words in front of every object: not so without the interpreter's lock, nor in builds made to look for faults.
    sizes = (object.__basicsize__, ctypes.sizeof(ctypes.c_void_p), np.dtype(np.intp).itemsize)
    if (
        sys.implementation.name != "cpython"
        or sizes != (16, 8, 8)
        or np.ndarray.__basicsize__ < 8 * len(_Header._fields_)
    ):
        return False
    solid = np.zeros((5, 4, 3, 2))
    tried = [
        solid,
        solid.T,
        solid[:1],
        solid[:, 1],
        solid[::2, ..., ::-1],
        solid[0, 0, 0],
        np.zeros(7)[2:],
        np.zeros(()),
    ]
    tried.append(np.broadcast_to(solid[0, :, :1], (6, 4, 3, 2)))
    return all(map(_has_header, tried)) and list(_read(tried, 4)) == list(_asked(tried, 4))


class _Header(ctypes.Structure):
    """What an array begins with, as in ``places.c``."""

    _fields_: ClassVar = [
        ("count", ctypes.c_int64), ("type", ctypes.c_void_p), ("data", ctypes.c_void_p), ("n_axes", ctypes.c_int),
        ("lengths", ctypes.c_int64), ("steps", ctypes.c_int64),
    ]  # fmt: skip


def _has_header(one: npt.NDArray[Any]) -> bool:
    """Whether it begins so, looked at without following what could be no address: NumPy puts steps behind lengths."""
    header = _Header.from_buffer_copy(ctypes.string_at(id(one), ctypes.sizeof(_Header)))
    has_steps = header.steps - header.lengths == 8 * one.ndim or not one.ndim
    return header.data == one.ctypes.data and header.n_axes == one.ndim and has_steps

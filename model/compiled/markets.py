"""Markets cleared by the compiled kernel: what ``market.clearing.equilibrium`` does, in one pass over each market."""

from __future__ import annotations

import numpy as np

from model.compiled.build import kernel
from model.compiled.placing import placed
from model.numerics import FloatArray


def equilibrium(
    base: FloatArray,
    utility: FloatArray,
    alpha: FloatArray,
    sigma: float,
    start: FloatArray | None,
    sweeps: int,
    weight: FloatArray | None,
    late: tuple[float, int, int],
) -> tuple[FloatArray, ...]:
    """Price, markup, within and share (..., m, f), outside, inclusive and residual (..., m).

    Arguments as in ``market.clearing``; alpha (..., 1); late: the residual that is not good enough, k$, sweeps made
    where one is worse, and how often at most. There is at least one automaker.
    Raises ``MemoryError``.
    Limits: each market has the bits that it has alone; NaN is never cut off.
    """
    given = [base, utility, alpha, start, weight]
    shape = np.broadcast_shapes(*(one.shape for one in given if one is not None))
    # Three axes: replicates, markets, automakers.
    lanes, markets, firms = int(np.prod(shape[:-2])), shape[-2] if len(shape) > 1 else 1, shape[-1]
    inputs = [None if one is None else _three_axes(one, shape, (lanes, markets, firms)) for one in given]
    outputs: list[FloatArray] = [np.empty((markets, firms, lanes)).transpose(2, 0, 1) for _ in range(4)]
    outputs += [np.empty((markets, lanes)).T for _ in range(3)]
    if kernel("equilibrium", lanes)(lanes, markets, firms, sigma, sweeps, *late, placed([*inputs, *outputs])):
        raise MemoryError("no memory for one market")
    if len(shape) == 3:
        return tuple(outputs)
    return tuple(one.reshape((*shape[:-2], *one.shape[1:]) if len(shape) > 1 else one.shape[2:]) for one in outputs)


def _three_axes(x: FloatArray, shape: tuple[int, ...], axes: tuple[int, int, int]) -> FloatArray:
    """x as an array with these axes, without copying where it has three of them or fewer."""
    x = np.asarray(x, dtype=np.float64)
    if x.strides and any(step % x.itemsize for step in x.strides):
        x = x.copy()
    if len(shape) <= 3:
        return np.broadcast_to(x, (*axes[:-1], x.shape[-1]))
    return np.broadcast_to(x, (*shape[:-1], x.shape[-1])).reshape((*axes[:-1], x.shape[-1]))

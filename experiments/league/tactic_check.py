"""The contract of tactics, acceptance rules and stances, tried on many moments that can occur and some that hardly do.

A function that passes is finite, within bounds, the same at a second call, the same for many runs at once as for each
alone and in any order and memory layout (to the last bit), and it leaves what it was given as it was. To pass is no
proof; the engine checks results again at every call.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from model import OWN_FAILURES, Conduct, InputFault, Moment, registered

N_MOMENTS: Final = 400
N_ALONE: Final = 60
SEED: Final = 20261121
#: Gains in bn$ per quarter between which worth, hope and reservation are drawn: far wider than real ones.
LARGEST_GAIN: Final = 20.0

Arguments = tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one test says of one function; ``fault`` is empty where it passed."""

    kind: str
    name: str
    test: str
    fault: str


def check(origin: str) -> list[Finding]:
    """Try everything that one loaded file registered (its digest is the origin)."""
    return [finding for plugin in registered(origin) for finding in check_function(plugin)]


def check_function(plugin: Any) -> Iterator[Finding]:
    """The findings on one registered function, test by test; later tests need the first."""
    given = arguments(plugin.kind)
    tests: tuple[tuple[str, Callable[[Callable[..., Any], Arguments], str]], ...] = (
        ("finite and within bounds", _runs),
        ("gives the same again", _repeats),
        ("leaves its input alone", _keeps_input),
        ("many runs as each alone", _alone),
        ("any order, any layout", _layouts),
        ("one number for each run", _not_collective),
    )
    for words, test in tests:
        try:
            fault = test(plugin.function, given)
        except InputFault as refused:
            fault = "; ".join(refused.faults)
        except OWN_FAILURES as error:  # the function itself, called as it is
            fault = f"it failed: {type(error).__name__}: {error}"
        yield Finding(plugin.kind, plugin.name, words, fault)
        if fault and test is _runs:
            return


def arguments(kind: str) -> Arguments:
    """Moments or conducts to try a function on, (N_MOMENTS,) each: the corners first, then anything."""
    generator = np.random.Generator(np.random.PCG64(SEED))

    def shares() -> np.ndarray:
        values = generator.random(N_MOMENTS)
        values[: N_MOMENTS // 4] = generator.integers(0, 2, N_MOMENTS // 4)
        return values

    if kind == "stance":
        return (
            Conduct(
                signal=generator.integers(0, 2, N_MOMENTS).astype(np.float64),
                observed_level=shares(),
                left=np.where(generator.random(N_MOMENTS) < 0.5, 0.0, generator.integers(0, 41, N_MOMENTS)),
                u=np.minimum(shares(), np.nextafter(1.0, 0.0)),
                standing=generator.integers(0, 2, N_MOMENTS).astype(np.float64),
                generosity=shares(),
                response=0.5 + 0.45 * shares(),
                quarters=generator.integers(1, 41, N_MOMENTS).astype(np.float64),
            ),
        )
    reservation = LARGEST_GAIN * shares()
    best = reservation + np.where(generator.random(N_MOMENTS) < 0.2, 0.0, LARGEST_GAIN) * shares()
    moment = Moment(
        time=shares(),
        exponent=0.1 + 3.9 * shares(),
        offered=np.where(best > reservation, shares(), 0.0),
        trust=0.001 + 0.998 * shares(),
        tension=shares(),
        dialogue=shares(),
        renewing=generator.integers(0, 2, N_MOMENTS).astype(np.float64),
        reservation=reservation,
        best=best,
    )
    if kind == "tactic":
        return (moment,)
    hope = reservation + (best - reservation) * shares()
    worth = np.where(generator.random(N_MOMENTS) < 0.2, hope, LARGEST_GAIN * (2.0 * shares() - 1.0))
    return worth, hope, moment


def _mapped(given: Arguments, change: Callable[[np.ndarray], Any]) -> Arguments:
    return tuple(
        type(part)(*(change(np.asarray(x)) for x in part)) if isinstance(part, tuple) else change(part)
        for part in given
    )


def _parts(result: Any) -> list[np.ndarray]:
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]


def _differ(one: Any, other: Any) -> int:
    """In how many runs two results differ by any bit (a zero and a minus zero are one number)."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return int(max(np.count_nonzero(a != b) for a, b in pairs))


def _runs(function: Callable[..., Any], given: Arguments) -> str:
    function(*given)
    return ""


def _repeats(function: Callable[..., Any], given: Arguments) -> str:
    first = [part.copy() for part in _parts(function(*given))]
    n = max(_differ(tuple(first), tuple(_parts(function(*given)))) for _ in range(3))
    return f"other results at a second call in {n} of {N_MOMENTS} cases; it may draw no chance and keep no memory" * (
        n > 0
    )


def _keeps_input(function: Callable[..., Any], given: Arguments) -> str:
    original = getattr(function, "own", function)
    copy = _mapped(given, lambda x: x.copy())
    original(*copy)
    before, after = (_parts(tuple(x for part in one for x in _as_tuple(part))) for one in (given, copy))
    changed = any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    return "it changes the arrays that it is given; work on new ones, as in 1.0 * moment.time" if changed else ""


def _as_tuple(part: Any) -> tuple[Any, ...]:
    return part if isinstance(part, tuple) else (part,)


def _alone(function: Callable[..., Any], given: Arguments) -> str:
    together = _parts(function(*given))
    for k in range(N_ALONE):
        alone = _parts(function(*_mapped(given, lambda x, k=k: x[k])))  # type: ignore[misc]
        if any(one[k] != other for one, other in zip(together, alone, strict=True)):
            return (
                f"run {k} alone gives {_number(alone)}, among {N_MOMENTS} others {_number([x[k] for x in together])}; "
                "use NumPy on every field as it is (np.where instead of if, no sums, no lengths)"
            )
    return ""


def _layouts(function: Callable[..., Any], given: Arguments) -> str:
    whole = _parts(function(*given))
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(N_MOMENTS)
    shuffled = _parts(function(*_mapped(given, lambda x: x[order])))
    if _differ(tuple(x[order] for x in whole), tuple(shuffled)):
        return "the order of the runs matters"
    table = (20, N_MOMENTS // 20)
    for words, change in (
        ("as a table", lambda x: x.reshape(table)),
        ("as a table in another layout", lambda x: np.asfortranarray(x.reshape(table))),
        ("one after the other in memory", lambda x: np.repeat(x, 3)[::3]),
    ):
        again = _parts(function(*_mapped(given, change)))
        if _differ(tuple(whole), tuple(x.reshape(-1) for x in again)):
            return f"the same moments {words} give other results"
    return ""


def _not_collective(function: Callable[..., Any], given: Arguments) -> str:
    """Halving the company of a run must not move it."""
    whole = _parts(function(*given))
    half = _parts(function(*_mapped(given, lambda x: x[: N_MOMENTS // 2])))
    n = _differ(tuple(x[: N_MOMENTS // 2] for x in whole), tuple(half))
    return "a run's result depends on the other runs beside it" if n else ""


def _number(parts: list[np.ndarray]) -> str:
    return ", ".join(f"{np.asarray(part).item()!r}" for part in parts)

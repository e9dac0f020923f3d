"""Tactics, acceptance rules and stances that can be chosen by name, and what each of them is told.

A *tactic* says how far a negotiator has come down by now, an *acceptance* rule whether it takes the package on the
table, a *stance* how it answers a partner seen to lapse. Each is one function with one registry line, the decorator
above it:

>>> @tactic("halfway", "gives half at once and nothing more")
... def halfway(moment):
...     return 0.5 + 0.0 * moment.time

What comes with the project is in ``tactics.py``; a file of one's own is loaded by ``tactic_file.py``. Functions are
pure and blind to shapes: every field is a number, or an array with one entry for each run that is played at once, and
so is what they return. They draw no chance of their own.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from model.numerics import FloatLike

TACTIC: Final = "tactic"
ACCEPTANCE: Final = "acceptance"
STANCE: Final = "stance"
KINDS: Final = (TACTIC, ACCEPTANCE, STANCE)
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Moment(NamedTuple):
    """What a negotiator knows when it decides how far to come down, and whether to take an offer; all (...).

    time: share of the session that is used up, 0 at its opening to 1 at its deadline. exponent: its own
    ``concession_exponent``, 0.1 (late) to 4 (early). offered: how good the best package is that its partner has tabled
    in this session, 0 (no better than its reservation value, or none yet) to 1 (its own best hope). trust: its belief
    that the partner honours, 0 to 1. tension, dialogue: of the dyad, 0 to 1. renewing: 1 where a treaty is in force and
    the talks are about another one, else 0. reservation, best: the least gain for which it signs, and the gain of the
    best package that it believes both could accept, bn$ per quarter.
    """

    time: FloatLike
    exponent: FloatLike
    offered: FloatLike
    trust: FloatLike
    tension: FloatLike
    dialogue: FloatLike
    renewing: FloatLike
    reservation: FloatLike
    best: FloatLike


class Conduct(NamedTuple):
    """What a bloc has seen of its partner when it decides on its answer; all (...).

    signal: 1 the partner looked honest this quarter, 0 it did not. observed_level: the share of its concessions that
    it seemed to honour, 0 to 1. left: quarters of punishment that are still owed. u: a uniform draw in [0, 1), the
    only chance there is. standing: 1 the bloc itself kept its part the quarter before, 0 it did not. generosity,
    response, quarters: the parameters ``generosity``, ``proportional_response`` and ``punishment_quarters``.
    """

    signal: FloatLike
    observed_level: FloatLike
    left: FloatLike
    u: FloatLike
    standing: FloatLike
    generosity: FloatLike
    response: FloatLike
    quarters: FloatLike


@dataclasses.dataclass(frozen=True)
class Plugin:
    """One registered function. ``horizon`` is for stances: quarters that an answer lasts in a partner's reckoning
    (theory 1.10), None where ``punishment_quarters`` says so. ``origin`` names the file, empty for our own.

    It is called like its function. Pickled it is its name, as functions are: so a world that plays it can be kept.
    """

    kind: str
    name: str
    meaning: str
    function: Callable[..., Any]
    horizon: float | None = None
    origin: str = ""

    def __call__(self, *arguments: Any) -> Any:
        """What its function answers."""
        return self.function(*arguments)

    def __reduce__(self) -> tuple[Callable[[str, str], Plugin], tuple[str, str]]:
        return _again, (self.kind, self.name)


class PluginFault(ValueError):
    """A registry line that cannot be: a name that is none, or that is taken."""


_registry: dict[str, dict[str, Plugin]] = {kind: {} for kind in KINDS}
_origin = ""
Function = TypeVar("Function", bound=Callable[..., Any])


def tactic(name: str, meaning: str = "") -> Callable[[Function], Function]:
    """Register ``function(moment)``: the share of the way down from its best hope to its reservation value that a
    negotiator has conceded by now, 0 to 1."""
    return _adder(TACTIC, name, meaning)


def acceptance(name: str, meaning: str = "") -> Callable[[Function], Function]:
    """Register ``function(worth, hope, moment)``: whether an offer that is worth so much is taken (true or false).

    worth: own believed gain of the package on the table, hope: own aspiration, both bn$ per quarter. What fails its
    own tests (gain, compliance, win-set) is refused whatever the rule says.
    """
    return _adder(ACCEPTANCE, name, meaning)


def stance(name: str, meaning: str = "", horizon: float | None = None) -> Callable[[Function], Function]:
    """Register ``function(conduct)``: a pair, the share of its duty and supply concessions that a bloc honours next
    quarter (0 to 1), and the quarters of punishment that are owed after that (0 or more)."""
    return _adder(STANCE, name, meaning, horizon)


def _adder(kind: str, name: str, meaning: str, horizon: float | None = None) -> Callable[[Function], Function]:
    def add(function: Function) -> Function:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise PluginFault(f"{kind} {name!r}: allowed is a name of small letters, digits and _, up to 40")
        if not callable(function):
            raise PluginFault(f"{kind} {name!r} is not a function")
        if name in _registry[kind]:
            raise PluginFault(f"{kind} {name!r} is there already; choose another name")
        if horizon is not None and not (isinstance(horizon, int | float) and 0 <= horizon <= np.inf):
            raise PluginFault(f"{kind} {name!r}: horizon = {horizon!r}, allowed is a number of quarters from 0")
        words = str(meaning or (function.__doc__ or "").strip().partition("\n")[0])
        _registry[kind][name] = Plugin(kind, name, words, function, horizon, _origin)
        return function

    return add


def names(kind: str) -> tuple[str, ...]:
    """The registered names of a kind, in the order in which they came."""
    return tuple(_registry[kind])


def find(kind: str, name: str) -> Plugin:
    """The registered function of that name (KeyError if there is none)."""
    return _registry[kind][name]


def _again(kind: str, name: str) -> Plugin:
    if name not in _registry[kind]:
        raise PluginFault(
            f"{kind} {name!r} comes from a file of tactics that is not loaded here: load_tactics(FILE) first"
        )
    return _registry[kind][name]


def registered(origin: str | None = None) -> list[Plugin]:
    """Everything that is registered, or what one file registered."""
    return [one for plugins in _registry.values() for one in plugins.values() if origin is None or one.origin == origin]


def put(plugin: Plugin) -> None:
    """Put a registered function in the place of the one of its name (a guarded one, or a stand-in)."""
    _registry[plugin.kind][plugin.name] = plugin


def forget(origin: str) -> None:
    """Take out everything that one file registered; what comes with the project stays."""
    for plugins in _registry.values():
        for name in [name for name, one in plugins.items() if origin and one.origin == origin]:
            del plugins[name]


@contextmanager
def registering(origin: str) -> Iterator[None]:
    """Within it, what is registered belongs to a file; when that fails, nothing of it stays."""
    global _origin
    before, _origin = _origin, origin
    try:
        yield
    except BaseException:
        forget(origin)
        raise
    finally:
        _origin = before


@contextmanager
def aside() -> Iterator[None]:
    """Within it only what comes with the project is known; afterwards all is as it was before."""
    before = {kind: dict(known) for kind, known in _registry.items()}
    for known in _registry.values():
        for name in [name for name, one in known.items() if one.origin]:
            del known[name]
    try:
        yield
    finally:
        for kind, known in _registry.items():
            known.clear()
            known.update(before[kind])

"""The contract of a mechanism of one's own, tried in eventful runs: does it play many replicates as each alone?

A class that passes takes its place: its methods are called as the shipped ones are and answer in the same shapes, they
leave alone what they are shown, and a run is the same to the last bit again, alone, in any order, after going back, and
in Mesa. To pass is no proof, and says nothing about economics.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from model import (
    OWN_FAILURES,
    InputFault,
    NegotiationModel,
    World,
    WorldFile,
    described,
    load_scenario,
    own_class,
    own_methods,
    shipped_of,
    why_it_failed,
    world_of,
)

SEED: Final = 20261121
REPLICATES: Final = tuple(range(8))
ALONE: Final = (3, 7)
#: Enough for treaties to be made, kept and left.
QUARTERS: Final = 28
ORDER: Final = (5, 2, 7, 0, 3, 6, 1, 4)
#: Where most methods are asked: cases, strikes, gestures, new governments, parts of promises; and a club.
EVENTFUL: Final[Mapping[str, Any]] = {
    "opening_hazard": 0.6, "emergency_hazard": 0.05, "retaliation_ratio": 1.0, "false_alarm": 0.35,
    "partial_compliance": True, "grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0, "turnover": True,
    "imitative_tactic": True, "trust_type": True, "unilateral_recognition_rate": 0.5,
}  # fmt: skip
SETTINGS: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    ("2026", {}), ("2026", EVENTFUL), ("symmetric", {"climate_club": True, "club_penalty": 0.25})
)  # fmt: skip
SPEED_LANES: Final = 64
SPEED_TIMES: Final = 5
#: What belongs to a world from its start, and is no method's to change.
GIVEN: Final = ("scenario", "economy", "opening", "agenda", "rules", "luck", "parameters")


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one test says; ``fault`` is empty where it passed. A note is no test: its ``fault`` is what to say."""

    test: str
    fault: str
    is_note: bool = False


def check(file: WorldFile) -> Iterator[Finding]:
    """Try a loaded class, test by test; what follows the runs needs them to end."""
    kind, classes = world_of(file), [own_class(file)]
    yield Finding("methods are called as the shipped ones are", _in_words(file, lambda: _signatures(classes[0])))
    watch = _Watch()
    try:
        _seat(kind)  # the parties that it seats are watched too
        classes += [party for party in watch.parties(_seat(kind)) if party not in classes]
        with watch.over(classes):
            usual = [_run(kind, *setting) for setting in SETTINGS]
        fault = ""
    except OWN_FAILURES as error:
        fault = watch.faults.get("changes", "") or _said(file, error)
    yield Finding("runs to the end", fault)
    yield Finding("answers in the shapes and kinds of the shipped", watch.faults.get("answers", ""))
    yield Finding("leaves alone what it is shown", watch.faults.get("changes", ""))
    if fault:
        return
    tests: tuple[tuple[str, Callable[[type[World], list[World]], str]], ...] = (
        ("the same seed gives the same run", _again),
        ("many replicates as each alone", _alone),
        ("any order of replicates", _reordered),
        ("the same after going back", _rewound),
        ("Mesa plays the same", _in_mesa),
    )
    for words, test in tests:
        yield Finding(words, _in_words(file, lambda test=test: test(kind, usual)))  # type: ignore[misc]
    if silent := [name for one in classes for name in _overridden(one) if name not in watch.asked]:
        yield Finding("never asked in the runs that were tried", ", ".join(silent), True)
    yield Finding("compared with the shipped", _effect(usual), True)
    yield Finding("time of a sweep", _speed(kind), True)


def _said(file: WorldFile, error: BaseException) -> str:
    fault = error if isinstance(error, InputFault) else why_it_failed(file, error)
    return "; ".join(fault.faults)


def _in_words(file: WorldFile, test: Callable[[], str]) -> str:
    try:
        return test()
    except OWN_FAILURES as error:
        return _said(file, error)


# --- runs -----------------------------------------------------------------------------------------------------------


def _seat(kind: type[World], scenario: str = "2026", settings: Mapping[str, Any] | None = None,
          replicates: Iterable[int] = REPLICATES) -> World:  # fmt: skip
    numbers = list(replicates)
    parameters = load_scenario(scenario).parameters.with_overrides(settings or {})
    return kind(scenario, parameters, SEED, numbers, range(len(numbers)), QUARTERS)


def _run(
    kind: type[World], scenario: str, settings: Mapping[str, Any], replicates: Iterable[int] = REPLICATES
) -> World:
    return _seat(kind, scenario, settings, replicates).run()


def _record(world: World, replicate: int) -> dict[str, np.ndarray]:
    """Every column of a replicate, of its quarters and of its summary."""
    lane = world.replicates.tolist().index(replicate)
    tables = world.recorder.of_lane(lane).tables()
    rows = world.summary()
    tables["summary"] = rows[rows["replicate"] == replicate]
    return {f"{table}.{name}": frame[name].to_numpy() for table, frame in tables.items() for name in frame}


def _differs(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> str:
    """The first column that differs by any bit (empty: none)."""
    if set(one) != set(other):
        return ", ".join(sorted(set(one) ^ set(other)))
    for name, values in one.items():
        numbers = values.dtype.kind == "f" and other[name].dtype.kind == "f"
        if not np.array_equal(values, other[name], equal_nan=numbers):
            return name
    return ""


def _compared(pairs: Iterable[tuple[World, World, int]], words: str) -> str:
    for one, other, replicate in pairs:
        if column := _differs(_record(one, replicate), _record(other, replicate)):
            return f"replicate {replicate} {words}: {column} differs"
    return ""


def _again(kind: type[World], usual: list[World]) -> str:
    other = [_run(kind, *setting) for setting in SETTINGS]
    fault = _compared(((one, two, r) for one, two in zip(usual, other, strict=True) for r in ALONE), "played again")
    return f"{fault}; it may draw no chance of its own (use world.luck) and read no clock or file" if fault else ""


def _alone(kind: type[World], usual: list[World]) -> str:
    pairs = ((world, _run(kind, *SETTINGS[k], [r]), r) for k, world in enumerate(usual) for r in ALONE)
    fault = _compared(pairs, f"alone and among {len(REPLICATES)}")
    how = "work on the first axis as it is: np.where instead of if, no sum, mean or any over replicates"
    return f"{fault}; {how}" if fault else ""


def _reordered(kind: type[World], usual: list[World]) -> str:
    other = [_run(kind, *setting, ORDER) for setting in SETTINGS]
    pairs = ((one, two, r) for one, two in zip(usual, other, strict=True) for r in ALONE)
    fault = _compared(pairs, "in another order")
    return f"{fault}; a replicate may not know its place among the others" if fault else ""


def _rewound(kind: type[World], usual: list[World]) -> str:
    world = _seat(kind, *SETTINGS[1])
    for _ in range(QUARTERS // 2):
        world.step()
    moment = world.checkpoint()
    world.run()
    world.rewind(moment)
    fault = _compared(((usual[1], world.run(), r) for r in ALONE), "gone back to half-way and on")
    how = "what it remembers must be in the state, or be saved by checkpoint and rewind of its own"
    return f"{fault}; {how}" if fault else ""


def _in_mesa(kind: type[World], usual: list[World]) -> str:
    for scenario, settings in SETTINGS[: len(usual) - 1]:
        world = _run(kind, scenario, settings, ALONE[:1])
        model = NegotiationModel(scenario, SEED, ALONE[0], narrate=False, world_type=kind, **settings)
        for _ in range(QUARTERS):
            model.step()
        frames = {**model.tables(), "summary": model.summary()}
        own = {f"{table}.{name}": frame[name].to_numpy() for table, frame in frames.items() for name in frame}
        one = {name: values for name, values in _record(world, ALONE[0]).items() if name != "summary.replicate"}
        if column := _differs(one, own):
            return f"replicate {ALONE[0]} in Mesa: {column} differs; nothing may hang on how parties are made"
    return ""


def _effect(usual: list[World]) -> str:
    shipped = [_run(World, *setting) for setting in SETTINGS]
    n = sum(bool(_differs(_record(a, r), _record(b, r))) for a, b in zip(usual, shipped, strict=True) for r in ALONE)
    whole = len(SETTINGS) * len(ALONE)
    return f"{n} of {whole} runs are others" + ("; the mechanism does nothing in them" if n == 0 else "")


def _speed(kind: type[World]) -> str:
    times: dict[type[World], list[float]] = {World: [], kind: []}
    for _ in range(SPEED_TIMES):
        for one, taken in times.items():
            began = time.process_time()
            _seat(one, replicates=range(SPEED_LANES)).run()
            taken.append(time.process_time() - began)
    return f"{statistics.median(times[kind]) / statistics.median(times[World]):.1f} times that of the shipped"


# --- methods --------------------------------------------------------------------------------------------------------


def _overridden(kind: type) -> list[str]:
    return [name for name in own_methods(kind) if hasattr(shipped_of(kind), name)]


def _signatures(kind: type) -> str:
    shipped, faults = shipped_of(kind), []
    for name in _overridden(kind):
        usual, own = (inspect.signature(getattr(one, name)) for one in (shipped, kind))
        wanted = list(usual.parameters.values())
        needed = [one for one in wanted if one.default is inspect.Parameter.empty]
        try:
            for asked in (wanted, needed):
                own.bind(*asked)
                own.bind(wanted[0], **{one.name: one for one in asked[1:]})
        except TypeError as error:
            faults.append(f"{name}{own} is called as {name}{usual} ({error})")
    return "; ".join(faults)


class _Watch:
    """Looks over the shoulder of methods: what they answer, and what they write."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.faults: dict[str, str] = {}

    @staticmethod
    def parties(world: World) -> list[type]:
        """The classes of a world's parties, and its own, that are not ours."""
        kinds = dict.fromkeys([type(world), *map(type, [*world.blocs, *world.automakers, *world.suppliers])])
        return [kind for kind in kinds if shipped_of(kind) is not kind and own_methods(kind)]

    @contextlib.contextmanager
    def over(self, classes: Iterable[type]) -> Iterator[None]:
        """Within it the methods that these classes replace are watched."""
        before: list[tuple[type, str, Any]] = []
        try:
            for kind in classes:
                for name in _overridden(kind):
                    if name != "__init__":
                        before.append((kind, name, vars(kind).get(name)))
                        setattr(kind, name, self._watched(getattr(kind, name), getattr(shipped_of(kind), name), kind))
            yield
        finally:
            for kind, name, value in reversed(before):
                if value is None:
                    delattr(kind, name)
                else:
                    setattr(kind, name, value)

    def _watched(self, own: Callable[..., Any], usual: Callable[..., Any], kind: type) -> Callable[..., Any]:
        name, is_world = own.__name__, issubclass(kind, World)

        def call(me: Any, *asked: Any, **named: Any) -> Any:
            self.asked.add(name)
            if is_world and not hasattr(me, "state"):
                return own(me, *asked, **named)  # a world that is being made
            world = me if is_world else me.world
            shown = [getattr(world, one) for one in GIVEN if not is_world or name != "follow"]
            if not is_world:
                if not hasattr(world, "state"):
                    return own(me, *asked, **named)
                shown += [world.state, asked, named]
            before = {} if is_world else dict(vars(world.state))
            try:
                with _read_only(shown):
                    answer = own(me, *asked, **named)
            except ValueError as error:
                if "read-only" in str(error):
                    self._note("changes", f"{name} writes into an array that it is shown; work on a copy")
                raise
            now = {} if is_world else vars(world.state)
            if moved := [key for key, value in now.items() if before.get(key) is not value]:
                self._note("changes", f"{name} sets state.{moved[0]}; a party decides, and a phase of a world writes")
            if not is_world:
                self._note("answers", _answer_fault(name, answer, usual(me, *asked, **named)))
            elif answer is not None and usual.__annotations__.get("return") == "None":
                self._note("answers", f"{name} gave {described(answer)}; a phase changes the state and gives nothing")
            return answer

        return call

    def _note(self, what: str, fault: str) -> None:
        if fault:
            self.faults.setdefault(what, fault)


@contextlib.contextmanager
def _read_only(values: Iterable[Any]) -> Iterator[None]:
    """Within it no array in these can be written."""
    locked = [array for array in _arrays(list(values), set()) if array.flags.writeable]
    for array in locked:
        array.flags.writeable = False
    try:
        yield
    finally:
        for array in sorted(locked, key=lambda one: one.base is not None):
            array.flags.writeable = True


def _arrays(value: Any, seen: set[int]) -> Iterator[np.ndarray]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        yield value
        return
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = vars(value).values()
    for one in inner:
        yield from _arrays(one, seen)


def _answer_fault(name: str, own: Any, usual: Any) -> str:
    """What is wrong with the form of an answer, beside that of the shipped method to the same question."""
    if dataclasses.is_dataclass(usual) and not isinstance(usual, type):
        if type(own) is not type(usual):
            return f"{name} gave {described(own)}; allowed is a {type(usual).__name__}"
        pairs = [(f"{name}, {key}", getattr(own, key), value) for key, value in vars(usual).items()]
    elif isinstance(usual, list | tuple):
        if not isinstance(own, type(usual)) or len(own) != len(usual):
            return f"{name} gave {described(own)}; allowed is a {type(usual).__name__} of {len(usual)}"
        keys = getattr(usual, "_fields", [f"part {k}" for k in range(len(usual))])
        pairs = [(f"{name}, {key}", a, b) for key, a, b in zip(keys, own, usual, strict=True)]
    elif isinstance(usual, np.ndarray) and usual.ndim:
        return _array_fault(name, own, usual)
    else:
        return ""
    return next((fault for where, a, b in pairs if (fault := _answer_fault(where, a, b))), "")


def _array_fault(name: str, own: Any, usual: np.ndarray) -> str:
    kinds = {"b": "truth values", "f": "numbers with a fraction, such as 1.0", "i": "whole numbers"}
    wanted = f"an array of shape {usual.shape} of {kinds.get(usual.dtype.kind, usual.dtype.name)}"
    if not isinstance(own, np.ndarray):
        return f"{name} gave {described(own)}; allowed is {wanted}"
    # One row for all replicates may become a row for each.
    if own.shape not in (usual.shape, (*own.shape[:1], *usual.shape)) or own.dtype.kind != usual.dtype.kind:
        return f"{name} gave an array of shape {own.shape} of {own.dtype.name}; allowed is {wanted}"
    if own.dtype.kind == "f" and np.isfinite(usual).all() and not np.isfinite(own).all():
        return f"{name} gave a number that is not finite (nan or infinity)"
    return ""

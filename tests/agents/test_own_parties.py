"""A party of one's own decides in every lane: each decision is a method, and to replace it changes what is played."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import equality
import numpy as np
import pytest

from model.agents.automaker import Automaker
from model.agents.battery_supplier import BatterySupplier
from model.agents.bloc import Bloc
from model.negotiation import NegotiationModel
from model.parameters.checked import make_parameters
from model.start.starting_point import known_scenario
from model.world import World

REPLICATES, ASKED, QUARTERS = 4, 3, 18
#: Everything is decided in these: cases, strikes, gestures, short-lived treaties, parts of promises, new governments.
EVENTFUL: dict[str, Any] = {
    "opening_hazard": 0.6, "emergency_hazard": 0.05, "retaliation_ratio": 1.0, "duty_step": 0.25,
    "false_alarm": 0.35, "partial_compliance": True, "grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0,
    "turnover": True, "imitative_tactic": True, "trust_type": True, "unilateral_recognition_rate": 0.5,
}  # fmt: skip
#: A promise is kept whole or not at all.
BINDING = {**EVENTFUL, "partial_compliance": False}
#: No treaty binds duties, and tension lets them rise.
TENSE = {**EVENTFUL, "tariff_issues": False, **{f"tension_mean_{d}": 2.0 for d in ("cn_us", "cn_eu", "us_eu")}}
#: Neither does a threshold keep a case from being opened, so that some come to their end.
CASES = {**TENSE, "duty_move_threshold": 0.0, "opening_hazard": 0.6}
#: The same, played among equals: there a smaller answer of these already changes what is played.
AMONG_EQUALS = {**EVENTFUL}
CLUBS: dict[str, Any] = {"climate_club": True, "club_penalty": 0.25}

Override = Callable[..., Any]


def never(real: Override) -> Override:
    return lambda self, *asked: np.zeros_like(real(self, *asked))


def always(real: Override) -> Override:
    return lambda self, *asked: np.ones_like(real(self, *asked))


def scaled(factor: float) -> Callable[[Override], Override]:
    return lambda real: lambda self, *asked: real(self, *asked) * factor


def first_scaled(factor: float) -> Callable[[Override], Override]:
    def make(real: Override) -> Override:
        def call(self: Any, *asked: Any) -> Any:
            first, *others = real(self, *asked)
            return (first * factor, *others)

        return call

    return make


def never_answers(real: Override) -> Override:
    def call(self: Any, *asked: Any) -> Any:
        answers, rise = real(self, *asked)
        return np.zeros_like(answers), rise

    return call


def exchanged(real: Override) -> Override:
    return lambda self, *asked: real(self, *asked)[::-1]


def sees_nothing(real: Override) -> Override:
    def call(self: Any, *asked: Any) -> Any:
        package, exists = real(self, *asked)
        return package, np.zeros_like(exists)

    return call


#: What a government decides -> another way to decide it, and the setting in which that is asked.
BLOC: dict[str, tuple[Callable[[Override], Override], dict[str, Any]]] = {
    "usual_threshold": (lambda real: lambda self, dyad: real(self, dyad) + 3.0, EVENTFUL),
    "perceive": (lambda real: lambda self, *asked: [_shy(view) for view in real(self, *asked)], EVENTFUL),
    "moment": (lambda real: lambda self, *asked: real(self, *asked)._replace(exponent=3.0), EVENTFUL),
    "aspire": (lambda real: lambda self, moment: moment.best, EVENTFUL),
    "imitate": (lambda real: lambda self, moment, hope, concession: hope, EVENTFUL),
    "table": (sees_nothing, EVENTFUL),
    "answer": (never, EVENTFUL),
    # So much that it sees nothing that would pass; what is tabled here passes with room to spare.
    "threshold": (lambda real: lambda self, *asked: real(self, *asked) + 10.0, EVENTFUL),
    "ratifies": (never, EVENTFUL),
    "would_keep": (never, EVENTFUL),
    "votes": (always, {**EVENTFUL, "anticipate_ratification": False}),
    "over_life": (lambda real: lambda self, *asked: (None, None), EVENTFUL),
    "honours": (lambda real: lambda self, dyad: self.world.state.treaty[:, dyad] == 0, BINDING),
    "keeps_in_part": (first_scaled(0.5), EVENTFUL),
    "errors": (lambda real: lambda self, *asked: tuple(0.5 * one for one in real(self, *asked)), EVENTFUL),
    "reads_conduct": (never, EVENTFUL),
    "updates_trust": (exchanged, {**EVENTFUL, "trust_type": False}),
    "updates_type": (scaled(0.5), EVENTFUL),
    "retaliates": (first_scaled(0.0), EVENTFUL),
    "suspends": (lambda real: lambda self, dyad, *asked: (0.0 * asked[0], *real(self, dyad, *asked)[1:]), EVENTFUL),
    "repudiates": (always, EVENTFUL),
    "gives_notice": (always, EVENTFUL),
    "renews": (never, EVENTFUL),
    "trust": (scaled(0.5), AMONG_EQUALS),
    "least": (scaled(3.0), EVENTFUL),
    "weight_of_future": (scaled(0.8), AMONG_EQUALS),
    "duty_moves": (scaled(0.0), AMONG_EQUALS),
    "opens_case": (always, EVENTFUL),
    "carries_out": (never, CASES),
    "renews_duty": (never, EVENTFUL),
    "answers_rise": (never_answers, TENSE),
    "strikes_at_once": (always, EVENTFUL),
    "recognises_alone": (always, EVENTFUL),
    "makes_gesture": (never, EVENTFUL),
    "answers_gesture": (always, EVENTFUL),
    "announces": (always, EVENTFUL),
    "keeps_club": (never, CLUBS),
    "repudiates_club": (always, CLUBS),
    "signs_club": (never, CLUBS),
}
FIRMS: dict[str, tuple[type, Callable[[Override], Override]]] = {
    "price": (Automaker, scaled(1.02)),
    "source": (Automaker, lambda real: lambda self, wanted: wanted),
    "plant_hazard": (Automaker, lambda real: lambda self, *asked: np.ones_like(real(self, *asked))),
    "bargain": (BatterySupplier, scaled(1.1)),
    "learn": (BatterySupplier, scaled(0.98)),
}


def _shy(view: Any) -> Any:
    """A view in which nothing is good enough to be signed."""
    return view._replace(admissible=np.zeros_like(view.admissible))


def setting_of(name: str) -> tuple[str, dict[str, Any]]:
    change = BLOC[name][1] if name in BLOC else {}
    return ("symmetric" if change is CLUBS or change is AMONG_EQUALS else "2026"), change


def own(kind: type, name: str, other: Callable[[Override], Override]) -> type:
    """A subclass with one method replaced."""
    return type("Mine", (kind,), {name: other(getattr(kind, name))})


def played(kind: type[World], scenario: str, change: dict[str, Any]) -> World:
    parameters = make_parameters({**known_scenario(scenario).parameters.changes(), **change})
    numbers = range(REPLICATES)
    return kind(scenario, parameters, equality.ROOT_SEED, numbers, numbers, QUARTERS).run()


@functools.lru_cache(maxsize=4)
def shipped(scenario: str, change: tuple[tuple[str, Any], ...]) -> World:
    return played(World, scenario, dict(change))


def assert_is_asked(seat: str, kind: type, name: str) -> None:
    """In a world of several lanes the method's answer counts, and replicate 3 is that of the model with its class."""
    scenario, change = setting_of(name)
    many = played(type("Theirs", (World,), {seat: kind}), scenario, change)
    usual = shipped(scenario, tuple(change.items()))
    assert any(equality.differences(many.recorder.of_lane(r), usual.recorder.of_lane(r)) for r in range(REPLICATES))
    model = type("TheirModel", (NegotiationModel,), {seat: kind})
    one = model(scenario, equality.ROOT_SEED, ASKED, narrate=False, **change)
    assert all(isinstance(agent, kind) for agent in getattr(one, seat.removesuffix("_type") + "s"))
    for _ in range(QUARTERS):
        one.step()
    assert equality.differences(many.recorder.of_lane(ASKED), one.recorder) == []


# Those that a treaty lives and dies by are played on every change, all of them by the slow tests.
FAST = (
    *("ratifies", "honours", "renews", "repudiates", "answers_rise", "recognises_alone", "announces", "opens_case"),
    *("keeps_club", "signs_club"),
)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n not in FAST)) for n in BLOC])
def test_a_government_of_ones_own_decides_in_every_lane(name: str) -> None:
    assert_is_asked("bloc_type", own(Bloc, name, BLOC[name][0]), name)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n != "price")) for n in FIRMS])
def test_a_firm_of_ones_own_decides_in_every_lane(name: str) -> None:
    kind, other = FIRMS[name]
    seat = "automaker_type" if kind is Automaker else "supplier_type"
    assert_is_asked(seat, own(kind, name, other), name)


def test_firms_that_are_asked_one_by_one_decide_as_all_at_once() -> None:
    def repeated(kind: type, names: tuple[str, ...]) -> type:
        return type("OneByOne", (kind,), {n: functools.partialmethod(getattr(kind, n)) for n in names})

    apart = {
        "automaker_type": repeated(Automaker, ("price", "source", "learn", "plant_hazard")),
        "supplier_type": repeated(BatterySupplier, ("bargain", "learn")),
    }
    one_by_one, at_once = played(type("Theirs", (World,), apart), "2026", {}), shipped("2026", ())
    assert one_by_one.as_one(one_by_one.automakers, "price") is None
    assert at_once.as_one(at_once.automakers, "price") is not None
    for r in range(REPLICATES):
        assert equality.differences(one_by_one.recorder.of_lane(r), at_once.recorder.of_lane(r)) == []


#: What is looked up or told, and follows from the rest; there is nothing to decide.
NOT_DECIDED = {
    *(
        "side",
        "partner",
        "flows",
        "scale",
        "slack",
        "slack_of",
        "passes_own_test",
        "gain_over_treaty",
        "announcement_gain",
        "withdrawal_that_pays",
    ),
    *("duty_path", "gain_in_force", "equivalent"),
    # asked with export licences only: tests/phases/test_licences.py
    *("withholds", "promises_supply"),
}


def test_every_decision_is_tried() -> None:
    methods = {name for name, _ in inspect.getmembers(Bloc, inspect.isfunction) if not name.startswith("_")}
    assert methods == set(BLOC) | NOT_DECIDED
    assert set(FAST) <= set(BLOC)


def test_a_decision_that_is_not_asked_is_seen() -> None:
    with pytest.raises(AssertionError):
        assert_is_asked("bloc_type", type("Mine", (Bloc,), {"ratify": lambda self, *asked: False}), "ratifies")


def test_one_government_alone_may_be_of_ones_own() -> None:
    class Stubborn(Bloc):
        """Whoever governs China lets no treaty pass; the others decide as usual."""

        def ratifies(self, dyad: int, package: np.ndarray) -> np.ndarray:
            passes = super().ratifies(dyad, package)
            return np.zeros_like(passes) if self.code == "CN" else passes

    world = played(type("Theirs", (World,), {"bloc_type": Stubborn}), "2026", {})
    assert not world.state.n_signed[:, :2].any() and world.state.n_signed[:, 2].any()

"""Negotiators and strategies of other libraries at the table: stand-ins with the published interfaces.

The adapters were tried with NegMAS 0.16 (six kinds of negotiators) and Axelrod 4.14 (nine strategies); neither is
installed where tests run.
"""

from __future__ import annotations

import enum
import json
import sys
import types
from typing import Any, ClassVar

import pytest
from seated import seatable

from experiments.classroom.game import Settings, replay
from experiments.seating.adapters import AxelrodAgent, NegmasAgent
from experiments.seating.agents import Agent, TitForTat, find_agent
from experiments.seating.play import play
from experiments.seating.protocol import Past, Question
from experiments.seating.sitting import FAILED

GAME = Settings(replicate=4, quarters=8)


class ResponseType(enum.Enum):
    """As in ``negmas.sao``."""

    ACCEPT_OFFER = 0
    REJECT_OFFER = 1
    END_NEGOTIATION = 2


class Negotiator:
    """Concedes linearly from its best outcome to the worst above its reserved value, as aspiration negotiators do."""

    made: ClassVar[list[Negotiator]] = []

    def __init__(self, name: str = "") -> None:
        self.name, self.ufun, self.started, self.seen = name, None, False, []  # type: ignore[var-annotated]
        Negotiator.made.append(self)

    def _on_negotiation_start(self, state: Any) -> None:
        self.started = True

    def aspiration(self, state: Any) -> float:
        values = sorted(self.ufun.mapping.values())  # type: ignore[attr-defined]
        least = max(values[0], self.ufun.reserved_value)  # type: ignore[attr-defined]
        return float(values[-1] - state.relative_time * (values[-1] - least))

    def propose(self, state: Any, dest: str | None = None) -> Any:
        assert self.started and state.running and state.current_offer is None
        self.seen.append(state)
        good = {o: u for o, u in self.ufun.mapping.items() if u >= self.aspiration(state)}  # type: ignore[attr-defined]
        return min(good, key=good.get)  # type: ignore[arg-type]

    def respond(self, state: Any, source: str | None = None) -> ResponseType:
        assert self.started and source == state.current_proposer
        self.seen.append(state)
        worth = self.ufun.mapping[state.current_offer]  # type: ignore[attr-defined]
        return ResponseType.ACCEPT_OFFER if worth >= self.aspiration(state) else ResponseType.END_NEGOTIATION


@pytest.fixture
def negmas(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of that name with what the adapter uses of it."""

    class MappingUtilityFunction:
        def __init__(self, mapping: Any, reserved_value: float = 0.0, outcomes: Any = ()) -> None:
            assert list(outcomes) == list(mapping)
            self.mapping, self.reserved_value = dict(mapping), reserved_value

    class SAOState(types.SimpleNamespace):
        pass

    class SAOMechanism:
        def __init__(self, outcomes: Any = (), n_steps: int = 0) -> None:
            self.outcomes, self.state = list(outcomes), SAOState(running=False)

        def add(self, negotiator: Negotiator, *, ufun: Any = None) -> bool:
            assert set(ufun.mapping) == set(self.outcomes)
            negotiator.ufun = ufun
            return True

    top, sao, preferences = (types.ModuleType(name) for name in ("negmas", "negmas.sao", "negmas.preferences"))
    sao.SAOState, sao.SAOMechanism, sao.AspirationNegotiator = SAOState, SAOMechanism, Negotiator  # type: ignore[attr-defined]
    preferences.MappingUtilityFunction = MappingUtilityFunction  # type: ignore[attr-defined]
    for module in (top, sao, preferences):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    Negotiator.made.clear()


class Aspiring(NegmasAgent):
    """A stand-in at the table."""

    kind = Negotiator


@pytest.mark.usefixtures("negmas")
def test_a_negotiator_takes_a_seat_in_every_session() -> None:
    one = play(GAME, {2: seatable(Aspiring)})
    assert one.sitters[2].faults == {}
    kinds = {spot.kind for spot in one.game.moves}
    assert kinds == {"offer", "answer"}
    assert {value for value in one.game.moves.values() if isinstance(value, str)} == {"accept", "refuse"}
    mine = [negotiator for negotiator in Negotiator.made if negotiator.name != "partner"]
    assert len(mine) >= 2 and all(negotiator.seen for negotiator in mine)
    for negotiator in mine:
        times = [state.relative_time for state in negotiator.seen]
        assert times == sorted(times) and all(0.0 <= time <= 1.0 for time in times)
    assert replay(json.loads(json.dumps(one.game.export())))[1]


@pytest.mark.usefixtures("negmas")
def test_its_outcomes_are_what_the_seat_may_sign(questions: list[Question]) -> None:
    question = next(q for q in questions if q.kind == "offer" and q.options is not None and any(q.options.may_sign))
    agent = Aspiring()
    move = agent.offer(question)
    options = question.options
    assert options is not None
    gains = {
        (index,): gain
        for index, gain, may in zip(options.index, options.gain, options.may_sign, strict=True)
        if may and index not in (0, options.settled)
    }
    (own,) = (negotiator for negotiator in Negotiator.made if negotiator.name != "partner")
    assert own.ufun.mapping == gains  # type: ignore[attr-defined]
    assert own.ufun.reserved_value == question.briefing.least  # type: ignore[attr-defined]
    assert (move,) in gains
    nothing = options.model_copy(update={"may_sign": (False,) * len(options.index)})
    assert Aspiring().offer(question.model_copy(update={"options": nothing})) is None


@pytest.mark.usefixtures("negmas")
def test_what_lies_beside_its_outcomes_is_refused(questions: list[Question]) -> None:
    question = next(q for q in questions if q.kind == "answer" and q.options is not None and any(q.options.may_sign))
    options, package = question.options, question.package
    assert options is not None and package is not None
    place = options.index.index(package.index)
    may = tuple(k != place and may for k, may in enumerate(options.may_sign))
    if not any(may):
        may = tuple(k != place for k in range(len(may)))
    beside = question.model_copy(update={"options": options.model_copy(update={"may_sign": may})})
    assert Aspiring().answer(beside) == "refuse"


def test_without_the_library_the_rules_decide_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "negmas.preferences", None)
    said: list[str] = []
    one = play(Settings(replicate=4, quarters=2), {2: seatable(Aspiring)}, tell=said.append)
    assert set(one.sitters[2].faults) == {FAILED} and one.game.moves == {} and "negmas" in said[0]


@pytest.mark.usefixtures("negmas")
def test_an_adapter_without_a_kind_says_so(questions: list[Question]) -> None:
    offer = next(q for q in questions if q.kind == "offer" and q.options is not None and any(q.options.may_sign))
    with pytest.raises(TypeError, match="names no kind of negotiator"):
        NegmasAgent().offer(offer)
    keep = next(q for q in questions if q.kind == "keep")
    with pytest.raises(TypeError, match="names no strategy"):
        AxelrodAgent().keep(keep)


# --- Axelrod ----------------------------------------------------------------------------------------------------------


class Strategy:
    """Tit for tat as Axelrod's players are written: it reads the opponent's history."""

    def __init__(self) -> None:
        self.history: list[tuple[str, str]] = []
        self.seed: int | None = None

    def set_seed(self, seed: int) -> None:
        self.seed = seed

    def update_history(self, play: str, coplay: str) -> None:
        self.history.append((play, coplay))

    def strategy(self, opponent: Any) -> str:
        assert len(opponent.history) == len(self.history)
        return str(opponent.history[-1]) if opponent.history else "C"


class Copies(AxelrodAgent):
    """A stand-in at the table."""

    player = Strategy


def test_a_strategy_keeps_treaties_as_our_own_does(questions: list[Question]) -> None:
    class LapsesAtFirst(Agent):
        def keep(self, question: Question) -> str:
            return "lapse" if question.quarter < 2 else "honour"

    one, other = (play(GAME, {0: seatable(kind), 1: seatable(LapsesAtFirst)}) for kind in (Copies, TitForTat))
    assert one.sitters[0].faults == {} and one.game.moves == other.game.moves
    mine = {value for spot, value in one.game.moves.items() if spot.bloc == 0}
    assert mine == {"honour", "lapse"}, "else both would be alike whatever they read"
    assert replay(one.game.export())[1]


def test_every_turn_is_told_once_and_pairs_are_apart(questions: list[Question]) -> None:
    keep = next(q for q in questions if q.kind == "keep")
    past = [Past(quarter=t, package=3, own_kept=own, partner_kept=other)
            for t, (own, other) in enumerate([(True, True), (True, False), (False, True)])]  # fmt: skip
    agent = Copies()
    moves = [agent.keep(keep.model_copy(update={"history": tuple(past[:n])})) for n in range(4)]
    assert moves == ["honour", "honour", "lapse", "honour"]
    own, opponent = agent._pairs[keep.pair]
    assert own.history == [("C", "C"), ("C", "D"), ("D", "C")] and opponent.history == ["C", "D", "C"]
    other = keep.model_copy(update={"pair": "US-EU" if keep.pair != "US-EU" else "CN-EU", "history": ()})
    assert agent.keep(other) == "honour" and agent._pairs[other.pair][0].history == []
    assert own.seed is not None and own.seed != agent._pairs[other.pair][0].seed


def test_words_of_a_strategys_own_for_what_it_does(questions: list[Question]) -> None:
    class Action(enum.Enum):
        C = 0
        D = 1

    class Defects(Strategy):
        def strategy(self, opponent: Any) -> Any:
            return Action.D

    class Words(AxelrodAgent):
        player, actions = Defects, (Action.C, Action.D)

    keep = next(q for q in questions if q.kind == "keep")
    assert Words().keep(keep) == "lapse"
    assert find_agent("tit-for-tat").make().decide(keep.model_copy(update={"history": ()})) == "honour"

"""Seats what was written for other libraries: a negotiator of NegMAS, a strategy of Axelrod. Neither is needed here.

>>> class Aspiring(NegmasAgent):
...     kind = AspirationNegotiator                      # from negmas.sao
>>> class Forgiving(AxelrodAgent):
...     player, opponent = axelrod.TitFor2Tats, axelrod.MockPlayer
...     actions = (axelrod.Action.C, axelrod.Action.D)
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from experiments.classroom.seats import ACCEPT, HONOUR, LAPSE, NO_OFFER, REFUSE
from experiments.seating.agents import Agent, Move
from experiments.seating.protocol import Question

ACCEPTS: Final = "ACCEPT_OFFER"  # the name that NegMAS gives this response
STEPS: Final = 64  # of a session, as a negotiator is told; ``relative_time`` is the session's own
PARTNER: Final = "partner"

# --- NegMAS -----------------------------------------------------------------------------------------------------------

Outcome = tuple[int]


@dataclasses.dataclass
class _Session:
    """One session of talks: who negotiates, about which packages, and how far it has come."""

    negotiator: Any
    outcomes: frozenset[int]
    in_force: int
    time: float
    step: int = 0


class NegmasAgent(Agent):
    """Offers and answers by a negotiator of alternating offers (``propose``, ``respond``); the rules keep treaties.

    kind: makes the negotiator, without arguments; a new one is made for every session of talks. Its outcomes are the
    packages that the seat may sign at the session's opening, ``(number,)`` each; its utilities the gains that the
    seat believes in then, bn$ a year; its reserved value the least gain. What is tabled beside them is refused.
    """

    kind: ClassVar[Callable[[], Any] | None] = None

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def negotiator(self, gains: dict[Outcome, float], least: float) -> Any:
        """A negotiator with these utilities that has joined a session; override to set it up otherwise.

        Raises ``ImportError`` where NegMAS is not installed.
        """
        from negmas.preferences import MappingUtilityFunction
        from negmas.sao import AspirationNegotiator, SAOMechanism

        kind: Any = type(self).kind
        if kind is None:
            raise TypeError(f"{type(self).__name__} names no kind of negotiator: kind = AspirationNegotiator")
        outcomes = list(gains)
        talks = SAOMechanism(outcomes=outcomes, n_steps=STEPS)
        mine, partner = kind(), AspirationNegotiator(name=PARTNER)
        for one, sign in ((mine, 1.0), (partner, -1.0)):
            values = {outcome: sign * gain for outcome, gain in gains.items()}
            reserved = least if one is mine else min(values.values())
            talks.add(one, ufun=MappingUtilityFunction(values, reserved_value=reserved, outcomes=outcomes))
        for one in (mine, partner):
            one._on_negotiation_start(talks.state)  # as the mechanism does before it asks anybody
        return mine

    def state(self, question: Question, session: _Session) -> Any:
        """What the negotiator is told of the session at this point."""
        from negmas.sao import SAOState

        offer = None if question.package is None else (question.package.index,)
        return SAOState(
            running=True,
            started=True,
            step=session.step,
            relative_time=question.time,
            n_negotiators=2,
            current_offer=offer,
            current_proposer=PARTNER if offer else None,
        )

    def offer(self, question: Question) -> Move:
        """What the negotiator proposes; where the seat may sign nothing the rules decide."""
        session = self._session(question)
        if session is None:
            return None
        said = session.negotiator.propose(self.state(question, session))
        outcome = getattr(said, "outcome", said)
        return NO_OFFER if outcome is None else int(outcome[0])

    def answer(self, question: Question) -> Move:
        """What the negotiator responds; where the seat may sign nothing the rules decide."""
        session = self._session(question)
        if session is None or question.package is None:
            return None
        if question.package.index not in session.outcomes:
            return REFUSE
        said = session.negotiator.respond(self.state(question, session), PARTNER)
        return ACCEPT if getattr(said, "name", said) == ACCEPTS else REFUSE

    def _session(self, question: Question) -> _Session | None:
        """The session that this question belongs to, begun now if it is a new one."""
        known, in_force = self._sessions.get(question.pair), question.in_force.index
        if known is not None and known.time <= question.time and known.in_force == in_force:
            known.time, known.step = question.time, known.step + 1
            return known
        options = question.options
        assert options is not None
        gains = {
            (index,): gain
            for index, gain, may in zip(options.index, options.gain, options.may_sign, strict=True)
            if may and index not in (0, options.settled)
        }
        self._sessions.pop(question.pair, None)
        if not gains:
            return None
        mine = self.negotiator(gains, question.briefing.least)
        session = _Session(mine, frozenset(index for (index,) in gains), in_force, question.time)
        self._sessions[question.pair] = session
        return session


# --- Axelrod ----------------------------------------------------------------------------------------------------------


class Plays:
    """Whom a strategy plays against, as far as strategies look: what it did, and how often."""

    def __init__(self) -> None:
        self.history: list[Any] = []
        self.answered: list[Any] = []

    def update_history(self, play: Any, coplay: Any) -> None:
        """Add a turn."""
        self.history.append(play)
        self.answered.append(coplay)


class AxelrodAgent(Agent):
    """Keeps a treaty where a strategy of the repeated prisoner's dilemma cooperates, lapses where it defects.

    A turn is a quarter in which the pair has a treaty; offers and answers are left to the rules. player: makes the
    strategy, which has ``strategy(opponent)`` and ``update_history(play, coplay)``; one is made for each partner.
    opponent: makes what it is shown as the opponent. actions: what it calls cooperation and defection.
    """

    player: ClassVar[Callable[[], Any] | None] = None
    opponent: ClassVar[Callable[[], Any]] = Plays
    actions: ClassVar[Sequence[Any]] = ("C", "D")

    def __init__(self) -> None:
        self._pairs: dict[str, tuple[Any, Any]] = {}
        self._told: dict[str, int] = {}

    def keep(self, question: Question) -> Move:
        """What the strategy does after all turns so far."""
        kind = type(self)
        if kind.player is None:
            raise TypeError(f"{kind.__name__} names no strategy: player = axelrod.TitForTat")
        if question.pair not in self._pairs:
            self._pairs[question.pair] = kind.player(), kind.opponent()
            for one in self._pairs[question.pair]:
                if hasattr(one, "set_seed"):  # strategies that draw chance want it; the same game, the same chance
                    one.set_seed(zlib.crc32(f"{question.game} {question.bloc} {question.pair}".encode()))
        own, other = self._pairs[question.pair]
        cooperate, defect = self.actions
        for past in question.history[self._told.get(question.pair, 0) :]:
            mine, theirs = (cooperate if kept else defect for kept in (past.own_kept, past.partner_kept))
            own.update_history(mine, theirs)
            other.update_history(theirs, mine)
        self._told[question.pair] = len(question.history)
        return HONOUR if own.strategy(other) == cooperate else LAPSE

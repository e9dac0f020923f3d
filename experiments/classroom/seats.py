"""Seats for people: a ``NegotiationModel`` in which a bloc's decisions may be taken by people.

A *seat* is a bloc. Whoever sits there decides four things: what to table, whether to take what the partner tables,
whether to keep the treaty in force, and whether to walk out of it. Everything else stays with the model's own rules,
and so does every decision for which no person has made a move. With nobody seated and no moves a run is that of
``NegotiationModel``, bit for bit.

A decision is asked at one place of a run, its ``Spot``. Moves are kept by spot, so a game is replayed from its moves
alone: no order of arrival and no clock enters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from model import Bloc, InputFault, Lane, NegotiationModel, Offer, Parties, View, World

OFFER, ANSWER, KEEP = "offer", "answer", "keep"
KINDS: Final = (OFFER, ANSWER, KEEP)
NO_OFFER: Final = -1  # a move of kind OFFER that tables nothing this round
HONOUR, LAPSE, LEAVE = "honour", "lapse", "leave"
CONDUCT: Final = (HONOUR, LAPSE, LEAVE)  # moves of kind KEEP
ACCEPT, REFUSE = "accept", "refuse"
ANSWERS: Final = (ACCEPT, REFUSE)

Value = int | str


class Spot(NamedTuple):
    """Where in a run a decision is taken; round is the round of talks within the quarter, 0 for other decisions."""

    quarter: int
    dyad: int
    bloc: int
    kind: str
    round: int


class Question(NamedTuple):
    """A decision that waits for people.

    package: what lies on the table (ANSWER) or is in force (KEEP), else 0; hope: the gain that the rules would hold out
    for, bn$ a quarter, 0 outside talks; advice: the move that the rules would make.
    """

    spot: Spot
    package: int
    hope: float
    advice: Value

    @property
    def about(self) -> int:
        """The package that the rules would table, take or keep; 0 where they would table none."""
        if self.spot.kind != OFFER:
            return self.package
        return int(self.advice) if self.advice != NO_OFFER else 0


class Waiting(Exception):
    """A run cannot go on before these questions are answered."""

    def __init__(self, questions: list[Question]) -> None:
        super().__init__(f"{len(questions)} decisions are awaited")
        self.questions = questions


class SeatedBloc(Bloc):
    """A government that asks its seat first and decides by the model's rules where the seat is empty.

    It is seated in worlds of one replicate: the arrays that it is asked with and answers with have one entry.
    """

    world: SeatedWorld

    def table(self, view: View, aspiration: Any) -> tuple[np.ndarray, np.ndarray]:
        """The package it puts on the table: its people's, or the rules'."""
        world, dyad = self.world, view.dyad
        world.rounds[dyad] += 1
        offer, exists = super().table(view, aspiration)
        advice = int(offer[0]) if exists[0] and offer[0] != world.settled(dyad) else NO_OFFER
        move = world.move(OFFER, self.index, dyad, advice, float(aspiration[0]))
        if move is None:
            return offer, exists
        return (np.array([int(move)]), np.array([True])) if move != NO_OFFER else (offer, np.array([False]))

    def answer(self, offer: Offer, aspiration: Any, moment: Any) -> np.ndarray:
        """Whether it takes the package on the table."""
        takes = super().answer(offer, aspiration, moment)
        advice = ACCEPT if takes[0] else REFUSE
        package = int(offer.package[0])
        move = self.world.move(ANSWER, self.index, offer.dyad, advice, float(aspiration[0]), package)
        return takes if move is None else np.array([move == ACCEPT])

    def would_keep(self, dyad: int, package: np.ndarray) -> np.ndarray:
        """Whether it brings into force what it signed: always where it went its own way in talks with this partner.

        Who makes the moves that the rules advise gets their record. Moves decide, not who sits there now, so that a
        game that is played again goes the same way.
        """
        kept = super().would_keep(dyad, package)
        is_theirs = any((spot.bloc, spot.dyad) == (self.index, dyad) for spot in self.world.own_way)
        return np.ones_like(kept) if is_theirs else kept

    def honours(self, dyad: int) -> np.ndarray:
        """Whether it keeps the treaty in force this quarter."""
        honours = super().honours(dyad)
        treaty = int(self.world.state.treaty[0, dyad])
        if treaty == 0:
            return honours
        advice = LAPSE if not honours[0] else LEAVE if super().gives_notice(dyad)[0] else HONOUR
        move = self.world.move(KEEP, self.index, dyad, advice, 0.0, treaty)
        return honours if move is None else np.array([move != LAPSE])

    def gives_notice(self, dyad: int) -> np.ndarray:
        """Whether it walks out, or gives notice that it will."""
        given = super().gives_notice(dyad)
        move = self.world.moves.get(Spot(self.world.state.quarter, dyad, self.index, KEEP, 0))
        return given if move is None else np.array([move == LEAVE])


class SeatedWorld(World):
    """A world of one replicate with seats; ``SeatedModel`` says what they are."""

    bloc_type = SeatedBloc

    def __init__(self, *about: Any, **settings: Any) -> None:
        self.moves: dict[Spot, Value] = {}
        self.seats: dict[int, int] = {}
        self.released: frozenset[Spot] = frozenset()
        self.rounds: dict[int, int] = {}
        self.waiting: list[Question] = []
        self.by_rules: list[Question] = []  # decisions that no person took, in order
        self.own_way: set[Spot] = set()  # moves in talks so far that the rules would not have made
        #: Asked where there is no move: a program's move, which must be legal, or None to leave it to the rules.
        self.ask: Callable[[Question], Value | None] | None = None
        super().__init__(*about, **settings)

    def move(self, kind: str, bloc: int, dyad: int, advice: Value, hope: float, package: int = 0) -> Value | None:
        """The move made here and now, or None where the rules decide.

        A missing move of a seated bloc is noted, and the run stops at the end of the phase: what is played in these
        talks until then counts for nothing, so nobody is asked about it.
        """
        quarter = self.state.quarter
        spot = Spot(quarter, dyad, bloc, kind, 0 if kind == KEEP else self.rounds[dyad])
        if kind != KEEP and any(q.spot.dyad == dyad and q.spot.kind != KEEP for q in self.waiting):
            return None
        question = Question(spot, package, hope, advice)
        if spot not in self.moves and self.ask is not None and (said := self.ask(question)) is not None:
            self.moves[spot] = self._legal(spot, said)
        if spot in self.moves:
            if kind != KEEP and self.moves[spot] != advice:
                self.own_way.add(spot)
            return self._legal(spot, self.moves[spot])
        if quarter < self.seats.get(bloc, quarter + 1) or spot in self.released:
            self.by_rules.append(question)
        else:
            self.waiting.append(question)
        return None

    def settled(self, dyad: int) -> int:
        """The package in force, which is nothing to table; ``NO_OFFER`` where its truce may become an agreement."""
        treaty = int(self.state.treaty[0, dyad])
        return NO_OFFER if self.state.instrument[0, dyad] < self.rules.instruments[dyad][treaty] else treaty

    def illegal(self, spot: Spot, value: object) -> str:
        """What is wrong with a move here and now, empty if nothing."""
        fault = move_fault(spot.kind, value, self.agenda.menus[spot.dyad].n_packages)
        if not fault and spot.kind == OFFER and isinstance(value, int) and value != NO_OFFER:
            if not bool(Lane(self, 0).on_table(spot.dyad)[value]):
                fault = f"offer {value}: the package is not on the table, because it takes back what is in force"
            elif value == self.settled(spot.dyad):
                fault = f"offer {value}: it is in force already"
        return fault

    def _legal(self, spot: Spot, value: Value) -> Value:
        if fault := self.illegal(spot, value):
            raise InputFault([fault], f"move in quarter {spot.quarter}")
        return value

    def bargain(self) -> None:
        """Sessions open; packages are tabled and answered; talks that wait for people stop the run."""
        self.rounds = dict.fromkeys(range(self.parties.n_dyads), -1)
        super().bargain()
        self._stop_if_waiting()

    def honour_or_withdraw(self) -> None:
        """Each side of a treaty keeps it or does not; sides that wait for people stop the run."""
        super().honour_or_withdraw()
        self._stop_if_waiting()

    def _stop_if_waiting(self) -> None:
        if self.waiting:
            raise Waiting(self.waiting)


class SeatedModel(NegotiationModel):
    """A negotiation with seats.

    seats: bloc -> the first quarter in which its decisions are people's: where a move is missing from then on,
    ``step`` raises ``Waiting``, and this model must be thrown away and played again with the moves. moves: what people
    (or the author of a branch) decided, by spot; a move counts whether or not its bloc is seated. released: spots that
    people left to the rules.
    """

    world: SeatedWorld

    def __init__(
        self,
        moves: Mapping[Spot, Value] | None = None,
        seats: Mapping[int, int] | None = None,
        released: frozenset[Spot] = frozenset(),
        **settings: Any,
    ) -> None:
        super().__init__(world_type=SeatedWorld, **settings)
        self.world.moves, self.world.seats, self.world.released = dict(moves or {}), dict(seats or {}), released


def move_fault(kind: str, value: object, n_packages: int) -> str:
    """What is wrong with a move, empty if nothing."""
    if kind == OFFER:
        if isinstance(value, int) and not isinstance(value, bool) and NO_OFFER <= value < n_packages and value != 0:
            return ""
        return f"offer {value!r:.40}: allowed is a package from 1 to {n_packages - 1}, or {NO_OFFER} to table nothing"
    allowed = ANSWERS if kind == ANSWER else CONDUCT
    if isinstance(value, str) and value in allowed:
        return ""
    return f"{kind} {value!r:.40}: allowed is {', '.join(allowed)}"


def side_of(parties: Parties, bloc: int, dyad: int) -> int:
    """Which side of a dyad a bloc is, 0 or 1, or -1 where it takes no part."""
    pair = parties.dyads[dyad]
    return pair.index(bloc) if bloc in pair else -1

"""A ``NegotiationModel`` with seats: decisions of a bloc may be people's; what a seat decides is in ``seats``.

It stands apart, because it is one of Mesa's models: what plays clouds needs the words of seats, and not Mesa.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from experiments.classroom.seats import (
    ACCEPT,
    ANSWER,
    HONOUR,
    KEEP,
    LAPSE,
    LEAVE,
    NO_OFFER,
    OFFER,
    REFUSE,
    Question,
    Spot,
    Value,
    Waiting,
    move_fault,
)
from model import Bloc, InputFault, Lane, NegotiationModel, Offer, View, World


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

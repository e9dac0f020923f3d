"""Seats for people: what is decided there, where in a run, and what a legal move is (``seated`` plays it).

A *seat* is a bloc. Whoever sits there decides four things: what to table, whether to take what the partner tables,
whether to keep the treaty in force, and whether to walk out of it. Everything else stays with the model's own rules,
and so does every decision for which no person has made a move. With nobody seated and no moves a run is that of
``NegotiationModel``, bit for bit.

A decision is asked at one place of a run, its ``Spot``. Moves are kept by spot, so a game is replayed from its moves
alone: no order of arrival and no clock enters.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from model import Parties

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

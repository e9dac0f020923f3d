"""Who is in the room: join codes, tokens, who is still there.

Codes and tokens come from the operating system's randomness and say nothing about each other. A code is for one seat
and is short enough to type; a token is for one browser, is handed out once, and dies with the game it was made for.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from experiments.classroom.seats import Spot

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no letter that is read as a digit
CODE_LENGTH: Final = 10  # 30^10: with ten tries a second, half of all codes take a million years
TOKEN_BYTES: Final = 24
MOST_AT_A_SEAT: Final = 40  # by seat, so that one code cannot fill the others' places
GONE_AFTER: Final = 3.5  # seconds without a sign of life; pages give one every second
HELD: Final = 50.0  # seconds that a seat waits for a browser that was there: a reload, a locked phone, a lost network


@dataclass
class Person:
    """A browser at a seat.

    since: the first quarter in which its decisions are asked for; heard: decisions of the rules that it knows of;
    name: the nickname of who came by the room code, else empty.
    """

    bloc: int
    seen: float  # seconds on the room's clock
    since: int = 0
    heard: set[Spot] = field(default_factory=set)
    name: str = ""


class People:
    """The people of one game of so many seats."""

    def __init__(self, n_seats: int) -> None:
        self.facilitator = secrets.token_urlsafe(TOKEN_BYTES)
        self.codes: list[str] = []
        self.persons: dict[str, Person] = {}
        self.renew(n_seats)

    def renew(self, n_seats: int) -> None:
        """New codes for all seats; every token handed out for the old ones is worthless from now on."""
        self.codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(n_seats)]
        self.persons = {}

    def is_facilitator(self, token: str) -> bool:
        """Whether a token is the facilitator's; takes the same time for every wrong one."""
        return hmac.compare_digest(_bytes(token), _bytes(self.facilitator))

    def bloc_of_code(self, code: str) -> int | None:
        """The seat that a code opens, written in any case and with any spaces or dashes."""
        plain = "".join(letter for letter in code.upper() if letter not in " -")
        found = None
        for bloc, own in enumerate(self.codes):  # all are looked at, so that time tells nothing
            if hmac.compare_digest(_bytes(plain), _bytes(own)):
                found = bloc
        return found

    def join(self, bloc: int, now: float) -> str | None:
        """A new browser at a seat: its token, or None when as many sit there as may."""
        if self._at(bloc) >= MOST_AT_A_SEAT:
            self.persons = {
                token: one for token, one in self.persons.items() if one.bloc != bloc or now - one.seen < GONE_AFTER
            }
        if self._at(bloc) >= MOST_AT_A_SEAT:
            return None
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.persons[token] = Person(bloc, now)
        return token

    def _at(self, bloc: int) -> int:
        return sum(person.bloc == bloc for person in self.persons.values())

    def bloc_of(self, token: str, now: float | None = None) -> int | None:
        """The seat of a token, None for a stranger; ``now`` counts as a sign of life."""
        person = self.persons.get(token)
        if person is None:
            return None
        if now is not None:
            person.seen = now
        return person.bloc

    def leave(self, token: str) -> None:
        """Somebody stands up: the seat is not held; the token stays good for coming back."""
        if token in self.persons:
            self.persons[token].seen = float("-inf")

    def send_away(self, bloc: int) -> None:
        """Empty a seat: its tokens are worthless and it has a new code."""
        self.persons = {token: one for token, one in self.persons.items() if one.bloc != bloc}
        self.codes[bloc] = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))

    def present(self, now: float) -> dict[int, int]:
        """Seat -> browsers that gave a sign of life lately."""
        count: dict[int, int] = {}
        for person in self.persons.values():
            if now - person.seen < GONE_AFTER:
                count[person.bloc] = count.get(person.bloc, 0) + 1
        return count

    def names(self) -> dict[int, list[str]]:
        """Seat -> nicknames of those who have it."""
        found: dict[int, list[str]] = {}
        for person in self.persons.values():
            if person.name:
                found.setdefault(person.bloc, []).append(person.name)
        return found

    def taken(self) -> set[int]:
        """Seats that somebody ever sat down at in this game."""
        return {person.bloc for person in self.persons.values()}

    def held(self, now: float) -> dict[int, float]:
        """Seat -> seconds for which it is kept for those who sit there, or have just been lost from sight."""
        left: dict[int, float] = {}
        for person in self.persons.values():
            seconds = HELD - (now - person.seen)
            if seconds > 0.0:
                left[person.bloc] = max(left.get(person.bloc, 0.0), seconds)
        return left


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # any text may come as a code, half characters too

"""A class at parallel tables: one room code and a nickname, everybody dealt onto tables, all seen at once.

A hall begins with one table, whose seats have codes as always. Whoever comes by the room code waits until the
facilitator deals: everybody is put at random onto as many tables as wanted, spread as evenly as it goes, and the rules
play the seats that are left. Each table is a room of its own, with a luck and a pace of its own; the facilitator's
controls work on all of them, or on the one that is named. A browser keeps its token through every deal.
"""

from __future__ import annotations

import hmac
import math
import secrets
import threading
from collections.abc import Iterable
from typing import Any, Final

from experiments.classroom.game import Settings
from experiments.classroom.people import ALPHABET, GONE_AFTER, HELD, MOST_AT_A_SEAT, TOKEN_BYTES, Person
from experiments.classroom.room import OVER, Refused, Room

MOST_TABLES: Final = 20
ROOM_CODE_LENGTH: Final = 6  # 30^6: at the rate that one address may ask, a month for half of all codes
LONGEST_NAME: Final = 16  # characters
MOST_PEOPLE: Final = 240  # browsers in a hall, at seats or waiting
NOWHERE: Final = -1  # the seat of who waits to be dealt
EACH_SHOWN: Final = 20.0  # seconds that the wall shows a table before the next, unless the facilitator chose one


class Hall:
    """The tables of a class, and who waits for one."""

    def __init__(self, room: Room) -> None:
        self.lock = threading.RLock()
        self.tables = [room]
        self.code = new_code()
        self.waiting: dict[str, Person] = {}
        self.is_dealt = False
        self.shown: int | None = None  # the table on the wall, None for one after the other

    @property
    def facilitator(self) -> str:
        """The facilitator's token, the same at every table."""
        return self.tables[0].people.facilitator

    @property
    def fault(self) -> str:
        """What the facilitator has to know; told with the first table."""
        return self.tables[0].fault

    @fault.setter
    def fault(self, said: str) -> None:
        self.tables[0].fault = said

    @property
    def is_over(self) -> bool:
        """Whether every table has ended."""
        return all(table.phase == OVER for table in self.tables)

    def tick(self, now: float) -> None:
        """Let time pass at every table."""
        for table in list(self.tables):
            table.tick(now)

    # --- who is where -----------------------------------------------------------------------------------------------

    def find(self, token: str) -> tuple[int, Room] | None:
        """The table at which a token has a seat, with its number."""
        return next((one for one in enumerate(self.tables) if token in one[1].people.persons), None)

    def index_of(self, token: str) -> int | None:
        """The number of the table at which a token has a seat."""
        found = self.find(token)
        return found[0] if found else None

    def table_of(self, token: str) -> Room:
        """The table of a token; a stranger's is the first, which refuses it."""
        found = self.find(token)
        return found[1] if found else self.tables[0]

    def table(self, index: object) -> Room:
        """The table with this number, from 0; the first if none is named."""
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(self.tables):
            raise Refused(422, "bad_number", f"table: allowed is a whole number from 0, below {len(self.tables)}")
        return self.tables[index]

    def on_the_wall(self, now: float) -> int:
        """The table that is shown to everybody now; when all are over it stays."""
        if self.shown is not None or self.is_over:
            return self.shown or 0
        return int(now / EACH_SHOWN) % len(self.tables)

    def _people(self) -> Iterable[Person]:
        yield from self.waiting.values()
        for table in self.tables:
            yield from table.people.persons.values()

    def join(self, code: str, name: object, now: float) -> dict[str, Any]:
        """Come in by the room code with a nickname, or take a seat by its own code: a token for this browser."""
        with self.lock:
            plain = "".join(letter for letter in code.upper() if letter not in " -")
            if not hmac.compare_digest(_bytes(plain), _bytes(self.code)):
                found = [table for table in self.tables if table.people.bloc_of_code(code) is not None]
                return (found or self.tables)[0].join(code, now)
            person = Person(NOWHERE, now, name=self._nickname(name))
            if sum(1 for _ in self._people()) >= MOST_PEOPLE:
                self._forget_the_lost(now)
            if sum(1 for _ in self._people()) >= MOST_PEOPLE:
                raise Refused(503, "full")
            token = secrets.token_urlsafe(TOKEN_BYTES)
            self.waiting[token] = person
            if self.is_dealt and not self.is_over:
                self._seat_late(token, now)
            return {"token": token, "bloc": self.bloc_of(token)}

    def _nickname(self, name: object) -> str:
        """A nickname that nobody else here has."""
        if not isinstance(name, str):
            raise Refused(422, "bad_name")
        plain = " ".join("".join(letter if letter.isprintable() else " " for letter in name[:200]).split())
        if not 0 < len(plain) <= LONGEST_NAME:
            raise Refused(422, "bad_name", f"allowed are 1 to {LONGEST_NAME} characters")
        taken, number, own = {person.name for person in self._people()}, 1, plain
        while own in taken:
            number += 1
            own = f"{plain} {number}"
        return own

    def _forget_the_lost(self, now: float) -> None:
        self.waiting = {token: one for token, one in self.waiting.items() if now - one.seen < GONE_AFTER}

    def _seat_late(self, token: str, now: float) -> None:
        """Who comes after the deal sits where the fewest people are, first of all where the rules play."""
        open_ = [
            (sum(counts), counts[bloc], k, bloc)
            for k, table in enumerate(self.tables)
            if table.phase != OVER
            for counts in [
                [sum(one.bloc == b for one in table.people.persons.values()) for b in range(len(table.people.codes))]
            ]
            for bloc in range(len(counts))
            if counts[bloc] < MOST_AT_A_SEAT
        ]
        if not open_:
            return
        # An empty seat at a full table goes before a second person at any seat.
        _, _, k, bloc = min(open_, key=lambda one: (one[1] > 0, one[0], one[1], one[2], one[3]))
        self.tables[k].people.persons[token] = Person(bloc, now, name=self.waiting.pop(token).name)
        self.tables[k].settle(token, now)

    def bloc_of(self, token: str) -> int | None:
        """The seat of a token, ``NOWHERE`` for who waits, None for a stranger."""
        if token in self.waiting:  # asked first: dealing puts a token at its table before it stops waiting
            return NOWHERE
        return self.table_of(token).people.bloc_of(token)

    def leave(self, token: str, now: float) -> None:
        """Stand up; who waits goes."""
        with self.lock:
            if self.waiting.pop(token, None) is None:
                self.table_of(token).leave(token, now)

    # --- dealing ----------------------------------------------------------------------------------------------------

    def deal(self, n_tables: object, settings: Settings, now: float) -> None:
        """New tables for everybody who is here; who was at a table or waits is put somewhere at random.

        Raises ``Refused``: a number of tables that is not allowed.
        """
        if isinstance(n_tables, bool) or not isinstance(n_tables, int) or not 1 <= n_tables <= MOST_TABLES:
            raise Refused(422, "bad_number", f"tables: allowed is a whole number from 1 to {MOST_TABLES}")
        first = self.tables[0]
        tables = [
            Room(settings, first.pace, first.patience) for _ in range(n_tables)
        ]  # takes a while: without the lock
        for table in tables:
            table.people.facilitator = first.people.facilitator
        with self.lock:
            people = dict(self.waiting)
            for table in self.tables:
                people |= table.people.persons
            order = list(people.items())
            secrets.SystemRandom().shuffle(order)
            order.sort(key=lambda one: now - one[1].seen > HELD)  # who has gone home takes nobody's place
            for (token, person), (k, bloc) in zip(
                order, places(n_tables, len(order), len(tables[0].people.codes)), strict=True
            ):
                tables[k].people.persons[token] = Person(bloc, person.seen, name=person.name)
            # In this order: whoever asks meanwhile is found at a table or waiting (``bloc_of``), and never nowhere.
            self.tables = tables
            self.waiting, self.is_dealt, self.shown = {}, True, None
        self.tick(now)

    def begin_anew(self, settings: Settings, now: float) -> None:
        """One table again, as at the beginning: everybody has gone, and the room has a new code."""
        with self.lock:
            del self.tables[1:]
            self.waiting, self.is_dealt, self.shown, self.code = {}, False, None, new_code()
            self.tables[0].lead(self.facilitator, "new", {"settings": settings}, now)

    # --- the facilitator ----------------------------------------------------------------------------------------------

    def lead(self, token: str, action: str, about: dict[str, Any], now: float) -> dict[str, Any]:
        """What only the facilitator may do, at all tables or at ``about["table"]``; returns how all stand."""
        if not self.tables[0].people.is_facilitator(token):
            raise Refused(401, "not_facilitator")
        settings = about.get("settings", self.tables[0].settings)
        if action in ("new", "deal") and not isinstance(settings, Settings):
            raise Refused(422, "bad_settings")
        if action == "deal":
            self.deal(about.get("tables"), settings, now)
        with self.lock:
            if action == "new":
                self.begin_anew(settings, now)
            elif action == "show":
                self.shown = None if about.get("table") is None else self.tables.index(self.table(about["table"]))
            elif action not in ("look", "deal"):
                self._lead_tables(token, action, about, now)
            told = self.tables[0].lead(token, "look", {}, now)
            return told | {
                **{"code": self.code, "waiting": self.waiting_names(now), "dealt": self.is_dealt},
                **{"shown": self.shown, "wall": self.on_the_wall(now), "tables": self.overview(now)},
                "phase": self.phase,
            }

    def _lead_tables(self, token: str, action: str, about: dict[str, Any], now: float) -> None:
        wanted = [self.table(about["table"])] if "table" in about else self.tables
        refusals = []
        for table in wanted:
            try:
                table.lead(token, action, {k: v for k, v in about.items() if k != "table"}, now)
            except Refused as no:
                refusals.append(no)
        # What one table of many cannot do, because it has ended or not begun, is no fault.
        if refusals and (len(refusals) == len(wanted) or refusals[0].status != 409):
            raise refusals[0]

    @property
    def phase(self) -> str:
        """Where the class stands: over when every table is, else as the first table that is not."""
        return next((table.phase for table in self.tables if table.phase != OVER), OVER)

    # --- what can be seen -------------------------------------------------------------------------------------------

    def waiting_names(self, now: float) -> list[str]:
        """Who waits to be dealt, and has been seen lately."""
        return [one.name for one in self.waiting.values() if now - one.seen < GONE_AFTER]

    def wait(self, token: str, now: float) -> dict[str, Any]:
        """What who waits may see: the own nickname and how many wait."""
        with self.lock:
            person = self.waiting.get(token, Person(NOWHERE, now))  # who has just been dealt is told so the next time
            person.seen = now
            return {"phase": "waiting", "name": person.name, "n": len(self.waiting_names(now))}

    def overview(self, now: float) -> list[dict[str, Any]]:
        """Every table in a few words: quarter, who is there, decisions that are open and for how long."""
        return [_told(k, table, now) for k, table in enumerate(list(self.tables))]


def _told(k: int, table: Room, now: float) -> dict[str, Any]:
    with table.lock:
        played, length = len(table.quarters), table.game.n_quarters
        left = [seconds for one in table.game.questions if (seconds := table.left(one, now)) is not None]
        return {
            **{"table": k, "phase": table.phase, "played": played, "length": length, "fault": table.fault},
            "label": table.game.model.start.quarter_label(min(played, length - 1)),
            **{"open": len(table.game.questions), "left": max(0, math.ceil(max(left))) if left else None},
            "seats": table.seat_lines(now),
        }


def places(n_tables: int, n_people: int, n_seats: int) -> list[tuple[int, int]]:
    """Where so many people sit, (table, seat), in order: first one at every table, then a second, and so on.

    Which seat of a table is taken first goes round, so that no government is always the one played by the rules; more
    people than seats share them as a team, table by table.
    """
    seats = [(k, (k + turn) % n_seats) for turn in range(n_seats) for k in range(n_tables)]
    return [seats[n % len(seats)] for n in range(n_people)]


def new_code() -> str:
    """A room code that can be read out and typed."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ROOM_CODE_LENGTH))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

"""What browsers may ask about the class's tables: come in, look, decide, lead; and how the game was, when it is over.

Each answer takes plain data of unknown origin and the caller's token. A token finds its own table; who has none names
one by ``table``, or sees the one on the wall.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from experiments.classroom.cloud import Clouds
from experiments.classroom.game import Game, read_settings
from experiments.classroom.hall import NOWHERE, Hall
from experiments.classroom.pages import PAGES, USUAL
from experiments.classroom.room import OVER, PLAYING, Refused, Room
from experiments.classroom.seats import Question, Spot
from experiments.classroom.take_home import of_room
from experiments.classroom.telling import headlines, latest, verdict
from experiments.classroom.view import number
from experiments.emulation.emulator import Emulator
from model import MOST_BLOCS

MOST_QUARTER: Final = 1000
MOST_TOKEN: Final = 200  # characters
MOST_CODE: Final = 40  # characters of a code, as it is typed
ON_THE_TICKER: Final = 8  # headlines that the wall shows
MOST_PAIRS: Final = MOST_BLOCS * (MOST_BLOCS - 1) // 2
TOLD_AGAIN: Final = 1.0  # seconds for which the debrief of all tables is the same for all who ask

Answer = Callable[[dict[str, Any], str], Any]


class Desk:
    """The part of the classroom that is about its tables."""

    hall: Hall
    clouds: Clouds
    emulator: Emulator | None
    address: str
    put: Callable[[Game, Question, str], Any] | None  # words a question for programs; None: none may sit here

    def __init__(self) -> None:
        self._telling = threading.Lock()
        self._told: tuple[object, dict[str, Any]] = (None, {})

    @property
    def room(self) -> Room:
        """The first table: the only one, where nothing has been dealt."""
        return self.hall.tables[0]

    @room.setter
    def room(self, room: Room) -> None:
        self.hall.tables[0] = room

    def at_the_desk(self) -> dict[str, Answer]:
        """By address below ``room/``, who answers."""
        return {
            **{"join": self.join, "look": self.look, "answer": self.answer, "judge": self.judge, "leave": self.leave},
            **{"ask": self.ask, "lead": self.lead, "here": self.here, "heard": self.heard, "export": self.export},
            **{"cloud": self.room_cloud, "page": self.room_page, "tables": self.tables},
        }

    # --- at a seat ----------------------------------------------------------------------------------------------------

    def join(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """Come in by the room code and a nickname, or take a seat by its code."""
        code = data.get("code")
        if not isinstance(code, str) or len(code) > MOST_CODE:
            raise Refused(422, "bad_code")
        return self.hall.join(code, data.get("name"), time.monotonic())

    def here(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A sign of life for the seats that one browser holds."""
        tokens = data.get("tokens")
        if not isinstance(tokens, list) or len(tokens) > MOST_BLOCS:
            raise Refused(422, "bad_code")
        if any(not isinstance(one, str) or len(one) > MOST_TOKEN for one in tokens):
            raise Refused(422, "bad_code")
        now = time.monotonic()
        return {"seats": [self._here(one, now) for one in tokens]}

    def _here(self, token: str, now: float) -> dict[str, Any] | None:
        if self.hall.bloc_of(token) == NOWHERE:
            self.hall.wait(token, now)
            return {"bloc": NOWHERE, "deciding": False}
        return self.hall.table_of(token).here([token], now)[0]

    def look(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A seat's table as it sees it; for who waits, who waits; for everybody else, the wall."""
        since, now = whole_number(data, "since", MOST_QUARTER), time.monotonic()
        leads = self.room.people.is_facilitator(token)
        if not token or leads:
            return self._wall(data, since, now) | ({"code": self.hall.code} if leads else {})
        if self.hall.bloc_of(token) == NOWHERE:
            return self.hall.wait(token, now)
        k, table = self.hall.find(token) or (0, self.room)
        return table.seat(token, _from(data, table, since), now) | self._place(k)

    def _place(self, k: int) -> dict[str, Any]:
        return {"table": k, "tables": len(self.hall.tables), "all_over": self.hall.is_over}

    def _wall(self, data: dict[str, Any], since: int, now: float) -> dict[str, Any]:
        """One table and, where there are more, how all of them stand and what was last heard from them."""
        hall, named = self.hall, data.get("table")
        k = hall.on_the_wall(now) if named is None else hall.tables.index(hall.table(named))
        table = hall.tables[k]
        seen = table.public(_from(data, table, since), now) | self._place(k)
        events = [list(one.game.events[: len(one.quarters)]) for one in list(hall.tables)]
        news = latest(events, seen["start"]["labels"], seen["start"]["dyads"], ON_THE_TICKER)
        return seen | {"overview": hall.overview(now), "ticker": news, "waiting": hall.waiting_names(now)}

    def answer(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A seat's decision; peeked: after a look at what the rules would do."""
        spot, value, peeked = data.get("spot"), data.get("value"), data.get("peeked", False)
        kinds = (int, int, int, str, int)
        if not isinstance(spot, list) or len(spot) != len(kinds):
            raise Refused(422, "bad_move")
        if any(type(came) is not kind for came, kind in zip(spot, kinds, strict=True)):
            raise Refused(422, "bad_move")
        if isinstance(value, bool) or not isinstance(value, int | str | None) or type(peeked) is not bool:
            raise Refused(422, "bad_move")
        if "value" not in data:
            raise Refused(422, "bad_move")
        self.hall.table_of(token).answer(token, Spot(*spot), value, time.monotonic(), peeked)
        return {}

    def ask(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """What a program in a seat has to decide at its table, worded as programs read it."""
        now, found = time.monotonic(), self.hall.find(token)
        if self.put is None:
            raise Refused(404, "nothing_here")
        if found is None:
            raise Refused(401, "stranger")
        k, table = found
        with table.lock:
            bloc = table.people.bloc_of(token, now)
            table.tick(now)
            asked = [one for one in table.game.questions if one.spot.bloc == bloc and table.phase == PLAYING]
            put = [{"spot": list(one.spot), "question": self.put(table.game, one, table.name)} for one in asked]
            return {"table": k, "phase": table.phase, "bloc": bloc, "questions": put}

    def judge(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """What a seat makes of a package."""
        at = data.get("at")
        if not isinstance(at, list) or len(at) != 8 or any(type(x) is not int or not 0 <= x < 20 for x in at):
            raise Refused(422, "bad_move")
        return self.hall.table_of(token).judge(token, whole_number(data, "dyad", MOST_PAIRS), at, time.monotonic())

    def leave(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """Stand up."""
        self.hall.leave(token, time.monotonic())
        return {}

    def heard(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A seat knows what the rules decided in its place."""
        self.hall.table_of(token).heard(token, time.monotonic())
        return {}

    # --- leading ------------------------------------------------------------------------------------------------------

    def lead(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The facilitator's controls."""
        action = data.get("action")
        if not isinstance(action, str):
            raise Refused(422, "bad_action")
        about = {k: v for k, v in data.items() if k != "action"}
        if "settings" in about:
            about["settings"] = read_settings(about["settings"])
        return self.hall.lead(token, action, about, time.monotonic()) | {"address": self.address}

    def qr(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A QR code of an address of this page, as rows of 0 and 1; for the facilitator."""
        if not self.room.people.is_facilitator(token):
            raise Refused(401, "not_facilitator")
        text = data.get("text")
        if not isinstance(text, str) or not 0 < len(text) <= 200:
            raise Refused(422, "bad_text")
        return {"rows": qr_rows(text)}

    # --- when it is over ----------------------------------------------------------------------------------------------

    def _named(self, data: dict[str, Any]) -> Room:
        return self.hall.table(data.get("table", 0))

    def export(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A table's game, to be replayed."""
        return self._named(data).export(token)

    def room_cloud(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The cloud of a table's game, when it is over: by the rules alone, the table's own luck first."""
        room = self._named(data)
        if room.phase != OVER:
            raise Refused(409, "not_over")
        return self.clouds.view(room.settings, is_first=True)

    def room_page(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A table's game, when it is over, as a file to take home; with as much of its cloud as has been played."""
        language, room = data.get("language"), self._named(data)
        with room.lock:
            if room.phase != OVER:
                raise Refused(409, "not_over")
            if not room.quarters:
                raise Refused(404, "nothing_here")
            home = of_room(room, self.clouds.view(room.settings, is_first=True))
        if not isinstance(language, str) or language not in PAGES.languages:
            language = USUAL
        return {"html": home.html(language, self.emulator)}

    def tables(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """How every table's game was, when all are over: its dot, its headlines, and why; and the cloud behind them.

        Without a cloud where no table has played a quarter.
        """
        if not self.hall.is_over:
            raise Refused(409, "not_over")
        with self._telling:
            key = (*(table.name for table in self.hall.tables), int(time.monotonic() / TOLD_AGAIN))
            if self._told[0] != key:
                self._told = key, self._tell()
            return self._told[1]

    def _tell(self) -> dict[str, Any]:
        tables = [table for table in self.hall.tables if table.quarters]
        if not tables:
            return {"cloud": None, "tables": []}
        clouds = [self.clouds.view(table.settings, is_first=True) for table in tables]
        full = max(clouds, key=lambda one: int(one["runs"]))
        usual = float(np.mean(full["depth"])) if full["runs"] else None
        told = [self._table(table, cloud, usual) for table, cloud in zip(tables, clouds, strict=True)]
        return {"cloud": full, "tables": told}

    def _table(self, table: Room, cloud: dict[str, Any], usual: float | None) -> dict[str, Any]:
        """One game told; cloud: by the rules alone, its own luck first."""
        depth = [number(row["mean_depth"]) for row in table.outcome]
        twin = [float(one[0]) for one in cloud["depth"]] if cloud["runs"] else None
        moves = table.move_list()
        return {
            "table": self.hall.tables.index(table),
            "names": [table.people.names().get(bloc, []) for bloc in range(len(table.people.codes))],
            "settings": table.settings.as_dict(),
            "moves": [[*spot, value] for spot, value in sorted(table.game.moves.items())],
            "labels": [quarter["label"] for quarter in table.quarters],
            "series": [[quarter["dyads"][d]["depth"] for quarter in table.quarters] for d in range(len(depth))],
            "headlines": headlines(table.quarters, table.game.events, table.game.model.start.parties.dyads, moves),
            **{"depth": depth, "twin": twin, "gain": number(sum(row["joint_gain"] for row in table.outcome))},
            **{"decided": len(moves), "otherwise": sum(not move["same"] for move in moves)},
            "peeked": len(table.peeked),
            "why": None
            if usual is None or twin is None
            else verdict(float(np.mean(depth)), float(np.mean(twin)), usual),
        }


def _from(data: dict[str, Any], table: Room, since: int) -> int:
    """From which quarter on a page is told: one that has shown another table, or another game, has none of this one."""
    return since if data.get("game", table.name) == table.name else 0


def whole_number(data: dict[str, Any], name: str, below: int) -> int:
    """A whole number from 0, below ``below``, of a request; 0 where it is left out.

    Raises ``Refused``.
    """
    came = data.get(name, 0)
    if isinstance(came, bool) or not isinstance(came, int) or not 0 <= came < below:
        raise Refused(422, "bad_number", f"{name}: allowed is a whole number from 0, below {below}")
    return came


def qr_rows(text: str) -> list[str]:
    """A QR code as rows of 0 and 1."""
    import segno

    return ["".join("1" if cell else "0" for cell in row) for row in segno.make_qr(text).matrix]

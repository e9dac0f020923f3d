"""The page's server: a few addresses, plain data in and out, nothing of the machine.

Files are read once, in ``pages``; a request's path is a key of a table and never a path on disk.
Requests with data are small JSON tables, checked in ``limits`` and then by what they are for. Who is let in, and what
every answer carries, is in ``door``.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from experiments.classroom.cloud import N_RUNS, Clouds
from experiments.classroom.door import Door, refusal
from experiments.classroom.game import MOST_REPLICATE, Settings, read_settings, replay
from experiments.classroom.keeping import Keeper
from experiments.classroom.lessons import is_of_a_lesson, lesson_game
from experiments.classroom.limits import (
    LARGEST_BODY,
    MOST_AT_ONCE,
    PLACE_BURST,
    PLACE_RATE,
    QUARTERS_AT_ONCE,
    VISITOR_BURST,
    VISITOR_RATE,
    WHOLE_AT_ONCE,
    WHOLE_BURST,
    WHOLE_PLACE_BURST,
    WHOLE_PLACE_RATE,
    WHOLE_RATE,
    Buckets,
    read_json,
)
from experiments.classroom.opening import PLAYER, QUARTERS, ChoicesCloud, read_choices
from experiments.classroom.pages import PAGES, USUAL
from experiments.classroom.room import OVER, Refused, Room
from experiments.classroom.seats import Spot
from experiments.classroom.take_home import of_room, page_facts, slim
from experiments.classroom.watching import Watching
from experiments.emulation.emulator import Emulator
from model import MOST_BLOCS, InputFault, TacticFile

TICK: Final = 0.5  # seconds between looks at who is still there
JOIN: Final = "sit"  # the view in which students join, behind # in the address
ROOM_LENGTH: Final = 12  # quarters of a class game unless the facilitator chooses otherwise
ROOM_RULES: Final = {"rounds_per_quarter": 2}  # people need time for an offer that the rules make in no time
MOST_QUARTER: Final = 1000
MOST_TOKEN: Final = 200  # characters
WHOLE: Final = ("export", "replay", "room/page")  # as long as a run from its start to its end
SHORT: Final = ("watch", "cloud", "opening")  # some quarters, or what a cloud has so far

Answer = Callable[[dict[str, Any], str], Any]


class Classroom:
    """Everything behind the page: the watched runs, the clouds, the room."""

    def __init__(
        self,
        lan: bool = False,
        pace: float = 4.0,
        patience: float = 180.0,
        tactics: TacticFile | None = None,
        emulator: Emulator | None = None,
    ) -> None:
        self.lan = lan
        self.tactics, self.emulator = tactics, emulator
        self.watching, self.clouds = Watching(), Clouds(tactics)
        self.room = Room(Settings(quarters=ROOM_LENGTH, parameters=ROOM_RULES), pace, patience)
        self.keeper: Keeper | None = None  # writes the room into a file, where the command names one
        self.visitors = Buckets(VISITOR_RATE, VISITOR_BURST)
        self.places = Buckets(PLACE_RATE, PLACE_BURST)
        self.whole = Buckets(WHOLE_RATE, WHOLE_BURST)
        self.whole_places = Buckets(WHOLE_PLACE_RATE, WHOLE_PLACE_BURST)
        self.n_running = 0  # requests that are read and not yet answered
        self.address = ""  # where students find the page, known when it is served
        self._known: set[str] = set()
        self._facts: dict[str, Any] = {}  # of ``start``, the same for all
        self._reading = threading.Lock()

    # --- what can be asked; each takes plain data and the caller's token ---------------------------------------------

    def start(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """What a page needs once."""
        if len(self._known) > 20_000:
            self._known.clear()
        visitor = secrets.token_urlsafe(12)
        self._known.add(visitor)
        return self.facts() | {"visitor": visitor}

    def facts(self) -> dict[str, Any]:
        """What all pages need, made once: a class arrives all at once, and scenarios take long to read."""
        with self._reading:
            if not self._facts:
                self._facts = page_facts() | {
                    "emulator": self.emulator is not None,
                    "room": ROOM_RULES,
                    "tactics": self.tactics.told()["file"] if self.tactics else "",
                    "join": self._invitation(),
                    "opening": {"bloc": PLAYER, "quarters": QUARTERS, "runs": N_RUNS},
                }
            return self._facts

    def keep(self) -> None:
        """Write the room down, where the command names a file for it."""
        if self.keeper is not None:
            self.keeper.look(self.room, time.monotonic())

    def close(self) -> None:
        """The server is on its way out."""
        self.keep()
        self.clouds.stop()

    def _invitation(self) -> dict[str, Any] | None:
        """Where students come in, and its QR code; None where only this machine sees the page."""
        address = f"{self.address}#{JOIN}"
        return {"address": address, "rows": qr_rows(address)} if self.lan and self.address else None

    def watch(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """Quarters of a run."""
        first, upto = (_whole(data, name, MOST_QUARTER) for name in ("from", "upto"))
        return self.watching.show(read_settings(data.get("settings")), data.get("moves"), first, upto)

    def cloud(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The picture of a cloud so far."""
        settings = read_settings(data.get("settings"))
        return self.clouds.view(settings, is_of_a_lesson(settings))

    def opening(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The first screen's choices under other luck, as far as they have been played."""
        settings = Settings(replicate=_whole(data, "luck", MOST_REPLICATE), quarters=QUARTERS)
        return self.clouds.look(ChoicesCloud(settings, read_choices(data.get("choices"))))

    def save(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A watched run to the end, as an export."""
        return self.watching.export(read_settings(data.get("settings")), data.get("moves"))

    def again(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """An export played again: whether it is the same, bit for bit."""
        game, same = replay(data.get("export"))
        return {"same": same, "played": game.quarter, "digest": game.digest()}

    def join(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """Take a seat."""
        code = data.get("code")
        if not isinstance(code, str) or len(code) > 40:
            raise Refused(422, "bad_code")
        return self.room.join(code, time.monotonic())

    def game(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The game of the first chapter."""
        return lesson_game()

    def here(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A sign of life for the seats that one browser holds."""
        tokens = data.get("tokens")
        if not isinstance(tokens, list) or len(tokens) > MOST_BLOCS:
            raise Refused(422, "bad_code")
        if any(not isinstance(one, str) or len(one) > MOST_TOKEN for one in tokens):
            raise Refused(422, "bad_code")
        return {"seats": self.room.here(tokens, time.monotonic())}

    def look(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The room as everybody sees it, or as a seat sees it."""
        since = _whole(data, "since", MOST_QUARTER)
        now = time.monotonic()
        return self.room.seat(token, since, now) if token else self.room.public(since, now)

    def answer(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A seat's decision."""
        spot, value = data.get("spot"), data.get("value")
        kinds = (int, int, int, str, int)
        if not isinstance(spot, list) or len(spot) != len(kinds):
            raise Refused(422, "bad_move")
        if any(type(came) is not kind for came, kind in zip(spot, kinds, strict=True)):
            raise Refused(422, "bad_move")
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise Refused(422, "bad_move")
        self.room.answer(token, Spot(*spot), value, time.monotonic())
        return {}

    def judge(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """What a seat makes of a package."""
        at = data.get("at")
        if not isinstance(at, list) or len(at) != 8 or any(type(x) is not int or not 0 <= x < 20 for x in at):
            raise Refused(422, "bad_move")
        return self.room.judge(token, _whole(data, "dyad", MOST_BLOCS * (MOST_BLOCS - 1) // 2), at, time.monotonic())

    def leave(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """Stand up."""
        self.room.leave(token, time.monotonic())
        return {}

    def heard(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A seat knows what the rules decided in its place."""
        self.room.heard(token, time.monotonic())
        return {}

    def lead(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The facilitator's controls."""
        action = data.get("action")
        if not isinstance(action, str):
            raise Refused(422, "bad_action")
        about = {k: v for k, v in data.items() if k != "action"}
        if "settings" in about:
            about["settings"] = read_settings(about["settings"])
        return self.room.lead(token, action, about, time.monotonic()) | {"address": self.address}

    def export(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The room's game, to be replayed."""
        return self.room.export(token)

    def room_cloud(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The cloud of the room's game, when it is over: by the rules alone, the class's own luck first."""
        if self.room.phase != "over":
            raise Refused(409, "not_over")
        return self.clouds.view(self.room.settings, is_first=True)

    def guess(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The emulator, from which the page answers by itself."""
        if self.emulator is None:
            raise Refused(404, "nothing_here")
        return slim(self.emulator)

    def room_page(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The room's game, when it is over, as a file to take home; with as much of its cloud as has been played."""
        language = data.get("language")
        with self.room.lock:
            if self.room.phase != OVER:
                raise Refused(409, "not_over")
            if not self.room.quarters:
                raise Refused(404, "nothing_here")
            home = of_room(self.room, self.clouds.view(self.room.settings, is_first=True))
        if not isinstance(language, str) or language not in PAGES.languages:
            language = USUAL
        return {"html": home.html(language, self.emulator)}

    def qr(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A QR code of an address of this page, as rows of 0 and 1; for the facilitator."""
        if not self.room.people.is_facilitator(token):
            raise Refused(401, "not_facilitator")
        text = data.get("text")
        if not isinstance(text, str) or not 0 < len(text) <= 200:
            raise Refused(422, "bad_text")
        return {"rows": qr_rows(text)}

    # --- how often ----------------------------------------------------------------------------------------------------

    def is_let_in(self, request: Request, name: str) -> bool:
        """Whether the caller has not asked too often; what plays a whole run is counted by itself too."""
        now, (who, place) = time.monotonic(), self._caller(request)
        if not (self.visitors.take(who, now) and self.places.take(place, now)):
            return False
        return name not in WHOLE or (self.whole.take(who, now) and self.whole_places.take(place, now))

    def give_back(self, request: Request, name: str) -> None:
        """A request was refused before anything was played: it does not count as a whole run."""
        if name in WHOLE:
            now, (who, place) = time.monotonic(), self._caller(request)
            self.whole.take(who, now, -1.0)
            self.whole_places.take(place, now, -1.0)

    def _caller(self, request: Request) -> tuple[str, str]:
        """Who asks: a visitor that is known, or a stranger; and from where."""
        place = request.client.host if request.client else "?"
        visitor = request.headers.get("x-visitor", "")
        return (visitor if visitor in self._known else f"stranger at {place}"), place


def _whole(data: dict[str, Any], name: str, below: int) -> int:
    came = data.get(name, 0)
    if isinstance(came, bool) or not isinstance(came, int) or not 0 <= came < below:
        raise Refused(422, "bad_number", f"{name}: allowed is a whole number from 0, below {below}")
    return came


def qr_rows(text: str) -> list[str]:
    """A QR code as rows of 0 and 1."""
    import segno

    return ["".join("1" if cell else "0" for cell in row) for row in segno.make_qr(text).matrix]


def make_app(classroom: Classroom) -> Door:
    """The ASGI application."""

    async def page(request: Request) -> Response:
        found = PAGES.find(request.url.path, request.headers)
        return Response(found[0], headers=found[1]) if found else refusal(404, "nothing_here")

    # Whoever waits for a run to be played stands in a line of its own: what the room is asked is never behind it.
    whole, quarters = asyncio.Semaphore(WHOLE_AT_ONCE), asyncio.Semaphore(QUARTERS_AT_ONCE)
    lines = {**dict.fromkeys(WHOLE, whole), **dict.fromkeys(SHORT, quarters)}

    def speak(name: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if not classroom.is_let_in(request, name):
                return refusal(429, "too_often")
            try:
                data = read_json(await _body(request))
            except ValueError as fault:
                return refusal(400, "bad_request", str(fault))
            except ClientDisconnect:
                return refusal(400, "bad_request")  # nobody hears it
            if classroom.n_running >= MOST_AT_ONCE:
                return refusal(503, "too_often")
            classroom.n_running += 1
            try:
                async with lines.get(name, contextlib.nullcontext()):
                    said = await _said(answer, data, request.headers.get("x-token", "")[:MOST_TOKEN])
            finally:
                classroom.n_running -= 1
            if said.status_code != 200:
                classroom.give_back(request, name)
            return said

        return endpoint

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        classroom.clouds.start()
        await run_in_threadpool(classroom.facts)
        ticking = asyncio.create_task(_tick(classroom))
        try:
            yield
        finally:
            ticking.cancel()
            await run_in_threadpool(classroom.close)

    routes = [
        Route(f"/api/{name}", speak(name, answer), methods=["POST"]) for name, answer in _answers(classroom).items()
    ]
    routes.append(Route("/{path:path}", page, methods=["GET"]))
    return Door(
        Starlette(routes=routes, lifespan=lifespan, exception_handlers={405: _wrong_way, 500: _broken}), classroom.lan
    )


async def _wrong_way(request: Request, fault: Exception) -> Response:
    return refusal(405, "wrong_way")


async def _broken(request: Request, fault: Exception) -> Response:
    return refusal(500, "unknown")


def _answers(c: Classroom) -> dict[str, Answer]:
    """By address, who answers."""
    return {
        **{"start": c.start, "watch": c.watch, "cloud": c.cloud, "export": c.save, "replay": c.again},
        **{"room/join": c.join, "room/look": c.look, "room/answer": c.answer, "room/judge": c.judge},
        **{"room/leave": c.leave, "room/lead": c.lead, "room/export": c.export, "room/cloud": c.room_cloud},
        **{"emulator": c.guess, "room/page": c.room_page},
        **{"qr": c.qr, "lesson": c.game, "opening": c.opening, "room/here": c.here, "room/heard": c.heard},
    }


async def _said(answer: Answer, data: dict[str, Any], token: str) -> Response:
    """An answer as plain data, or why it is refused."""
    try:
        return JSONResponse(await run_in_threadpool(answer, data, token))
    except Refused as no:
        return refusal(no.status, no.code, no.detail)
    except InputFault as fault:
        return refusal(422, "bad_input", str(fault)[:400])


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise ValueError("too large")
    return body


async def _tick(classroom: Classroom) -> None:
    while True:
        await asyncio.sleep(TICK)
        await run_in_threadpool(classroom.room.tick, time.monotonic())
        await run_in_threadpool(classroom.keep)

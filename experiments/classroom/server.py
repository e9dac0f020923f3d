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
from experiments.classroom.desk import MOST_QUARTER, MOST_TOKEN, Desk, qr_rows, whole_number
from experiments.classroom.door import Door, refusal
from experiments.classroom.game import MOST_REPLICATE, Game, Settings, read_settings, replay
from experiments.classroom.hall import Hall
from experiments.classroom.keeping import Keeper
from experiments.classroom.learning import Learning
from experiments.classroom.lesson_file import Lesson
from experiments.classroom.lessons import Course
from experiments.classroom.limits import (
    JOIN_BURST,
    JOIN_RATE,
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
from experiments.classroom.pages import PAGES
from experiments.classroom.room import Refused, Room
from experiments.classroom.seats import Question
from experiments.classroom.take_home import page_facts, slim
from experiments.classroom.watching import Watching
from experiments.emulation.emulator import Emulator
from experiments.running.worker_pool import return_freed_memory
from model import InputFault, TacticFile

TICK: Final = 0.5  # seconds between looks at who is still there
TIDY: Final = 5.0  # seconds after which memory that requests have freed goes back to the system
JOIN: Final = "sit"  # the view in which students join, behind # in the address
ROOM_LENGTH: Final = 6  # quarters of a class game unless the facilitator chooses otherwise
ROOM_RULES: Final = {"rounds_per_quarter": 2}  # people need time for an offer that the rules make in no time
WHOLE: Final = ("export", "replay", "room/page")  # as long as a run from its start to its end
SHORT: Final = ("watch", "cloud", "opening")  # some quarters, or what a cloud has so far

Answer = Callable[[dict[str, Any], str], Any]


class Classroom(Desk):
    """Everything behind the page: the watched runs, the clouds, the tables (``desk``)."""

    def __init__(
        self,
        lan: bool = False,
        pace: float = 4.0,
        patience: float = 60.0,
        tactics: TacticFile | None = None,
        emulator: Emulator | None = None,
        put: Callable[[Game, Question, str], Any] | None = None,
        lessons: tuple[Lesson, ...] = (),
    ) -> None:
        super().__init__()
        self.lan, self.put = lan, put
        self.tactics, self.emulator = tactics, emulator
        self.watching, self.clouds = Watching(), Clouds(tactics)
        self.hall = Hall(Room(Settings(quarters=ROOM_LENGTH, parameters=ROOM_RULES), pace, patience))
        self.keeper: Keeper | None = None  # writes the tables into a file, where the command names one
        self.visitors = Buckets(VISITOR_RATE, VISITOR_BURST)
        self.places = Buckets(PLACE_RATE, PLACE_BURST)
        self.joins = Buckets(JOIN_RATE, JOIN_BURST)
        self.whole = Buckets(WHOLE_RATE, WHOLE_BURST)
        self.whole_places = Buckets(WHOLE_PLACE_RATE, WHOLE_PLACE_BURST)
        self.n_running = 0  # requests that are read and not yet answered
        self.is_untidy = False  # something was asked since memory was last given back
        self.address = ""  # where students find the page, known when it is served
        self._known: set[str] = set()
        self.learning = Learning(Course(lessons), self._leads, self._knows)
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
                self._facts = page_facts(self.learning.course) | {
                    "emulator": self.emulator is not None,
                    "room": ROOM_RULES,
                    "tactics": self.tactics.told()["file"] if self.tactics else "",
                    "join": self._invitation(),
                    "opening": {"bloc": PLAYER, "quarters": QUARTERS, "runs": N_RUNS},
                }
            return self._facts

    def tick(self) -> None:
        """Let time pass at every table, and write down what came of it."""
        self.hall.tick(time.monotonic())
        self.keep()

    def keep(self) -> None:
        """Write the tables down, where the command names a file for it."""
        if self.keeper is not None:
            self.keeper.look(self.hall, time.monotonic())

    def tidy(self) -> None:
        """Give back what was freed, if anything was asked; games and requests leave tens of MB behind."""
        if self.is_untidy:
            self.is_untidy = False
            return_freed_memory()

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
        first, upto = (whole_number(data, name, MOST_QUARTER) for name in ("from", "upto"))
        return self.watching.show(read_settings(data.get("settings")), data.get("moves"), first, upto)

    def cloud(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The picture of a cloud so far."""
        settings = read_settings(data.get("settings"))
        return self.clouds.view(settings, self.learning.course.compares(settings))

    def opening(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The first screen's choices under other luck, as far as they have been played."""
        settings = Settings(replicate=whole_number(data, "luck", MOST_REPLICATE), quarters=QUARTERS)
        return self.clouds.look(ChoicesCloud(settings, read_choices(data.get("choices"))))

    def save(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A watched run to the end, as an export."""
        return self.watching.export(read_settings(data.get("settings")), data.get("moves"))

    def again(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """An export played again: whether it is the same, bit for bit."""
        game, same = replay(data.get("export"))
        return {"same": same, "played": game.quarter, "digest": game.digest()}

    def guess(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The emulator, from which the page answers by itself."""
        if self.emulator is None:
            raise Refused(404, "nothing_here")
        return slim(self.emulator)

    # --- how often ----------------------------------------------------------------------------------------------------

    def is_let_in(self, request: Request, name: str) -> bool:
        """Whether the caller has not asked too often; what plays a whole run is counted by itself too."""
        now, (who, place) = time.monotonic(), self._caller(request)
        if not (self.visitors.take(who, now) and self.places.take(place, now)):
            return False
        if name == "room/join" and not self.joins.take(place, now):
            return False
        return name not in WHOLE or (self.whole.take(who, now) and self.whole_places.take(place, now))

    def give_back(self, request: Request, name: str) -> None:
        """A request was refused before anything was played: it does not count as a whole run."""
        if name in WHOLE:
            now, (who, place) = time.monotonic(), self._caller(request)
            self.whole.take(who, now, -1.0)
            self.whole_places.take(place, now, -1.0)

    def _leads(self, token: str) -> bool:
        return self.room.people.is_facilitator(token)

    def _knows(self, visitor: str) -> bool:
        return visitor in self._known

    def _caller(self, request: Request) -> tuple[str, str]:
        """Who asks: a visitor that is known, or a stranger; and from where."""
        place = request.client.host if request.client else "?"
        visitor = request.headers.get("x-visitor", "")
        return (visitor if visitor in self._known else f"stranger at {place}"), place


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
            classroom.is_untidy = True
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
        tasks = [asyncio.create_task(one) for one in (_every(TICK, classroom.tick), _every(TIDY, classroom.tidy))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
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
        **{"emulator": c.guess, "qr": c.qr, "opening": c.opening},
        **c.learning.answers(),
        **{f"room/{name}": answer for name, answer in c.at_the_desk().items()},
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


async def _every(seconds: float, do: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await run_in_threadpool(do)

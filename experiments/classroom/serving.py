"""``detente class``: serve the page, say where it is, open nothing to the network unless asked."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.classroom.game import Game
from experiments.classroom.seats import Question
from experiments.display.command_words import how_to_install
from experiments.emulation.emulator import Emulator
from experiments.emulation.shipped import shipped
from experiments.running.worker_pool import settle
from model import InputFault, TacticFile

if TYPE_CHECKING:
    from experiments.classroom.lesson_file import Lesson
    from experiments.classroom.room import Room

LOOPBACK: Final = "127.0.0.1"
ANYWHERE: Final = "0.0.0.0"
MOST_CONNECTIONS: Final = 4000  # those that wait longest for their request are cut beyond it
OWN_FILES: Final = 200  # files that the program needs beside its connections
REQUEST_WITHIN: Final = 10.0  # seconds from a request's first byte, or its connection, to its last
LARGEST_HEAD: Final = 16_384  # bytes of a request's headers
KEEP_ALIVE: Final = 15  # seconds
SOLARA: Final = {
    "SOLARA_APP": "experiments.classroom.mesa_page",
    "SOLARA_CHECK_HOOKS": "off",  # Mesa 3.3's own code trips over them
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_SESSION_HTTPS_ONLY": "False",  # loopback needs none
    "SOLARA_THEME_SHOW_BANNER": "False",  # it lies over a plot
}
CLOSING: Final = threading.Event()  # the server is on its way out: whoever plays quarters for a page stops
QUIET: Final = 4  # modules of light edge around a QR code (ISO/IEC 18004)


def serve(
    port: int,
    lan: bool,
    mesa: bool,
    say: Callable[[str], None],
    tactics: TacticFile | None = None,
    room: Path | None = None,
    emulator: Path | None = None,
    put: Callable[[Game, Question, str], Any] | None = None,
    lessons: Path | None = None,
) -> None:
    """Serve until interrupted.

    port: 1 to 65535, 0 for a free one. lan: let other machines of this network in. mesa: serve Mesa's view instead.
    tactics: a loaded file whose names the page offers; only the command line can name a file, never a request.
    room: a file in which the room is kept; if it is there, its game goes on. emulator: a file from which the sliders of
    the laboratory are answered at once. put: words a question for programs that sit at the table; None: none may.
    lessons: a file, or a folder of files, of a teacher's own lessons.

    Raises ``InputFault``: packages that are missing, a port that is taken, a file that is no kept room, no emulator of
    this model or no lesson.
    """
    if not 0 <= port <= 65535:
        raise InputFault([f"--port {port}: allowed is a whole number from 0 to 65535"], "command line")
    without = {
        "lan": (lan, "is for this machine only"),
        "tactics": (tactics is not None, "offers no tactics"),
        "room": (room is not None, "has no room"),
        "emulator": (emulator is not None, "asks none"),
        "lessons": (lessons is not None, "has none"),
    }
    for name, (is_given, why) in without.items():
        if mesa and is_given:
            said = f"--mesa --{name}: the stock Mesa view {why}; leave one of the two out"
            raise InputFault([said], "command line")
    guesses = shipped() if emulator is None else Emulator.load(emulator)
    own_lessons = () if lessons is None else _lessons(lessons)
    try:
        if mesa:
            _stock_view()
        import segno
        import starlette
        import uvicorn

        del segno, starlette
    except ImportError as fault:
        said = f"{fault.name}: the page's packages are not installed: {how_to_install('class')}"
        raise InputFault([said], "command line") from None
    listener = _listen(ANYWHERE if lan else LOOPBACK, port)
    found = listener.getsockname()[1]
    with contextlib.closing(listener), contextlib.suppress(KeyboardInterrupt):
        app = _stock_view() if mesa else _own_page(lan, found, say, tactics, room, guesses, put, own_lessons)
        if mesa:
            say(f"The stock Mesa view: http://{LOOPBACK}:{found}/  (stop with Ctrl-C)")
        config = configuration(app, mesa)
        CLOSING.clear()
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            CLOSING.set()


def configuration(app: Any, websockets: bool = False) -> Any:
    """How the page is served: no names of software, small heads, connections that may hang without harm.

    The server answers some requests by itself (too many, or no HTTP): on the own page these answers carry its headers.
    """
    import uvicorn

    from experiments.classroom.door import HEADERS, Door

    is_own = isinstance(app, Door)
    if is_own:
        app.adds_headers = False
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_keep_alive=KEEP_ALIVE,
        server_header=False,
        http=_protocol(is_own),
        headers=list(HEADERS.items()) if is_own else None,
        ws="auto" if websockets else "none",
    )


def _protocol(is_own: bool) -> type:
    """How a connection is spoken on; is_own: the own page, on which requests must come to their end."""
    from uvicorn.protocols.http.h11_impl import H11Protocol, h11

    from experiments.classroom.door import UNLESS_SAID

    most = _most_connections()
    waiting: dict[Protocol, asyncio.TimerHandle] = {}  # for a whole request, who waits longest first

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()
            if len(self.connections) > most and waiting:
                next(iter(waiting)).cut()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._wait()

        def _wait(self) -> None:
            """A request that does not come to its end is cut; a browser's own connection in reserve is one of those."""
            is_whole = self.transport.is_closing() or self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)
            if is_whole and self in waiting:
                waiting.pop(self).cancel()
            elif not is_whole and is_own and self not in waiting:
                waiting[self] = self.loop.call_later(REQUEST_WITHIN, self.cut)

        def cut(self) -> None:
            if self in waiting:
                waiting.pop(self).cancel()
            self.transport.abort()

        def send_400_response(self, msg: str) -> None:
            said = f"HTTP/1.1 400 Bad Request\r\ncontent-length: {len(msg)}\r\nconnection: close\r\n".encode()
            own = [(name.encode(), value.encode()) for name, value in UNLESS_SAID.items()]
            said += b"".join(name + b": " + value + b"\r\n" for name, value in self.server_state.default_headers + own)
            self.transport.write(said + b"content-type: text/plain; charset=utf-8\r\n\r\n" + msg.encode("ascii"))
            self.transport.close()

    return Protocol


def _most_connections() -> int:
    """How many connections may be open; the system's own limit on files is raised as far as they need it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OWN_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(10, min(MOST_CONNECTIONS, soft - OWN_FILES))


def _listen(host: str, port: int) -> socket.socket:
    # Where the protocol is not named, asyncio leaves Nagle's algorithm on, and an answer's body waits until its head is
    # acknowledged: 40 ms each on Linux.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as fault:
        listener.close()
        reason = fault.strerror or "it cannot be used"
        raise InputFault([f"--port {port}: {reason}; take another, or 0 for any free one"], "command line") from None
    listener.listen(2048)  # whoever comes before the page is up waits instead of being turned away
    return listener


def _lessons(path: Path) -> tuple[Lesson, ...]:
    """A teacher's own lessons, beside the chapters that ship."""
    from experiments.classroom.lesson_file import read_lessons
    from experiments.classroom.lessons import shipped

    return read_lessons(path, [lesson.key for lesson in shipped()])


def _own_page(
    lan: bool,
    port: int,
    say: Callable[[str], None],
    tactics: TacticFile | None,
    room: Path | None = None,
    emulator: Emulator | None = None,
    put: Callable[[Game, Question, str], Any] | None = None,
    lessons: tuple[Lesson, ...] = (),
) -> Any:
    from experiments.classroom.server import JOIN, Classroom, make_app

    settle()
    classroom = Classroom(lan, tactics=tactics, emulator=emulator, put=put, lessons=lessons)
    if room is not None:
        from experiments.classroom.hall_keeping import hall_keeper

        classroom.keeper = hall_keeper(room)
        if classroom.keeper.begin(classroom.hall, time.monotonic()):
            say(went_on(classroom.hall.tables))
    here = f"http://{LOOPBACK}:{port}/"
    there = f"http://{own_address()}:{port}/" if lan else here
    classroom.address = there
    say(f"The class page:  {here}")
    say(f"For the teacher: {here}#lead={classroom.room.people.facilitator}")
    if lan:
        say(f"For students:    {there}#{JOIN}   (by the room code, which the teacher's page shows)")
        say(picture(f"{there}#{JOIN}"))
    else:
        say("Only this machine can see it; detente class --lan lets the others of this network in.")
    say("Stop with Ctrl-C.")
    return make_app(classroom)


def went_on(tables: Sequence[Room]) -> str:
    """What is said of a room that was kept."""
    played, length = [table.game.quarter for table in tables], tables[0].game.n_quarters
    if len(tables) == 1:
        return f"The room that was kept goes on: {played[0]} of {length} quarters have been played."
    least, most = min(played), max(played)
    span = f"{least}" if least == most else f"{least} to {most}"
    return f"The {len(tables)} tables that were kept go on: {span} of {length} quarters have been played."


def picture(text: str) -> str:
    """A QR code for a terminal: two rows of modules a line, dark on light where the terminal is light on dark."""
    import segno

    edge = [0] * QUIET
    rows = [[*edge, *row, *edge] for row in segno.make_qr(text).matrix]
    empty = [[0] * len(rows[0])] * QUIET
    rows = [*empty, *rows, *empty, *(empty[:1] if len(rows) % 2 else [])]
    halves = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    return "\n".join(
        "".join(halves[int(upper), int(lower)] for upper, lower in zip(one, two, strict=True))
        for one, two in zip(rows[::2], rows[1::2], strict=True)
    )


def _stock_view() -> Any:
    for name, value in SOLARA.items():  # read while it is imported
        os.environ.setdefault(name, value)
    import solara.server.starlette

    # Solara would like its cookie to work inside other sites' pages, and tells whoever serves without TLS at length.
    warnings.filterwarnings("ignore", "Cookies with samesite=none", UserWarning)
    return solara.server.starlette.app


def own_address() -> str:
    """This machine's address on its network, as far as it can be told without sending anything."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((str(ipaddress.IPv4Address("192.0.2.1")), 9))  # a documentation address; no packet is sent
        return str(probe.getsockname()[0])
    return LOOPBACK

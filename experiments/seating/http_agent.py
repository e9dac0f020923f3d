"""Agents elsewhere: asks one behind HTTP, and puts one that is written in Python behind HTTP.

What is sent and what may come back is in ``protocol``. Requests go to the address that was named and nowhere else (no
redirect is followed), and what comes back is read up to a limit and checked like any stranger's text.
"""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Callable, Iterator
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from experiments.classroom.limits import LARGEST_BODY, read_json
from experiments.seating.agents import SUBJECT, Agent, Seatable, made
from experiments.seating.protocol import ANSWER_PATH, OPENAPI_PATH, Question, openapi
from experiments.seating.sitting import FAILED, MALFORMED, NoAnswer, read_answer, read_move, short
from model import InputFault

LOOPBACK: Final = "127.0.0.1"
MOST_GAMES: Final = 64  # whose agents a server keeps at once
LARGEST_QUESTION: Final = 1_000_000  # bytes
LARGEST_REFUSAL: Final = 4_000


# --- asking -----------------------------------------------------------------------------------------------------------


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Whoever sends a request on to another address would hand on what it holds."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """None: the redirect is an answer like any other, and no good one."""
        return


def check_address(address: str) -> str:
    """The address of an agent, without a slash at its end.

    Raises ``InputFault`` for anything but http(s)://HOST[:PORT][/PATH]; a password has no place in it.
    """
    allowed = "allowed is an address such as http://127.0.0.1:9000"
    try:
        parts = urlsplit(address)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good, parts = False, urlsplit("")
    if not is_good or not address.isprintable() or " " in address or not address.isascii():
        raise InputFault([f"{address!r:.200} is no address of an agent; {allowed}"], SUBJECT)
    if "@" in parts.netloc or parts.query or parts.fragment:
        said = f"the address of {parts.hostname} holds a name, a password, a question or a fragment; {allowed}"
        raise InputFault([f"{said}; a key goes into the environment"], SUBJECT)
    return address.rstrip("/")


def post(address: str, body: Any, seconds: float, limit: int, headers: dict[str, str] | None = None) -> bytes:
    """What comes back for plain data sent as JSON; at most ``limit`` bytes of it.

    Raises ``NoAnswer``, which never names a header.
    """
    handlers: list[Any] = [_NoRedirect]
    if (urlsplit(address).hostname or "") in (LOOPBACK, "localhost", "::1"):
        handlers.append(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(
        address,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json", **(headers or {})},
    )
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=seconds) as reply:
            said: bytes = reply.read(limit + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise Status(error.code, _retry_after(error), _read(error)) from None
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise NoAnswer(FAILED, f"it cannot be reached: {short(str(why)) or type(error).__name__}") from None
    if len(said) > limit:
        raise NoAnswer(MALFORMED, f"its answer is longer than {limit} bytes")
    return said


class Status(NoAnswer):
    """A reply with another status than 200.

    after: how many seconds it asks to wait, 0 where it does not say; body: the beginning of what it says.
    """

    def __init__(self, status: int, after: float, body: bytes = b"") -> None:
        super().__init__(FAILED, f"it answered with HTTP status {status}")
        self.status, self.after, self.body = status, after, body


def _read(error: urllib.error.HTTPError) -> bytes:
    with contextlib.suppress(OSError, HTTPException, ValueError):
        return error.read(LARGEST_REFUSAL)
    return b""


def _retry_after(error: urllib.error.HTTPError) -> float:
    said = error.headers.get("Retry-After", "") if error.headers else ""
    return float(said) if said.isascii() and said.isdigit() and len(said) < 5 else 0.0


class HttpAgent(Agent):
    """An agent behind HTTP: every question is posted to ``ADDRESS/v1/answer``.

    seconds: that one request may be silent; how long it may take in all is for whoever seats the agent to say.
    """

    def __init__(self, address: str, seconds: float) -> None:
        self.address, self.seconds = address, seconds

    def decide(self, question: Question) -> Any:
        """What comes back."""
        said = post(self.address + ANSWER_PATH, question.model_dump(mode="json"), self.seconds, LARGEST_BODY)
        try:
            data = read_json(said)
        except ValueError as error:
            raise NoAnswer(MALFORMED, f"its answer cannot be read: {error}") from None
        return read_answer(data)


def http_agent(address: str, seconds: float) -> Seatable:
    """The agent at that address.

    Raises ``InputFault`` for what is no address.
    """
    where = check_address(address)
    return Seatable(where, lambda: HttpAgent(where, seconds), {"agent": where})


# --- serving ----------------------------------------------------------------------------------------------------------


class AgentServer(ThreadingHTTPServer):
    """An agent in Python behind HTTP, on this machine only; one is made for every game and bloc that asks.

    make: makes one. port: 0 takes a free one; ``address`` is where it is found.
    """

    daemon_threads = True

    def __init__(self, make: Callable[[], Agent], port: int = 0) -> None:
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or "allowed is a whole number from 0 to 65535"
            raise InputFault([f"--port {port}: {why}; take another, or 0 for any free one"], "command line") from None
        self.make = make
        self.document = json.dumps(openapi()).encode()
        self._agents: OrderedDict[tuple[str, str], tuple[Agent, threading.Lock]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where it is found."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def agent_of(self, question: Question) -> tuple[Agent, threading.Lock]:
        """The agent of that game and seat, and the lock under which it is asked."""
        key = question.game, question.bloc
        with self._lock:
            if key not in self._agents:
                self._agents[key] = made(Seatable("", self.make, {})), threading.Lock()
            self._agents.move_to_end(key)
            while len(self._agents) > MOST_GAMES:
                self._agents.popitem(last=False)
            return self._agents[key]


class _Handler(BaseHTTPRequestHandler):
    server: AgentServer
    timeout = 30.0
    disable_nagle_algorithm = True  # an answer's body does not wait for its head to be acknowledged

    def do_GET(self) -> None:
        """The document."""
        if self.path == OPENAPI_PATH:
            self._send(200, self.server.document)
        else:
            self._send(404, b'{"refused": "nothing_here"}')

    def do_POST(self) -> None:
        """A decision."""
        if self.path != ANSWER_PATH:
            self._send(404, b'{"refused": "nothing_here"}')
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 9 and int(length) <= LARGEST_QUESTION):
            self._send(413, b'{"refused": "too_large"}')
            return
        try:
            question = Question.model_validate_json(self.rfile.read(int(length)))
        except ValidationError:
            self._send(422, b'{"refused": "no_question"}')
            return
        agent, lock = self.server.agent_of(question)
        try:
            with lock:
                answer = read_move(agent.decide(question))
        except Exception as error:  # the agent's own fault: the game hears of it
            self._send(500, json.dumps({"refused": short(f"{type(error).__name__}: {error}")}).encode())
            return
        self._send(200, answer.model_dump_json().encode())

    def _send(self, status: int, body: bytes) -> None:
        with contextlib.suppress(OSError):  # whoever asked has gone
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


@contextlib.contextmanager
def served(make: Callable[[], Agent], port: int = 0) -> Iterator[AgentServer]:
    """An agent behind HTTP until the block ends.

    >>> with served(Stubborn) as server:
    ...     print(server.address)
    """
    server = AgentServer(make, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

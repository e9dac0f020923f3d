"""A class page that is really served, for tests: a server on loopback, a client that speaks its language."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from experiments.classroom.server import Classroom, make_app
from experiments.classroom.serving import configuration, own_address


class Served:
    """A running page; ``ask`` posts plain data and returns (status, answer)."""

    def __init__(self, classroom: Classroom, port: int, app: Any = None) -> None:
        self.classroom, self.port, self.app = classroom, port, app
        self.base = f"http://127.0.0.1:{port}"
        self.visitor = ""

    @property
    def lead_token(self) -> str:
        return self.classroom.room.people.facilitator

    def send(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        request = urllib.request.Request(f"{self.base}{path}", data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=300) as response:
                return response.status, response.read(), dict(response.headers)
        except urllib.error.HTTPError as fault:
            return fault.code, fault.read(), dict(fault.headers)

    def ask(self, path: str, data: Any = None, token: str = "", visitor: str | None = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "X-Visitor": self.visitor if visitor is None else visitor}
        if token:
            headers["X-Token"] = token
        status, body, _ = self.send(f"/api/{path}", json.dumps(data if data is not None else {}).encode(), headers)
        return status, json.loads(body)

    def arrive(self) -> str:
        """A new visitor."""
        return str(self.ask("start")[1]["visitor"])


@contextmanager
def served(
    pace: float = 0.2,
    patience: float = 120.0,
    quarters: int = 4,
    lan: bool = False,
    tactics: Any = None,
    warm: bool = True,
    emulator: Any = None,
    put: Any = None,
    lessons: Any = (),
) -> Iterator[Served]:
    """Serve a page on a free port until the block ends.

    lan: to the network, as ``detente class --lan`` does. warm: start the background process at once,
    as the command does.
    """
    import uvicorn

    from experiments.classroom.game import Settings

    classroom = Classroom(lan, pace, patience, tactics, emulator, put, lessons)
    if not warm:
        classroom.clouds.start = lambda: None  # type: ignore[method-assign]
    classroom.room.lead(
        classroom.room.people.facilitator,
        "new",
        {"settings": Settings(quarters=quarters, parameters={"rounds_per_quarter": 2})},
        time.monotonic(),
    )
    listener = socket.socket()
    listener.bind(("0.0.0.0" if lan else "127.0.0.1", 0))
    classroom.address = f"http://{own_address() if lan else '127.0.0.1'}:{listener.getsockname()[1]}/"
    app = make_app(classroom)
    server = uvicorn.Server(configuration(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    page = Served(classroom, listener.getsockname()[1], app)
    deadline = time.monotonic() + 120  # a busy machine takes long to import what it serves with
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.started, "the page's server has not started"
    page.visitor = page.arrive()
    try:
        yield page
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()

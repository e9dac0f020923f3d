"""The page's door: who is let in by name, and what every answer carries, whoever in the house gave it."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from experiments.classroom.pages import PAGES

#: The page runs its own code only and is framed by nobody; what stands in the first answer itself is named by its hash.
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'self'; img-src 'self' data:; style-src 'self' {PAGES.style_hash}; "
    f"script-src 'self' {PAGES.script_hash}; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
UNLESS_SAID: Final = {"Cache-Control": "no-store"}  # only files that never change are kept by a browser
LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z.-]+)(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII)


class Door:
    """Wraps the whole application: also what it says where nothing is found or something broke goes out this way.

    adds_headers: off where the server in front puts them on its own answers too (``serving.configuration``).
    """

    def __init__(self, app: ASGIApp, lan: bool) -> None:
        self.app, self.lan, self.adds_headers = app, lan, True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in UNLESS_SAID.items():
                    headers.setdefault(name, value)
                if self.adds_headers:
                    headers.update(HEADERS)
            await send(message)

        app = self.app if is_own(Headers(scope=scope), self.lan) else refusal(403, "wrong_door")
        await app(scope, receive, out)


def is_own(headers: Mapping[str, str], lan: bool) -> bool:
    """Whether a request was sent to this page, by a page of its own if by any."""
    host, origin = headers.get("host", ""), headers.get("origin")
    return is_own_name(host, lan) and (origin is None or origin.partition("://")[2] == host)


def is_own_name(host: str, lan: bool) -> bool:
    """Whether a ``Host`` is exactly a name of this machine, or with ``lan`` any address, and a port or none.

    A name that someone else points here is none of its names.
    """
    found = _HOST.fullmatch(host)
    if not found:
        return False
    name = found.group(1).lower()
    if name in LOOPBACK_NAMES:
        return True
    if lan:
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(name.strip("[]"))
            return True
    return False


def refusal(status: int, code: str, detail: str = "") -> Response:
    """A refusal as plain data: a code for machines, for which the page has the words, and what would be allowed."""
    about: dict[str, Any] = {"refused": code, "detail": detail}
    return Response(json.dumps(about), status, media_type="application/json")

"""The page's files, read and made ready once: nothing of a request is ever a path on disk.

The first answer is the first screen, drawn: words of the visitor's language, styles, drawing and a few lines of script
stand in one document, so that a class that arrives at once sees it from one answer each. Everything else is fetched
after that picture, from a folder that is named by its content and may be kept for good.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final
from urllib.parse import quote

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
STYLES: Final = ("style.css", "views.css", "tables.css")
USUAL: Final = "en"  # where a browser asks for languages that the page has not
LANGUAGE: Final = "language"  # name of the cookie in which a browser keeps the language that was chosen
FOR_GOOD: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True)
class Item:
    """A file as it is sent, plain and packed."""

    body: bytes
    packed: bytes
    kind: str

    @classmethod
    def of(cls, body: bytes, kind: str) -> Item:
        """Packed once, as small as it gets."""
        return cls(body, gzip.compress(body, 9, mtime=0), TYPES[kind])


def _read() -> dict[str, bytes]:
    """Path below the page's root -> content."""
    folders = [
        ("experiments.classroom", "static"),
        ("experiments.classroom", "lang"),
        ("experiments.emulation", "static"),
    ]
    return {
        f"/{folder}/{item.name}": item.read_bytes()
        for room, folder in folders
        for item in resources.files(room).joinpath(folder).iterdir()
        if item.name.rpartition(".")[2] in TYPES
    }


def hash_of(text: str) -> str:
    """A style or script that may stand in a document, as the document's policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class Pages:
    """Everything that the page is made of."""

    def __init__(self) -> None:
        files = _read()
        together = hashlib.sha256()
        for path in sorted(files):
            together.update(path.encode() + b"\0" + files[path] + b"\0")
        #: The folder of this edition of the page: what is fetched from it never changes.
        self.root = f"/{together.hexdigest()[:16]}"
        self._items = {path: Item.of(body, path.rpartition(".")[2]) for path, body in files.items()}
        #: The same, as texts: what a file that is taken home is made of.
        self.texts = {path: body.decode() for path, body in files.items()}
        self.words: dict[str, dict[str, str]] = {
            path[6:-5]: json.loads(text) for path, text in self.texts.items() if path.startswith("/lang/")
        }
        self.languages = sorted(self.words)
        style = "".join(self.texts[f"/static/{name}"] for name in STYLES)
        script = self.texts["/static/first.js"]
        #: What the first answer may hold beside the page's own files, for its policy.
        self.style_hash, self.script_hash = hash_of(style), hash_of(script)
        self.icon = f"data:image/svg+xml,{quote(files['/static/icon.svg'])}"
        ready = {"style": style, "script": script, "icon": self.icon, "root": self.root}
        shell = self.texts["/static/index.html"]
        self._first = {
            code: Item.of(
                fill(shell, words, ready | {"own.code": html.escape(code), "languages": self.options(code)}).encode(),
                "html",
            )
            for code, words in self.words.items()
        }

    def options(self, language: str) -> str:
        """The languages as the entries of a list, this one chosen."""
        return "".join(
            f'<option value="{html.escape(code)}"{" selected" if code == language else ""}>'
            f"{html.escape(words['own_name'])}</option>"
            for code, words in sorted(self.words.items())
        )

    def find(self, path: str, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]] | None:
        """What is sent for a path, and its headers by name; None where there is nothing."""
        if path == "/":
            item, more = self._first[language_of(headers, self.languages)], {"Vary": "Accept-Language, Cookie"}
        else:
            is_edition = path.startswith(f"{self.root}/")
            found = self._items.get(path.removeprefix(self.root) if is_edition else path)
            if found is None or path.endswith(".html"):  # a document with places that are not filled in
                return None
            item, more = found, dict(FOR_GOOD) if is_edition else {}
        more["Content-Type"] = item.kind
        if re.search(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", headers.get("accept-encoding", "")):
            return item.packed, more | {"Content-Encoding": "gzip"}
        return item.body, more


def fill(shell: str, words: Mapping[str, str], ready: Mapping[str, str]) -> str:
    """A document with its places filled in: ``{{key}}`` from what is ready, else from the words, which are text only.

    Raises ``KeyError`` for a place that nothing fills.
    """
    return re.sub(
        r"\{\{([\w.]+)\}\}",
        lambda place: ready[place[1]] if place[1] in ready else html.escape(words[place[1]]),
        shell,
    )


def language_of(headers: Mapping[str, str], languages: list[str]) -> str:
    """The language to begin in: the one chosen here before, else the first that the browser asks for and the page has.

    Of a language with several ways of writing, as Chinese, the first that the page has is taken.
    """
    kept = re.search(rf"(?:^|;\s*){LANGUAGE}=([\w-]{{1,20}})(?:;|$)", headers.get("cookie", ""))
    if kept and kept[1] in languages:
        return kept[1]
    for wanted in re.findall(r"[a-zA-Z]{1,8}", re.sub(r"-[^,;]*|;[^,]*", "", headers.get("accept-language", "")[:500])):
        for language in languages:
            if language.partition("-")[0].lower() == wanted.lower():
                return language
    return USUAL


PAGES: Final = Pages()

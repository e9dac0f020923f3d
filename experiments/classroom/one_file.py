"""One file of HTML out of the class page's own parts: opened from disk, it asks nobody for anything.

Scripts are modules that fetch each other; a file has nobody to fetch from. So they are put into one script, each in a
scope of its own, in an order in which whoever is needed comes first. ``api.js``, the only way to the server, is left
out: ``held.js`` answers in its place from the data that the file holds. The file's policy names its one script and its
one style by their digests and allows nothing else.
"""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from experiments.classroom.pages import PAGES, STYLES, fill, hash_of
from model import __version__

ENTRY: Final = "home.js"
IN_PLACE_OF: Final = {"api.js": "held.js"}
POLICY: Final = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'"
_IMPORT: Final = re.compile(r'^import (?:\{ ([^}]+) \}|\* as (\w+)) from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async function|function|class|const|let) (\w+))", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:import|export)\b.*|\bimport\s*\(.*|\bimport\.meta.*", re.MULTILINE)


def bundled(scripts: Mapping[str, str], entry: str, in_place_of: Mapping[str, str]) -> str:
    """One script that does what the module ``entry`` does; scripts: by name; in_place_of: another one for a name.

    Raises ``ValueError``: a module needs itself through others, or does what only a module of its own can.
    """
    done: dict[str, str] = {}
    open_: list[str] = []

    def take(name: str) -> None:
        name = in_place_of.get(name, name)
        if name in done:
            return
        if name in open_:
            raise ValueError(f"{name} needs itself: {' -> '.join([*open_, name])}")
        open_.append(name)
        text = scripts[name]
        for found in _IMPORT.finditer(text):
            take(found[3])
        done[name] = _scoped(name, text, in_place_of)
        open_.pop()

    take(entry)
    return '"use strict";\n' + "".join(done.values())


def _scoped(name: str, text: str, in_place_of: Mapping[str, str]) -> str:
    """A module as a function that is called once and returns what the module exports."""

    def bound(found: re.Match[str]) -> str:
        whose = _variable(in_place_of.get(found[3], found[3]))
        return (
            f"const {{ {found[1].replace(' as ', ': ')} }} = {whose};\n"
            if found[1]
            else f"const {found[2]} = {whose};\n"
        )

    if found := re.search(r"^export let (\w+)", text, re.MULTILINE):
        # The others take what a module exports once, when they begin.
        raise ValueError(f"{name} reassigns {found[1]}, which it exports: let it export a function that tells it")
    names = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(bound, text))
    if left := _LEFT.search(body):
        raise ValueError(f"{name} cannot be part of one file: {left[0]}")
    return f"const {_variable(name)} = (() => {{\n{body}return {{ {', '.join(names)} }};\n}})();\n"


def _variable(name: str) -> str:
    return f"module_{re.sub(r'[^a-z]', '_', name.removesuffix('.js'))}"


@functools.cache
def _parts() -> tuple[str, str]:
    """The file's style and script."""
    scripts = {path.rpartition("/")[2]: text for path, text in PAGES.texts.items() if path.endswith(".js")}
    style = "".join(PAGES.texts[f"/static/{name}"] for name in (*STYLES, "home.css"))
    return style, bundled(scripts, ENTRY, IN_PLACE_OF)


def as_data(held: object) -> str:
    """Plain data as it may stand in a document: nothing in it can end the element that holds it."""
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def one_file(held: Mapping[str, Any], language: str) -> str:
    """The whole document. held: what ``held.js`` answers from; language: in which it opens."""
    style, script = _parts()
    words = PAGES.words[language]
    policy = f"{POLICY}; style-src {hash_of(style)}; script-src {hash_of(script)}"
    ready = {
        **{"policy": html.escape(policy, quote=True), "icon": PAGES.icon, "style": style, "script": script},
        **{
            "generator": f"Détente {__version__}",
            "languages": PAGES.options(language),
            "own.code": html.escape(language),
            "held": as_data(held),
        },
    }
    return fill(PAGES.texts["/static/home.html"], words, ready)

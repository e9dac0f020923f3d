"""Makes docs/licences.md: the licence of every package that the constraints pin, read from the installed packages.

Run it by hand in the environment of ``make test`` with the constraints of ``CONSTRAINTS``:
``python tests/make_licences.py > docs/licences.md``.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageMetadata, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = "constraints-py311.txt"
NOT_STATED = "not stated"
ALWAYS = "always"
DEVELOPMENT = "development"
HEAD = """# Licences of what Détente stands on

Made by `python tests/make_licences.py` from what the installed packages say of themselves; change that, not this page.
Détente is under the MIT License and carries none of these packages with it: `pip` fetches them. *Needed* says by what:
`always`, one of the extras of `pyproject.toml`, or `development` alone. Versions and needs are those for Python 3.11;
for newer ones some versions differ, names do not.

| package | version | licence | needed |
|---|---|---|---|
"""


def canonical(name: str) -> str:
    """A name as package tools compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(told: PackageMetadata) -> str:
    """A package's licence: its SPDX expression, else its own short name of it, else its classifiers."""
    expression = told.get("License-Expression")
    if expression:
        return expression
    name = (told.get("License") or "").strip()
    if name and "\n" not in name and len(name) <= 40 and name != "UNKNOWN":
        return name
    classes = [line.split(" :: ")[-1] for line in told.get_all("Classifier") or [] if line.startswith("License :: ")]
    if classes:
        return "; ".join(classes)
    # The whole text stands where the name should: its first line names it.
    return " ".join(name.split("\n", maxsplit=1)[0].title().split()) or NOT_STATED


def pins(text: str) -> list[tuple[str, str]]:
    """Names and versions of a constraints file."""
    return [(name, version) for name, _, version in (line.partition("==") for line in text.split())]


def asked_for(lines: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    """Those of some requirements that hold here, with these extras."""
    for line in lines:
        wanted = Requirement(line)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield wanted


def closure(lines: Iterable[str]) -> set[str]:
    """All packages that some requirements bring along, by their canonical names."""
    seen: set[tuple[str, frozenset[str]]] = set()
    ahead = list(asked_for(lines, ()))
    while ahead:
        wanted = ahead.pop()
        key = (canonical(wanted.name), frozenset(wanted.extras))
        if key not in seen:
            seen.add(key)
            ahead.extend(asked_for(distribution(wanted.name).requires or [], wanted.extras))
    return {name for name, _ in seen}


def needed_by() -> dict[str, str]:
    """By what a package is needed; one that is missing here is needed by development alone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    always = closure(project["dependencies"])
    found: dict[str, list[str]] = {}
    for extra, lines in project["optional-dependencies"].items():
        if extra != "dev":
            for name in closure(lines) - always:
                found.setdefault(name, []).append(extra)
    return {**{name: ", ".join(extras) for name, extras in found.items()}, **dict.fromkeys(always, ALWAYS)}


def rows() -> list[tuple[str, str, str, str]]:
    """Package, version, licence, needed by what."""
    needed = needed_by()
    return [
        (name, version, licence_of(distribution(name).metadata), needed.get(canonical(name), DEVELOPMENT))
        for name, version in sorted(pins((ROOT / CONSTRAINTS).read_text("utf-8")), key=lambda pin: pin[0].lower())
    ]


if __name__ == "__main__":
    sys.stdout.write(HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows()))

"""Words of the command line: settings that are given, the version that is told, what a missing package needs."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from experiments.display.streams import pasted

ROOT: Final = Path(__file__).parents[2]
#: What a decimal comma looks like.
COMMA: Final = re.compile(r"[-+]?\d+,\d+")
#: A number without a digit on one side of its point (.1, 2.), which TOML does not take and people write.
HALF: Final = re.compile(r"[-+]?(\.\d+|\d+\.)")


def parse_settings(texts: list[str]) -> dict[str, Any]:
    """``name=value`` texts as parameters by flat name; values are written as in TOML, words without quotes.

    Raises:
        InputFault: a text without ``=``, a parameter given twice, a percentage or a decimal comma.
    """
    from model import InputFault, by_flat_name, shown

    settings: dict[str, Any] = {}
    faults: list[str] = []
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            faults.append(f"--set {shown(text)}: allowed is NAME=VALUE, such as --set generosity=0.4")
        elif name in settings:
            faults.append(f"--set {shown(text)}: {name} is set already; keep one of the two")
        else:
            settings[name] = _value(value)
            if value.endswith("%"):
                faults.append(f"--set {shown(text)}: rates are fractions: write {_fraction(value)}")
            if COMMA.fullmatch(value):
                faults.append(f"--set {shown(text)}: decimals have a point: write {value.replace(',', '.')}")
    named, twice = by_flat_name(settings, "--set: ")
    if faults or twice:
        raise InputFault([*faults, *twice], "command line")
    return named


def _value(text: str) -> Any:
    if HALF.fullmatch(text):
        return float(text)
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):  # no TOML, a number of thousands of digits, brackets without end
        return text
    return table["value"] if set(table) == {"value"} else text


def _fraction(text: str) -> str:
    try:
        return f"{float(text[:-1]) / 100:g}"
    except ValueError:
        return "a number such as 0.25"


def versions_in_words() -> str:
    """What is running: the project, Python, and the packages that numbers depend on."""
    told = [f"{name} {_version(package)}" for name, package in (("Mesa", "mesa"), ("NumPy", "numpy"))]
    return f"detente {_version('detente')} (Python {platform.python_version()}, {', '.join(told)})"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def how_to_install(extra: str) -> str:
    """The command that installs the packages of an extra into this Python, as it can be pasted into a shell.

    A checkout is installed from its own folder; anywhere else the packages are named, because nobody can install an
    extra of a project that came as a file.
    """
    python = Path(sys.executable)
    if (ROOT / "pyproject.toml").is_file():
        is_here = _is_same(ROOT, Path())
        if python.is_relative_to(ROOT):
            python = python.relative_to(ROOT)
        there = "" if is_here else f"cd {pasted(ROOT)} && "
        return f"{there}{pasted(python)} -m pip install -e '.[{extra}]'"
    try:
        needs = importlib.metadata.requires("detente") or []
    except importlib.metadata.PackageNotFoundError:
        needs = []
    wanted = [need.partition(";")[0].strip() for need in needs if re.search(rf"extra\s*==\s*['\"]{extra}['\"]", need)]
    return f"{pasted(python)} -m pip install {' '.join(map(pasted, wanted)) or extra}"


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False

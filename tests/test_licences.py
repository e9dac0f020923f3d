"""The table of licences is of the packages that are pinned, and says what they say of themselves."""

from __future__ import annotations

import re
from email.message import Message
from importlib.metadata import PackageNotFoundError, distribution

import make_licences
import pytest
from make_licences import ROOT

PAGE = (ROOT / "docs" / "licences.md").read_text("utf-8")


def table(page: str) -> list[tuple[str, ...]]:
    found = re.findall(r"^\| (\S+) \| (\S+) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    return [row for row in found if row[0] != "package"]


def stale(page: str, constraints: str) -> set[tuple[str, ...]]:
    """Pins without a row, and rows without a pin."""
    return {row[:2] for row in table(page)} ^ set(make_licences.pins(constraints))


@pytest.mark.promise
def test_every_pinned_package_has_its_row() -> None:
    constraints = (ROOT / make_licences.CONSTRAINTS).read_text("utf-8")
    assert stale(PAGE, constraints) == set(), "make it again: python tests/make_licences.py > docs/licences.md"
    assert stale(PAGE, constraints.replace("numpy==", "numpy==9")) != set()
    assert stale(PAGE, constraints + "another==1\n") == {("another", "1")}


@pytest.mark.parametrize("version", ["312", "313"])
def test_newer_pythons_pin_the_same_packages(version: str) -> None:
    names = [name for name, _ in make_licences.pins((ROOT / f"constraints-py{version}.txt").read_text("utf-8"))]
    assert sorted(names) == sorted(row[0] for row in table(PAGE))


def test_licences_are_what_the_packages_say() -> None:
    """Of those that are installed here in the version of the table."""
    compared = 0
    for name, version, licence, _ in table(PAGE):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        if found.version == version:
            compared += 1
            assert licence == make_licences.licence_of(found.metadata), name
    # With none pinned (`make test-newest`) versions move on, and little or nothing is left to compare.
    assert compared or distribution("numpy").version not in {row[1] for row in table(PAGE) if row[0] == "numpy"}


def test_what_is_always_needed_leaves_users_free() -> None:
    always = [row for row in table(PAGE) if row[3] == make_licences.ALWAYS]
    assert {"numpy", "Mesa", "pandas", "scipy", "pyarrow"} <= {row[0] for row in always}
    assert [row for row in always if "GPL" in row[2] or "GNU" in row[2] or row[2] == make_licences.NOT_STATED] == []


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        ([("License-Expression", "MIT OR Apache-2.0"), ("License", "other")], "MIT OR Apache-2.0"),
        ([("License", "BSD"), ("Classifier", "License :: OSI Approved :: MIT License")], "BSD"),
        ([("License", "UNKNOWN"), ("Classifier", "License :: OSI Approved :: MIT License")], "MIT License"),
        (
            [("License", "Copyright\n\nAll of it"), ("Classifier", "License :: OSI Approved :: BSD License")],
            "BSD License",
        ),
        ([("License", "GNU GENERAL PUBLIC LICENSE\n  Version 3")], "Gnu General Public License"),
        ([("Classifier", "Topic :: Scientific/Engineering")], make_licences.NOT_STATED),
    ],
)
def test_a_licence_is_read_wherever_it_stands(lines: list[tuple[str, str]], licence: str) -> None:
    told = Message()
    for key, value in lines:
        told[key] = value
    assert make_licences.licence_of(told) == licence  # type: ignore[arg-type]

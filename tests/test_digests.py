"""No number moves unseen: every column, summary and story of 191 runs against the kept digests."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import digests
import pytest

KEPT = digests.table()
#: One run in this many is played on every change, all of them by the slow tests.
FAST = 24

# The last bits of exp and log are the processor's: elsewhere the golden numbers with a tolerance are the witness.
OTHER = "made with another exp and log"


def on_kept_arithmetic(test: Callable[[], None]) -> Callable[[], None]:
    """The test where exp and log are the table's: here, or in a process without AVX-512."""

    @functools.wraps(test)
    def judged() -> None:
        if KEPT["machine"] == digests.machine():
            test()
            return
        if digests.PLAIN in os.environ:
            pytest.skip(OTHER)
        node = f"{Path(__file__)}::{test.__name__}"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider", "-p", "no:xdist", node]
        there = subprocess.run(command, env=digests.plainly(), capture_output=True, text=True, check=False)
        if "1 skipped" in there.stdout:
            pytest.skip(OTHER)
        assert there.returncode == 0, there.stdout[-6000:]

    return judged


def faults(numbers: Iterable[int]) -> list[str]:
    found = []
    for i in numbers:
        run = KEPT["runs"][i]
        differ = digests.moved(run["digests"], digests.digests(run))
        found += [f"{i}: {run['scenario']} {run['change']}: {' '.join(differ)}"] if differ else []
    return found


@on_kept_arithmetic
def test_no_number_of_some_runs_has_moved() -> None:
    runs = range(len(KEPT["runs"]))
    # The last one has every optional mechanism on.
    assert faults([*runs[:-1:FAST], runs[-1]]) == []


@on_kept_arithmetic
@pytest.mark.slow
def test_no_number_has_moved() -> None:
    assert faults(range(len(KEPT["runs"]))) == []


def differences_from_before(numbers: Iterable[int]) -> list[str]:
    runs = digests.table(digests.BEFORE)["runs"]
    found = []
    for i in numbers:
        kept, change = runs[i]["digests"], {**digests.AS_BEFORE, **runs[i]["change"]}
        now = digests.digests({**runs[i], "change": change})
        differ = digests.moved(kept, {name: digest for name, digest in now.items() if name in kept})
        found += [f"{i}: {runs[i]['scenario']} {' '.join(differ)}"] if differ else []
    return found


@on_kept_arithmetic
def test_old_rules_are_played_by_their_values() -> None:
    """The first and the last, which has every optional mechanism of then on."""
    assert differences_from_before([0, -1]) == []


@on_kept_arithmetic
@pytest.mark.slow
def test_all_old_runs_are_played_by_their_values() -> None:
    assert differences_from_before(range(len(digests.table(digests.BEFORE)["runs"]))) == []


def test_the_table_is_large_enough() -> None:
    runs = KEPT["runs"]
    assert len(runs) >= 191
    assert sum(len(run["digests"]) for run in runs) >= 11_000
    assert sum("story" in run["digests"] for run in runs) >= 60
    # A refused run is a witness of nothing.
    assert sum("refused" in run["digests"] for run in runs) <= 3


def test_a_moved_digest_is_seen() -> None:
    kept = KEPT["runs"][0]["digests"]
    one = next(name for name in kept if name != "summary")
    assert digests.moved(kept, {**kept, one: "0" * digests.LETTERS}) == [one]
    assert digests.moved(kept, {name: kept[name] for name in kept if name != one}) == [one]

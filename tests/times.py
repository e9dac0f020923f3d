"""Processor time of the tests by file, with that of the processes that they start: ``make test-times``.

A plugin of pytest. Seconds on the wall say little on a machine that does other things too.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator

import pytest

_before = 0.0
_by_file: Counter[str] = Counter()
_n_tests: Counter[str] = Counter()


def _used() -> float:
    """Seconds of processor time so far; a process that was started counts once it has ended."""
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    global _before
    _before = _used()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What setting up, calling and tearing down took goes with the report, also from another process."""
    global _before
    report = yield
    report.user_properties.append(("seconds", _used() - _before))
    _before = _used()
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    file = report.nodeid.partition("::")[0]
    _n_tests[file] += report.when == "call"
    # A report carries what those before it carried.
    _by_file[file] += next((seconds for name, seconds in reversed(report.user_properties) if name == "seconds"), 0.0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("processor time by file, s")
    for file, seconds in _by_file.most_common():
        terminalreporter.write_line(f"{seconds:8.1f}  {_n_tests[file]:5d} tests  {file}")
    terminalreporter.write_line(f"{sum(_by_file.values()):8.1f}  {sum(_n_tests.values()):5d} tests  in all")

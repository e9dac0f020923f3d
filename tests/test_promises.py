"""The page of promises names every test that holds one, and no other; and its dates are those of runs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

from promises import PAGE, ROOT, asked_for, dated, named_in, verdicts
from without_remedy import REMEDIES


def marked_tests() -> list[str]:
    """All tests that are marked as holding a promise."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.promise" in text:
            found += [
                f"{path.relative_to(ROOT).as_posix()}::{node.name}"
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.FunctionDef)
                and any(ast.unparse(mark) == "pytest.mark.promise" for mark in node.decorator_list)
            ]
    return found


def test_every_promise_has_a_row_and_every_row_a_test() -> None:
    assert sorted(named_in(PAGE.read_text(encoding="utf-8"))) == sorted(marked_tests())


def test_rows_are_dated_by_what_was_seen() -> None:
    page = (
        "# P\n| a | 1 | `tests/test_a.py::test_a` | not yet | not yet |\n"
        "| b | 2 | `tests/x/test_b.py::test_b` | 2026-01-02 | 2026-01-04 |\n"
    )
    page += "| c | 3 | `tests/test_c.py::test_c` | 2026-01-03 | not yet |\n"
    report = """<testsuites><testsuite>
      <testcase classname="tests.test_a" name="test_a[1]"/><testcase classname="tests.test_a" name="test_a[2]"/>
      <testcase classname="tests.x.test_b" name="test_b[1]"/>
      <testcase classname="tests.x.test_b" name="test_b[2]"><failure message="no"/></testcase>
    </testsuite></testsuites>"""
    held = verdicts(report)
    assert held == {"tests/test_a.py::test_a": True, "tests/x/test_b.py::test_b": False}
    lines = dated(page, held, "2026-02-03").splitlines()
    assert lines[1].endswith("| 2026-02-03 | not yet |")
    assert lines[2].endswith("| does not hold (2026-02-03; last 2026-01-02) | 2026-01-04 |")
    assert lines[3].endswith("| 2026-01-03 | not yet |"), "what was not run keeps its date"
    named, words = asked_for(page, ["-n", "0", "test_b", "test_another"])
    assert (named, words) == (["tests/x/test_b.py::test_b"], ["-n", "0", "test_another"]), "a row by its test's name"
    assert verdicts(report.replace("failure", "skipped"))["tests/x/test_b.py::test_b"] is False
    assert verdicts(report.replace("failure", "skipped"), ("failure",))["tests/x/test_b.py::test_b"] is True
    assert Path(PAGE).is_file()
    without = dated(page, held, "2026-02-03", is_without=True).splitlines()
    assert without[1].endswith("| not yet | passes all the same (2026-02-03; last never) |")
    assert without[2].endswith("| 2026-01-02 | 2026-02-03 |"), "with its remedy taken out a test should fail"


def test_every_promise_has_a_remedy_that_can_be_taken_out() -> None:
    assert sorted(REMEDIES) == sorted(name.partition("::")[2] for name in marked_tests())
    script = "from without_remedy import REMEDIES, take_out\nfor test in REMEDIES:\n    take_out(test)"
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT / "tests",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )

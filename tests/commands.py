"""The command as its user meets it: calling it in this process, one small plan for it, and what a refusal is."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from experiments.cli.main import app
from model import registered
from model.choices import plugins as registry
from model.choices import tactic_file

# A plan of four runs.
SMALL = """
title = "Two"
question = "Why?"
scenario = "2026"
replicates = 2
root_seed = 7
[factors.tariff_issues]
label = "tariffs"
levels = [false, true]
"""


def called(*words: object) -> Result:
    """What the command makes of these words."""
    return CliRunner().invoke(app, [str(word) for word in words])


def detente(*words: object) -> tuple[int, str]:
    """The exit code and what was said; a fault that is not a refusal is the test's own."""
    result = called(*words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def refused(result: Result, *said: str) -> None:
    """Exit code 2 and one message on stderr that says this."""
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.stderr
    assert [part for part in said if part not in result.stderr] == [], result.stderr


def written(folder: Path, name: str, text: str) -> Path:
    """A file of a test's own."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is filled once in a run of pytest, however many processes share the tests; do not change it."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    folder = common / f"once-{name}"
    with (common / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            half = common / f"half-{name}"
            half.mkdir()
            make(half)
            half.rename(folder)
    return folder


def forgetting_tactics() -> Iterator[None]:
    """Afterwards only the tactics, rules and stances are known that the project registers itself."""
    yield
    for origin in {plugin.origin for plugin in registered()} - {""}:
        registry.forget(origin)
    tactic_file._loaded.clear()

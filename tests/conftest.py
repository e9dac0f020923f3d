"""What holds for every test: floating-point faults raise, nothing opens a window, a green run stays green."""

from __future__ import annotations

import functools
import gc
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

# Before anything imports matplotlib, or Solara through Mesa's page: no window, and no complaint by Solara's
# hook checker about code inside Mesa 3.3.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("SOLARA_CHECK_HOOKS", "off")

import numpy as np
import pytest
import typer.testing
from hypothesis import settings

# No deadline: the machine may be busy. Derandomised: one commit, one verdict. To hunt for
# new counterexamples: HYPOTHESIS_PROFILE=hunt.
settings.register_profile("steady", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("hunt", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session", autouse=True)
def floating_point_faults_raise() -> Iterator[None]:
    """A rule is finite on every lane, so overflow, division by zero and NaN are faults wherever they happen.

    Underflow is not: the exponential of a large negative number is zero, and meant so. A test that hands an
    oracle of others' making its numbers may need ``with np.errstate(all="warn")`` around that call.
    """
    before = np.seterr(over="raise", divide="raise", invalid="raise", under="ignore")
    yield
    np.seterr(**before)


@pytest.fixture(autouse=True)
def figures_are_closed() -> Iterator[None]:
    """No figure stays open behind a test: it would keep its memory, and matplotlib warns at the twentieth."""

    def still_open() -> set[int]:
        plots = sys.modules.get("matplotlib.pyplot")
        return set(plots.get_fignums()) if plots else set()

    before = still_open()
    yield
    left = still_open() - before
    for number in left:
        sys.modules["matplotlib.pyplot"].close(number)
    assert not left, f"{len(left)} figures are still open"


@pytest.fixture(autouse=True, scope="session")
def command_is_built_once() -> Iterator[None]:
    """Typer builds all commands anew at every call of one: a third of the time of a call that is refused."""
    patch = pytest.MonkeyPatch()
    patch.setattr("typer.testing._get_command", functools.cache(typer.main.get_command))
    yield
    patch.undo()


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep's two figures, which take as long as its runs, are left out where a test looks at neither."""
    monkeypatch.setattr("experiments.cli.sweeping._draw", lambda *_: None)


@pytest.fixture(autouse=True, scope="session")
def screen_is_no_terminal() -> Iterator[None]:
    """Screens are as wide as where there is no terminal: GNU readline, where it is loaded, sets COLUMNS to 80."""
    patch = pytest.MonkeyPatch()
    patch.delenv("COLUMNS", raising=False)
    yield
    patch.undo()


def pytest_configure(config: pytest.Config) -> None:
    """Where Python is told to keep no compiled modules, the processes of this test run share some until it ends.

    Otherwise each of the dozens of processes that tests start would compile NumPy and pandas anew, for seconds.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", "") and not sys.pycache_prefix:
        folder = tempfile.mkdtemp(prefix="compiled-")
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = folder
        sys.dont_write_bytecode = False
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end: the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()


def pytest_report_header() -> list[str]:
    """The versions and the processor's features, because the last bits of a result depend on both."""
    names = ("numpy", "scipy", "mesa", "pandas", "pyarrow", "pydantic")
    return [
        f"python {platform.python_version()}, " + ", ".join(f"{name} {_installed(name)}" for name in names),
        "numpy uses: " + " ".join(_cpu_features()),
    ]


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _cpu_features() -> list[str]:
    """Vector instructions that NumPy found; AVX-512 has another ``exp``."""
    config = np.show_config(mode="dicts")
    assert isinstance(config, dict)
    simd = config.get("SIMD Extensions", {})
    return [*simd.get("baseline", []), *simd.get("found", [])]

"""The recipes for others' tools work as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from sample_runs import small_plan, stored

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "others_tools.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"```python (\w+)\n(.*?)```", PAGE, flags=re.DOTALL))
# The package that each recipe needs, and what it must print.
NEEDS = {
    "mesa": ("mesa", "depth CN-EU"),
    "run_scenarios": ("mesa.experimental.scenarios.runner", "mean_depth"),
    "salib": ("SALib", "'linkage_scale'"),
    "ema": ("ema_workbench", "depth"),
    "dask": ("distributed", "520 "),
    "duckdb": ("duckdb", "emerged"),
    "polars": ("polars", "joint_gain"),
    "pandas": ("pandas", "US-EU"),
    "check": ("pandas", "18 parts, 0 of them changed, missing or unknown"),
}
HEAVY = ("ema", "dask", "salib")


def printed_by(name: str, folder: Path) -> str:
    script = folder / f"{name}_recipe.py"
    script.write_text(RECIPES[name], encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, str(script)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False


def test_every_recipe_is_tested() -> None:
    assert set(RECIPES) == set(NEEDS)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in HEAVY else ()) for n in NEEDS])
def test_a_recipe_runs_as_it_is_printed(name: str, tmp_path: Path) -> None:
    package, said = NEEDS[name]
    if not is_there(package):
        pytest.skip(f"{package} is not installed")
    if name in ("duckdb", "polars", "pandas", "check"):
        stored(tmp_path / "swept", small_plan(tmp_path))
    assert said in printed_by(name, tmp_path)


@pytest.mark.parametrize("how", ["changed", "gone", "added"])
def test_the_check_finds_what_is_not_as_it_was_written(how: str, tmp_path: Path) -> None:
    part = stored(tmp_path / "swept", small_plan(tmp_path)).parts()[3]
    if how == "changed":
        data = bytearray(part.read_bytes())
        data[len(data) // 2] ^= 1
        part.write_bytes(data)
    elif how == "gone":
        part.unlink()
    else:
        part = part.with_name("other.parquet")
        part.write_bytes(b"")
    assert (
        printed_by("check", tmp_path).split()[2:] == f"1 of them changed, missing or unknown runs/{part.name}".split()
    )

"""A sweep says which arithmetic its runs are of, and keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_runs import PLAN, small_plan

from experiments.running.runner import Hooks, rerun, run_plan
from experiments.store.folder import Results
from experiments.store.manifest import identity
from model import using_arithmetic

FEW = PLAN.replace("replicates = 6", "replicates = 2")


@pytest.mark.slow
def test_a_folder_keeps_the_arithmetic_that_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = small_plan(tmp_path, FEW)
    with using_arithmetic("compiled"):
        compiled = run_plan(plan, tmp_path / "compiled", 1).results
    numpy = run_plan(plan, tmp_path / "numpy", 1).results
    assert compiled.manifest["arithmetic"] == "compiled"
    assert numpy.manifest["arithmetic"] == "numpy"
    older = {key: value for key, value in numpy.manifest.items() if key != "arithmetic"}
    assert identity(older) == identity(numpy.manifest), "folders that name none are NumPy's"
    assert identity(compiled.manifest) != identity(numpy.manifest)
    ours, theirs = (one.read().select_dtypes("number") for one in (numpy, compiled))
    assert not ours.equals(theirs)
    assert ((ours - theirs).abs().max() <= 1e-9).all()

    # Gone on with, and played again, by whoever has another one in use.
    part = next((compiled.folder / "runs").glob("*.parquet"))
    before = compiled.read()
    part.unlink()
    said: list[str] = []
    again = run_plan(plan, tmp_path / "compiled", 1, Hooks(tell=said.append)).results
    assert said == [
        f"'{tmp_path / 'compiled'}' was begun with the arithmetic compiled and goes on with it, not with numpy; "
        "for runs with numpy: --into NEW_FOLDER"
    ]
    assert again.manifest["arithmetic"] == "compiled"
    assert again.read().equals(before)
    monkeypatch.setenv("DETENTE_ARITHMETIC", "compiled")
    for results in (numpy, compiled):
        assert rerun(Results.open(results.folder), "1-1").is_same

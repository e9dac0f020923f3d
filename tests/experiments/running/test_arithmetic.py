"""A sweep says which arithmetic its runs are of, and keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_runs import PLAN, small_plan

from experiments.running.runner import rerun, run_plan
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
    assert "arithmetic" not in numpy.manifest, "what is not asked for is not told"
    assert identity(compiled.manifest) != identity(numpy.manifest)
    ours, theirs = (one.read().select_dtypes("number") for one in (numpy, compiled))
    assert not ours.equals(theirs)
    assert ((ours - theirs).abs().max() <= 1e-9).all()

    # Gone on with, and played again, by whoever has another one in use.
    part = next((compiled.folder / "runs").glob("*.parquet"))
    before = compiled.read()
    part.unlink()
    again = run_plan(plan, tmp_path / "compiled", 1).results
    assert again.manifest["arithmetic"] == "compiled"
    assert again.read().equals(before)
    monkeypatch.setenv("DETENTE_ARITHMETIC", "compiled")
    for results in (numpy, compiled):
        assert rerun(Results.open(results.folder), "1-1").is_same

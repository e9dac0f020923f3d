"""What `check-tactic` finds, and files of tactics in runs, sweeps and results."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import detente
from thinned import one_in

from experiments.league.tactic_check import check_function
from model import load_tactics, registered, unload
from model.choices import plugins as registry

OWN = Path(__file__).parents[2] / "data" / "tactics" / "patient.py"
PLAN = """
title = "Patience"
question = "Does it pay?"
scenario = "symmetric"
replicates = 3
root_seed = 11
[factors.tactic_us]
levels = ["polynomial", "patient"]
"""


pytestmark = pytest.mark.usefixtures("only_ours")


@pytest.mark.parametrize("plugin", registered(""), ids=lambda plugin: f"{plugin.kind} {plugin.name}")
def test_ours_keep_the_contract(plugin: registry.Plugin) -> None:
    assert [finding for finding in check_function(plugin) if finding.fault] == []


def test_a_file_that_keeps_it_and_one_that_does_not(tmp_path: Path) -> None:
    code, said = detente("check-tactic", OWN)
    assert code == 0 and "It keeps the contract." in said and "tactic patient" in said
    path = tmp_path / "bad.py"
    path.write_text("from model import tactic\n@tactic('bad')\ndef bad(m):\n    return m.time / m.time\n", "utf-8")
    code, said = detente("check-tactic", path)
    assert code == 2 and "FAILS  finite and within bounds" in said and "not finite" in said


#: A body that breaks one clause of the contract, and the test that must find it.
BROKEN = {
    "return np.mean(m.time) + 0.0 * m.time": "many runs as each alone",
    "return m.time if np.all(m.time < 2) and np.size(m.time) > 1 else 0.0 * m.time": "many runs as each alone",
    "return np.sort(m.time)": "any order, any layout",
    "return np.cumsum(m.time, axis=-1) / 1000.0": "any order, any layout",
    "return np.random.default_rng().random(np.shape(m.time))": "gives the same again",
    "COUNT.append(1); return 0.0 * m.time + 1.0 / len(COUNT)": "gives the same again",
    "t = m.time; t *= 0.5; return t": "leaves its input alone",
    "return m.time * (m.time > np.median(m.time))": "one number for each run",
    "return 1.5 * m.time": "finite and within bounds",
}


@pytest.mark.parametrize("body", BROKEN)
def test_each_clause_of_the_contract_is_tested(tmp_path: Path, body: str) -> None:
    path = tmp_path / "broken.py"
    text = f"import numpy as np\nfrom model import tactic\nCOUNT = []\n@tactic('broken')\ndef broken(m):\n    {body}\n"
    path.write_text(text, encoding="utf-8")
    load_tactics(path)
    failed = {finding.test for finding in check_function(registry.find("tactic", "broken")) if finding.fault}
    assert BROKEN[body] in failed


def test_a_run_with_a_file_of_tactics() -> None:
    code, said = detente("run", "symmetric", "--tactics", OWN, "--set", "tactic_us=patient")
    assert code == 0 and "tactic_us" in said
    assert "RUNS the file" in " ".join(detente("run", "--help")[1].replace("│", " ").split())


def test_a_name_without_its_file_is_refused() -> None:
    code, said = detente("run", "symmetric", "--set", "tactic_us=patient")
    assert code == 2 and "--tactics FILE" in said and said.count("\n") <= 3


@pytest.mark.usefixtures("undrawn", "without_figures")
@pytest.mark.parametrize("workers", one_in(2, ["2", "1"]))
def test_a_sweep_resumes_with_the_same_file_only(tmp_path: Path, workers: str) -> None:
    plan, own, out = tmp_path / "patience.toml", tmp_path / "own.py", tmp_path / "results"
    plan.write_text(PLAN, encoding="utf-8")
    shutil.copy(OWN, own)
    sweep = ("sweep", plan, "--out", out, "--workers", workers)
    code, said = detente(*sweep, "--tactics", own)
    assert code == 0, said
    code, said = detente(*sweep, "--tactics", own)
    assert code == 0 and "nothing was computed" in said
    code, said = detente("rerun", out, "--run", "1-2", "--tactics", own)
    assert code == 0 and "The same as stored." in said
    code, said = detente("rerun", out, "--run", "1-2")
    assert code == 2 and "own.py with digest" in said
    only_text = own.read_text(encoding="utf-8").replace('"patient"', '"other"')
    own.write_text(own.read_text(encoding="utf-8") + "\nCHANGED = 1\n", encoding="utf-8")
    next(iter_unload())
    code, said = detente(*sweep, "--tactics", own)
    assert code == 2 and "the file of tactics" in said and "digest" in said
    next(iter_unload())
    code, said = detente("report", out)
    assert code == 0, said  # results can be read without the file
    own.write_text(only_text, encoding="utf-8")
    code, said = detente(*sweep, "--tactics", own)
    assert code == 2


def iter_unload() -> Iterator[None]:
    from model.choices import tactic_file

    for file in list(tactic_file._loaded.values()):
        unload(file)
    yield


@pytest.mark.slow
def test_worker_processes_play_the_file(tmp_path: Path) -> None:
    """The rows of two workers are those of one: the file is loaded there too."""
    from experiments.design.plan_file import load_plan
    from experiments.running.runner import run_plan

    plan_path = tmp_path / "patience.toml"
    plan_path.write_text(PLAN.replace("replicates = 3", "replicates = 2"), encoding="utf-8")
    file = load_tactics(OWN)
    plan = load_plan(plan_path).with_tactics(file)
    digests = []
    for workers in (1, 2):
        outcome = run_plan(plan, tmp_path / f"w{workers}", workers, engine="mesa", chunk_replicates=1)
        assert outcome.n_failed == 0
        digests.append(outcome.results.digest())
    assert digests[0] == digests[1]


def test_a_plan_cannot_name_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sly.toml"
    path.write_text(f"tactics = '{OWN}'\n{PLAN}", encoding="utf-8")
    code, said = detente("sweep", path)
    assert code == 2 and "'tactics' is not a plan key" in said
    path.write_text(PLAN.replace('"patient"', f'"{OWN.as_posix()}"'), encoding="utf-8")
    code, said = detente("sweep", path)
    assert code == 2 and "allowed is one of" in said and "patient" not in registry.names("tactic")

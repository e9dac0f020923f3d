"""The package ``detente`` gives all of the project, whatever lies in the folder where it is used."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import commands
import pytest
from thinned import one_in

import detente
import experiments
import model

ROOT = Path(__file__).resolve().parents[1]
# What Mesa users call their own files, and other names of ours. Each says so when it is run.
THEIRS = ("model.py", "experiments.py", "model/__init__.py", "experiments/__init__.py", "seeds/__init__.py")
FOREIGN = 'print("not ours")\nclass MoneyModel:\n    pass\n'
# No guard against being run again: a worker that ran it would start workers of its own.
SWEEP = """
from pathlib import Path
from detente import NegotiationModel, load_plan, run_plan
print("begun")
outcome = run_plan(load_plan("plan.toml"), Path("swept"), 2)
print(outcome.n_done, NegotiationModel.__module__)
"""


def done(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A program that finds the project as it finds any installed package: after its own folder."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=surroundings, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(params=one_in(3, THEIRS))
def occupied(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder in which names of ours are taken."""
    taken = tmp_path / request.param
    taken.parent.mkdir(exist_ok=True)
    taken.write_text(FOREIGN, encoding="utf-8")
    (tmp_path / "detente.toml").touch()
    (tmp_path / "detente").mkdir()  # the reader's own, without code
    return tmp_path


def test_every_name_is_there_once() -> None:
    assert len(set(detente.__all__)) == len(detente.__all__)
    assert set(model.__all__) < set(detente.__all__)
    for name in detente.__all__:
        found = getattr(detente, name)
        assert found is getattr(model, name, found), name
    assert set(detente.__all__) <= set(dir(detente))
    with pytest.raises(AttributeError, match="no attribute 'NegotationModel'"):
        detente.NegotationModel  # noqa: B018


def test_what_editors_and_mypy_see_is_what_is_given() -> None:
    tree = ast.parse((ROOT / "detente" / "__init__.py").read_text("utf-8"))
    typed = {
        alias.name: str(node.module)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed.pop("*") == "model"
    assert typed == detente._HOMES
    assert (ROOT / "detente" / "py.typed").exists()


def test_the_version_is_one() -> None:
    assert detente.__version__ == model.__version__
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited is not None and cited[1] == model.__version__
    assert f"## {model.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_our_packages_are_those_beside_it() -> None:
    assert Path(str(experiments.__file__)).parents[1] == Path(str(detente.__file__)).parents[1] == ROOT


def test_names_that_are_taken_break_no_import(occupied: Path) -> None:
    (occupied / "run.py").write_text(
        "import detente\n"
        "world = detente.NegotiationModel('symmetric', 1, 0, narrate=False)\n"
        "world.step()\n"
        "print(type(world).__module__, len(detente.plan_names()) > 5, detente.__version__)\n",
        encoding="utf-8",
    )
    found = done(occupied, "run.py")
    assert (found.stdout.split(), found.stderr) == (["model.negotiation", "True", model.__version__], "")


def test_names_that_are_taken_break_no_command(occupied: Path) -> None:
    found = done(occupied, "-m", "detente", "parameters")
    assert found.returncode == 0, found.stderr
    assert "dialogue_ceiling" in found.stdout and "not ours" not in found.stdout


@pytest.mark.parametrize("taken", one_in(2, ["model.py", "experiments.py"]))
def test_workers_need_no_guard_and_do_not_take_what_lies_beside_the_script(taken: str, tmp_path: Path) -> None:
    (tmp_path / taken).write_text(FOREIGN, encoding="utf-8")
    commands.written(tmp_path, "plan.toml", commands.SMALL)
    commands.written(tmp_path, "sweep.py", SWEEP)
    found = done(tmp_path, "sweep.py")
    assert found.stdout.split("\n") == ["begun", "4 model.negotiation", ""], found.stderr
    assert found.stderr == ""


@pytest.mark.parametrize("name", ["model", "experiments"])
def test_a_program_that_holds_the_other_already_is_told_so(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text(FOREIGN, encoding="utf-8")
    found = done(tmp_path, "-c", f"from {name} import MoneyModel\nimport detente")
    assert found.returncode == 1
    said = found.stderr.splitlines()[-1]
    assert said.startswith(f"ImportError: this program has already imported another '{name}' (")
    assert str(tmp_path / f"{name}.py") in said and said.endswith(f"give yours another name, such as my_{name}.py")

"""Hostile input: a few hundred cases of the campaign of ``fuzzing.py``, what is refused early, what cannot happen."""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import fuzzing
import pandas as pd
import pytest
from thinned import one_in

from experiments.design.plan import MAX_POINTS
from experiments.design.plan_file import load_plan
from experiments.design.plan_reading import as_file_name
from experiments.design.point_tables import MOST_TABLE_BYTES, read_table
from model import InputFault, load_scenario, parse_toml, read_toml
from model.scenario.toml_file import MOST_BRACKETS, MOST_BYTES

ROOT = Path(__file__).parents[1]
FEW = {"plan": 40, "parameters": 200, "scenario": 40, "table": 40, "shown": 40, "figure": 5, "league": 30,
       "tactics": 60, "manifest": 40, "part": 15, "log": 10}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> fuzzing.Bench:
    return fuzzing.Bench(tmp_path_factory.mktemp("fuzz"))


@pytest.mark.parametrize("name", one_in(2, FEW))
def test_a_few_cases_of_the_campaign(name: str, bench: fuzzing.Bench) -> None:
    target, cases, _ = fuzzing.targets(bench)[name]
    ends: Counter[str] = Counter()
    fuzzing.play_all(target, cases, FEW[name], 7, ends)
    assert ends.total() >= FEW[name] // 2 and set(ends) <= {"accepted", "refused"}


def test_every_target_is_played_and_a_campaign_is_whole(bench: fuzzing.Bench) -> None:
    every = fuzzing.targets(bench)
    assert set(every) == set(FEW) and sum(parts for _, _, parts in every.values()) == 100


def test_the_campaign_can_fail(tmp_path: Path) -> None:
    """What is no refusal comes out, and a refusal that says nothing or shows the inside is a finding too."""

    def careless(case: Any) -> None:
        raise KeyError(case)

    def mute(case: Any) -> None:
        raise InputFault([""], "x")

    def babbling(case: Any) -> None:
        raise InputFault([f"{object()!r} came"], "x")

    with pytest.raises(KeyError):
        fuzzing.play(careless, 1)
    for target, says in ((mute, "it says nothing"), (babbling, "the program's inside")):
        with pytest.raises(AssertionError, match=says):
            fuzzing.play(target, 1)


# --- absurd sizes are refused before they are read --------------------------------------------------------------------


def sparse(path: Path, n_bytes: int) -> Path:
    """A file that says it has so many bytes and holds none."""
    with path.open("wb") as file:
        file.truncate(n_bytes)
    return path


def test_toml_of_absurd_size(tmp_path: Path) -> None:
    huge = sparse(tmp_path / "huge.toml", 50 * MOST_BYTES)
    for read in (load_plan, load_scenario):
        with pytest.raises(InputFault, match=f"allowed are {MOST_BYTES}"):
            read(huge)
    with pytest.raises(InputFault, match="brackets in one another"):
        parse_toml("x = " + "[" * 100_000 + "]" * 100_000, "deep", "plan")
    with pytest.raises(InputFault, match="not TOML"):
        parse_toml("x = " + "[" * MOST_BRACKETS, "open", "plan")
    with pytest.raises(InputFault, match="not a file"):
        read_toml(tmp_path, "plan")
    with pytest.raises(InputFault, match="not a file"):
        read_toml(Path("/dev/zero"), "plan")


def test_tables_of_absurd_size(tmp_path: Path) -> None:
    rows, fault = read_table(sparse(tmp_path / "huge.csv", 2 * MOST_TABLE_BYTES))
    assert rows == [] and "bytes: allowed" in fault
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(f"c{k}" for k in range(5000)) + "\n", encoding="utf-8")
    assert "5000 columns" in read_table(wide)[1]
    long = tmp_path / "long.csv"
    long.write_text("generosity\n" + "0.1\n" * (MAX_POINTS + 10), encoding="utf-8")
    assert f"allowed are 1 to {MAX_POINTS}" in read_table(long)[1]
    packed = tmp_path / "packed.parquet"
    pd.DataFrame({"generosity": [0.1] * (MAX_POINTS + 1)}).to_parquet(packed)
    assert packed.stat().st_size < 10_000 and f"allowed are {MAX_POINTS} rows" in read_table(packed)[1]
    assert "not a file" in read_table(_folder(tmp_path / "folder.csv"))[1]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


# --- names and code ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [("plain", "plain"), ("..", "plan"), ("../../etc/passwd", "_.._etc_passwd"), ("/etc/x", "_etc_x"), ("a\\b", "a_b"),
     (".hidden", "hidden"), ("C:\\x", "C__x"), ("x\0y\n", "x_y_"), ("n" * 500, "n" * 100), ("", "plan"),
     ("with space", "with space")],
)  # fmt: skip
def test_results_have_names_that_stay_in_their_folder(name: str, kept: str) -> None:
    assert as_file_name(name) == kept
    folder = (Path("results") / as_file_name(name)).resolve()
    assert folder.parent == Path("results").resolve()


def test_a_plan_named_like_a_way_out_stays_in(tmp_path: Path) -> None:
    text = (ROOT / "experiments" / "plans" / "trust.toml").read_text(encoding="utf-8")
    for name in ("...toml", "....toml", " .toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        plan = load_plan(path)
        assert (Path("results") / plan.name).resolve().parent == Path("results").resolve()
    assert (Path("results") / Path("...toml").stem).resolve() == Path().resolve()  # as it would have been


#: The one place that runs code from a file, which only the command line and a program can name.
RUNS_CODE = {
    "model/choices/own_file.py": {"exec", "compile"},
    # What this process and the workers that it started say to each other through a pipe; never a file.
    "experiments/running/worker_pool.py": {"pickle"},
}
FORBIDDEN = {"eval", "exec", "compile", "__import__"}
NEVER = {"pickle", "marshal", "shelve", "dill", "joblib", "yaml"}


def test_no_file_is_run_or_unpickled() -> None:
    for path in itertools.chain((ROOT / "model").rglob("*.py"), (ROOT / "experiments").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        assert code_faults(path.read_text(encoding="utf-8")) - RUNS_CODE.get(name, set()) == set(), name


def code_faults(text: str) -> set[str]:
    """Calls that run code, and modules that read objects from files."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN:
            found.add(node.func.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            loads = node.func.attr == "read_pickle" or any(word.arg == "allow_pickle" for word in node.keywords)
            found |= {"pickle"} if loads else set()
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names} & NEVER
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").split(".")[0]} & NEVER
    return found


def test_that_rule_can_fail() -> None:
    planted = "import pickle\nfrom yaml import load\neval('1')\npd.read_pickle('x')\nnp.load('x', allow_pickle=True)\n"
    assert code_faults(planted) == {"pickle", "yaml", "eval"}
    assert code_faults("re.compile('x')\nmodel.eval()\n") == set()

"""A file of tactics and what it imports from beside it: read, digested and changed together, and its own."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import SMALL, detente, forgetting_tactics, written

from model import InputFault, load_tactics, unload
from model.choices.own_file import files_read
from model.choices.plugins import TACTIC, find

MAIN = """
from model import tactic
import shares
from shares import LEVEL

@tactic("level")
def level(moment):
    return LEVEL + 0.0 * moment.time
"""
OURS = """
from model import tactic

@tactic("alone")
def alone(moment):
    return 0.5 + 0.0 * moment.time
"""
yielding = pytest.fixture(autouse=True)(forgetting_tactics)


def level_of(name: str = "level") -> float:
    from model.choices.plugins import Moment

    return float(find(TACTIC, name).function(Moment(*([0.5] * len(Moment._fields)))))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    written(tmp_path, "main.py", MAIN)
    written(tmp_path, "shares.py", "import deeper\nLEVEL = deeper.LEVEL\n")
    written(tmp_path, "deeper.py", "LEVEL = 0.25\n")
    written(tmp_path, "unread.py", "raise SystemExit\n")
    yield tmp_path


def test_what_lies_beside_is_imported_read_and_gone(folder: Path) -> None:
    paths = list(sys.path), list(sys.meta_path)
    file = load_tactics(folder / "main.py")
    assert [path.name for path in files_read(file)] == ["main.py", "deeper.py", "shares.py"]
    assert all(path.is_absolute() and path.exists() for path in files_read(file))
    assert level_of() == 0.25
    assert not {"shares", "deeper"} & set(sys.modules)
    assert (sys.path, sys.meta_path) == paths
    assert pickle.loads(pickle.dumps(file)) == file
    assert load_tactics(folder / "main.py", file.sha256) is file


def test_a_change_beside_is_a_change(folder: Path) -> None:
    file = load_tactics(folder / "main.py")
    written(folder, "unread.py", "1\n")
    written(folder, "deeper.py", "LEVEL = 0.25\r\n")  # line endings are none
    assert load_tactics(folder / "main.py", file.sha256) is file
    written(folder, "deeper.py", "LEVEL = 0.75\n")
    with pytest.raises(InputFault, match="or what it imports from beside it, has changed since this work began"):
        load_tactics(folder / "main.py", file.sha256)
    unload(file)
    with pytest.raises(InputFault, match="has changed since"):
        load_tactics(folder / "main.py", file.sha256)  # as in a worker, which has loaded nothing yet
    assert load_tactics(folder / "main.py").sha256 != file.sha256
    assert level_of() == 0.75


def test_two_folders_have_each_their_own(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    written(other, "second.py", MAIN.replace("level", "second").replace("LEVEL", "OTHER"))
    written(other, "shares.py", "OTHER = 0.5\n")
    load_tactics(folder / "main.py")
    load_tactics(other / "second.py")
    assert (level_of(), level_of("second")) == (0.25, 0.5)


def test_a_module_of_that_name_that_the_program_has_is_left_alone(folder: Path) -> None:
    sys.modules["shares"] = sys  # whatever it is
    try:
        load_tactics(folder / "main.py")
        assert sys.modules["shares"] is sys and level_of() == 0.25
    finally:
        del sys.modules["shares"]


def test_a_file_alone_has_the_digest_of_its_text_and_ours_are_not_hidden(tmp_path: Path) -> None:
    for name in ("model.py", "numpy.py", "statistics.py"):
        written(tmp_path, name, "raise SystemExit\n")
    path = written(tmp_path, "alone.py", OURS.replace("from model", "import statistics, numpy\nfrom model"))
    digest = subprocess.run([sys.executable, "-c",
        f"import hashlib, pathlib; print(hashlib.sha256(pathlib.Path({str(path)!r}).read_bytes()).hexdigest())"],
        capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    file = load_tactics(path)
    assert file.sha256 == digest and files_read(file) == (path,)


@pytest.mark.parametrize(
    ("beside", "says"),
    [
        ("LEVEL = (", r"SyntaxError: .* \(shares.py, line 1\)"),
        ("import no_such_module_of_mine", r"ModuleNotFoundError: .*NAME.py files beside it, in .*\(line 3\)"),
        ("raise ValueError('no')", r"ValueError: no \(line 3\)"),
        ("LEVEL = '\udcff'", "shares.py' is not text in UTF-8"),
    ],
)
def test_a_neighbour_that_cannot_be_loaded_is_one_line(folder: Path, beside: str, says: str) -> None:
    (folder / "shares.py").write_text(beside, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputFault, match=says) as caught:
        load_tactics(folder / "main.py")
    assert len(caught.value.faults) == 1


@pytest.mark.usefixtures("undrawn")
def test_a_sweep_goes_on_only_with_the_same_neighbours(folder: Path) -> None:
    plan = written(folder, "small.toml", SMALL + '[settings]\ntactic_us = "level"\n')
    command = ("sweep", plan, "--out", folder / "out", "--tactics", folder / "main.py", "--workers", "1")
    assert detente(*command)[0] == 0
    assert detente(*command)[0] == 0
    for _ in forgetting_tactics():
        pass
    written(folder, "deeper.py", "LEVEL = 0.75\n")
    code, said = detente(*command)
    assert code == 2 and "the file of tactics" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OURS.replace("import tactic", "import tactik"), "'tactik'.*; nearest known name: 'tactic'.*line 2"),
        (f"import numpy as np\nx = np.zeroes(3)\n{OURS}", "'zeroes'.*; nearest known name: 'zeros'.*line 2"),
        (OURS.replace("import tactic", "import qqqqqq, tactic"), r"'qqqqqq' from 'model' \([^;]*\) \(line 2"),
    ],
)
def test_a_misspelt_name_comes_with_the_nearest(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputFault, match=says):
        load_tactics(written(tmp_path, "own.py", text))


def test_a_misspelt_part_of_what_is_given_comes_with_the_nearest(tmp_path: Path) -> None:
    load_tactics(written(tmp_path, "own.py", OURS.replace("moment.time", "moment.tention")))
    with pytest.raises(InputFault, match=r"tactic 'alone' failed: .*'tention'; nearest known name: 'tension'"):
        level_of("alone")


def test_a_shipped_name_is_taken_whoever_loads_the_file(tmp_path: Path) -> None:
    """The check of a file passed what every sweep refused: it had not loaded the shipped tactics."""
    path = written(tmp_path, "own.py", OURS.replace('"alone"', '"hard_line"'))
    load = f"from model import load_tactics; load_tactics({str(path)!r})"
    told = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=False)
    assert "tactic 'hard_line' is there already; choose another name (line 4)" in told.stderr

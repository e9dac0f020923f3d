"""Results on disk: whole files or none, and clear words when the disk says no."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from sample_runs import made_up, small_plan, stored

from experiments.running.runner import chunks_of
from experiments.store.columns import COLUMNS, Played, failed_chunk
from experiments.store.files import (
    MOST_BYTES,
    check_vacant,
    check_vacant_file,
    check_writable,
    read_json,
    staged_folder,
    vacant_folder,
    write_table,
    write_whole,
)
from experiments.store.folder import Results
from model import InputFault


def everything_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# --- files --------------------------------------------------------------------------------------------------


def test_json_is_read_whole_or_refused_and_anything_else_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text('{"a": [1, null]}', encoding="utf-8")
    assert read_json(path, "game") == {"a": [1, None]}
    for other in (b"", b"{", b"\xff", b"[" * 100_000):
        path.write_bytes(other)
        assert read_json(path, "game") is None
    os.truncate(path, MOST_BYTES + 1)
    with pytest.raises(InputFault, match="is larger than"):
        read_json(path, "game")
    with pytest.raises(InputFault, match="cannot be read: Is a directory"):
        read_json(tmp_path, "game")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("a bug"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_old_file_and_no_other(error: BaseException, tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text("old", encoding="utf-8")

    def fail(temporary: Path) -> None:
        temporary.write_text("half", encoding="utf-8")
        raise error

    with pytest.raises(InputFault if isinstance(error, OSError) else type(error)) as caught:
        write_whole(path, fail)
    if isinstance(error, OSError):
        assert "No space left on device" in str(caught.value)
        assert "table.txt" in str(caught.value)
    assert everything_in(tmp_path) == ["table.txt"]
    assert path.read_text(encoding="utf-8") == "old"


def test_a_file_is_flushed_before_it_gets_its_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a power cut leaves the old file or the new one, and never half of one."""
    path = tmp_path / "table.txt"
    heard: list[tuple[str, bool]] = []

    def flush(number: int) -> None:
        heard.append((Path(f"/proc/self/fd/{number}").resolve().name, path.exists()))

    monkeypatch.setattr(os, "fsync", flush)
    write_whole(path, lambda temporary: temporary.write_text("new", encoding="utf-8"))
    file, folder = heard
    assert file[0].startswith(".table.txt")
    assert (file[1], folder) == (False, (tmp_path.name, True))


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [0.1, 0.2], "c": ["x", "y"], "d": [True, False]})
    write_table(tmp_path / "t.parquet", frame)
    assert pd.read_parquet(tmp_path / "t.parquet").equals(frame)
    assert everything_in(tmp_path) == ["t.parquet"]


# --- folders ------------------------------------------------------------------------------------------------


def test_a_folder_may_be_absent_or_empty(tmp_path: Path) -> None:
    check_vacant(tmp_path / "a" / "b")
    check_vacant(tmp_path)
    assert everything_in(tmp_path) == []


def test_folders_that_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder, said in [(tmp_path, "already holds files"), (file, "is a file"), (file / "a", "is a file")]:
        with pytest.raises(InputFault, match=said):
            check_vacant(folder)
    assert everything_in(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputFault, match="no permission"):
            check_vacant(tmp_path / "a")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_places_where_the_system_makes_nothing_are_refused() -> None:
    for look, place in ((check_vacant, "/proc/a/b"), (check_vacant_file, "/proc/a"), (check_writable, "/proc/a")):
        with pytest.raises(InputFault, match=r"cannot be written: the system makes no files in '/proc'"):
            look(Path(place))


def test_files_that_cannot_be_written_are_named_together_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputFault) as fault:
        check_writable(tmp_path / "good", tmp_path, tmp_path / "no" / "a", Path(os.devnull))
    words = ("is a folder", "there is no folder", "is a device")
    assert [word in line for word, line in zip(words, fault.value.faults, strict=True)] == [True] * 3
    with pytest.raises(InputFault, match="cannot be written: File name too long"):
        check_writable(tmp_path / ("x" * 300))
    assert everything_in(tmp_path) == []


def test_a_folder_that_the_system_refuses(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="cannot be written"), staged_folder(tmp_path / ("x" * 300)):
        pass


def test_without_a_name_folders_are_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert vacant_folder("a") == Path("results/a")
    Path("results/a").mkdir(parents=True)
    assert vacant_folder("a") == Path("results/a-2")
    Path("results/a-2").mkdir()
    assert vacant_folder("a") == Path("results/a-3")


def test_a_staged_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with staged_folder(tmp_path / "good" / "run") as stage:
        (stage / "file").touch()
        assert not (tmp_path / "good" / "run").exists()
    assert everything_in(tmp_path) == ["good", "good/run", "good/run/file"]
    with pytest.raises(ValueError, match="a bug"), staged_folder(tmp_path / "bad") as stage:
        (stage / "file").touch()
        raise ValueError("a bug")
    assert everything_in(tmp_path) == ["good", "good/run", "good/run/file"]


# --- results ------------------------------------------------------------------------------------------------


def test_runs_come_back_in_order(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    frame = stored(tmp_path / "r", plan).read()
    assert len(frame) == plan.n_runs * 3
    assert list(zip(frame["design_point"], frame["replicate"], strict=True)) == [
        (point.index, r) for point in plan.points for r in range(plan.replicates) for _ in range(3)
    ]
    assert frame["dyad"].tolist()[:3] == ["CN-US", "CN-EU", "US-EU"]
    of_the_model = ("treaty", "tempted", "suffers", "arm", "id", "sample")
    assert {name for name in COLUMNS if not name.startswith(of_the_model)} <= set(frame.columns)
    assert frame["tariff_issues"].dtype == bool
    assert frame["emerged"].dtype == bool


def test_other_tools_read_the_parts_as_one_table(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    stored(tmp_path / "r", plan)
    assert len(pd.read_parquet(tmp_path / "r" / "runs")) == plan.n_runs * 3


def test_failed_runs_are_told_apart(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    results = Results.create(tmp_path / "r", plan)
    for chunk in chunks_of(plan):
        bad = chunk.design_point == 0
        results.write_part(chunk, failed_chunk(chunk, "it died") if bad else Played(made_up(chunk)))
    frame, failures = results.read(), results.read_failures()
    assert set(frame["design_point"]) == set(range(1, len(plan.points)))
    assert frame["emerged"].dtype == bool
    assert failures["replicate"].tolist() == list(range(plan.replicates))
    assert set(failures["message"]) == {"it died"}


def test_the_manifest_says_what_was_done(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    results = Results.create(tmp_path / "r", plan)
    begun = json.loads((tmp_path / "r" / "manifest.json").read_text(encoding="utf-8"))
    assert begun["state"] == "begun"
    results.finish("interrupted", 54, 2)
    manifest = Results.open(tmp_path / "r").manifest
    assert manifest["state"] == "interrupted"
    assert (manifest["n_runs"], manifest["n_failed"], manifest["replicates"]) == (54, 2, 6)
    assert manifest["plan_text"] == plan.text
    assert manifest["root_seed"] == str(plan.root_seed)
    assert [point["design_point"] for point in manifest["design_points"]] == list(range(len(plan.points)))
    assert manifest["design_points"][5]["settings"]["linkage_issues"] is False
    assert {"mesa", "numpy", "detente"} <= set(manifest["versions"])


def test_damage_is_named(tmp_path: Path) -> None:
    results = stored(tmp_path / "r", small_plan(tmp_path))
    part = sorted((tmp_path / "r" / "runs").glob("*.parquet"))[2]
    part.write_bytes(part.read_bytes()[:-100])
    with pytest.raises(InputFault, match=f"{part.name}.*is damaged"):
        results.read()


def test_folders_that_hold_no_results(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="no results folder"):
        Results.open(tmp_path)
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputFault, match="no results folder"):
        Results.open(tmp_path)
    with pytest.raises(InputFault, match="no finished runs"):
        Results.create(tmp_path / "r", small_plan(tmp_path)).read()


def test_a_part_holds_one_type_of_text(tmp_path: Path) -> None:
    table = made_up(next(chunks_of(small_plan(tmp_path))))
    assert pa.large_string() not in table.schema.types


def test_a_manifest_that_is_no_text_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputFault, match=r"manifest\.json is not text in UTF-8: look at byte 0"):
        Results.open(tmp_path)


@pytest.mark.parametrize("came", [None, 3, b"results"])
def test_what_is_no_path_is_no_results_folder(came: Any) -> None:
    with pytest.raises(InputFault, match="is no results folder; write the path of one, in quotes"):
        Results.open(came)

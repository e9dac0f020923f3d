"""An export holds what the report says, in every form the same, or is not there at all."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from commands import detente

from experiments.export import forms, write
from experiments.export.tables import Export, Table
from experiments.export.words import Column
from experiments.findings.tables import TABLES


@pytest.mark.parametrize("plan", ("crossed", "assumed", "arms", "sampled", "precise"))
def test_every_column_and_outcome_has_its_unit_and_meaning(whole: dict[str, Export], plan: str) -> None:
    told = whole[plan].dictionary()
    assert told[(told["unit"] == "") | (told["meaning"] == "")].to_dict("records") == []
    assert not told.duplicated(["table", "column"]).any()


def test_the_plans_of_these_tests_give_rise_to_every_table(whole: dict[str, Export]) -> None:
    made = {own.name for out in whole.values() for own in out.tables}
    assert set(TABLES) <= made
    assert {"calibration", "waiting", "waiting_curve", "treaty_ends", "games", "runs", "series_dyad"} <= made


@pytest.mark.parametrize("plan", ("crossed", "arms"))
def test_stata_and_csv_read_back_as_parquet(whole: dict[str, Export], plan: str, tmp_path: Path) -> None:
    for form in ("stata", "parquet", "csv"):
        (tmp_path / form).mkdir()
        assert list(write.FORMS[form](whole[plan], tmp_path / form))
    files = sorted((tmp_path / "parquet").glob("*.parquet"))
    assert len(files) > 8
    for file in files:
        table = pd.read_parquet(file)
        names = forms.stata_names(table)
        stata = pd.read_stata(tmp_path / "stata" / f"{file.stem}.dta").rename(columns={b: a for a, b in names.items()})
        pd.testing.assert_frame_equal(stata, table, check_dtype=False, check_exact=True)
        texts = {name: str for name in table if not pd.api.types.is_numeric_dtype(table[name])}
        csv = pd.read_csv(tmp_path / "csv" / f"{file.stem}.csv", keep_default_na=False, dtype=texts, na_values={
            name: [""] for name in table if name not in texts})  # fmt: skip
        pd.testing.assert_frame_equal(csv, table, check_dtype=False, check_exact=True)


def test_units_are_in_the_files_where_the_form_has_a_place(results: dict[str, Path], tmp_path: Path) -> None:
    for form in ("stata", "parquet"):
        assert detente("export", results["crossed"], "--to", form, "--out", tmp_path / form)[0] == 0
    field = pq.read_schema(tmp_path / "parquet" / "cells.parquet").field("joint_gain_low")
    assert field.metadata[b"unit"] == b"bn$/yr"
    assert (
        pq.read_schema(tmp_path / "parquet" / "cells.parquet")
        .metadata[b"about"]
        .startswith(b"Scenario until-2030.toml; 3 rep")
    )
    with pd.read_stata(tmp_path / "stata" / "cells.dta", iterator=True) as reader:
        assert reader.variable_labels()["joint_gain_low"].startswith("(bn$/yr) joint_gain: lower end of the 95 %")
        assert reader.data_label.startswith("Every cell: means")
    for form in ("stata", "parquet"):
        told = pd.read_csv(tmp_path / form / "dictionary.csv")
        assert told.query("table == 'cells' and column == 'emergence_rate'")["unit"].tolist() == ["share of runs"]
        assert "Scenario until-2030.toml; 3 replicates" in (tmp_path / form / "README.txt").read_text("utf-8")


def test_rows_of_an_outcome_have_its_unit_beside_them(whole: dict[str, Export]) -> None:
    effects = next(own.frame for own in whole["arms"].tables if own.name == "arms")
    units = dict(zip(effects["outcome"], effects["unit"], strict=True))
    assert units["joint_gain"] == "bn$/yr"
    assert units["duty_first"] == "share"
    assert units["emerged"] == units["recognises_first"] == "share of runs"


def test_stata_names_are_short_and_no_two_alike() -> None:
    names = ["a" * 40, "a" * 41, "A" * 40, "double", "1 & 2", "α", "_n", "str9", "fine", ""]
    told = forms.stata_names(names)
    assert list(told) == names
    assert told["a" * 40] == "a" * 32 and told["a" * 41] == "a" * 30 + "_2" and told["A" * 40] == "A" * 30 + "_3"
    assert told["double"] == "v_double" and told["1 & 2"] == "v_1___2" and told["fine"] == "fine"
    assert all(re.fullmatch(r"[A-Za-z_]\w{0,31}", short, re.ASCII) for short in told.values())
    assert len({short.lower() for short in told.values()}) == len(names)
    label = forms.stata_label("a" * 41, told["a" * 41], "bn$/yr", "long words " * 10)
    assert label.startswith("a" * 41 + ": (bn$/yr) long") and len(label) == 80
    assert forms.stata_label("fine", "fine", "share", "a part") == "(share) a part"


def test_a_text_that_is_longer_than_stata_writes_in_a_row_is_whole(tmp_path: Path) -> None:
    frame = pd.DataFrame({"message": ["x" * 3000, "é" * 1500]})
    own = Table("failures", "Failures", frame, {"message": Column("words", "what it said")})
    list(forms.write_stata(Export("p", "t" * 100, "a", (), "", (own,), None, None), tmp_path))  # type: ignore[arg-type]
    assert pd.read_stata(tmp_path / "failures.dta")["message"].tolist() == frame["message"].tolist()


def test_nothing_is_written_where_a_form_fails(
    results: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(out: Any, folder: Path) -> Any:
        (folder / "cells.csv").write_text("half", "utf-8")
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setitem(write.FORMS, "csv", breaks)  # type: ignore[arg-type]
    code, said = detente("export", results["arms"], "--to", "csv", "--out", tmp_path / "new" / "out")
    assert code == 2 and "No space left on device" in said
    assert not (tmp_path / "new" / "out").exists()
    assert list((tmp_path / "new").iterdir()) == []


def test_bad_input_is_one_message(results: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("x", "utf-8")
    for words, told in (
        (("export", results["arms"], "--to", "cvs"), "csv"),
        (("export", results["arms"], "--to", "spss"), "allowed is one of csv, stata, latex, parquet, excel"),
        (("export", tmp_path, "--to", "csv"), "no results folder"),
        (("export", results["arms"], "--to", "csv", "--out", tmp_path / "full"), "already holds files"),
    ):
        code, said = detente(*words)
        assert code == 2 and told in said and "Traceback" not in said, said
    monkeypatch.setattr(forms.importlib.util, "find_spec", lambda name: None)
    code, said = detente("export", results["arms"], "--to", "excel", "--out", tmp_path / "book")
    assert code == 2 and "openpyxl" in said and "[analysis]" in said and not (tmp_path / "book").exists()


@pytest.mark.slow
def test_a_workbook_has_every_table_and_no_formula(whole: dict[str, Export], tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    for plan in ("crossed", "arms"):
        made = whole[plan]
        (tmp_path / plan).mkdir()
        assert list(write.FORMS["excel"](made, tmp_path / plan))
        book = openpyxl.load_workbook(tmp_path / plan / f"{plan}.xlsx")
        assert book.sheetnames == ["about", "dictionary", *(own.name for own in made.tables)]
        assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    arms = pd.read_excel(tmp_path / "arms" / "arms.xlsx", sheet_name="arms")
    own = next(own.frame for own in made.tables if own.name == "arms")
    assert arms["arm"].tolist() == own["arm"].tolist()
    np.testing.assert_allclose(arms["mean"].to_numpy(), own["mean"].to_numpy(), rtol=1e-14)


def test_an_export_of_an_unfinished_sweep_is_told_as_one(results: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(results["crossed"], tmp_path / "part")
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**told, "state": "interrupted"}), "utf-8")
    said = write.export(folder, "csv", tmp_path / "out")[1]
    assert said[0].startswith("! The sweep is not finished")
    assert said[0] in (tmp_path / "out" / "README.txt").read_text("utf-8")

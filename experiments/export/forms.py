"""The forms in which tables are written: CSV, Stata, Parquet, Excel; each into a folder that is there already.

Every folder also has ``dictionary.csv``: unit and meaning of every column of every table.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from experiments.display.command_words import how_to_install
from model import InputFault

if TYPE_CHECKING:
    from experiments.export.tables import Export, Table

# What Stata takes: characters of a name and of a label, bytes of a text that is no strL; names that are its own.
NAME, LABEL, TEXT = 32, 80, 2045
OWN_WORDS: Final = """
aggregate array boolean break byte case catch class colvector complex const continue default delegate delete do double
else eltypedef end enum explicit export external float for friend function global goto if in inline int local long mata
matrix namespace new null numeric pragma private protected public quad real return rowvector scalar short strL string
struct super switch template this throw transmorphic try typedef typename union using vector version virtual void while
with _all _b _coef _cons _n _N _pi _pred _rc _skip _se
"""
SHEET_NAME, SHEET_ROWS = 31, 1_048_575  # rows of data under the head


def write_csv(out: Export, folder: Path) -> Iterator[str]:
    """A file a table, UTF-8, a point in numbers, nothing where a value is missing."""
    for own in out.tables:
        own.frame.to_csv(folder / f"{own.name}.csv", index=False, lineterminator="\n")
    yield "Numbers are written to the last bit. An empty field is a missing value."


def write_parquet(out: Export, folder: Path) -> Iterator[str]:
    """A file a table; its fields have ``unit`` and ``meaning``, its schema what the runs are, as metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for own in out.tables:
        table = pa.Table.from_pandas(own.frame, preserve_index=False)
        fields = [
            field.with_metadata({"unit": column.unit, "meaning": column.meaning})
            for field, column in zip(table.schema, own.columns.values(), strict=True)
        ]
        about = {"title": own.title, "plan": out.title, "about": out.about}
        schema = pa.schema(fields, {**(table.schema.metadata or {}), **{k.encode(): v for k, v in about.items()}})
        pq.write_table(table.cast(schema), folder / f"{own.name}.parquet", compression="zstd")
    yield "Every field has its unit and meaning as metadata, every schema says which runs it is about."


# --- Stata ------------------------------------------------------------------------------------------------------------


def write_stata(out: Export, folder: Path) -> Iterator[str]:
    """A file a table (Stata 14 and later), with labels of the variables and of the data set."""
    for own in out.tables:
        names = stata_names(own.columns)
        frame = own.frame.rename(columns=names)
        labels = {names[name]: stata_label(name, names[name], *column) for name, column in own.columns.items()}
        long = [
            name for name in frame
            if frame[name].dtype == object and frame[name].map(lambda x: len(x.encode())).max() > TEXT
        ]  # fmt: skip
        frame.to_stata(
            folder / f"{own.name}.dta", write_index=False, version=118, variable_labels=labels, convert_strl=long,
            data_label=_cut(f"{own.title}. {out.title}. {out.about}", LABEL),
        )  # fmt: skip
    yield "Names have at most 32 characters; a label begins with the whole name where it was shortened, then the unit."


def stata_names(names: Iterable[str]) -> dict[str, str]:
    """What Stata may call each column: at most 32 letters, digits and underscores, no two alike, none its own."""
    told: dict[str, str] = {}
    for name in names:
        short = re.sub(r"[^A-Za-z0-9_]", "_", name)
        if not short or short[0].isdigit() or short in OWN_WORDS.split() or re.fullmatch(r"str\d+", short):
            short = f"v_{short}"
        whole, number = short, 1
        short = whole[:NAME]
        # Stata tells a from A, but files of both do not everywhere.
        while short.lower() in {one.lower() for one in told.values()}:
            number += 1
            ending = f"_{number}"
            short = whole[: NAME - len(ending)] + ending
        told[name] = short
    return told


def stata_label(name: str, short: str, unit: str, meaning: str) -> str:
    """The label of a variable: its whole name where that had to be changed, its unit, and what there is room for."""
    front = "" if name == short else f"{name}: "
    return _cut(f"{front}({unit}) {meaning}" if unit else f"{front}{meaning}", LABEL)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


# --- Excel ------------------------------------------------------------------------------------------------------------


def check_excel() -> None:
    """Refuse Excel where the package that writes it is not installed.

    Raises:
        InputFault: says how to install it.
    """
    if importlib.util.find_spec("openpyxl") is None:
        fault = f"--to excel needs openpyxl, which is not installed: {how_to_install('analysis')}"
        raise InputFault([fault], "export")


def write_excel(out: Export, folder: Path) -> Iterator[str]:
    """One workbook: a sheet that says what the runs are, one of the dictionary, and one a table that fits."""
    too_long = [own for own in out.tables if len(own.frame) > SHEET_ROWS]
    sheets = [own for own in out.tables if own not in too_long]
    about = pd.DataFrame({"about": [out.title, out.about, *out.reading.split("\n")]})
    with pd.ExcelWriter(folder / f"{out.name}.xlsx", engine="openpyxl") as book:
        about.to_excel(book, sheet_name="about", index=False)
        out.dictionary().to_excel(book, sheet_name="dictionary", index=False)
        for own, name in zip(sheets, sheet_names(sheets), strict=True):
            own.frame.to_excel(book, sheet_name=name, index=False)
        for sheet in book.sheets.values():
            _as_texts(sheet)
    yield f"The workbook is {out.name}.xlsx; units and meanings are in its sheet 'dictionary'. Excel keeps 15 digits."
    for own in too_long:
        yield f"Left out: {own.name} has {len(own.frame)} rows, more than a sheet holds; write it with --to csv."


def sheet_names(tables: Iterable[Table]) -> list[str]:
    """Names of sheets; those of tables are short enough for Excel."""
    return [own.name[:SHEET_NAME] for own in tables]


def _as_texts(sheet: Any) -> None:
    """A text that begins with an equals sign is a text and no formula."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                cell.data_type = "s"

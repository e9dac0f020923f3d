"""Reads tables of design points, as editors and spreadsheets write them: CSV in several dialects, and Parquet.

A text stays a text: what a point is called (``name``) and its ``id`` are kept as they are written, also where they look
like a number or like "not available". Empty rows and columns without a name and a value are what spreadsheets add, and
are left out. What can be read in two ways is refused in one line that says what to do.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.design.plan import ID, MAX_POINTS, SCENARIO, Value
from experiments.design.plan_reading import in_words
from model import PARAMETERS, flat, named_twice

Row = dict[str, Value]
Watch = Callable[[int, int], None]

# In a table or a list of points, what is no parameter, beside the id.
NAME: Final = "name"
# As many rows as a plan may have points, and not many more columns than there are parameters.
MOST_TABLE_BYTES: Final = 200_000_000
MOST_TABLE_COLUMNS: Final = 1_000
MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"),
                (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))  # fmt: skip
SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
WHOLE_NUMBER: Final = re.compile(r"[-+]?\d{1,300}")
NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,4})?|[-+]?inf(inity)?", flags=re.IGNORECASE)
COMMA: Final = re.compile(r"[-+]?\d+,\d+")
SWITCHES: Final[dict[str, bool]] = {"true": True, "false": False}
# How often it is told how far the reading is (rows).
EVERY: Final = 2_000


def read_table(path: Path, watch: Watch = lambda done, total: None) -> tuple[list[Row], str]:  # noqa: ARG005
    """The rows of a CSV or Parquet file of design points, and what is wrong with it (empty: nothing).

    watch: hears how much is read, and how much there is (characters).
    """
    try:
        if path.suffix in (".parquet", ".csv") and path.exists():
            if not path.is_file():
                return [], f"table = '{path}' is not a file"
            if path.stat().st_size > MOST_TABLE_BYTES:
                return [], f"table = '{path}' has {path.stat().st_size} bytes: allowed are {MOST_TABLE_BYTES}"
        if path.suffix == ".parquet":
            columns = _of_parquet(path)
        elif path.suffix == ".csv":
            columns = _of_csv(path, watch)
        else:
            return [], f"table = '{path}': allowed is the name of a .csv or .parquet file"
        return _rows(columns), ""
    except FileNotFoundError:
        return [], f"table = '{path}': there is no such file (names are relative to the plan's folder)"
    except _Unread as fault:
        return [], f"table = '{path}'{fault}"
    except Exception as error:  # each reader has errors of its own
        return [], f"table = '{path}' cannot be read: {' '.join(str(error).split())[:300]}"


class _Unread(Exception):
    """What is wrong with a table, as it goes on after its name."""


def _size_checked(n_rows: int, n_columns: int) -> None:
    if n_rows > MAX_POINTS or n_columns > MOST_TABLE_COLUMNS:
        size = f"{n_rows} rows and {n_columns} columns"
        raise _Unread(f" has {size}: allowed are {MAX_POINTS} rows and {MOST_TABLE_COLUMNS} columns")


def _filled(n_rows: int) -> None:
    if not 1 <= n_rows <= MAX_POINTS:
        raise _Unread(f" has {n_rows} rows: allowed are 1 to {MAX_POINTS}")


def _distinct(names: Sequence[str]) -> None:
    if again := named_twice(dict.fromkeys(names)):
        raise _Unread(f": {'; '.join(again)}")
    if again := [name for name, n in Counter(names).items() if n > 1]:
        raise _Unread(
            f": {', '.join(map(repr, again[:4]))} heads two columns; allowed are columns with different names"
        )


def _missing(name: str, rows: Sequence[int]) -> None:
    if rows:
        also = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
        raise _Unread(f": row {rows[0] + 1} has no value in column '{name}'{also}; give it one")


# --- Parquet ----------------------------------------------------------------------------------------------------------


def _of_parquet(path: Path) -> dict[str, list[Any]]:
    import pandas as pd
    import pyarrow.parquet as pq

    # Compressed, a small file can hold more rows than fit into memory: what it says of itself is read first.
    about = pq.read_metadata(path)
    _size_checked(about.num_rows, about.num_columns)
    frame = pd.read_parquet(path)
    names = [str(name) for name in frame.columns]
    _distinct(names)
    _filled(len(frame))
    columns = {}
    for place, name in enumerate(names):
        values = [plain(value) for value in frame.iloc[:, place]]
        _missing(name, [k for k, empty in enumerate(frame.iloc[:, place].isna()) if empty])
        if name in (NAME, SCENARIO):
            values = [value if isinstance(value, str) else in_words(value) for value in values]
        columns[flat(name)] = [
            SWITCHES.get(v.lower(), v) if _may_switch(name) and isinstance(v, str) else v for v in values
        ]
    return columns


# Lines before the head of a CSV file that begin with it are for people.
COMMENT: Final = "#"


def plain(value: Any) -> Any:
    """A NumPy scalar as the Python number that it holds."""
    return value.item() if isinstance(value, np.generic) else value


# --- CSV --------------------------------------------------------------------------------------------------------------


def _of_csv(path: Path, watch: Watch) -> dict[str, list[Any]]:
    text = _text_of(path)
    while text.startswith(COMMENT):  # what a table is of, as the samples in seeds/calibration say it
        text = text.partition("\n")[2]
    separator, text = _separator_of(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    heads = [head.strip() for head in next((line for line in lines if any(map(str.strip, line))), [])]
    while heads and not heads[-1]:  # a column that a spreadsheet added, unless it turns out to hold something
        heads.pop()
    _size_checked(0, len(heads))
    rows = list(_lines_of(lines, heads, lambda seen: watch(seen, len(text))))
    _filled(len(rows))
    columns: dict[str, list[Any]] = {}
    taken: list[str] = []  # as they are written
    for place, name in enumerate(heads):
        cells = [row[place] for row in rows]
        if not name and not any(cells):
            continue
        if not name and place:
            raise _Unread(f": column {place + 1} has values and no name; name it or take it out")
        # The first column of a saved data frame numbers its rows and has no name.
        _distinct([*taken, name or ID])
        taken.append(name or ID)
        _take(columns, name or ID, cells)
    return columns


def _take(columns: dict[str, list[Any]], name: str, cells: list[str]) -> None:
    _missing(name, [k for k, cell in enumerate(cells) if not cell])
    columns[flat(name)] = _values(name, cells)


def _text_of(path: Path) -> str:
    """The text of a file, whose encoding is UTF-8 unless it says another one."""
    data = path.read_bytes()
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data:
        raise _Unread(' holds zero bytes, so it is no text in UTF-8; save it as "CSV UTF-8"')
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        how = 'save it as "CSV UTF-8", or recode it (iconv -f WINDOWS-1252 -t UTF-8)'
        raise _Unread(f" is not in UTF-8: line {line} has the byte 0x{data[error.start]:02X}; {how}") from None
    return text


def _separator_of(text: str) -> tuple[str, str]:
    """What separates columns, as the first line shows, and the text without a line that says so."""
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"sep=([,;\t])\r?", first)
    if told:
        return told[1], rest
    return ("," if "," in first else next((one for one in ";\t" if one in first), ",")), text


def _lines_of(lines: Any, heads: Sequence[str], tell: Callable[[int], None]) -> Iterator[list[str]]:
    """The cells of every row that has any, as many as there are heads; ``tell`` hears of characters that are read."""
    n, seen = 0, 0
    for line in lines:
        cells = [cell.strip() for cell in line]
        seen += sum(map(len, line)) + len(line)
        if len(cells) > len(heads):
            if any(cells[len(heads) :]):
                raise _Unread(f" cannot be read: line {lines.line_num} has {_last(cells)} values, and the first line "
                              f"has {len(heads)} names")  # fmt: skip
            del cells[len(heads) :]
        if not any(cells):
            continue
        n += 1
        if n > MAX_POINTS:
            raise _Unread(f" has more than {MAX_POINTS} rows: allowed are 1 to {MAX_POINTS}")
        if n % EVERY == 0:
            tell(seen)
        yield cells + [""] * (len(heads) - len(cells))


def _last(cells: Sequence[str]) -> int:
    return max(k for k, cell in enumerate(cells, 1) if cell)


def _may_switch(name: str) -> bool:
    return name not in (NAME, ID, SCENARIO) and not (name in PARAMETERS and PARAMETERS[name].kind == "choice")


def _values(name: str, cells: list[str]) -> list[Any]:
    """The cells of a column: numbers and switches where all of them may be, else texts as they are written.

    An ``id`` becomes a number only where every cell is a whole number as Python writes it.
    """
    if name == ID:
        is_number = all(WHOLE_NUMBER.fullmatch(cell) and str(int(cell)) == cell for cell in cells)
        return [int(cell) for cell in cells] if is_number and all(len(c) < 19 for c in cells) else list(cells)
    if name in (NAME, SCENARIO):
        return list(cells)
    known = {cell: _value(name, cell) for cell in dict.fromkeys(cells)}
    # One fraction makes a column of fractions.
    if any(isinstance(value, float) for value in known.values()):
        known = {cell: _fraction(value) for cell, value in known.items()}
    return [known[cell] for cell in cells]


def _value(name: str, cell: str) -> Any:
    if cell.lower() in SWITCHES:
        return SWITCHES[cell.lower()] if _may_switch(name) else cell
    if WHOLE_NUMBER.fullmatch(cell):
        return int(cell)
    return float(cell) if NUMBER.fullmatch(cell) else cell


def _fraction(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    except OverflowError:
        return value


def _rows(columns: dict[str, list[Any]]) -> list[Row]:
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]

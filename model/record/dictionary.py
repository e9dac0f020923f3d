"""Every column of the record and of the summary, with its unit and its meaning: the rows of ``dictionary.csv``."""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model.market.border import MECHANISMS
from model.vocabulary import THREE, Parties

if TYPE_CHECKING:
    import pandas as pd


Columns = dict[str, tuple[str, str]]


def _declared() -> dict[str, Columns]:
    """table -> column -> (unit, meaning), in the order of the file; mechanisms of the border bring their own."""
    found: dict[str, Columns] = {}
    with Path(__file__).with_name("dictionary.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["table"], {})[row["column"]] = row["unit"], row["meaning"]
    found["directed"] |= {one.column[0]: one.column[1:] for one in MECHANISMS if one.column[0]}
    return found


#: Of the tables of the record. A column that is recorded and not declared is a fault, and the reverse.
COLUMNS: Final = _declared()
SUMMARY: Final = COLUMNS.pop("summary")


def share_in(code: str) -> str:
    """The column of automakers that says which part of a bloc's EV sales is theirs."""
    return f"share_{code.lower()}"


@functools.cache
def columns_of(parties: Parties) -> dict[str, Columns]:
    """``COLUMNS`` of these parties: those that are named after a bloc are the scenario's."""
    if parties.blocs == THREE.blocs:
        return COLUMNS
    of_three = [share_in(code) for code in THREE.blocs]
    own = {share_in(code): ("share", f"part of EV sales in {parties.names[code]}") for code in parties.blocs}
    found: Columns = {}
    for name, about in COLUMNS["automaker"].items():
        found |= own if name == of_three[0] else {} if name in of_three else {name: about}
    return {**COLUMNS, "automaker": found}


def dictionary() -> pd.DataFrame:
    """Every column of ``tables()`` and of ``summary()``, in their order: table, column, unit, meaning.

    ``design_point`` and ``replicate`` stand in the summary of an ensemble alone.
    """
    import pandas as pd

    entities = {
        "bloc": "CN, US or EU",
        "dyad": "pair of blocs",
        "directed": "importer<exporter",
        "automaker": "automaker",
        "supplier": "supplier of cells",
    }
    rows = []
    for table, columns in COLUMNS.items():
        rows.append((table, "quarter", "index", "quarter, 0 the first of the scenario"))
        rows.append((table, "label", "quarter", "its label, as in 2026Q4"))
        rows.append((table, "entity", "name", f"what the row is about: {entities[table]}"))
        rows += [(table, name, *about) for name, about in columns.items()]
    rows.append(("summary", "design_point", "index", "set of parameters, in the order in which they were given"))
    rows.append(("summary", "replicate", "index", "number of the replicate: the same luck at every design point"))
    rows += [("summary", name, *about) for name, about in SUMMARY.items()]
    return pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"])

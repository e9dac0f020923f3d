"""Writes an export: a new folder with every table in one form, its dictionary and a README, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from experiments.export import forms
from experiments.export.latex import write_latex
from experiments.export.tables import Export, exported
from experiments.store.files import check_vacant, reported, staged_folder, vacant_folder
from experiments.store.folder import Results
from model import InputFault, nearest

FORMS: Final[Mapping[str, Callable[[Export, Path], Iterator[str]]]] = {
    "csv": forms.write_csv, "stata": forms.write_stata, "latex": write_latex, "parquet": forms.write_parquet,
    "excel": forms.write_excel,
}  # fmt: skip


def export(source: Path, form: str, out: Path | None = None) -> tuple[Path, list[str]]:
    """Write every table of a results folder into a new folder; that folder, and what is to be said of it.

    Raises:
        InputFault: there is no such form, or it needs a package; the results cannot be read; the folder is not new.
    """
    if form not in FORMS:
        hint = nearest(form, tuple(FORMS)) or f"allowed is one of {', '.join(FORMS)}"
        raise InputFault([f"--to {form!r} is no form of tables; {hint}"], "export")
    if form == "excel":
        forms.check_excel()
    results = Results.open(source)
    folder = vacant_folder(f"{results.folder.resolve().name}-{form}") if out is None else out
    check_vacant(folder)
    made = exported(results)
    with staged_folder(folder) as stage, reported(folder):
        notes = list(FORMS[form](made, stage))
        made.dictionary().to_csv(stage / "dictionary.csv", index=False, lineterminator="\n")
        (stage / "README.txt").write_text(_readme(made, notes), "utf-8")
    return folder, [*made.cautions, *notes]


def _readme(made: Export, notes: list[str]) -> str:
    """What stands beside the tables: which runs they are about, what to know before quoting them, what each holds."""
    tables = [f"  {own.name}: {own.title} ({len(own.frame)} rows)" for own in made.tables]
    shares = (
        "Shares are fractions, switches 0 and 1. A value is missing where there is none, and an interval where a "
        "single replicate says nothing about it. dictionary.csv has unit and meaning of every column."
    )
    return "\n".join([made.title, made.about, "", *notes, shares, "", "Tables", *tables, "", made.reading, ""])

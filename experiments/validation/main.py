"""``detente validate`` from end to end: compute, tell, and write what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path as File
from typing import Final

import pandas as pd
from rich.console import Console

from experiments.display.console import say
from experiments.display.streams import pasted
from experiments.display.words import renewed
from experiments.running.executors import check_workers
from experiments.store.files import check_document, check_vacant_file, write_figure, write_whole
from experiments.validation.page import as_json, blocks, records, tell
from experiments.validation.validate import REPLICATES, Validation, validate

DOCUMENT: Final = File("docs") / "validation.md"
FIGURE: Final = File("docs") / "figures" / "validation.png"


def run_validation(
    console: Console,
    progress: Console | None,
    n_rows: int | None = None,
    replicates: int = REPLICATES,
    workers: int | None = None,
    files: Mapping[str, File | None] | None = None,
    document: bool = False,
) -> Validation:
    """Compute, tell, and write what was asked for: files by form, ``json``, ``csv`` and ``figure``.

    document: also put the numbers and the figure into docs/validation.md of this checkout.

    Raises:
        InputFault: something asked for is not usable; nothing is computed then that would be lost.
    """
    wanted = {form: file for form, file in (files or {}).items() if file is not None}
    check_vacant_file(*wanted.values())
    if document:
        check_document(DOCUMENT, FIGURE)
        wanted |= {"page": DOCUMENT, "figure of the page": FIGURE}
    found = validate(n_rows, replicates, check_workers(workers), progress)
    tell(console, found)
    write(found, wanted)
    for form, file in wanted.items():
        say(console, f"The {form} is in {pasted(file)}")
    return found


def write(found: Validation, files: Mapping[str, File]) -> None:
    """Write what was asked for, by form.

    Raises:
        InputFault: a file cannot be written.
    """
    from experiments.display.figure_style import saver
    from experiments.validation.figures import validation_figure

    texts: dict[str, Callable[[], str]] = {
        "json": lambda: as_json(found),
        "csv": lambda: pd.DataFrame(records(found.rows)).to_csv(index=False, lineterminator="\n"),
        "page": lambda: renewed(DOCUMENT.read_text(encoding="utf-8"), blocks(found)),
    }
    for form, file in files.items():
        if form in texts:
            text = texts[form]()
            write_whole(file, lambda path, text=text: path.write_text(text, encoding="utf-8"))  # type: ignore[misc]
        else:
            write_figure(file, saver(lambda: validation_figure(found.rows)))

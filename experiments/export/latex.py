"""Tables for a paper: those of the report, with its numbers, words and units, as LaTeX with booktabs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from experiments.report.html import looks_numeric
from experiments.report.page import Page
from experiments.report.sheet import Sheet

if TYPE_CHECKING:
    from experiments.export.tables import Export
    from experiments.store.folder import Results

# Characters of a row that fit beside each other on a page, and rows below each other.
WIDE, LONG = 84, 40
PACKAGES: Final = ("booktabs", "graphicx", "longtable")
ESCAPED: Final = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "[": "{[}", "]": "{]}", "\u2212": "$-$",
}  # fmt: skip


# Short names of tables that the report does not name itself, by how their heading begins.
SHORT: Final = {
    "When does": "waiting", "How do first": "treaty-ends", "Which games": "games", "Of what": "depth",
    "What do the results": "calibration", "Does cooperation": "associations",
}  # fmt: skip


class Kept(NamedTuple):
    """A table of the report: the heading that it stands under, its caption, the file of its numbers, and its texts."""

    heading: str
    caption: str
    file: str
    frame: pd.DataFrame


class Shown(Sheet):
    """The sheet of a report, of which the ``tables`` are kept and nothing else."""

    def __init__(self, results: Results, out: Export) -> None:
        super().__init__(out.title, results, lambda words: None)  # noqa: ARG005
        self.tables: list[Kept] = []
        self.under = ""
        Page(results, out.findings.plan, self.tell, out.findings, self).text()

    def heading(self, title: str, how: str = "") -> None:
        self.under = re.sub(r"^[\d to]+\. ", "", title)
        super().heading(title, how)

    def table(self, caption: str, frame: pd.DataFrame, file: str = "") -> None:
        if len(frame):
            self.tables.append(Kept(self.under, caption, file, frame))

    def figure(self, name: str, caption: str, draw: Callable[[], Any]) -> None:
        """None is drawn."""


def write_latex(out: Export, folder: Path) -> Iterator[str]:
    """Every table of the report, numbered as they come there; runs and series are too many for a paper."""
    for number, (heading, caption, file, frame) in enumerate(Shown(out.results, out).tables, 1):
        own = next((short for begin, short in SHORT.items() if heading.startswith(begin)), "table")
        name = f"{number:02d}-{(file if file and own != 'depth' else own).replace('_', '-')}"
        (folder / f"{name}.tex").write_text(as_latex(frame, f"{heading} {caption} {out.about}.", name), "utf-8")
    uses = "".join(f"\\usepackage{{{package}}}" for package in PACKAGES)
    yield f"In the preamble: {uses}. In the text: \\input{{01-cells}}. All runs and series: --to csv or parquet."
    yield "Brackets hold 95 % intervals. Units stand in the heads; a number without one is a share, 0 to 1."


def as_latex(frame: pd.DataFrame, caption: str, label: str) -> str:
    """A table of texts as LaTeX: scaled to the width of the text where it is wide, over pages where it is long."""
    kinds = "".join("r" if looks_numeric(frame[name]) else "l" for name in frame)
    head = _row([str(name) for name in frame])
    body = [_row([str(cell) for cell in row]) for row in frame.itertuples(index=False)]
    said = f"\\caption{{{escaped(caption)}}}\\label{{tab:{label}}}"
    top, middle, bottom = r"\toprule", r"\midrule", r"\bottomrule"
    if len(frame) > LONG:
        rows = [r"{\scriptsize", rf"\begin{{longtable}}{{{kinds}}}", said + r"\\", top, head, middle, r"\endfirsthead",
                top, head, middle, r"\endhead", bottom, r"\endfoot", *body, r"\end{longtable}", "}"]  # fmt: skip
        return "\n".join(rows) + "\n"
    longest = sum(max(map(len, [str(name), *map(str, frame[name])])) + 2 for name in frame)
    opens, closes = (r"\resizebox{\textwidth}{!}{%", "}") if longest > WIDE else (r"\begin{small}", r"\end{small}")
    rows = [r"\begin{table}", r"\centering", said, opens, rf"\begin{{tabular}}{{{kinds}}}", top, head, middle, *body,
            bottom, r"\end{tabular}", closes, r"\end{table}"]  # fmt: skip
    return "\n".join(rows) + "\n"


def _row(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"


def escaped(text: str) -> str:
    """A text that LaTeX sets as it is."""
    return "".join(ESCAPED.get(letter, letter) for letter in " ".join(text.split()))

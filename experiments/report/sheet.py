"""The sheet that a report is written on: sections with a contents list, numbered tables and figures, downloads.

All of it is one file without scripts: what can be downloaded is in the page itself.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from experiments.display.figure_style import forgetting, saver
from experiments.display.streams import kept_on
from experiments.report.html import PAGE, cell, esc, looks_numeric
from experiments.report.report_figures import drawn
from experiments.store.folder import Results

# Tables with more rows than this are folded.
MOST_OPEN: Final = 36
# Rows beyond this are left to the files; nobody reads them on a page.
MOST_ROWS: Final = 120
# Letters of a name that every place in an address takes.
PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class Entry(NamedTuple):
    """A line of the contents list: what it is called, where it stands, and what kind it is."""

    words: str
    anchor: str
    kind: str  # section, table or figure


class Sheet:
    """Collects the parts of a page in their order, and numbers them.

    tell: hears of every figure that could not be drawn; the page says so in its place.
    """

    def __init__(self, title: str, results: Results, tell: Callable[[str], None]) -> None:
        self.title, self.results, self.tell = title, results, tell
        self.parts: list[str] = []
        self.entries: list[Entry] = []
        self.top = 0

    def text(self) -> str:
        """The whole page; the contents list stands where ``contents`` was called."""
        parts = [*self.parts[: self.top], *self._contents(), *self.parts[self.top :]]
        return PAGE.substitute(title=html.escape(self.title), body="\n".join(parts))

    def contents(self) -> None:
        """Here goes the contents list."""
        self.top = len(self.parts)

    def add(self, *parts: str) -> None:
        self.parts.extend(parts)

    def say(self, words: str) -> None:
        self.add(f"<p>{esc(words)}</p>")

    def heading(self, title: str, how: str = "") -> None:
        """A section, and how it is to be read."""
        self.add(f'<h2 id="{self._entered(title, "section")}">{esc(title)}</h2>')
        if how:
            self.add(f'<p class="how">{esc(how)}</p>')

    def table(self, caption: str, frame: pd.DataFrame, file: str = "") -> None:
        """A table with its number; one too long to be read is left to the file that has it whole."""
        if frame.empty:
            return
        words = caption
        if file and len(frame) > MOST_ROWS:
            words += f" The first {MOST_ROWS} of {len(frame)} rows; all of them are in {file}.parquet."
            frame = frame.head(MOST_ROWS)
        number = 1 + sum(entry.kind == "table" for entry in self.entries)
        anchor = self._entered(f"Table {number}. {caption}", "table")
        numeric = [looks_numeric(frame[name]) for name in frame]
        head = "".join(cell("th", str(name), is_n) for name, is_n in zip(frame, numeric, strict=True))
        body = "".join(
            "<tr>" + "".join(cell("td", str(x), is_n) for x, is_n in zip(row, numeric, strict=True)) + "</tr>"
            for row in frame.itertuples(index=False)
        )
        data = frame.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")  # Excel takes it for UTF-8 so
        taken = _download(data, "text/csv", f"table-{number}.csv", "CSV")
        whole = f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'
        if len(frame) > MOST_OPEN:
            whole = f"<details><summary>{len(frame)} rows</summary>{whole}</details>"
        self.add(f'<p class="caption" id="{anchor}"><b>Table {number}.</b> {esc(words)} {taken}</p>', whole)

    def figure(self, name: str, caption: str, draw: Callable[[], Any]) -> None:
        """Keep a figure as a file and put it into the page with its number; nothing where there is nothing to draw."""
        paths: list[Path] = []

        def keep() -> None:
            with forgetting():
                if (figure := drawn(draw)) is None:
                    return
                paths.extend(self.results.write_figure(f"figures/{name}.svg", saver(lambda: figure), True)[:1])

        if fault := kept_on(keep, f"The figure {name}"):
            self.tell(fault)
            self.say(f"{fault}.")
        for path in paths:
            number = 1 + sum(entry.kind == "figure" for entry in self.entries)
            anchor = self._entered(f"Figure {number}. {caption}", "figure")
            data = path.read_bytes()
            source = f"data:image/svg+xml;base64,{base64.b64encode(data).decode('ascii')}"
            self.add(
                f'<figure id="{anchor}"><div class="wide"><img alt="{esc(caption)}" src="{source}"></div>'
                f"<figcaption><b>Figure {number}.</b> {esc(caption)} "
                f"{_download(data, 'image/svg+xml', f'{name}.svg', 'SVG')}</figcaption></figure>"
            )

    def _entered(self, words: str, kind: str) -> str:
        """The anchor of a new line of the contents list."""
        letters = "".join(letter if letter in PLAIN else " " for letter in words.lower()).split()
        anchor = "-".join(letters[:2] if kind != "section" else letters[:8])
        while anchor in {entry.anchor for entry in self.entries}:
            anchor += "-"
        self.entries.append(Entry(words, anchor, kind))
        return anchor

    def _contents(self) -> list[str]:
        sections = [entry for entry in self.entries if entry.kind == "section"]
        others = [entry for entry in self.entries if entry.kind != "section"]

        def items(entries: list[Entry]) -> str:
            return "".join(f'<li><a href="#{entry.anchor}">{esc(_short(entry.words))}</a></li>' for entry in entries)

        return [
            f'<nav aria-label="Contents"><h2>Contents</h2><ul>{items(sections)}</ul>',
            f"<details><summary>{len(others)} tables and figures</summary><ul>{items(others)}</ul></details></nav>",
        ]


def _short(words: str) -> str:
    """The first sentence of a caption after its number."""
    number, dot, rest = words.partition(". ")
    return f"{number}{dot}{rest.split('. ')[0].split(': ')[0].rstrip('.:;')}"


def _download(data: bytes, kind: str, name: str, words: str) -> str:
    source = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return f'<a class="take" download="{esc(name)}" href="{source}">{esc(words)}</a>'

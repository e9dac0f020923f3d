"""Tables on a screen of any width: side by side where there is room, else folded, else record by record.

Labels of rows are always whole, and numbers are never broken. Folded, a row's labels stand on a line of their own above
its numbers; record by record, every number has its name before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from experiments.display.console import prose
from experiments.display.streams import plain

COMFORTABLE: Final = 40  # columns that a label is given before it is folded between words
TIGHT: Final = 17  # the same where a table must share a screen
LONGEST_WORD: Final = 40  # a longer label is folded inside
LONGEST_PROSE: Final = 28  # and a longer word of prose
STEP: Final = 2  # columns to the right


class _Row(NamedTuple):
    cells: tuple[str, ...]
    style: str
    opens_section: bool


class Grid:
    """A table: columns of labels, then of values, which are short, then of prose, which may be long.

    labels, values: names of columns, a new line in them is kept. prose: names with the least width that makes sense.
    is_grouped: the first label is that of a group of rows, and is said once. is_tight: no empty lines inside.
    has_rule: a line below the names of the columns.
    """

    def __init__(
        self,
        title: str = "",
        labels: Sequence[str] = (),
        values: Sequence[str] = (),
        prose: Mapping[str, int] | None = None,
        is_grouped: bool = False,
        title_style: str = "",
        is_tight: bool = False,
        has_rule: bool = True,
    ) -> None:
        self.has_rule = has_rule
        self.title, self.title_style, self.is_grouped, self.is_tight = plain(title), title_style, is_grouped, is_tight
        self.least = dict(prose or {})
        self.names = tuple(plain(name) for name in (*labels, *values, *self.least))
        self.n_labels, self.n_values = len(labels), len(values)
        self.rows: list[_Row] = []
        self._opens_section = False

    def row(self, *cells: object, style: str = "") -> None:
        """Add a row: every label, every value, every prose."""
        texts = tuple(plain(str(cell)) for cell in cells)
        changes = self.is_grouped and bool(self.rows) and self.rows[-1].cells[0] != texts[0]
        self.rows.append(_Row(texts, style, bool(self.rows) and (self._opens_section or changes)))
        self._opens_section = False

    def section(self) -> None:
        """Set what follows apart from what came."""
        self._opens_section = True

    def fits(self, room: int) -> bool:
        """Whether its columns stand side by side in so many columns of a screen."""
        return bool(self._widths(room))

    def show(self, console: Console, indent: int = 0) -> None:
        """Print the table as the width of the console allows, after an empty line; further right if there is room."""
        console.print()
        widths = self._widths(console.width - indent)
        if widths:
            console.print(Padding(self._beside(widths), (0, 0, 0, indent), expand=False))
            return
        if self.title:
            prose(console, self.title, self.title_style)
        values = [self._natural(k) for k in range(self.n_labels, self.n_labels + self.n_values)]
        step = STEP * (1 + self.is_grouped)
        is_folded = not self.least and step + sum(values) + 2 * len(values) - 2 <= console.width
        if self.n_labels - self.is_grouped == 1 and (name := self.names[self.n_labels - 1]):
            prose(console, _flat(name), "bold", STEP * self.is_grouped)
        if is_folded:
            self._print_names(console, values, step)
        for number, row in enumerate(self.rows):
            if row.opens_section:
                console.print()
            self._print_labels(console, row, is_first=not number or row.cells[0] != self.rows[number - 1].cells[0])
            if is_folded and any(row.cells[self.n_labels :]):
                console.print(Text(" " * step + _beside(row.cells[self.n_labels :], values), row.style))
            if is_folded:
                continue
            self._print_cells(console, row, min(step, console.width // 4))

    # --- side by side ---

    def _beside(self, widths: list[int]) -> Table:
        table = Table(
            title=Text(self.title, self.title_style) if self.title else None,
            title_justify="left",
            box=SIMPLE_HEAD if self.has_rule else None,
            padding=(0, 1 if self.has_rule else 2, 0, 0),  # the box sets columns one further apart
            pad_edge=False,
            show_header=any(self.names),
            show_edge=not self.is_tight,
        )
        for k, (name, width) in enumerate(zip(self.names, widths, strict=True)):
            is_value = self.n_labels <= k < self.n_labels + self.n_values
            table.add_column(
                Text(name), justify="right" if is_value else "left", no_wrap=is_value, width=width, overflow="fold"
            )
        before = ""
        for row in self.rows:
            if row.opens_section:
                table.add_section()
            first = "" if self.is_grouped and row.cells[0] == before else row.cells[0]
            before = row.cells[0]
            table.add_row(*(Text(cell) for cell in (first, *row.cells[1:])), style=row.style or None)
        return table

    def _widths(self, room: int) -> list[int]:
        """The width of every column side by side; none where it is too narrow for that."""
        natural = [self._natural(k) for k in range(len(self.names))]
        least = [self._at_least(k, natural[k]) for k in range(len(self.names))]
        left = room - sum(least) - 2 * len(least)  # the box takes as much
        if left < 0:
            return []
        widths = least
        while left and (wanting := [k for k, width in enumerate(widths) if width < natural[k]]):
            narrowest = min(wanting, key=lambda k: widths[k] / natural[k])
            widths[narrowest] += 1
            left -= 1
        return widths

    def _at_least(self, column: int, natural: int) -> int:
        if self.n_labels <= column < self.n_labels + self.n_values:
            return natural
        words = [word for text in self._texts(column) for word in text.split()]
        most = LONGEST_WORD if column < self.n_labels else LONGEST_PROSE
        longest = max([1, *(min(cell_len(word), most) for word in words)])
        if column < self.n_labels:
            return max(longest, min(natural, TIGHT if self.is_tight else COMFORTABLE))
        return max(longest, min(natural, self.least[list(self.least)[column - self.n_labels - self.n_values]]))

    def _texts(self, column: int) -> list[str]:
        return [self.names[column], *(row.cells[column] for row in self.rows)]

    def _natural(self, column: int) -> int:
        return max(1, *(cell_len(line) for text in self._texts(column) for line in text.split("\n") or [""]))

    # --- one below the other ---

    def _print_names(self, console: Console, values: list[int], indent: int) -> None:
        names = [name.split("\n") for name in self.names[self.n_labels : self.n_labels + self.n_values]]
        height = max((len(lines) for lines in names), default=0)
        for line in range(height) if any(map(any, names)) else ():
            told = [([""] * (height - len(lines)) + lines)[line] for lines in names]
            console.print(Text(" " * indent + _beside(told, values), "bold"))

    def _print_labels(self, console: Console, row: _Row, is_first: bool) -> None:
        """The labels of a row; the group's only with its first row."""
        labels = list(zip(self.names[: self.n_labels], row.cells[: self.n_labels], strict=True))
        if self.is_grouped:
            if is_first:
                prose(console, row.cells[0], "bold")
            labels = labels[1:]
        words = [f"{_flat(name)}: {label}" if name and len(labels) > 1 else label for name, label in labels if label]
        if words:
            prose(console, "; ".join(words), row.style, STEP * self.is_grouped)

    def _print_cells(self, console: Console, row: _Row, step: int) -> None:
        """Every value and every prose after its name; a number that does not fit beside it stands below it."""
        for k in range(self.n_labels, len(self.names)):
            name, cell = _flat(self.names[k]), row.cells[k]
            is_value = k < self.n_labels + self.n_values
            if cell and is_value and name and step + cell_len(f"{name}: {cell}") > console.width:
                prose(console, f"{name}:", row.style, step)
                prose(console, cell, row.style, max(0, min(step + STEP, console.width - cell_len(cell))))
            elif cell:
                prose(console, f"{name}: {cell}" if name else cell, row.style, step)


def _beside(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(" " * (width - cell_len(cell)) + cell for cell, width in zip(cells, widths, strict=False)).rstrip()


def _flat(name: str) -> str:
    return " ".join(name.split())

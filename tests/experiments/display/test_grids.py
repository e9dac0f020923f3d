"""Tables on screens of any width: labels whole, numbers never broken, nothing wider than the screen."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from experiments.display.grids import Grid

LABELS = ["dialogue between leaders", "[none]", "yes [/b] [bold]", "对话 对话", "a_name_in_one_word_of_thirty_eight"]
WIDTHS = (20, 40, 60, 79, 80, 99, 100, 120, 200)


def shown(grid: Grid, width: int) -> str:
    said = io.StringIO()
    grid.show(Console(file=said, width=width, highlight=False))
    return said.getvalue()


def cells(n_values: int = 3) -> Grid:
    grid = Grid("Cells", ("dyad", "talks [level]"), [f"value\n{k}" for k in range(n_values)], is_grouped=True)
    for dyad in ("CN-US", "CN-EU"):
        for number, label in enumerate(LABELS):
            grid.row(dyad, label, *(f"+{number}.{k} [0.1, 0.2]" for k in range(n_values)))
    return grid


@pytest.mark.parametrize("width", WIDTHS)
def test_labels_and_numbers_are_whole_at_any_width(width: int) -> None:
    text = shown(cells(), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    said = text.split()
    for label in LABELS:
        if width >= 40:
            assert [word for word in label.split() if word not in said] == [], label
    for number in range(len(LABELS)):
        for k in range(3):
            assert text.count(f"+{number}.{k} [0.1, 0.2]") == 2
    assert text.count("CN-US") == 1


@pytest.mark.parametrize("width", [80, 99, 100, 120])
def test_labels_stay_in_one_piece(width: int) -> None:
    text = shown(cells(), width)
    for label in LABELS:
        assert text.count(label) == 2, label


def test_the_form_follows_the_room() -> None:
    wide, folded, stacked = (shown(cells(), width) for width in (120, 70, 40))
    assert "─" in wide and "─" not in folded + stacked
    row = next(line for line in wide.splitlines() if "[none]" in line)
    assert "+1.0" in row and "+1.2" in row
    lines = folded.splitlines()
    after = lines[next(k for k, line in enumerate(lines) if line.strip() == "[none]") + 1]
    assert after.split("]")[0].strip() == "+1.0 [0.1, 0.2" and "+1.2" in after
    assert "value 0: +1.0 [0.1, 0.2]" in stacked


def test_prose_is_wrapped_beside_or_below() -> None:
    grid = Grid("", ("name",), ("default",), {"meaning": 20})
    grid.row("generosity", "0.3", "chance of honouring in spite of a bad signal")
    assert "generosity" in shown(grid, 60) and "─" in shown(grid, 60)
    assert "  meaning: chance of\n" in shown(grid, 24)


def test_sections_set_rows_apart() -> None:
    grid = Grid("", ("a",), ("b",))
    grid.row("x", "1")
    grid.section()
    grid.row("y", "2")
    lines = shown(grid, 5).splitlines()
    assert lines[lines.index("y") - 1] == ""

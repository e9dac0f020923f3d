"""The console: texts are texts, COLUMNS is obeyed, what is to be copied is whole, progress after two seconds."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console
from rich.table import Table

from experiments.display import console as screens
from experiments.display.console import (
    Screen,
    bar,
    head,
    progress_shown,
    prose,
    say,
    waiting,
)

MARKUP = "[bold]x[/bold] [/b] [link=http://a]b :smile: \\[c]"


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def on(said: io.StringIO) -> Screen:
    console = Screen()
    console.file = said
    return console


def test_no_way_of_printing_reads_markup(said: io.StringIO) -> None:
    console = on(said)
    table = Table(title=MARKUP)
    table.add_column(MARKUP)
    table.add_row(MARKUP)
    for print_it in (
        lambda: console.print(MARKUP), lambda: console.rule(MARKUP), lambda: console.print(table),
        lambda: say(console, MARKUP), lambda: prose(console, MARKUP), lambda: head(console, MARKUP),
    ):  # fmt: skip
        said.seek(said.truncate(0))
        print_it()
        assert MARKUP in said.getvalue()


def test_a_plain_console_reads_no_markup_either() -> None:
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True, color_system=None)
    for print_it in (say, prose, head):
        print_it(console, MARKUP)
    with bar(console) as shown:
        shown.add_task(MARKUP, total=1)
    assert text.getvalue().count(MARKUP) >= 4


@pytest.mark.parametrize(("columns", "width"), [("40", 40), ("60", 60), ("", 100), ("x", 100), ("0", 100), ("3", 20)])
def test_columns_are_obeyed(columns: str, width: int, said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Screen().width == width
    prose(on(said), "word " * 60, indent=2)
    lines = said.getvalue().splitlines()
    assert width - 5 < max(map(len, lines)) <= width and {line[:2] for line in lines} == {"  "}


def test_what_is_to_be_copied_is_never_broken(said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    path = "a folder/" * 30
    say(on(said), f"Report: detente report '{path}'")
    assert said.getvalue() == f"Report: detente report '{path}'\n"


def test_progress_is_told_in_words_where_there_is_no_terminal(said: io.StringIO) -> None:
    with progress_shown(on(said), "[plan]") as progress:
        for done in range(21):
            progress(done, 0, 20, 0)
    lines = said.getvalue().splitlines()
    assert len(lines) == 10 and lines[-1] == "[plan]: 20 done, about 0 s left"


def test_where_one_part_takes_long_a_line_says_that_it_goes_on(
    said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "SILENCE", 0.05)
    with progress_shown(on(said), "[plan]") as progress:
        time.sleep(0.12)
        progress(1, 1, 30, 0)
        time.sleep(0.12)
        progress(30, 1, 30, 0)
    lines = said.getvalue().splitlines()
    assert lines[0] == "[plan]: 0 done, 0 s so far"
    assert "[plan]: 1 done, 1 failed, 0 s so far" in lines
    assert lines[-1] == "[plan]: 30 done, 1 failed, about 0 s left"
    time.sleep(0.12)
    assert said.getvalue().splitlines() == lines, "afterwards nobody tells"


def test_without_a_console_nobody_is_told() -> None:
    with progress_shown(None, "[plan]") as progress:
        progress(1, 0, 2, 0)


def test_waiting_is_told_only_when_it_is_long(said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    with waiting(on(said), "Reading"):
        pass
    assert said.getvalue() == ""
    monkeypatch.setattr(screens, "PATIENCE", 0.05)
    with waiting(on(said), "Reading") as watch:
        watch(1, 2)
        time.sleep(0.12)
    assert said.getvalue().startswith("Reading: 0 s so far, 50% is read\n")

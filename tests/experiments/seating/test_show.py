"""What is shown of games and arenas: every head has an entry in the glossary, and what is missing is a dash."""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from rich.console import Console
from seated import SHORT, seatable

from experiments.display.glossary import entry_of
from experiments.seating.agents import Agent
from experiments.seating.arena import Arena, compared
from experiments.seating.figures import arena_figure
from experiments.seating.play import Kept
from experiments.seating.show import in_words, show_arena, show_games
from experiments.seating.sitting import FAILED, LATE


def printed(show: Any, what: Any, width: int = 80) -> str:
    """What is printed, at a width."""
    out = io.StringIO()
    show(Console(file=out, width=width), what)
    return out.getvalue()


def one_luck() -> Arena:
    """An arena of one game a seat, in which nothing can be said of gain shares."""
    rows = [
        {"agent": "mine.py:Mine", "seat": seat, "replicate": 4, "gain": 0.5, "rules_gain": 0.504,
         "gain_share": math.nan, "rules_gain_share": 0.2, "kept": 1.0, "rules_kept": 0.5, "percentile": 40.0,
         "asked": 9, "decided": 7, "not_heard": 2 * (seat == "EU")}
        for seat in ("CN", "EU")
    ]  # fmt: skip
    agents = (seatable(Agent, "mine.py:Mine"),)
    return Arena(SHORT, agents, (4,), (4, 5), compared(pd.DataFrame(rows)), pd.DataFrame(rows))


def test_an_arena_at_eighty_columns() -> None:
    said = printed(show_arena, one_luck())
    assert max(len(line) for line in said.splitlines()) <= 80
    row = next(line for line in said.splitlines() if " EU " in line)
    assert row.split() == ["EU", "+0.50", "+0.00", "[-]", "-", "1.00", "40", "[-]"], "no minus before a zero"
    flat = " ".join(said.split())
    assert "One luck gives no interval." in flat
    assert "mine.py:Mine in the seat of EU: answers that were not heard: 2 of 9; the rules decided" in flat
    assert "in the seat of CN" not in flat


HEADS = ("own gain", "against the rules", "by the rules", "gain share", "deals kept", "percentile", "agent", "seat")


@pytest.mark.parametrize("head", HEADS)
def test_heads_are_in_the_glossary_and_in_the_tables(head: str) -> None:
    assert entry_of(head) is not None
    kept = [Kept(SHORT, 6, 2, "EU (a)", {"gain": 0.1, "gain_share": math.nan, "kept": 1.0}, 3, 2, {LATE: 1})]
    tables = printed(show_arena, one_luck(), 200) + printed(show_games, kept, 200)
    words = set(re.findall(r"[a-z]+", tables))
    assert set(head.split()) <= words


def test_why_an_agent_was_not_heard() -> None:
    assert in_words(Counter()) == []
    assert in_words(Counter({FAILED: 2, LATE: 1})) == [
        "answers that came too late: 1; the rules decided",
        "answers that failed or could not be reached: 2; the rules decided",
    ]


def test_the_figure_has_a_mark_a_seat_and_needs_no_interval() -> None:
    drawn = arena_figure(one_luck())
    left, right = drawn.axes
    for axes, values in ((left, {-0.004}), (right, {40.0})):
        marks = [line for line in axes.lines if line.get_linestyle() == "None"]
        assert {round(float(x), 6) for line in marks for x in line.get_xdata()} == values
        assert len(marks) == 2
    plt.close(drawn)

"""The figure of a study names in its legend what it draws, and nothing else."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pytest
from drawn import faults_of, words_of

from experiments.arrangements.figures import KINDS, arrangements_figure

NAMES = ("A", "B", "as it is")
WORDS = {name for name, _, _ in KINDS}


def told(*shares: tuple[float, float]) -> dict[str, Any]:
    """A study of two arrangements beside today's, by the shares of worlds in which each is better and worse."""
    rows = [
        {"name": name, "design": 2 - n, "worst_off": (0.2, 0.1, 0.3), "in_default": [0.1], "better": up, "worse": down}
        for n, (name, (up, down)) in enumerate(zip(NAMES, (*shares, (0.0, 0.0)), strict=True))
    ]
    return {"candidates": rows, "robust": NAMES[0], "rows": 32, "race": {"replicates": 32}, "title": "Which term?"}


@pytest.mark.parametrize(
    ("shares", "shown"),
    [
        (((0.75, 0.0), (0.72, 0.0)), {"more", "the same"}),
        (((0.75, 0.25), (0.6, 0.4)), {"more", "less"}),
        (((1.0, 0.0), (1.0, 0.0)), {"more"}),
        (((0.5, 0.0), (0.5, 0.25)), WORDS),
    ],
)
def test_a_legend_names_what_is_drawn(shares: tuple[tuple[float, float], ...], shown: set[str]) -> None:
    figure = arrangements_figure(told(*shares))
    try:
        figure.draw_without_rendering()
        assert words_of(figure) & WORDS == shown
        assert faults_of(figure) == []
        assert all(bar.get_width() > 0.0 for bar in figure.axes[1].patches), "an outline of nothing"
    finally:
        plt.close(figure)

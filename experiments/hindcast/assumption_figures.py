"""The diagnostics of an assumption sample as a picture: what the record taught, what it still surprises by, ranks."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import binom

from experiments.display.figure_style import BLACK, BLUE, SKY, VERMILLION, keyed, letters, panels, pt, row_names
from experiments.display.looks import style
from experiments.display.words import BLOC_WORDS
from experiments.hindcast.assumption_checks import N_BINS, NINE_TENTHS
from experiments.hindcast.assumptions import Prior

#: Numbers shown: those that the record moved most.
MOST_SHOWN: Final = 10
HEIGHT: Final = 8.0  # inches of a slide
ALL: Final = "0.78"
#: A rim parts it from bars that are as dark.
RECORD: Final[dict[str, Any]] = {"marker": "o", "markeredgecolor": "white"}


def diagnostics(told: pd.DataFrame, histories: pd.DataFrame, counts: np.ndarray, priors: dict[str, Prior],
                n_truths: int) -> Figure:  # fmt: skip
    """One figure of three panels.

    told, histories: what ``assumption_checks.learned`` and ``predicted`` give. counts: of ranks by tenth, of
    ``n_truths`` truths times all numbers.
    """
    figure, ((first, second, third),) = panels(1, 3, HEIGHT, share_y=False)
    _learned(first, told.head(MOST_SHOWN), priors)
    _histories(second, histories)
    _ranks(third, counts, n_truths)
    handles = [
        Line2D([], [], color=ALL, linewidth=pt(9), label="the range; 90 % of all points"),
        Line2D([], [], color=BLUE, linewidth=pt(9), label="90 % of the sample"),
        Line2D([], [], color=BLUE, lw=pt(9), marker="o", mfc="white", mew=0, ms=pt(6), label="its median"),
        Line2D([], [], color=VERMILLION, marker="D", linestyle="", label="default"),
        Line2D([], [], color=BLACK, linestyle="", **RECORD, label="the record"),
        Line2D([], [], color=BLACK, linestyle="--", linewidth=pt(1.6), label="between: 9 in 10 by luck"),
    ]
    keyed(figure, handles)
    return figure


def beside(share: float) -> int:
    """Letters of a name beside a panel that has this share of the width; a panel that has all of it gives more."""
    return letters(0.5 if style().is_stacked else share)


def in_words(name: str) -> str:
    """The name of a parameter as words; codes of blocs stay codes."""
    return " ".join(word.upper() if word.upper() in BLOC_WORDS else word for word in re.split(r"[_.\-]", name))


def _learned(axis: Axes, told: pd.DataFrame, priors: dict[str, Prior]) -> None:
    rows = np.arange(len(told))[::-1]
    lowest, _, highest = np.array([priors[name] for name in told["parameter"]]).T

    def place(name: str) -> np.ndarray:
        return np.asarray((told[name].to_numpy() - lowest) / (highest - lowest))

    axis.hlines(rows, 0, 1, color=ALL, linewidth=pt(9))
    axis.hlines(rows, place("low"), place("high"), color=BLUE, linewidth=pt(9))
    axis.plot(place("median"), rows, "o", color="white", markersize=pt(6), zorder=3)
    axis.plot(place("default"), rows, "D", color=VERMILLION, mec="white", markersize=pt(9), zorder=4)
    words = [f"{in_words(name)}{' *' * bool(sure)}" for name, sure in zip(told["parameter"], told["told"], strict=True)]
    axis.set_yticks(rows, row_names(words, beside(0.19), 2))
    axis.set_xticks([0, 1], ["lowest", "highest"])
    axis.set_xlabel(f"place in the range\n({'*' if told['told'].any() else 'none'}: more than luck)")
    axis.set_title("What the\nrecord taught")


def _histories(axis: Axes, table: pd.DataFrame) -> None:
    rows = np.arange(len(table))[::-1]
    ends = table[["prior_low", "prior_high"]].to_numpy()
    middle, half = np.mean(ends, axis=1), np.diff(ends, axis=1)[:, 0] / 2
    half = np.maximum(half, np.abs(table["recorded"].to_numpy() - middle) / 2)
    half = np.where(half > 0.0, half, 1.0)

    def place(name: str) -> np.ndarray:
        return np.asarray((table[name] - middle) / half)

    axis.hlines(rows, place("prior_low"), place("prior_high"), color=ALL, linewidth=pt(9))
    axis.hlines(rows, place("low"), place("high"), color=BLUE, linewidth=pt(9))
    axis.plot(place("recorded"), rows, linestyle="", color=BLACK, markersize=pt(10), mew=pt(1.2), zorder=3, **RECORD)
    axis.set_yticks(rows, row_names([str(name) for name in table["target"]], beside(0.18), 2))
    axis.set_xticks([])
    axis.set_xlabel("← fewer, lower\nmore, higher →")
    axis.set_title("What worlds do,\n2018-2025")


def _ranks(axis: Axes, counts: np.ndarray, n_truths: int) -> None:
    share = counts / np.sum(counts)
    axis.bar((np.arange(N_BINS) + 0.5) / N_BINS, share, width=0.9 / N_BINS, color=SKY)
    # Ranks of one truth hang together, so the band is that of as many draws as there are truths.
    low, high = binom.ppf(NINE_TENTHS, n_truths, 1 / N_BINS) / n_truths
    for end in (low, high):
        axis.axhline(end, color=BLACK, linestyle="--", linewidth=pt(1.6))
    axis.axhline(1 / N_BINS, color=BLACK, linewidth=pt(1))
    axis.set_xlim(0, 1)
    axis.set_ylim(0, max(float(np.max(share)), high) * 1.25)
    axis.set_xlabel("rank of the truth\nin its sample")
    axis.set_ylabel("share of ranks")
    axis.set_title("Is a known\ntruth found?")

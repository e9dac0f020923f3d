"""The lessons of the class page: eight chapters that ship with it, and a teacher's own (``lesson_file``).

A lesson of kind ``arms`` compares some settings: the class predicts which of them does best, then sees. What the
shipped chapters reveal was played beforehand, so that it is there at once: ``python -m experiments.classroom.lessons``
plays all of them, prints the table of ``docs/teaching.md`` and keeps the numbers in ``reveals.json``. Numbers of
another version of the model, or of other settings, are not shown: then the page plays.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.classroom.cloud import N_RUNS, play_batch
from experiments.classroom.game import Game, Settings
from experiments.classroom.lesson_file import Arm, Lesson, as_data, read_lessons
from experiments.classroom.view import game_view
from experiments.statistics.estimates import wilson
from experiments.store.sources import code_fingerprint
from model import DYAD_NAMES

CHAPTERS: Final = Path(__file__).with_name("chapters")
KEPT: Final = Path(__file__).with_name("reveals.json")
DIGITS: Final = 6  # after the point, of what is kept
Z: Final = 1.96
CLOSE: Final = 0.02  # mean depths nearer than this count as the same, a share of full depth
GROWTH: Final = (8, 16, 32, 64, 128, 256)  # runs after which a reveal is kept too: how it settles can be seen


@functools.cache
def shipped() -> tuple[Lesson, ...]:
    """The chapters that come with the page, read once, because their settings need all scenarios."""
    return read_lessons(CHAPTERS)


class Course:
    """The lessons of a page: the shipped chapters, then a teacher's own."""

    def __init__(self, more: Sequence[Lesson] = ()) -> None:
        self._more = tuple(more)

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """All of them, in the order shown."""
        return shipped() + self._more

    def find(self, key: object) -> Lesson | None:
        """The lesson of this name, None where there is none."""
        return next((lesson for lesson in self.lessons if lesson.key == key), None)

    def compares(self, settings: Settings) -> bool:
        """Whether these settings, but for their luck, are what a lesson compares."""
        return replace(settings, replicate=0) in [arm.settings for lesson in self.lessons for arm in lesson.arms]

    def as_data(self) -> list[dict[str, Any]]:
        """The lessons as plain data for the page, with what they reveal where that is known."""
        return [as_data(lesson) | {"close": CLOSE, "revealed": revealed(lesson)} for lesson in self.lessons]


def lesson_game(lesson: Lesson) -> dict[str, Any]:
    """A lesson's game, of kind game: both blocs of its pair cut their duties in full, and nothing else is agreed."""
    game = Game(lesson.arms[0].settings)
    game.advance(1)
    menu = game.model.agenda.menus[lesson.dyad]
    at = [0] * len(menu.positions)
    at[0], at[1] = (max(axis) for axis in menu.positions[:2])
    return game_view(game.model, lesson.dyad, menu.index(tuple(at)))


def measured(lesson: Lesson, runs: int) -> list[dict[str, Any]]:
    """What came of so many runs of every arm: means over pairs, with 95 % intervals over runs, and how they settled."""
    rows = []
    for arm in lesson.arms:
        table = {name: np.array(column) for name, column in play_batch(arm.settings, list(range(runs))).items()}
        steps = [*(n for n in GROWTH if n < runs), runs]
        growth = [(n, _over(table, n, lesson.dyad)[lesson.measure]) for n in steps]
        rows.append(
            {
                **{"lesson": lesson.key, "label": arm.label, "settings": arm.settings.as_dict(), "runs": runs},
                "measured": _over(table, runs, lesson.dyad),
                "growth": [[n, own["value"], own["low"], own["high"]] for n, own in growth],
            }
        )
    return rows


def _over(table: dict[str, np.ndarray], runs: int, dyad: int) -> dict[str, dict[str, float]]:
    """In the first so many runs: mean depth and gain; how often cooperation emerges or is kept, and lasts in a pair."""
    held = (table["emerged"] + table["kept"])[:, :runs]
    rates = [wilson(float(own.sum()), runs) for own in held]
    share, low, high = (float(np.mean([rate[k] for rate in rates])) for k in range(3))
    lasts = wilson(float(table["durable"][dyad, :runs].sum()), runs)
    return {
        "depth": _mean(table["mean_depth"][:, :runs]),
        "emerged": _rounded(share, low, high),
        "lasts": _rounded(lasts.share, lasts.low, lasts.high),
        "gain": _mean(table["joint_gain"][:, :runs]),
    }


def _mean(values: np.ndarray) -> dict[str, float]:
    """Of (pairs, runs): the pairs of a run share its luck, so first the mean over them, then over runs."""
    by_run = values.mean(axis=0)
    mean, half = float(by_run.mean()), Z * float(by_run.std(ddof=1)) / math.sqrt(by_run.size)
    return _rounded(mean, mean - half, mean + half)


def _rounded(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": round(value, DIGITS), "low": round(low, DIGITS), "high": round(high, DIGITS)}


def counted(runs: int = N_RUNS) -> dict[str, Any]:
    """What the chapters reveal, played now."""
    arms = [row for lesson in shipped() if lesson.kind == "arms" for row in measured(lesson, runs)]
    games = [
        {"lesson": lesson.key, "settings": lesson.arms[0].settings.as_dict(), "game": lesson_game(lesson)}
        for lesson in shipped()
        if lesson.kind == "game"
    ]
    return {"code_sha256": code_fingerprint(), "games": games, "arms": arms}


@functools.cache
def reveals() -> dict[str, Any] | None:
    """What the chapters reveal, as it was kept; None where it was counted by another version of the model."""
    kept: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept if kept["code_sha256"] == code_fingerprint() else None


def revealed(lesson: Lesson) -> Any:
    """What a lesson reveals, if these very settings were counted: a row an arm, or its game; else None."""
    kept = reveals() or {"games": [], "arms": []}
    if lesson.kind == "game":
        return next(
            (row["game"] for row in kept["games"] if row["settings"] == lesson.arms[0].settings.as_dict()), None
        )
    rows = [_row_of(lesson, arm, kept["arms"]) for arm in lesson.arms]
    return rows if rows and all(rows) else None


def _row_of(lesson: Lesson, arm: Arm, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    told = ("runs", "measured", "growth")
    settings = arm.settings.as_dict()
    # How a reveal settled is kept by its own measure.
    own = next((row for row in rows if row["settings"] == settings and row["lesson"] == lesson.key), None)
    return None if own is None else {name: own[name] for name in told}


def table_of(found: dict[str, Any]) -> list[str]:
    """The measured answers of all chapters that compare settings, as lines of a Markdown table."""
    lines = [f"{found['arms'][0]['runs']} runs each, means over {len(DYAD_NAMES)} pairs", ""]
    lines += [
        "| chapter | settings | mean depth | emerges or is kept | joint gain, bn$ a year |",
        "|---|---|---|---|---|",
    ]
    for arm in found["arms"]:
        depth, held, gain = (arm["measured"][name]["value"] for name in ("depth", "emerged", "gain"))
        lines.append(f"| {arm['lesson']} | {arm['label']} | {depth:.0%} | {held:.0%} | {gain:.2f} |")
    return lines


def written(found: dict[str, Any]) -> str:
    """What is kept, a row a line, so that a change of one number is one changed line."""
    rows = {name: ",\n".join(f"  {json.dumps(row)}" for row in found[name]) for name in ("games", "arms")}
    parts = [f' "{name}": [\n{text}\n ]' for name, text in rows.items()]
    return f'{{\n "code_sha256": "{found["code_sha256"]}",\n' + ",\n".join(parts) + "\n}\n"


def main(runs: int = N_RUNS, keep: bool = True) -> list[str]:
    """Count what the chapters reveal, keep it, and say it as a table."""
    found = counted(runs)
    if keep:
        KEPT.write_text(written(found), encoding="utf-8")
    return table_of(found)


if __name__ == "__main__":
    import sys

    sys.stdout.write("\n".join(main()) + "\n")

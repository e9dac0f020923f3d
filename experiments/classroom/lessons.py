"""Eight short chapters: predict first, then reveal. The words are in the language files; here is what is played.

A chapter of kind ``arms`` compares some settings: the class predicts which of them does best, and the reveal is played
by the ensemble while it watches. ``python -m experiments.classroom.lessons`` plays all of them, prints the table of
``docs/teaching.md``, and keeps the numbers in ``reveals.json`` for files that are taken home, which can play nothing.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from experiments.classroom.game import Settings
from experiments.statistics.estimates import wilson
from experiments.store.sources import code_fingerprint
from model import DYAD_NAMES, PARAMETERS

_OTHERS: Final = ("supply_issues", "recognition_issues", "charging_issues", "technology_issues", "linkage_issues")
ONLY_TARIFFS: Final = dict.fromkeys(_OTHERS, False)
KEPT: Final = Path(__file__).with_name("reveals.json")
DIGITS: Final = 9  # after the point, of what is kept
Z: Final = 1.96
CLOSE: Final = 0.02  # mean depths nearer than this count as the same, a share of full depth


class Arm(NamedTuple):
    """One of the settings that a chapter compares; the label is a key of the language files."""

    label: str
    parameters: dict[str, Any]


class Lesson(NamedTuple):
    """One chapter; kind is game, arms or sandbox; measure is depth, or emerged (or kept), over the three pairs."""

    key: str
    kind: str
    scenario: str = "2026"
    measure: str = "depth"
    arms: tuple[Arm, ...] = ()
    dyad: int = 0  # the pair whose game is shown


def _noise(level: float, rule: str) -> dict[str, Any]:
    return {"false_alarm": level, "missed_violation": level, "retaliation_rule": rule}


_HARD: Final = {
    "ratification_threshold_cn": 0.4,
    "ratification_threshold_us": 0.4,
    "ratification_threshold_eu": 0.4,
    "ratification_threshold_us_recognition": 0.6,
}
_EASY: Final = dict.fromkeys(_HARD, -0.1)

LESSONS: Final = (
    Lesson("oneshot", "game", "symmetric", arms=(Arm("tariffs", ONLY_TARIFFS),)),
    Lesson(
        "repetition",
        "arms",
        arms=(Arm("impatient", {"discount_factor": 0.95}), Arm("patient", {"discount_factor": 0.99})),
    ),
    Lesson(
        "noise",
        "arms",
        arms=(
            Arm("clear", _noise(0.0, "generous")),
            Arm("forgiving", _noise(0.35, "generous")),
            Arm("unforgiving", _noise(0.35, "grim")),
        ),
    ),
    Lesson(
        "dialogue",
        "arms",
        arms=(
            Arm("no_dialogue", {"dialogue_ceiling": 0.0}),
            Arm("some_dialogue", {"dialogue_ceiling": 0.4}),
            Arm("leaders", {"dialogue_ceiling": 1.0}),
        ),
    ),
    Lesson(
        "packages",
        "arms",
        measure="emerged",
        arms=(
            Arm("only_tariffs", ONLY_TARIFFS),
            Arm("no_linkage", {"linkage_issues": False}),
            Arm("everything", {}),
        ),
    ),
    Lesson("vote", "arms", arms=(Arm("easy", _EASY), Arm("usual", {}), Arm("hard", _HARD))),
    Lesson(
        "clubs",
        "arms",
        "symmetric",  # in the scenario 2026 hardly any club forms: the blocs are too unlike
        arms=(
            Arm("no_club", {}),
            Arm("zone", {"zero_tariff_zone": True}),
            Arm("club", {"climate_club": True, "club_penalty": 0.25}),
            Arm("club_share", {"climate_club": True, "club_penalty": 0.25, "club_transfers": True}),
        ),
    ),
    Lesson("sandbox", "sandbox"),
)


def is_playable(lesson: Lesson) -> bool:
    """Whether this version of the model has every mechanism that the chapter compares."""
    return all(name in PARAMETERS for arm in lesson.arms for name in arm.parameters)


def is_of_a_lesson(settings: Settings) -> bool:
    """Whether these settings, but for their luck, are what a chapter compares."""
    return replace(settings, replicate=0) in _arms()


@functools.cache
def _arms() -> list[Settings]:
    return [
        Settings(one.scenario, parameters=arm.parameters) for one in LESSONS for arm in one.arms if is_playable(one)
    ]


def lesson_list() -> list[dict[str, Any]]:
    """The chapters as plain data for the page."""
    return [
        {
            "key": lesson.key,
            "kind": lesson.kind,
            "scenario": lesson.scenario,
            "measure": lesson.measure,
            "dyad": lesson.dyad,
            "close": CLOSE,
            "playable": is_playable(lesson),
            "arms": [{"label": arm.label, "parameters": arm.parameters} for arm in lesson.arms],
        }
        for lesson in LESSONS
    ]


def lesson_game() -> dict[str, Any]:
    """The first chapter's game: two equal blocs both cut their duties in full, and nothing else is agreed."""
    from experiments.classroom.game import Game
    from experiments.classroom.view import game_view

    lesson = LESSONS[0]
    game = Game(Settings(scenario=lesson.scenario, parameters=lesson.arms[0].parameters))
    game.advance(1)
    menu = game.model.agenda.menus[lesson.dyad]
    at = [0] * len(menu.positions)
    at[0], at[1] = (max(axis) for axis in menu.positions[:2])
    return game_view(game.model, lesson.dyad, menu.index(tuple(at)))


def measured(lesson: Lesson, runs: int) -> list[dict[str, Any]]:
    """Every arm as ``reveals`` has it: what came of so many runs, means over pairs, with 95 % intervals over runs."""
    from experiments.classroom.cloud import play_batch

    rows = []
    for arm in lesson.arms:
        settings = Settings(scenario=lesson.scenario, parameters=arm.parameters)
        table = {name: np.array(columns) for name, columns in play_batch(settings, list(range(runs))).items()}
        # The pairs of a run share its luck: mean over them first, then over runs.
        depth = table["mean_depth"].mean(axis=0)
        mean, half = float(depth.mean()), Z * float(depth.std(ddof=1)) / math.sqrt(runs)
        rates = [wilson(float(held.sum()), runs) for held in table["emerged"] + table["kept"]]
        share, low, high = (float(np.mean([rate[k] for rate in rates])) for k in range(3))
        rows.append(
            {
                **{"lesson": lesson.key, "label": arm.label, "scenario": lesson.scenario},
                **{
                    "parameters": arm.parameters,
                    "runs": runs,
                    "gain": round(float(table["joint_gain"].mean()), DIGITS),
                },
                "measured": {
                    "depth": _rounded(mean, mean - half, mean + half),
                    "emerged": _rounded(share, low, high),
                },
            }
        )
    return rows


def _rounded(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": round(value, DIGITS), "low": round(low, DIGITS), "high": round(high, DIGITS)}


def counted(runs: int = 520) -> dict[str, Any]:
    """What the chapters reveal, played now: of every arm, and the first chapter's game."""
    playable = [lesson for lesson in LESSONS if lesson.kind == "arms" and is_playable(lesson)]
    arms = [row for lesson in playable for row in measured(lesson, runs)]
    return {"code_sha256": code_fingerprint(), "game": lesson_game(), "arms": arms}


@functools.cache
def reveals() -> dict[str, Any] | None:
    """What the chapters reveal, as it was kept; None where it was counted by another version of the model."""
    kept: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept if kept["code_sha256"] == code_fingerprint() else None


def table_of(found: dict[str, Any]) -> list[str]:
    """The measured answers of all chapters that compare settings, as lines of a Markdown table."""
    lines = [f"{found['arms'][0]['runs']} runs each, means over {len(DYAD_NAMES)} pairs", ""]
    lines += [
        "| chapter | settings | mean depth | emerges or is kept | joint gain, bn$ a year |",
        "|---|---|---|---|---|",
    ]
    for arm in found["arms"]:
        depth, held = (arm["measured"][name]["value"] for name in ("depth", "emerged"))
        lines.append(f"| {arm['lesson']} | {arm['label']} | {depth:.0%} | {held:.0%} | {arm['gain']:.2f} |")
    return lines


def main(runs: int = 520, keep: bool = True) -> list[str]:
    """Count what the chapters reveal, keep it, and say it as a table."""
    found = counted(runs)
    if keep:
        KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return table_of(found)


if __name__ == "__main__":
    import sys

    sys.stdout.write("\n".join(main()) + "\n")

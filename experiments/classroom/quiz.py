"""What the class learned: the same few questions before and after, a file a language, answered without a name.

Who leads opens the questions before the class and again after it; whoever answers both times with the same browser
counts as one student. The answers leave as a CSV in which students are numbers drawn by lot; nothing else is known of
them, and nothing is kept when the command ends. ``learned`` says of such a file what changed.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from experiments.classroom.room import Refused
from experiments.statistics.estimates import Estimate, holm, mcnemar, paired_difference
from model import InputFault

FILES: Final = Path(__file__).with_name("quiz_items")
USUAL: Final = "en"
BEFORE, AFTER, CLOSED = "before", "after", ""
COLUMNS: Final = ("student", "when", "item", "answer", "right")
LETTERS: Final = "abcdefgh"
MOST_STUDENTS: Final = 500
FEWEST_PAIRS: Final = 2  # students who answered both times, below which nothing can be said
SUBJECT: Final = "answers"


@functools.cache
def items(language: str = USUAL) -> list[dict[str, Any]]:
    """The questions in a language, each with its key, options and the number of the right one."""
    path = FILES / f"{language}.json"
    found: list[dict[str, Any]] = json.loads((path if path.is_file() else FILES / f"{USUAL}.json").read_text("utf-8"))
    return found


class Quiz:
    """The questions of one class, and its answers; shuffle: draws the students' numbers."""

    def __init__(self, shuffle: Callable[[list[str]], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._shuffle = shuffle or secrets.SystemRandom().shuffle
        self.when = CLOSED
        self._answers: dict[str, dict[str, dict[str, int]]] = {}  # voter -> when -> item -> option

    def open(self, when: str) -> None:
        """Ask before or after the class, or no more."""
        with self._lock:
            self.when = when

    def answer(self, voter: str, answers: object) -> None:
        """A student's answers, all of them at once, the last ones count.

        Raises ``Refused``: nothing is asked now, or these are no answers to what is.
        """
        asked = {one["key"]: len(one["options"]) for one in items()}
        with self._lock:
            if self.when == CLOSED:
                raise Refused(409, "not_asked")
            if not isinstance(answers, dict) or answers.keys() != asked.keys():
                raise Refused(422, "bad_move")
            for key, chosen in answers.items():
                if type(chosen) is not int or not 0 <= chosen < asked[key]:
                    raise Refused(422, "bad_move")
            if voter not in self._answers and len(self._answers) >= MOST_STUDENTS:
                raise Refused(503, "full")
            self._answers.setdefault(voter, {})[self.when] = dict(answers)

    def look(self, voter: str) -> dict[str, Any]:
        """What is asked, whether this student has answered, how many have."""
        with self._lock:
            done = [own for own in self._answers.values() if self.when in own]
            return {"when": self.when, "done": self.when in self._answers.get(voter, {}), "answered": len(done)}

    def csv(self) -> str:
        """All answers, a row an item; students are numbers drawn by lot, anew each time."""
        with self._lock:
            voters = list(self._answers)
            self._shuffle(voters)
            rows = [
                (number, when, one["key"], LETTERS[own[one["key"]]], int(own[one["key"]] == one["right"]))
                for number, voter in enumerate(voters, 1)
                for when, own in sorted(self._answers[voter].items(), key=lambda kept: kept[0] == AFTER)
                for one in items()
            ]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([COLUMNS, *rows])
        return text.getvalue()


# --- what the class learned ------------------------------------------------------------------------------------------


class Learned(NamedTuple):
    """What changed between two times of asking, in the students who answered both times.

    change: mean over students of the share of right answers, after minus before, with its 95 % t interval;
    share_before, share_after: fractions; items: a row an item, shares before and after, how many rose and fell, and the
    exact p of McNemar corrected by Holm.
    """

    students: int
    share_before: float
    share_after: float
    change: Estimate
    items: pd.DataFrame

    def sentence(self) -> str:
        """The finding in the words that ``docs/teaching.md`` fixes beforehand."""
        points, low, high = (100 * value for value in self.change[:3])
        verdict = (
            "more questions right after the class than before"
            if self.change.low > 0.0
            else "fewer questions right after the class than before"
            if self.change.high < 0.0
            else "no difference that these students could show"
        )
        return (
            f"{self.students} students answered both times. Right before: {self.share_before:.0%}, after: "
            f"{self.share_after:.0%}; change {points:+.0f} points (95 % interval {low:+.0f} to {high:+.0f}): "
            f"{verdict}. There was no other class to compare with."
        )


def read_answers(path: Path) -> pd.DataFrame:
    """The answers of a CSV of this page, checked.

    Raises ``InputFault``: the file cannot be read, has other columns, or values that no answer has.
    """
    try:
        frame = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputFault([f"'{path}' cannot be read as CSV: {' '.join(str(error).split())[:200]}"], SUBJECT) from None
    if tuple(frame.columns) != COLUMNS:
        said = f"'{path}' has the columns {', '.join(map(str, frame.columns))}: allowed are {', '.join(COLUMNS)}"
        raise InputFault([said], SUBJECT)
    allowed: Mapping[str, set[object]] = {"when": {BEFORE, AFTER}, "right": {0, 1}}
    faults = [
        f"'{path}', column {name}: {value!r:.60}: allowed are {', '.join(map(str, sorted(known, key=str)))}"
        for name, known in allowed.items()
        for value in sorted(set(frame[name].tolist()) - known, key=str)
    ]
    if frame.duplicated(["student", "when", "item"]).any():
        faults.append(f"'{path}': a student has answered an item twice at one time")
    if faults:
        raise InputFault(faults, SUBJECT)
    return frame


def learned(answers: pd.DataFrame) -> Learned:
    """What a class learned, from ``read_answers``.

    Raises ``InputFault``: fewer than two students answered both times.
    """
    before, after = (
        answers[answers["when"] == when].pivot(index="student", columns="item", values="right").dropna()
        for when in (BEFORE, AFTER)
    )
    both = before.index.intersection(after.index)
    if len(both) < FEWEST_PAIRS or list(before.columns) != list(after.columns):
        raise InputFault(
            [f"fewer than {FEWEST_PAIRS} students answered the same both times: nothing can be compared"], SUBJECT
        )
    before, after = before.loc[both], after.loc[both]
    tests = [mcnemar(after[item].to_numpy(), before[item].to_numpy()) for item in before.columns]
    by_item = pd.DataFrame(
        {
            "before": before.mean(),
            "after": after.mean(),
            "rose": [test.n_only_first for test in tests],
            "fell": [test.n_only_second for test in tests],
            "p": holm([test.p_value for test in tests]),
        },
        index=before.columns,
    )
    first, second = before.mean(axis=1).to_numpy(), after.mean(axis=1).to_numpy()
    change = paired_difference(second, first)
    return Learned(len(both), float(first.mean()), float(second.mean()), change, by_item)

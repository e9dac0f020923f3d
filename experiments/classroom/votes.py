"""A lesson that the whole class answers: phones vote, the wall shows the split, then the reveal beside it.

Who leads asks a lesson's question, shows the split, reveals. Until the split is shown nobody sees what others chose and
everybody may choose again; afterwards no answer changes. In a lesson of kind game an answer is a move, and each student
plays it against a classmate drawn by lot; where their number is odd, the one left over plays against the move of
a classmate who has a partner already. A vote is not kept when the command ends, and no name is in it.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from experiments.classroom.lesson_file import Lesson
from experiments.classroom.room import Refused

KEEP, WITHDRAW = "keep", "withdraw"  # moves in a lesson of kind game
CLOSED, ASKED, SPLIT, REVEALED = "", "asked", "split", "revealed"
MOST_VOTERS: Final = 500


def options(lesson: Lesson) -> tuple[str, ...]:
    """What can be answered to a lesson's question by a whole class."""
    if lesson.kind == "game":
        return KEEP, WITHDRAW
    return lesson.options()


class Votes:
    """The question that a class is asked now, if any, and its answers; shuffle: draws the lots."""

    def __init__(self, shuffle: Callable[[list[str]], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._shuffle = shuffle or secrets.SystemRandom().shuffle
        self._round = 0
        self._begin(None)

    def _begin(self, lesson: Lesson | None) -> None:
        self._lesson, self._stage = lesson, ASKED if lesson else CLOSED
        self._answers: dict[str, str] = {}
        self._partners: dict[str, str] = {}  # voter -> voter

    def ask(self, lesson: Lesson) -> None:
        """Ask this lesson's question anew."""
        with self._lock:
            self._round += 1
            self._begin(lesson)

    def end(self) -> None:
        """Everybody goes on alone."""
        with self._lock:
            self._begin(None)

    def split(self) -> None:
        """Show how the class is split; in a game, draw who plays against whom."""
        with self._lock:
            if self._stage == ASKED:
                self._stage, self._partners = SPLIT, self._drawn()

    def reveal(self) -> None:
        """Show what the model says beside it."""
        self.split()
        with self._lock:
            if self._stage == SPLIT:
                self._stage = REVEALED

    def answer(self, voter: str, key: object, option: object) -> None:
        """A voter's answer, the last one counts.

        Raises ``Refused``: that is not asked now, or no answer to it.
        """
        with self._lock:
            if self._lesson is None or self._stage != ASKED or key != self._lesson.key:
                raise Refused(409, "not_asked")
            if option not in options(self._lesson):
                raise Refused(422, "bad_move")
            if voter not in self._answers and len(self._answers) >= MOST_VOTERS:
                raise Refused(503, "full")
            self._answers[voter] = str(option)

    def _drawn(self) -> dict[str, str]:
        voters = list(self._answers)
        if self._lesson is None or self._lesson.kind != "game" or len(voters) < 2:
            return {}
        self._shuffle(voters)
        pairs = list(zip(voters[::2], voters[1::2], strict=False))
        drawn = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
        return {voters[-1]: voters[0]} | drawn

    def look(self, voter: str) -> dict[str, Any]:
        """The vote as this voter may see it: nothing of others' answers before the split is shown."""
        with self._lock:
            own = self._answers.get(voter)
            seen: dict[str, Any] = {
                **{"lesson": self._lesson.key if self._lesson else "", "round": self._round, "stage": self._stage},
                **{"voters": len(self._answers), "mine": own, "split": None, "partner": None},
            }
            if self._stage in (SPLIT, REVEALED) and self._lesson:
                counts = Counter(self._answers.values())
                seen["split"] = {option: counts[option] for option in options(self._lesson)}
                seen["partner"] = self._answers.get(self._partners.get(voter, ""))
            return seen

"""Asks an agent and bears with it: whatever it does costs its own seat one decision, and is told in one message.

An agent that is late, fails, or answers with no legal move is not heard: the model's own rules take that decision.
What is late is not waited for; what has not ended by the next question has that question's time to do so. Who has given
no answer in time three times in a row is not asked any more in that game, and in the next one is asked once.
"""

from __future__ import annotations

import dataclasses
import inspect
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np
from pydantic import ValidationError

from experiments.classroom.seats import Spot, Value
from experiments.seating.agents import Agent
from experiments.seating.protocol import LONGEST_REASON, Answer, Question
from model import kind_of

PATIENCE: Final = 30.0  # seconds that an answer may take unless said otherwise
PATIENCES: Final = (0.01, 3600.0)
MOST_LATE: Final = 3  # in a row, then the seat is empty
LATE, FAILED, MALFORMED, ILLEGAL = "late", "failed", "malformed", "illegal"
LARGEST_MOVE: Final = 2**31
LONGEST_SAYING: Final = 300  # characters of what an agent's fault says


Tell = Callable[[str], None]


def nobody(words: str) -> None:
    """Nobody hears it."""
    del words


class Judge(Protocol):
    """Who says whether a move may be made: the world that is played, or a room elsewhere that makes it."""

    def illegal(self, spot: Spot, value: object, /) -> str:
        """What is wrong with a move, empty if nothing."""


class NoAnswer(Exception):
    """Why there is no answer: one of ``LATE``, ``FAILED``, ``MALFORMED``, ``ILLEGAL``, and in words."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind, self.words = kind, words


@dataclasses.dataclass
class Sitter:
    """One agent in one seat of one game.

    name: what messages call it. patience: seconds that an answer may take. tell: hears the one message of a fault.
    late: how many answers in a row have not come in time, to begin with those of the game before.
    """

    agent: Agent
    name: str
    patience: float = PATIENCE
    tell: Tell = nobody
    asked: int = 0
    faults: Counter[str] = dataclasses.field(default_factory=Counter)
    messages: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    late: int = 0
    _busy: threading.Thread | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it is not asked any more."""
        return self.late >= MOST_LATE

    def move(self, question: Question, spot: Spot, table: Judge) -> Value | None:
        """The agent's move, or None where the rules decide; what was said is kept in ``messages``."""
        if self.is_empty:
            return None
        self.asked += 1
        where = f"{self.name}, {question.label}, {question.pair}"  # the agent may do anything to its question
        about: dict[str, Any] = {"game": question.game, "spot": list(spot)}
        try:
            answer = read_move(self._said(question))
            if answer.value is not None and (fault := table.illegal(spot, answer.value)):
                raise NoAnswer(ILLEGAL, fault)
            self.late = 0
            about |= {"value": answer.value} | ({"reason": answer.reason} if answer.reason else {})
            return answer.value
        except NoAnswer as no:
            self.late = self.late + 1 if no.kind == LATE else 0
            about["fault"] = f"{no.kind}: {no.words}"
            if not self.faults:
                self.tell(
                    f"{where}: {no.words}. The model's own rules decide in its place; what follows is counted at the "
                    "end."
                )
            self.faults[no.kind] += 1
            if self.late >= MOST_LATE:
                self.tell(f"{self.name} gave no answer in time {MOST_LATE} times in a row and is not asked any more.")
            return None
        finally:
            if said := _messages(self.agent):
                about["messages"] = said
            self.messages.append(about)

    def _said(self, question: Question) -> Any:
        """What the agent says within its time; it works in a thread of its own, which is left behind if it is late."""
        until = time.monotonic() + self.patience
        late = NoAnswer(LATE, f"no answer within {self.patience:g} s")
        if self._busy is not None:
            self._busy.join(self.patience)
            if self._busy.is_alive():
                raise late
        said: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def work() -> None:
            try:
                said.put((True, self.agent.decide(question)))
            except BaseException as error:  # also what would end the program
                said.put((False, error))

        self._busy = threading.Thread(target=work, daemon=True, name=f"agent {self.name}")
        self._busy.start()
        try:
            is_well, what = said.get(timeout=max(until - time.monotonic(), 0.0))
        except queue.Empty:
            raise late from None
        if isinstance(what, NoAnswer) and not is_well:
            raise what
        if not is_well:
            raise NoAnswer(FAILED, f"it failed: {type(what).__name__}: {short(str(what))}")
        return what


def read_move(said: Any) -> Answer:
    """What an agent in Python returned, as an answer."""
    if isinstance(said, Answer):
        said, reason = said.value, said.reason[:LONGEST_REASON]
    else:
        reason = ""
    if isinstance(said, np.integer):
        said = int(said)
    if inspect.iscoroutine(said):
        said.close()  # else Python complains in the middle of a game that nobody awaited it
        raise NoAnswer(MALFORMED, "its method is async, and nobody awaits it; write def in place of async def")
    is_move = said is None or isinstance(said, str) or (isinstance(said, int) and abs(said) < LARGEST_MOVE)
    if isinstance(said, bool) or not is_move:
        what = "a number too large" if type(said) is int else kind_of(said)
        raise NoAnswer(MALFORMED, f"it answered {what}; allowed is a move (a number or a word) or None")
    return Answer(value=said, reason=reason)


def read_answer(data: Any) -> Answer:
    """An answer from plain data of unknown origin.

    Raises ``NoAnswer`` for anything that is none.
    """
    try:
        answer = Answer.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the answer"
        wanted = 'allowed is {"value": MOVE}, with a number, a word or null'
        raise NoAnswer(MALFORMED, f"it answered {short(repr(data))}; {where}: {first['msg']}; {wanted}") from None
    return answer.model_copy(update={"reason": answer.reason[:LONGEST_REASON]})


def _messages(agent: Agent) -> list[dict[str, Any]]:
    try:
        said = agent.take_messages()
        return list(said)
    except Exception:  # an agent's own record is no reason to stop a game
        return []


def short(text: str) -> str:
    """A text of somebody else's on one line, not longer than a message needs."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return flat if len(flat) <= LONGEST_SAYING else f"{flat[:LONGEST_SAYING]}..."

"""Agents: what one is, those that come with the project, and how one of a user's own is loaded.

An agent is a class. For every game and every seat a new one is made, without arguments, and is then asked one question
after the other; it may remember what it likes. To load a file is to run it: name only one that you trust.

>>> class Stubborn(Agent):
...     def answer(self, question):
...         return "refuse"
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from experiments.classroom.seats import ACCEPT, ANSWER, HONOUR, LAPSE, NO_OFFER, OFFER, REFUSE
from experiments.seating.protocol import Answer, Question
from model import OWN_FAILURES, InputFault, OwnFile, kind_of, load_names, nearest

SUBJECT: Final = "agent"
ALLOWED: Final = "a subclass of Agent (from detente import Agent)"
Move = int | str | None


#: What an agent may decide, one kind of question each, or all of them in one.
DECIDES: Final = ("offer", "answer", "keep", "decide")


class Agent:
    """A seat's program. Each method answers one kind of question; ``None`` leaves it to the model's own rules.

    A subclass overrides what it wants to decide itself; what it leaves out is left to the rules.
    """

    def offer(self, question: Question) -> Move:
        """The package to table: one of ``question.options.index`` but the treaty in force, or -1 for none."""
        return None

    def answer(self, question: Question) -> Move:
        """``"accept"`` or ``"refuse"`` for ``question.package``, which lies on the table."""
        return None

    def keep(self, question: Question) -> Move:
        """``"honour"``, ``"lapse"`` (not this quarter) or ``"leave"`` for the treaty in force."""
        return None

    def decide(self, question: Question) -> Any:
        """The move, or a whole ``Answer`` with a reason; an agent may override this alone."""
        if question.kind == OFFER:
            return self.offer(question)
        return self.answer(question) if question.kind == ANSWER else self.keep(question)

    def take_messages(self) -> list[dict[str, Any]]:
        """What was said to and by somebody else since the last call, for the record; most agents talk to nobody."""
        return []


# --- those that come with the project ---------------------------------------------------------------------------------


class Rules(Agent):
    """The model's own: makes the move that its rules advise."""

    def decide(self, question: Question) -> Any:
        """The advice, or where none is given the rules themselves."""
        return question.advice


class AlwaysAccept(Agent):
    """Takes whatever is put before it and keeps it; what it tables is the rules' business."""

    def answer(self, question: Question) -> Move:
        """Yes."""
        return ACCEPT

    def keep(self, question: Question) -> Move:
        """Always."""
        return HONOUR


class NeverAccept(Agent):
    """Tables nothing and takes nothing; what is in force is kept by the rules."""

    def offer(self, question: Question) -> Move:
        """Nothing."""
        return NO_OFFER

    def answer(self, question: Question) -> Move:
        """No."""
        return REFUSE


class TitForTat(Agent):
    """Keeps a treaty as its partner did the last time that there was one to keep (Rapoport; Axelrod 1984)."""

    def keep(self, question: Question) -> Move:
        """As the partner did."""
        return HONOUR if not question.history or question.history[-1].partner_kept else LAPSE


SHIPPED: Final[Mapping[str, type[Agent]]] = {
    "rules": Rules, "always-accept": AlwaysAccept, "never-accept": NeverAccept, "tit-for-tat": TitForTat
}  # fmt: skip


# --- naming one -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Seatable:
    """An agent that can be seated: what tables call it, how one is made for a game, and what a record says of it."""

    name: str
    make: Callable[[], Agent]
    told: Mapping[str, Any]


class _Unmade(Agent):
    """Stands for an agent that could not be made: it has no answer."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def decide(self, question: Question) -> Any:
        """Why there is none."""
        raise self.error


def made(one: Seatable) -> Agent:
    """A new agent; one that cannot be made is an agent that fails whenever it is asked."""
    try:
        return one.make()
    except OWN_FAILURES as error:
        return _Unmade(error)


def find_agent(asked: str) -> Seatable:
    """The agent of that name: one that comes with the project, or ``FILE:Class``, which runs the file.

    Raises ``InputFault``: there is no such agent, or its file cannot be loaded or has no such class.
    """
    if asked in SHIPPED:
        return Seatable(asked, SHIPPED[asked], {"agent": asked})
    file, colon, name = asked.rpartition(":")
    if asked.removesuffix(":").endswith(".py"):
        raise InputFault([_which_class(asked.removesuffix(":"))], SUBJECT)
    if not colon or not name.isidentifier():
        shipped = ", ".join(SHIPPED)
        hint = nearest(asked, SHIPPED)
        said = f"{asked!r} is no agent; {f'{hint}; ' if hint else ''}allowed is one of {shipped}, or FILE:Class"
        raise InputFault([said], SUBJECT)
    return _own_agent(Path(file), name)


def _which_class(file: str) -> str:
    """What to write in place of a file alone: the agents that it has."""
    offered = _offered(load_names(Path(file), SUBJECT)[1])
    if not offered:
        return f"'{file}' has no agent; write {ALLOWED}, and name it: {file}:CLASS"
    return (
        f"{file!r} is a file, and its class is to stand behind it: {', or '.join(f'{file}:{own}' for own in offered)}"
    )


def _offered(names: Mapping[str, Any]) -> list[str]:
    """The agents that a file has written itself."""
    classes = {key: value for key, value in names.items() if isinstance(value, type) and issubclass(value, Agent)}
    return [key for key, value in classes.items() if value.__module__ == names["__name__"]]


def _own_agent(where: Path, name: str) -> Seatable:
    own, names = load_names(where, SUBJECT)
    if name not in names:
        offered = _offered(names)
        hint = nearest(name, offered) or (f"it has {', '.join(offered)}" if offered else f"write {ALLOWED}")
        raise InputFault([f"'{where}' has no class {name!r}; {hint}"], SUBJECT)
    kind = names[name]
    if not isinstance(kind, type) or not issubclass(kind, Agent) or kind is Agent:
        what = f"is {kind_of(kind)}" if not isinstance(kind, type) else "is no agent of its own"
        raise InputFault([f"{name} in '{where}' {what}; allowed is {ALLOWED}"], SUBJECT)
    if not any(getattr(kind, key) is not getattr(Agent, key) for key in DECIDES):
        others = [key for key in dir(kind) if not key.startswith("_") and not hasattr(Agent, key)]
        near = next((f"; {key!r}: {hint}" for key in others if (hint := nearest(key, DECIDES))), "")
        said = f"{name} in '{where}' decides nothing; allowed is a class with a method {', '.join(DECIDES)}{near}"
        raise InputFault([said], SUBJECT)
    if waits := [key for key in DECIDES if inspect.iscoroutinefunction(getattr(kind, key))]:
        said = f"{name} in '{where}': {', '.join(waits)} is async, and nobody awaits it; write def {waits[0]}"
        raise InputFault([said], SUBJECT)
    try:
        kind()
    except OWN_FAILURES as error:
        said = f"{name} in '{where}' cannot be made without arguments: {type(error).__name__}: {error}"
        raise InputFault([said], SUBJECT) from None
    return Seatable(f"{where.name}:{name}", kind, told_of(own, name))


def told_of(own: OwnFile, name: str) -> dict[str, Any]:
    """What a record says of an agent from a file: the file without its folder, its digest, the class."""
    return {"agent": f"{Path(own.path).name}:{name}", "file": Path(own.path).name, "sha256": own.sha256, "class": name}


__all__ = ["SHIPPED", "Agent", "AlwaysAccept", "Answer", "Move", "NeverAccept", "Rules", "Seatable", "TitForTat",
           "find_agent"]  # fmt: skip

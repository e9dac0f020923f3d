"""What lessons ask of the server: a lesson's game, the votes of a class, the questions before and after, the words."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from experiments.classroom.lesson_file import Lesson
from experiments.classroom.lessons import Course, lesson_game
from experiments.classroom.pages import PAGES
from experiments.classroom.quiz import AFTER, BEFORE, CLOSED, Quiz, items
from experiments.classroom.room import Refused
from experiments.classroom.votes import Votes
from experiments.display.glossary import GLOSSARY

OTHERS: Final = Path(__file__).with_name("glossary")  # the glossary in other languages, a file each
#: Terms of studies, which the page does not use.
LEFT_OUT: Final = (
    *("agent", "arena", "arm, cell", "deals kept", "effect", "EV trade", "no change"),
    *("one side gains, the other loses", "over assumptions", "same sign", "sure"),
    *("arrangement", "conditional commitment", "lever", "objective", "regret", "robust choice", "worst-off"),
    *("inverse optimum", "prior, posterior"),
    *("pass-through", "percentile", "score of a forecast", "sealed forecast", "short run, long run"),
)
Rows = list[list[str]]


class Learning:
    """Answers for the lessons of a page. leads: of a token, whether it is the facilitator's; knows: of a visitor."""

    def __init__(self, course: Course, leads: Callable[[str], bool], knows: Callable[[str], bool]) -> None:
        self.course, self.votes, self.quiz = course, Votes(), Quiz()
        self._leads, self._knows = leads, knows

    def answers(self) -> dict[str, Callable[[dict[str, Any], str], Any]]:
        """By address, who answers."""
        return {
            **{"lesson": self.game, "lesson/look": self.look, "lesson/vote": self.vote, "lesson/lead": self.lead},
            **{"terms": self.terms, "quiz": self.questions, "quiz/answer": self.answer, "quiz/lead": self.lead_quiz},
        }

    def terms(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The words of the page and what they mean, [name, meaning] each, in a language."""
        return {"terms": terms_in(data.get("language"))}

    def game(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The game of a lesson, of kind game."""
        lesson = self._lesson(data)
        if lesson.kind != "game":
            raise Refused(404, "nothing_here")
        return lesson_game(lesson)

    def look(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The vote as a visitor may see it, and whether questions before or after the class are open."""
        return self.votes.look(self._voter(data)) | {"quiz": self.quiz.when}

    def vote(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A visitor's answer."""
        voter = self._voter(data)
        self.votes.answer(voter, data.get("lesson"), data.get("option"))
        return self.look(data, token)

    def lead(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """Ask, show the split, reveal, end: for the facilitator."""
        if not self._leads(token):
            raise Refused(401, "not_facilitator")
        acts = {"split": self.votes.split, "reveal": self.votes.reveal, "end": self.votes.end}
        action = data.get("action")
        if action == "ask":
            self.votes.ask(self._lesson(data))
        elif isinstance(action, str) and action in acts:
            acts[action]()
        else:
            raise Refused(422, "bad_action")
        return self.votes.look("")

    def questions(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """The questions before and after the class, without what is right; whether they are open, and answered."""
        language = data.get("language")
        chosen = items(language) if isinstance(language, str) and language in PAGES.languages else items()
        shown = [{name: one[name] for name in ("key", "question", "options")} for one in chosen]
        return self.quiz.look(self._voter(data)) | {"items": shown}

    def answer(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """A visitor's answers to them."""
        voter = self._voter(data)
        self.quiz.answer(voter, data.get("answers"))
        return self.quiz.look(voter)

    def lead_quiz(self, data: dict[str, Any], token: str) -> dict[str, Any]:
        """Open the questions before or after the class, close them, take the answers: for the facilitator."""
        if not self._leads(token):
            raise Refused(401, "not_facilitator")
        action = data.get("action")
        if action in (BEFORE, AFTER):
            self.quiz.open(action)
        elif action == "close":
            self.quiz.open(CLOSED)
        elif action not in ("look", "csv"):
            raise Refused(422, "bad_action")
        return self.quiz.look("") | ({"csv": self.quiz.csv()} if action == "csv" else {})

    def _lesson(self, data: dict[str, Any]) -> Lesson:
        lesson = self.course.find(data.get("lesson"))
        if lesson is None:
            raise Refused(404, "nothing_here")
        return lesson

    def _voter(self, data: dict[str, Any]) -> str:
        voter = data.get("voter")
        if not isinstance(voter, str) or not self._knows(voter):
            raise Refused(401, "stranger")
        return voter


# --- the glossary, without the terms of studies, in the languages that have it ---


def terms() -> Rows:
    """[name, meaning] of every term that the page uses, in English."""
    return [[term.name, term.meaning] for term in GLOSSARY if term.name not in LEFT_OUT]


@functools.cache
def translated() -> dict[str, dict[str, list[str]]]:
    """Language -> English name -> [name, meaning]."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(OTHERS.glob("*.json"))}


def terms_in(language: object) -> Rows:
    """The same in a language; a term that nobody has translated, or an unknown language, is told in English."""
    own = translated().get(language, {}) if isinstance(language, str) else {}
    return [own.get(name, [name, meaning]) for name, meaning in terms()]

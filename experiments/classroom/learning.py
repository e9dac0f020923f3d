"""What lessons ask of the server: a lesson's game, the votes of a whole class, the questions before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiments.classroom.lesson_file import Lesson
from experiments.classroom.lessons import Course, lesson_game
from experiments.classroom.pages import PAGES
from experiments.classroom.quiz import AFTER, BEFORE, CLOSED, Quiz, items
from experiments.classroom.room import Refused
from experiments.classroom.votes import Votes


class Learning:
    """Answers for the lessons of a page. leads: of a token, whether it is the facilitator's; knows: of a visitor."""

    def __init__(self, course: Course, leads: Callable[[str], bool], knows: Callable[[str], bool]) -> None:
        self.course, self.votes, self.quiz = course, Votes(), Quiz()
        self._leads, self._knows = leads, knows

    def answers(self) -> dict[str, Callable[[dict[str, Any], str], Any]]:
        """By address, who answers."""
        return {
            **{"lesson": self.game, "lesson/look": self.look, "lesson/vote": self.vote, "lesson/lead": self.lead},
            **{"quiz": self.questions, "quiz/answer": self.answer, "quiz/lead": self.lead_quiz},
        }

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

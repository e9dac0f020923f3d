"""Lets a language model sit: a prompt made of the question, a structured answer, a few tries, every message kept.

It speaks to whatever serves ``POST URL/chat/completions`` in the usual form. The key comes from a variable,
is sent in one header and nowhere else: it is struck out of all that is kept or said. A game is replayed from its
moves, without the model.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any, Final

from experiments.classroom.seats import KEEP, NO_OFFER, OFFER
from experiments.seating.agents import SUBJECT, Agent, Seatable
from experiments.seating.http_agent import Status, check_address, post
from experiments.seating.protocol import Answer, Question
from experiments.seating.sitting import MALFORMED, NoAnswer, read_answer
from model import InputFault

KEY_VARIABLE: Final = "DETENTE_API_KEY"
MOST_TRIES: Final = 3  # requests a question
LARGEST_REPLY: Final = 1_000_000  # bytes
LONGEST_KEPT: Final = 20_000  # characters of a reply that are kept
WAIT: Final = 20.0  # seconds at most between two tries
STRUCK: Final = "[key]"
BUSY: Final = (408, 429, 500, 502, 503, 504, 529)  # worth another try
UNKNOWN_FORM: Final = (400, 422)  # a server that does not know the structured form

SYSTEM: Final = (
    "You decide for {bloc} in a simulated negotiation about trade in electric cars and batteries. Each quarter, pairs "
    "of blocs may table packages of concessions, take or refuse them, and keep or break the treaty in force. Your "
    "score is {bloc}'s own gain over the game, in bn$ a year over having no treaty. A treaty pays every quarter in "
    "which both keep it; who breaks it is answered and less trusted. Answer with one JSON object and nothing else: "
    '{{"value": MOVE, "reason": "one sentence"}}.'
)


class LanguageModel(Agent):
    """One model in one seat; each question is a conversation of its own, for a question holds what is known."""

    def __init__(
        self, address: str, model: str, key: str, seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.address, self.model, self.seconds, self.sleep = address, model, seconds, sleep
        self._key, self._is_plain = key, False
        self._messages: list[dict[str, Any]] = []

    def take_messages(self) -> list[dict[str, Any]]:
        """What was sent and what came back since the last call, without the key."""
        said, self._messages = self._messages, []
        return said

    def decide(self, question: Question) -> Any:
        """The model's move; what cannot be read is said to it, and it is asked again."""
        until = time.monotonic() + self.seconds
        talk = [{"role": "system", "content": SYSTEM.format(bloc=question.bloc)}, _user(prompt(question))]
        for message in talk:
            self._keep(message)
        last = NoAnswer(MALFORMED, "it gave no answer")
        for number in range(MOST_TRIES):
            left = until - time.monotonic()
            if left <= 0.0:
                break
            try:
                said = self._reply(talk, question, left)
            except Status as status:
                last = self._scrubbed(status)
                self._keep({"role": "server", "content": status.words})
                if status.status in UNKNOWN_FORM and not self._is_plain:
                    self._is_plain = True
                elif status.status in BUSY and number + 1 < MOST_TRIES:
                    self.sleep(min(status.after or 2.0**number, WAIT, max(until - time.monotonic(), 0.0)))
                else:
                    break
                continue
            except NoAnswer as no:
                self._keep({"role": "server", "content": no.words})
                raise self._scrubbed(no) from None
            self._keep({"role": "assistant", "content": said})
            try:
                return _move(said, question)
            except NoAnswer as no:
                last = self._scrubbed(no)
                again = _user(f"That is no move: {no.words}. Answer again, with one JSON object and nothing else.")
                talk = [*talk[:2], {"role": "assistant", "content": said[:LONGEST_KEPT]}, again]
                self._keep(again)
        raise last

    def _reply(self, talk: list[dict[str, str]], question: Question, seconds: float) -> str:
        """What the model says to a conversation."""
        body: dict[str, Any] = {"model": self.model, "messages": talk}
        if not self._is_plain:
            form = {"name": "move", "strict": True, "schema": _schema(question)}
            body |= {"temperature": 0, "response_format": {"type": "json_schema", "json_schema": form}}
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        raw = post(f"{self.address}/chat/completions", body, seconds, LARGEST_REPLY, headers)
        try:
            said = json.loads(raw)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            said = None
        if not isinstance(said, str):
            raise NoAnswer(MALFORMED, "the server's reply holds no choices[0].message.content")
        return self._struck(said)

    def _keep(self, message: dict[str, str]) -> None:
        self._messages.append(message | {"content": self._struck(message["content"])[:LONGEST_KEPT]})

    def _scrubbed(self, no: NoAnswer) -> NoAnswer:
        return NoAnswer(no.kind, self._struck(no.words))

    def _struck(self, text: str) -> str:
        return text.replace(self._key, STRUCK) if self._key else text


def language_model(address: str, model: str, seconds: float, variable: str = KEY_VARIABLE) -> Seatable:
    """The language model of that name at that address; variable: the environment variable that holds its key, if any.

    Raises ``InputFault``: no address, no model, or a variable that holds what cannot be a key.
    """
    where = check_address(address)
    if not model or not model.isprintable() or len(model) > 200:
        raise InputFault([f"--model {model!r:.80}: allowed is the name that the server knows the model by"], SUBJECT)
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        said = f"the environment variable {variable} holds a blank, a line break or a letter beyond ASCII; no key does"
        raise InputFault([said], SUBJECT)
    told = {"agent": model, "address": where, "model": model}
    return Seatable(model, lambda: LanguageModel(where, model, key, seconds), told)


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _schema(question: Question) -> dict[str, Any]:
    """The JSON schema of the answer to this question."""
    value: dict[str, Any] = {"enum": list(question.allowed)} if question.allowed else {"type": "integer"}
    properties = {"value": value, "reason": {"type": "string"}}
    return {
        "type": "object", "properties": properties, "required": ["value", "reason"], "additionalProperties": False
    }  # fmt: skip


def _move(said: str, question: Question) -> Answer:
    """The move in a model's text: the one JSON object in it; whether it is legal is seen when it is made."""
    start, end = said.find("{"), said.rfind("}")
    try:
        data = json.loads(said[start : end + 1])
    except (ValueError, RecursionError):
        raise NoAnswer(
            MALFORMED, 'there is no JSON object in it; allowed is {"value": MOVE, "reason": "..."}'
        ) from None
    answer = read_answer(data)
    if answer.value is None or question.kind != OFFER:
        is_good = answer.value in question.allowed
        allowed = f"one of {', '.join(question.allowed)}" if question.allowed else "the number of a package"
    else:
        numbers = () if question.options is None else question.options.index
        is_good = answer.value == NO_OFFER or answer.value in set(numbers) - {0, question.in_force.index}
        allowed = "the number of a package that can be tabled, or -1"
    if not is_good:
        raise NoAnswer(MALFORMED, f"value {answer.value!r:.40}: allowed is {allowed}")
    return answer


def prompt(question: Question) -> str:
    """A question in words, as far as a reader needs them: at most some pages, however long the menu."""
    own, other, money = question.bloc, question.partner, "bn$ a year"
    brief = question.briefing
    interests = "; ".join(f"{name} {worth:+.2f}" for name, worth in brief.interests.items())
    lines = [
        f"{question.label}, quarter {question.quarter + 1} of {question.quarters}. You are {own}; your partner here is "
        f"{other}.",
        f"In force between you: {question.in_force.words}. It is worth {brief.in_force:+.2f} {money} to you if both "
        "keep it.",
        f"What each issue is worth to you at its full level, {money}: {interests}.",
        f"Your belief that {other} honours what it signs: {brief.trust:.2f} of 1.",
    ]
    if question.history:
        kept = sum(past.partner_kept for past in question.history)
        lines.append(f"Of {len(question.history)} quarters with a treaty so far {other} kept {kept}.")
    if question.kind == KEEP and question.stakes is not None:
        stakes = question.stakes
        lines += [
            f"Keep the treaty this quarter? Against both lapsing, {money}: both keep {stakes.keep:+.2f}; you lapse "
            f"alone {stakes.lapse:+.2f}; {other} lapses alone {stakes.deserted:+.2f}. Keeping is worth "
            f"{stakes.slack:+.2f} bn$ to you beyond lapsing over the future.",
            'MOVE is "honour", "lapse" (not this quarter) or "leave" (walk out of the treaty).',
        ]
    elif question.kind == OFFER and question.options is not None:
        place = {number: k for k, number in enumerate(question.options.index)}
        lines.append(
            f"It is your turn to table a package ({question.time:.0%} of the session is over). The least gain that you "
            f"should sign for is {brief.least:.2f} {money}. Some that you can table, with your gain and the gain that "
            f"you believe {other} sees, over what is in force:"
        )
        for package in question.shortlist:
            at = place[package.index]
            gains = f"{question.options.gain[at]:+.2f} / {question.options.partner_gain[at]:+.2f}"
            lines.append(f"{package.index}: {gains}: {package.words}")
        lines.append("MOVE is the number of a package, or -1 to table nothing.")
    elif question.package is not None and question.worth is not None:
        worth = question.worth
        gain = "cannot be tabled" if worth.gain is None else f"{worth.gain:+.2f} {money} over what is in force"
        would = "would" if worth.enforceable else "would not"
        vote = "would rather pass" if worth.passable else "would rather refuse"
        lines += [
            f"{other} tables ({question.time:.0%} of the session is over): {question.package.words}.",
            f"Its gain to you: {gain}. You {would} keep it; your legislature {vote} it. The least gain that you should "
            f"sign for is {brief.least:.2f} {money}.",
            'MOVE is "accept" or "refuse".',
        ]
    if question.advice is not None:
        lines.append(f"Your ministry's advice: {json.dumps(question.advice)}.")
    return "\n".join(lines)

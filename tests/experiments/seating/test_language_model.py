"""A language model at the table: what is asked of it, what is tried again, what is kept, and that no key is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from seated import SHORT

from experiments.classroom.game import Game
from experiments.seating.language_model import KEY_VARIABLE, MOST_TRIES, LanguageModel, language_model, prompt
from experiments.seating.play import play, play_all, replayed, write_games
from experiments.seating.protocol import Question
from experiments.seating.sitting import FAILED, MALFORMED, NoAnswer
from model import InputFault

KEY = "sk-very-secret-0123456789"
Reply = tuple[int, Any]


class Stub:
    """A server on loopback that speaks the usual form; ``script`` says what to, request by request."""

    def __init__(self, script: Callable[[int, dict[str, Any]], Reply]) -> None:
        self.script, self.asked, self.keys, self.address = script, [], [], ""  # type: ignore[var-annotated]


@contextmanager
def stub(script: Callable[[int, dict[str, Any]], Reply]) -> Iterator[Stub]:
    found = Stub(script)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v1/chat/completions"
            found.asked.append(body)
            found.keys.append(self.headers.get("Authorization"))
            status, said = found.script(len(found.asked) - 1, body)
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(text: str) -> Reply:
    """A reply in the usual form."""
    return 200, {"choices": [{"message": {"role": "assistant", "content": text}}]}


def advised(number: int, body: dict[str, Any]) -> Reply:
    """Follows the ministry's advice, in words around the object as models like them."""
    (advice,) = [line for line in body["messages"][1]["content"].splitlines() if line.startswith("Your ministry")]
    move = advice.partition(": ")[2].rstrip(".")
    return says(f'Let me think.\n```json\n{{"value": {move}, "reason": "the ministry says so"}}\n```')


def decided(
    script: Callable[[int, dict[str, Any]], Reply], question: Question, key: str = KEY
) -> tuple[Any, Any, Stub]:
    """What a model makes of one question: the answer or why there is none, the messages, the server."""
    with stub(script) as server:
        agent = LanguageModel(server.address, "stub-1", key, 20.0, sleep=lambda seconds: None)
        try:
            answer: Any = agent.decide(question)
        except NoAnswer as no:
            answer = no
        return answer, agent.take_messages(), server


def of_kind(questions: list[Question], kind: str) -> Question:
    return next(question for question in questions if question.kind == kind and question.quarter > 0)


def test_a_model_that_follows_the_advice_plays_the_models_own_game(
    by_rules_alone: Game, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with stub(advised) as server:
        agents = {2: language_model(server.address, "stub-1", 20.0)}
        (kept,) = write_games(play_all([SHORT], agents), agents, tmp_path / "games")
    assert kept.faults == {} and kept.decided == kept.asked == len(server.asked)
    game, same = replayed(tmp_path / "games" / "game-2.json")  # the server is gone
    assert same and game.digest() == by_rules_alone.digest()
    lines = [json.loads(line) for line in (tmp_path / "games" / "messages.jsonl").read_text("utf-8").splitlines()]
    for line, body in zip(lines, server.asked, strict=True):
        assert [message["content"] for message in line["messages"][:2]] == [m["content"] for m in body["messages"]]
        assert [message["role"] for message in line["messages"]] == ["system", "user", "assistant"]
        assert line["reason"] == "the ministry says so"
    assert set(server.keys) == {f"Bearer {KEY}"}
    for path in (tmp_path / "games").iterdir():
        assert KEY not in path.read_text("utf-8")


def test_what_is_asked_has_a_form_for_the_answer(questions: list[Question]) -> None:
    for kind, value in (("keep", "honour"), ("answer", "refuse"), ("offer", -1)):
        question = of_kind(questions, kind)
        answer, _, server = decided(lambda *_, value=value: says(json.dumps({"value": value, "reason": "r"})), question)
        assert answer.value == value
        schema = server.asked[0]["response_format"]["json_schema"]["schema"]["properties"]["value"]
        assert schema == ({"type": "integer"} if kind == "offer" else {"enum": list(question.allowed)})
        assert server.asked[0]["model"] == "stub-1"


def test_what_cannot_be_read_is_said_and_asked_again(questions: list[Question]) -> None:
    replies = ["I would rather not.", '{"value": "perhaps"}', '{"value": "accept", "reason": "now"}']
    answer, messages, server = decided(lambda number, _: says(replies[number]), of_kind(questions, "answer"))
    assert answer.value == "accept" and answer.reason == "now"
    assert [message["role"] for message in messages] == [
        "system", "user", "assistant", "user", "assistant", "user", "assistant"
    ]  # fmt: skip
    assert "there is no JSON object" in messages[3]["content"]
    assert "'perhaps': allowed is one of accept, refuse" in messages[5]["content"]
    assert [len(body["messages"]) for body in server.asked] == [2, 4, 4]


@pytest.mark.parametrize(
    ("reply", "kind", "tries"),
    [
        (says("no"), MALFORMED, MOST_TRIES),
        (says('{"value": 3.5}'), MALFORMED, MOST_TRIES),
        (says('{"a":' * 50_000 + "}"), MALFORMED, MOST_TRIES),
        ((200, {"choices": []}), MALFORMED, 1),
        ((200, {"choices": [{"message": {"content": None}}]}), MALFORMED, 1),
        ((200, b"[" * 90_000), MALFORMED, 1),
        ((200, b"a" * 1_100_000), MALFORMED, 1),
        ((401, {"error": f"bad key {KEY}"}), FAILED, 1),
        ((404, {}), FAILED, 1),
        ((400, {}), FAILED, 2),
        ((429, {}), FAILED, MOST_TRIES),
        ((500, {}), FAILED, MOST_TRIES),
    ],
    ids=("words", "half", "deep", "empty", "nothing", "brackets", "long", "401", "404", "400", "429", "500"),
)
def test_tries_are_few_and_the_last_fault_is_told(
    reply: Reply, kind: str, tries: int, questions: list[Question]
) -> None:
    answer, messages, server = decided(lambda *_: reply, of_kind(questions, "keep"))
    assert isinstance(answer, NoAnswer) and answer.kind == kind
    assert KEY not in json.dumps(messages) + answer.words
    assert len(server.asked) == tries


def test_a_busy_server_is_tried_again(questions: list[Question]) -> None:
    good = says('{"value": "honour", "reason": ""}')
    answer, messages, server = decided(lambda n, _: good if n == 1 else (503, {}), of_kind(questions, "keep"))
    assert answer.value == "honour" and len(server.asked) == 2
    assert messages[2] == {"role": "server", "content": "it answered with HTTP status 503"}


def test_a_server_that_knows_no_structured_form_is_asked_plainly_from_then_on(questions: list[Question]) -> None:
    good = says('{"value": "lapse", "reason": ""}')
    answer, _, server = decided(
        lambda n, body: (400, {}) if "response_format" in body else good, of_kind(questions, "keep")
    )
    assert answer.value == "lapse"
    assert ["response_format" in body for body in server.asked] == [True, False]


def test_a_key_that_the_server_repeats_is_struck_out(questions: list[Question]) -> None:
    reply = says(f'{{"value": "{KEY}", "reason": "{KEY}"}}')
    answer, messages, _ = decided(lambda *_: reply, of_kind(questions, "answer"))
    assert isinstance(answer, NoAnswer)
    assert KEY not in json.dumps(messages) + answer.words and "[key]" in json.dumps(messages)
    reply = says(f'{{"value": "accept", "reason": "{KEY}"}}')
    answer, messages, _ = decided(lambda *_: reply, of_kind(questions, "answer"))
    assert answer.value == "accept" and KEY not in answer.reason + json.dumps(messages)


def test_without_a_key_none_is_sent(questions: list[Question]) -> None:
    _, _, server = decided(lambda *_: says('{"value": "accept", "reason": ""}'), of_kind(questions, "answer"), key="")
    assert server.keys == [None]


def test_what_cannot_be_seated_is_refused_and_no_key_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in (f"{KEY}\nX-Other: 1", f"{KEY} {KEY}", f"{KEY}ü"):
        monkeypatch.setenv("MY_KEY", key)
        with pytest.raises(InputFault, match="the environment variable MY_KEY holds") as fault:
            language_model("http://127.0.0.1:1/v1", "m", 1.0, "MY_KEY")
        assert KEY not in str(fault.value)
    monkeypatch.setenv("MY_KEY", KEY)
    found = language_model("http://127.0.0.1:1/v1", "m", 1.0, "MY_KEY")
    assert KEY not in str(found) + str(found.told) + str(found.make())
    with pytest.raises(InputFault, match="--model ''"):
        language_model("http://127.0.0.1:1/v1", "", 1.0)


def test_a_model_that_is_not_there_costs_its_seat_alone(by_rules_alone: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with stub(advised) as server:
        pass
    said: list[str] = []
    one = play(SHORT, {2: language_model(server.address, "stub-1", 5.0)}, tell=said.append)
    assert set(one.sitters[2].faults) == {FAILED} and one.game.digest() == by_rules_alone.digest()
    assert len(said) == 1 and "EU (stub-1)" in said[0] and "cannot be reached" in said[0]


def test_a_prompt_says_what_a_decision_needs_and_stays_short(questions: list[Question]) -> None:
    for question in questions:
        text = prompt(question)
        assert len(text) < 8000 and "MOVE is" in text and question.label in text and question.partner in text
        if question.kind == "offer":
            for package in question.shortlist:
                assert f"\n{package.index}: " in text and package.words in text
        assert ("ministry" in text) == (question.advice is not None)
    hidden = questions[0].model_copy(update={"advice": None})
    assert "ministry" not in prompt(hidden)

"""Whatever an agent does, it costs its own seat one decision: the game is played to its end and says so once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seated import SHORT, seatable

from experiments.classroom.game import Game, Settings, replay
from experiments.seating.agents import Agent, find_agent
from experiments.seating.http_agent import AgentServer, HttpAgent, check_address, http_agent
from experiments.seating.play import Played, play, play_all
from experiments.seating.protocol import Answer, Question
from experiments.seating.sitting import FAILED, ILLEGAL, LATE, MALFORMED, MOST_LATE, Sitter
from model import InputFault

PATIENCE = 0.25
BLOC = 2


def game_of(kind: Any, patience: float = 20.0) -> tuple[Played, list[str]]:
    """The short game with such an agent in the seat of the EU, and what was said about it."""
    said: list[str] = []
    return play(SHORT, {BLOC: seatable(kind, "stub")}, patience, tell=said.append), said


class Answers(Agent):
    """Answers always the same."""

    said: Any = None

    def decide(self, question: Question) -> Any:
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said


def always(said: Any) -> type[Agent]:
    return type("Always", (Answers,), {"said": said})


class Odd:
    """Says nothing of itself."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (ValueError("boom\nand more"), FAILED, "it failed: ValueError: boom and more"),
        (KeyboardInterrupt(), FAILED, "it failed: KeyboardInterrupt"),
        (SystemExit(3), FAILED, "it failed: SystemExit"),
        ("yes", ILLEGAL, "allowed is"),
        (0, ILLEGAL, "allowed is"),
        (np.int64(5000), ILLEGAL, "allowed is"),
        (2.0, MALFORMED, "it answered a number with decimals"),
        (True, MALFORMED, "it answered true or false"),
        (10**6000, MALFORMED, "a number too large"),
        (["accept"], MALFORMED, "it answered a list"),
        (Odd(), MALFORMED, "it answered a value of class Odd"),
        (Answer(value="steal"), ILLEGAL, "allowed is"),
    ],
    ids=lambda what: type(what).__name__ if not isinstance(what, str) else what[:20],
)
def test_a_fault_costs_its_own_seat_alone(said: Any, kind: str, words: str, by_rules_alone: Game) -> None:
    one, told = game_of(always(said))
    assert one.game.digest() == by_rules_alone.digest() and one.game.moves == {}
    assert set(one.sitters[BLOC].faults) == {kind}
    assert one.sitters[BLOC].faults[kind] == one.sitters[BLOC].asked > 5
    assert len(told) == 1 and words in told[0] and told[0].startswith("EU (stub), 20") and "\n" not in told[0]
    assert "own rules decide" in told[0] and len(told[0]) < 500
    assert all(kind in message["fault"] for message in one.messages)
    assert replay(json.loads(json.dumps(one.game.export())))[1]


@pytest.mark.filterwarnings("error")
def test_an_async_method_is_no_move_and_python_does_not_complain() -> None:
    class Waits(Agent):
        async def answer(self, question: Question) -> str:  # type: ignore[override]
            return "accept"

    one, told = game_of(Waits)
    assert set(one.sitters[BLOC].faults) == {MALFORMED} and len(told) == 1
    assert "write def in place of async def" in told[0]


def test_an_agent_that_cannot_be_made_costs_its_own_seat_alone(by_rules_alone: Game) -> None:
    def cannot() -> Agent:
        raise OSError("its file is gone")

    one, told = game_of(cannot)
    assert one.game.digest() == by_rules_alone.digest() and "it failed: OSError: its file is gone" in told[0]
    assert set(one.sitters[BLOC].faults) == {FAILED} and len(told) == 1


def test_a_move_in_time_counts_although_others_were_faults(by_rules_alone: Game) -> None:
    class Sometimes(Agent):
        def offer(self, question: Question) -> int:
            raise ValueError("not offers")

        def answer(self, question: Question) -> str:
            return "refuse"

    one, told = game_of(Sometimes)
    kinds = {spot.kind for spot in one.game.moves}
    assert kinds == {"answer"} and one.sitters[BLOC].faults[FAILED] > 0 and len(told) == 1
    assert replay(one.game.export())[1]


def test_a_package_that_cannot_be_tabled_is_no_move(by_rules_alone: Game) -> None:
    class TablesWhatIsInForce(Agent):
        def offer(self, question: Question) -> int:
            assert question.options is not None
            return max(question.options.settled, 0) or 10_000

    one, told = game_of(TablesWhatIsInForce)
    assert set(one.sitters[BLOC].faults) == {ILLEGAL} and len(told) == 1
    assert one.game.digest() == by_rules_alone.digest()


def test_who_is_silent_is_waited_for_three_times_and_then_not_asked(by_rules_alone: Game) -> None:
    until = threading.Event()

    class Silent(Agent):
        def decide(self, question: Question) -> None:
            until.wait(60)

    began = time.monotonic()
    one, told = game_of(Silent, PATIENCE)
    until.set()
    assert one.sitters[BLOC].faults == {LATE: MOST_LATE} and one.sitters[BLOC].asked == MOST_LATE
    assert one.game.digest() == by_rules_alone.digest()
    assert time.monotonic() - began < 60
    assert len(told) == 2 and "no answer within 0.25 s" in told[0] and "not asked any more" in told[1]


def test_who_spins_for_ever_does_not_stop_the_game(by_rules_alone: Game) -> None:
    stop = threading.Event()

    class Spins(Agent):
        def decide(self, question: Question) -> None:
            while not stop.is_set():
                pass

    one, told = game_of(Spins, 0.05)
    stop.set()
    assert one.game.digest() == by_rules_alone.digest() and len(told) == 2


def test_who_was_late_once_is_asked_again(questions: list[Question]) -> None:
    class LateOnce(Agent):
        n_asked = 0

        def decide(self, question: Question) -> Any:
            LateOnce.n_asked += 1
            if LateOnce.n_asked == 1:
                time.sleep(1.0)
            return question.advice

    one, told = game_of(LateOnce, 0.7)
    # The next answer waits for what has not ended yet; a busy machine may make more of them late.
    assert one.sitters[BLOC].faults[LATE] >= 1 and len(one.game.moves) > 0 and told


def test_who_was_silent_in_a_game_is_asked_once_in_the_next() -> None:
    class Silent(Agent):
        def decide(self, question: Question) -> None:
            time.sleep(0.3)

    said: list[str] = []
    games = [Settings(replicate=luck, quarters=3) for luck in (4, 5)]
    first, second = play_all(games, {BLOC: seatable(Silent, "stub")}, 0.02, tell=said.append)
    assert (first.sitters[BLOC].asked, second.sitters[BLOC].asked) == (MOST_LATE, 1)
    assert len(said) == 2


def test_what_an_agent_does_to_a_question_harms_nobody(by_rules_alone: Game) -> None:
    class Vandal(Agent):
        def decide(self, question: Question) -> Any:
            question.briefing.interests.clear()
            object.__setattr__(question, "advice", "leave")
            del question.__dict__["game"]

    one, _ = game_of(Vandal)
    assert one.game.digest() == by_rules_alone.digest()


def test_messages_that_cannot_be_had_are_no_fault(by_rules_alone: Game) -> None:
    class Secretive(Agent):
        def take_messages(self) -> Any:
            raise RuntimeError("mine")

    one, told = game_of(Secretive)
    assert told == [] and one.game.digest() == by_rules_alone.digest()


# --- behind HTTP ------------------------------------------------------------------------------------------------------


@contextmanager
def stub(status: int, body: bytes, headers: dict[str, str] | None = None, wait: float = 0.0) -> Iterator[str]:
    """A server on loopback that answers every request alike; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(wait)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (500, b"oh", FAILED, "HTTP status 500"),
        (301, b"", FAILED, "HTTP status 301"),
        (200, b"", MALFORMED, "cannot be read: no JSON"),
        (200, b"\xff\xfe", MALFORMED, "cannot be read"),
        (200, b'{"value": NaN}', MALFORMED, "cannot be read"),
        (200, b'["accept"]', MALFORMED, "cannot be read: no table"),
        (200, b"[" * 60_000, MALFORMED, "cannot be read"),
        (200, b'{"value": "' + b"a" * 70_000 + b'"}', MALFORMED, "longer than"),
        (200, b'{"move": "accept"}', MALFORMED, "value: Field required"),
        (200, b'{"value": 1e3}', MALFORMED, "allowed is"),
        (200, b'{"value": 99999}', ILLEGAL, "allowed is"),
    ],
)
def test_a_bad_reply_costs_its_own_seat_alone(
    status: int, body: bytes, kind: str, words: str, by_rules_alone: Game
) -> None:
    headers = {"Location": "http://192.0.2.1/"} if status == 301 else {}
    with stub(status, body, headers) as address:
        one, told = game_of(lambda: HttpAgent(address, 5.0))
    assert one.game.digest() == by_rules_alone.digest()
    assert set(one.sitters[BLOC].faults) == {kind} and len(told) == 1 and words in told[0]


def test_nobody_there_and_a_slow_server_cost_their_own_seat_alone(by_rules_alone: Game) -> None:
    with stub(200, b"{}") as address:
        pass  # nobody is there any more
    one, told = game_of(lambda: HttpAgent(address, 5.0))
    assert set(one.sitters[BLOC].faults) == {FAILED} and "cannot be reached" in told[0]
    with stub(200, b'{"value": null}', wait=1.0) as address:
        other, told = game_of(lambda: HttpAgent(address, 5.0), 0.1)
    assert other.sitters[BLOC].faults == {LATE: MOST_LATE}
    assert one.game.digest() == other.game.digest() == by_rules_alone.digest()


def test_the_server_of_an_agent_bears_with_strangers() -> None:
    import urllib.error
    import urllib.request

    server = AgentServer(Agent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        document = urllib.request.urlopen(f"{server.address}/openapi.json", timeout=10)
        with document:
            assert json.load(document)["openapi"] == "3.1.0"
        for path, body, status in (
            ("/v1/answer", b"no question", 422),
            ("/v1/answer", b"{}", 422),
            ("/elsewhere", b"{}", 404),
        ):
            with pytest.raises(urllib.error.HTTPError) as fault:
                urllib.request.urlopen(f"{server.address}{path}", data=body, timeout=10)
            with fault.value:
                assert fault.value.code == status
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    with pytest.raises(InputFault, match="--port 99999"):
        AgentServer(Agent, 99_999)


def test_an_agent_that_fails_behind_http_is_told_as_such(questions: list[Question]) -> None:
    from experiments.seating.http_agent import served

    with served(always(ValueError("boom"))) as server:
        one, told = game_of(lambda: HttpAgent(server.address, 5.0))
    assert set(one.sitters[BLOC].faults) == {FAILED} and "HTTP status 500" in told[0]


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:9000", "ftp://127.0.0.1", "http://", "http://me:secret@host", "http://host?key=secret", "http://h#a",
     "http://host:99999", "http://ho st", "http://höst", "file:///etc/passwd", "http://[::1", "http://host\n"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_secrets_are_not_repeated(address: str) -> None:
    with pytest.raises(InputFault, match="allowed is an address such as") as fault:
        check_address(address)
    assert "secret" not in str(fault.value)


def test_addresses() -> None:
    assert check_address("http://127.0.0.1:9000/") == "http://127.0.0.1:9000"
    assert http_agent("https://example.org/agents/one", 1.0).told == {"agent": "https://example.org/agents/one"}


# --- named ------------------------------------------------------------------------------------------------------------

MINE = """
from detente import Agent, Question
from beside import word

class Mine(Agent):
    def answer(self, question: Question):
        return word

class Needs(Agent):
    def __init__(self, what):
        self.what = what

    def keep(self, question):
        return None

class Misspelt(Agent):
    def anwser(self, question):
        return "accept"

number = 3
class Other:
    pass
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file of agents with a neighbour."""
    (tmp_path / "beside.py").write_text("word = 'refuse'\n", "utf-8")
    path = tmp_path / "mine.py"
    path.write_text(MINE, "utf-8")
    return path


def test_an_agent_of_a_file(mine: Path) -> None:
    found = find_agent(f"{mine}:Mine")
    assert found.name == "mine.py:Mine" and found.told["class"] == "Mine" and len(found.told["sha256"]) == 64
    assert found.make().decide(Question.model_construct(kind="answer")) == "refuse"
    mine.with_name("beside.py").write_text("word = 'accept'\n", "utf-8")
    assert find_agent(f"{mine}:Mine").told["sha256"] != found.told["sha256"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Mien", "no class 'Mien'.*'Mine'"),
        ("number", "number in .* is a whole number; allowed is a subclass of Agent"),
        ("Other", "Other in .* is no agent of its own"),
        ("Agent", "Agent in .* is no agent of its own"),
        ("Needs", "cannot be made without arguments"),
        ("Misspelt", "decides nothing; allowed is a class with a method .*'anwser': nearest known name: 'answer'"),
    ],
)
def test_what_is_no_agent_of_a_file_is_refused(mine: Path, name: str, words: str) -> None:
    with pytest.raises(InputFault, match=words):
        find_agent(f"{mine}:{name}")


@pytest.mark.parametrize("asked", ["", "tit-for-tatt", "Agent", "mine.py", "mine.py:", "mine.py:3", ":Mine"])
def test_what_is_no_agent_is_refused(asked: str) -> None:
    with pytest.raises(InputFault):
        find_agent(asked)


def test_the_nearest_name_is_told() -> None:
    with pytest.raises(InputFault, match="'tit-for-tat'"):
        find_agent("tit-for-tatt")


def test_a_sitter_may_be_asked_without_anybody_listening(questions: list[Question]) -> None:
    assert Sitter(Agent(), "EU").tell("words") is None  # type: ignore[func-returns-value]

"""``detente class``: what it refuses, who it lets in, and the files that only its command line can name."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import needs_page

needs_page()

import segno  # noqa: E402 - after the packages that it needs
from served import Served, served  # noqa: E402

from experiments.classroom import serving  # noqa: E402
from experiments.classroom.game import replay  # noqa: E402
from experiments.cli.main import app  # noqa: E402
from model import MOST_BLOCS, InputFault, load_tactics, unload  # noqa: E402

PATIENT = """
import numpy as np
from model import tactic

@tactic("waits_in_class", "waits, then gives half")
def waits(moment):
    return np.where(moment.time > 0.75, 0.5, 0.0)
"""


def command(*words: str) -> tuple[int, str]:
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, ["class", *words])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--port", "70000"), "70000"),
        (("--mesa", "--lan"), "leave one of the two out"),
        (("--tactics", "nowhere.py"), "cannot be read"),
    ],
)
def test_what_cannot_be_served_is_refused_in_words(words: tuple[str, ...], said: str) -> None:
    status, output = command(*words)
    assert status == 2 and said in output and "Traceback" not in output


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        status, output = command("--port", str(other.getsockname()[1]))
    assert status == 2 and "--port" in output and "Traceback" not in output


def test_the_stock_view_offers_no_tactics(tmp_path: Path) -> None:
    path = tmp_path / "waits.py"
    path.write_text(PATIENT)
    file = load_tactics(path)
    try:
        with pytest.raises(InputFault, match="leave one of the two out"):
            serving.serve(0, False, True, print, file)
    finally:
        unload(file)


def test_the_code_in_the_terminal_is_the_code() -> None:
    text = "http://192.168.1.20:8700/"
    lines = serving.picture(text).split("\n")
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    modules = [[light[letter][half] for letter in line] for line in lines for half in (0, 1)]
    wanted = [[int(cell) for cell in row] for row in segno.make_qr(text).matrix]
    n, edge = len(wanted), serving.QUIET
    assert [[1 - cell for cell in row[edge : edge + n]] for row in modules[edge : edge + n]] == wanted
    assert all(modules[0]) and all(row[0] for row in modules)  # a light edge around it


# --- other machines -------------------------------------------------------------------------------------------------


def test_other_machines_come_in_by_the_address_that_is_printed() -> None:
    address = serving.own_address()
    with served(quarters=2, lan=True, warm=False) as page:
        page.base = f"http://{address}:{page.port}"
        status, facts = page.ask("start")
        assert status == 200
        rows = facts["join"]["rows"]
        invitation = f"http://{address}:{page.port}/#sit"  # the view in which students join
        assert facts["join"]["address"] == invitation
        assert rows == ["".join(str(cell) for cell in row) for row in segno.make_qr(invitation).matrix]
        code = page.classroom.room.people.codes[1]
        status, seat = page.ask("room/join", {"code": code})
        assert status == 200 and seat["bloc"] == 1
        assert page.ask("room/look", {"since": 0}, seat["token"])[1]["bloc"] == 1
        # a name that somebody else points here is still not let in
        assert page.send("/", headers={"Host": "class.example"})[0] == 403


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served(pace=0.0, quarters=2, warm=False) as running:
        yield running


def test_without_lan_nobody_is_told_an_address(page: Served) -> None:
    assert page.ask("start")[1]["join"] is None


# --- a file of tactics: requests ------------------------------------------------------------------------------------


def test_no_request_can_name_a_file(page: Served, tmp_path: Path) -> None:
    trap = tmp_path / "trap.py"
    trap.write_text(f"from pathlib import Path\nPath({str(tmp_path / 'sprung')!r}).touch()\n")
    for value in (str(trap), "trap", "trap.py"):
        for parameter in ("tactic_us", "acceptance_cn", "tactics"):
            settings = {"scenario": "2026", "parameters": {parameter: value}}
            requests = (
                ("watch", {"settings": settings, "upto": 1}, ""),
                ("cloud", {"settings": settings}, ""),
                ("export", {"settings": settings}, ""),
                ("room/lead", {"action": "new", "settings": settings}, page.lead_token),
            )
            for path, data, token in requests:
                status, answer = page.ask(path, data, token, page.visitor)
                assert status == 422 and answer["refused"] == "bad_input"
    assert not (tmp_path / "sprung").exists()


# --- one browser with several seats ---------------------------------------------------------------------------------


def test_a_browser_keeps_several_seats_alive_and_learns_who_has_to_decide(page: Served) -> None:
    people = page.classroom.room.people
    seats = [page.ask("room/join", {"code": people.codes[bloc]})[1] for bloc in (0, 2)]
    tokens = [seat["token"] for seat in seats]
    page.ask("room/lead", {"action": "start"}, page.lead_token)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status, answer = page.ask("room/here", {"tokens": [*tokens, "nobody"]})
        assert status == 200 and [seat and seat["bloc"] for seat in answer["seats"]] == [0, 2, None]
        if any(seat and seat["deciding"] for seat in answer["seats"]):
            break
        time.sleep(0.1)
    assert set(answer["seats"][0]) == {"bloc", "deciding"}  # and nothing of any seat's papers
    assert page.classroom.room.seats.keys() == {0, 2}
    for wrong in ("x", ["x"] * (MOST_BLOCS + 1), [1], ["x" * 500], None):
        assert page.ask("room/here", {"tokens": wrong})[0] == 422


# --- a file of tactics ----------------------------------------------------------------------------------------------


@pytest.fixture
def waits(tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "waits.py"
    path.write_text(PATIENT)
    file = load_tactics(path)
    yield file
    unload(file)


@pytest.mark.slow
def test_tactics_of_a_file_can_be_chosen_played_and_replayed(waits: Any) -> None:
    with served(quarters=3, tactics=waits) as page:
        facts = page.ask("start")[1]
        assert facts["tactics"] == "waits.py"
        choices = next(row["choices"] for row in facts["controls"] if row["name"] == "tactic_us")
        assert "waits_in_class" in choices
        parameters = {f"tactic_{bloc}": "waits_in_class" for bloc in ("cn", "us", "eu")}
        settings = {"scenario": "2026", "quarters": 12, "parameters": parameters}
        status, export = page.ask("export", {"settings": settings})
        assert status == 200 and replay(export)[1]
        usual = page.ask("export", {"settings": {**settings, "parameters": {}}})[1]
        assert usual["digest"] != export["digest"]
        # the background process has loaded the file as well
        deadline = time.monotonic() + 60
        cloud: dict[str, Any] = {"runs": 0}
        while not cloud["runs"] and time.monotonic() < deadline:
            cloud = page.ask("cloud", {"settings": {**settings, "quarters": 2}})[1]
            assert not cloud["fault"]
            time.sleep(0.2)
        assert cloud["runs"] > 0


def test_a_tactic_that_fails_pauses_the_game_and_the_facilitator_is_told(tmp_path: Path) -> None:
    path = tmp_path / "breaks.py"
    path.write_text(PATIENT.replace("waits_in_class", "breaks_in_class").replace("0.5, 0.0)", "5.0, 5.0)"))
    file = load_tactics(path)
    try:
        with served(pace=0.0, quarters=3, tactics=file, warm=False) as page:
            settings = {"scenario": "2026", "quarters": 3, "parameters": {"tactic_us": "breaks_in_class"}}
            assert page.ask("room/lead", {"action": "new", "settings": settings}, page.lead_token)[0] == 200
            page.ask("room/lead", {"action": "start"}, page.lead_token)
            deadline = time.monotonic() + 20
            told: dict[str, Any] = {"fault": ""}
            while not told["fault"] and time.monotonic() < deadline:
                told = page.ask("room/lead", {"action": "look"}, page.lead_token)[1]
                time.sleep(0.2)
            assert (
                told["phase"] == "paused" and "breaks_in_class" in told["fault"] and str(tmp_path) not in told["fault"]
            )
            assert page.ask("watch", {"settings": settings, "upto": 3})[0] == 422
            fresh = {"scenario": "2026", "quarters": 2}
            assert page.ask("room/lead", {"action": "new", "settings": fresh}, page.lead_token)[1]["fault"] == ""
            assert json.loads(page.send("/api/start", b"{}")[1])["room"]
    finally:
        unload(file)


def test_no_answer_waits_for_an_acknowledgement() -> None:
    """Nagle's algorithm is off on what the page's listener accepts: an answer's body follows its head at once."""
    accepted: list[int] = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def visited(listener: socket.socket) -> None:
        async with await asyncio.start_server(answer, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            assert await reader.read() == b""
            writer.close()

    with contextlib.closing(serving._listen(serving.LOOPBACK, 0)) as listener:
        asyncio.run(visited(listener))
    assert len(accepted) == 1 and accepted[0] != 0

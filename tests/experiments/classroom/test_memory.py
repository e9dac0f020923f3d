"""The class page over a long term: thousands of visitors and dozens of rooms, and its memory does not grow."""

from __future__ import annotations

import json
import re
import signal
import statistics
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from browsing import needs_page
from swept import begin, children_of

needs_page()

N_VISITORS, N_ROOMS = 5_000, 50
MOST_MEGABYTES = 500.0
# From one thousand to the next: what an allocator takes and gives back. A game that is watched is about half of one.
FLAT_MEGABYTES = 15.0
EVERY = 50  # visitors from one look at the memory to the next


class Asker:
    """Somebody who comes from an address of loopback's own, as a class's machines have each its own."""

    def __init__(self, port: int, number: int) -> None:
        place = (f"127.0.{1 + number % 5}.{1 + number // 5 % 200}", 0)
        self.line = HTTPConnection("127.0.0.1", port, timeout=300, source_address=place)
        self.visitor = ""

    def ask(self, path: str, data: dict[str, Any] | None = None, token: str = "") -> Any:
        """An answer as plain data; it must be a good one."""
        headers = {"X-Visitor": self.visitor, "X-Token": token, "Content-Type": "application/json"}
        while True:
            self.line.request("POST", f"/api/{path}", json.dumps(data or {}), headers)
            answer = self.line.getresponse()
            said = json.loads(answer.read())
            if answer.status != 429:  # whoever asks too often waits
                assert answer.status == 200, (path, data, said)
                return said
            time.sleep(0.05)

    def open(self) -> None:
        """The page itself, and what it asks for first."""
        self.line.request("GET", "/")
        assert len(self.line.getresponse().read()) > 10_000
        self.visitor = self.ask("start")["visitor"]


def visit(port: int, number: int) -> None:
    """One visitor: the first screen, the room, a cloud; every fifth watches a run of an own luck, some also save it.

    One run in four that are watched is a whole one, and so is its cloud; the others are of two quarters.
    """
    who = Asker(port, number)
    who.open()
    settings: dict[str, Any] = {"scenario": "2026", "replicate": number}
    if number % 20:
        settings |= {"quarters": 2}
    if number % 10 == 0:
        settings |= {"parameters": {"generosity": (number % 997) / 1000}}
    if number % 5 == 0:
        who.ask("watch", {"settings": settings, "from": 0, "upto": settings.get("quarters", 60)})
    who.ask("cloud", {"settings": settings})
    who.ask("room/look")
    if number % 100 == 0:
        who.ask("export", {"settings": settings})
    who.line.close()


def play_a_room(port: int, number: int, lead: str) -> None:
    """One class: three seats, two quarters, a debrief."""
    teacher = Asker(port, 0)
    teacher.open()
    settings = {"scenario": "2026", "quarters": 2, "parameters": {"rounds_per_quarter": 2}}
    teacher.ask("room/lead", {"action": "new", "settings": settings}, lead)
    codes = teacher.ask("room/lead", {"action": "say", "text": f"Room {number}"}, lead)["codes"]
    tokens = [teacher.ask("room/join", {"code": code})["token"] for code in codes for _ in range(5)]
    teacher.ask("room/lead", {"action": "start"}, lead)
    for _ in range(2):
        for token in tokens[::5]:
            teacher.ask("room/look", {"since": 0}, token)
        teacher.ask("room/lead", {"action": "next"}, lead)
    teacher.ask("room/lead", {"action": "end"}, lead)
    assert teacher.ask("room/export")["moves"] == []
    teacher.line.close()


def megabytes(process: int) -> tuple[float, float]:
    """What a machine loses to a process and those that it has started, MB; and the sum of what each of them can reach.

    A page that several processes share is counted once in the first (``Pss`` of proc(5), which divides it among them)
    and once for each of them in the second (``Rss``).
    """
    told = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    kilobytes = {name: int(size) for name, size in re.findall(r"^(Pss|Rss): +(\d+) kB$", told, re.MULTILINE)}
    others = [megabytes(child) for child in children_of(process)]
    return (
        kilobytes["Pss"] * 1024 / 1e6 + sum(own for own, _ in others),
        kilobytes["Rss"] * 1024 / 1e6 + sum(reached for _, reached in others),
    )


@pytest.mark.slow
@pytest.mark.promise
@pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="the system does not tell what a process holds"
)
def test_memory_is_flat_after_thousands_of_visitors(tmp_path: Path) -> None:
    held: list[float] = []
    reached: list[float] = []
    process = begin(tmp_path, "class", "--port", "0", said=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().rstrip("/\n ").rpartition(":")[2])
        lead = process.stdout.readline().strip().rpartition("#lead=")[2]
        for number in range(N_VISITORS):
            if number % (N_VISITORS // N_ROOMS) == 0:
                play_a_room(port, number, lead)
            visit(port, number)
            if (number + 1) % EVERY == 0:
                for told, now in zip((held, reached), megabytes(process.pid), strict=True):
                    told.append(now)
                assert held[-1] < MOST_MEGABYTES, f"after {number + 1} visitors"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    print(f"MB after every {EVERY} visitors: {', '.join(f'{one:.0f}' for one in held)}")
    # Means of the last two thousands, because a picture that is being played comes and goes.
    before, after = (statistics.mean(held[-n:][: 1_000 // EVERY]) for n in (2_000 // EVERY, 1_000 // EVERY))
    print(f"most {max(held):.0f} MB (sum of RSS {max(reached):.0f}); last two thousands {before:.1f}, {after:.1f} MB")
    assert len(held) == N_VISITORS // EVERY
    assert after - before < FLAT_MEGABYTES

"""The file that is taken home opens in Firefox as well: spoken to by WebDriver BiDi, which Firefox brings along."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulated import OF_ALL_PAIRS, made_up_emulator

from experiments.classroom import cloud, take_home
from experiments.classroom.lessons import shipped
from experiments.emulation.emulator import Emulator

client = pytest.importorskip("websockets.sync.client", reason="pip install websockets")
FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FIREFOX is None, reason="no Firefox: apt-get install firefox-esr, or set FIREFOX to its path"),
]


class Fox:
    """One tab. events: what it has said and asked for since it was opened."""

    def __init__(self, line: Any) -> None:
        self.line, self.numbers = line, itertools.count(1)
        self.events: list[dict[str, Any]] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self.numbers)
        self.line.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self.line.recv(timeout=60))
            if said.get("id") == number:
                assert said["type"] == "success", said
                result: dict[str, Any] = said["result"]
                return result
            self.events.append(said)

    def go(self, address: str) -> None:
        self.call("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def tell(self, script: str) -> Any:
        came = self.call("script.evaluate", expression=script, target={"context": self.tab}, awaitPromise=True)
        assert came["type"] == "success", came
        return came["result"].get("value")

    def until(self, holds: str) -> None:
        deadline = time.monotonic() + 30
        while not self.tell(holds):
            assert time.monotonic() < deadline, f"still not so: {holds}"
            time.sleep(0.05)

    def said(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event.get("method") == method]


@pytest.fixture
def fox(tmp_path: Path) -> Iterator[Fox]:
    """Firefox without a window, with a profile of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path / "profile"
    home.mkdir()
    command = [str(FIREFOX), "--headless", "--profile", str(home), "--remote-debugging-port", str(port), "about:blank"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env={**os.environ, "HOME": str(home)}, **quiet)  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                line = client.connect(f"ws://127.0.0.1:{port}/session", max_size=None)
                break
            except OSError:
                assert time.monotonic() < deadline, "Firefox does not listen"
                time.sleep(0.3)
        with line:
            yield Fox(line)
    finally:
        process.terminate()
        process.wait(30)


def test_it_opens_whole_and_asks_nobody(fox: Fox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (cloud, take_home):
        monkeypatch.setattr(module, "N_RUNS", 6)
    file = tmp_path / "run.html"
    file.write_text(take_home.read(None, None).html("en", Emulator(made_up_emulator(OF_ALL_PAIRS))), "utf-8")
    fox.go(file.as_uri())
    fox.until("document.documentElement.dataset.ready === 'all'")
    for language in ("en", "zh-Hans"):
        fox.tell(f"language.value = '{language}', language.dispatchEvent(new Event('change'))")
        fox.until(f"document.documentElement.lang === '{language}'")
        for part in ("watch", "minutes", "estimate", "learn", "words", "about"):
            fox.tell(f"document.getElementById('tab-{part}').click()")
            fox.until(f"document.documentElement.dataset.view === '{part}'")
            fox.until("document.getElementById('main').innerText.length > 60")
    fox.go(f"{file.as_uri()}#estimate")
    fox.until("document.getElementById('guess-generosity')")
    before = fox.tell("document.getElementById('estimates').innerHTML")
    fox.tell(
        "const one = document.getElementById('guess-generosity'); one.value = 1; one.dispatchEvent(new Event('input'))"
    )
    assert fox.tell("document.getElementById('estimates').innerHTML") != before
    for k, lesson in enumerate(shipped()[:-1], 1):
        fox.go(f"{file.as_uri()}#learn?chapter={lesson.key}")
        fox.until(f"document.getElementById('chapter-{k}')?.getAttribute('aria-current') === 'true'")
        # A choice, a bar to drag, or two issues for a package.
        fox.tell(
            "(() => { const moves = [...document.querySelectorAll('input[type=radio], #drag, [id^=pick-]')];"
            "const some = moves.slice(0, moves[0].type === 'checkbox' ? 2 : 1);"
            "some.forEach((one) => one.id === 'drag'"
            " ? (one.value = 80, one.dispatchEvent(new Event('input')), one.dispatchEvent(new Event('change')))"
            " : one.click());"
            "document.getElementById('reveal').click(); })()"
        )
        fox.until("document.getElementById('verdict')")
    assert fox.said("log.entryAdded") == []
    asked = {call["request"]["url"].partition(":")[0] for call in fox.said("network.beforeRequestSent")}
    assert asked <= {"file", "data"}, asked

"""SIGTERM ends a command in order, with one line on what is kept and how to go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import SMALL, written
from typer.testing import Result

from experiments.display.ending import (
    ENDED,
    INTERRUPTED,
    NOTHING_KEPT,
    Ended,
    ended_in_order,
    kept_in,
    stopped_in_words,
)


@pytest.fixture
def usual() -> Iterator[None]:
    """SIGTERM and Ctrl-C as a process usually finds them; one that was begun in the background has Ctrl-C ignored."""
    usual = ((signal.SIGTERM, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler))
    before = [(number, signal.signal(number, handler)) for number, handler in usual]
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, ENDED), (signal.SIGINT, INTERRUPTED)])
def test_a_process_is_left_with_the_code_that_shells_expect(
    number: signal.Signals, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also before a command has begun, while its modules are still read."""
    with pytest.raises(SystemExit) as left, ended_in_order():
        signal.raise_signal(number)
    assert left.value.code == code == 128 + number
    assert capsys.readouterr().err == "Stopped at once.\n"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.usefixtures("usual")
def test_whoever_has_it_ignored_or_heard_is_obeyed() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with ended_in_order():
        signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_another_thread_hears_no_signals() -> None:
    heard: list[object] = []

    def listen() -> None:
        with ended_in_order():
            heard.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert heard == [signal.getsignal(signal.SIGTERM)]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Ended])
def test_what_is_kept_is_told(stop: type[BaseException]) -> None:
    with pytest.raises(stop) as stopped, kept_in("All of it is kept."):
        raise stop
    assert stopped_in_words(stopped.value) == "Stopped at once. All of it is kept."
    assert stopped_in_words(stop()) == "Stopped at once."


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize(
    ("words", "folder"),
    [
        (("sweep", "two.toml"), "results/two"),
        (("demo", "--replicates", "1", "--rows", "0"), "results/mechanisms"),
        (("sensitivity", "uncertainty"), "results/uncertainty-sensitivity"),
        (("emulate", "sliders"), "results/sliders-emulator"),
        (("design", "treaty"), "results/treaty-design"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)
def test_every_sweep_says_what_is_kept_and_how_to_go_on(
    words: tuple[str, ...], folder: str, call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("experiments.running.runner.run_chunks", ends)
    written(tmp_path, "two.toml", SMALL)
    with ended_in_order():
        result = call(*words, "--workers", 1)
    assert result.exit_code == ENDED
    told = f"Stopped at once. Finished runs are kept in {folder}. The same command goes on from there."
    assert result.stderr.splitlines()[-1] == told


def test_nothing_is_said_to_be_kept_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    for folder, told in ((tmp_path / "no", NOTHING_KEPT), (tmp_path, "Kept.")):
        with pytest.raises(Ended) as stopped, kept_in("Kept.", folder):
            raise Ended
        assert stopped_in_words(stopped.value) == f"Stopped at once. {told}"

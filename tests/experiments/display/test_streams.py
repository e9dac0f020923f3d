"""The streams of a command: any letter, a reader who leaves, a full disk."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.display.streams import (
    LOOKALIKES,
    OutputLost,
    Stream,
    is_text,
    kept_on,
    pasted,
    plain,
)
from model import InputFault

ROOT = Path(__file__).resolve().parents[3]


class Refusing(io.TextIOWrapper):
    """A stream that takes nothing."""

    def __init__(self, number: int) -> None:
        super().__init__(io.BytesIO(), "utf-8")
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


def shell(words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in which D is the command."""
    own = {**os.environ, "PYTHONPATH": str(ROOT), "D": f"{sys.executable} -m experiments.cli", **environment}
    own = {name: value for name, value in own.items() if name != "COLUMNS" or "COLUMNS" in environment}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", words], env=own, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "gbk", "utf-8", "shift_jis"])
def test_every_letter_can_be_written(encoding: str) -> None:
    inner = io.TextIOWrapper(io.BytesIO(), encoding)
    text = "→ ◆ é “x” 对话 💥 \udcff ş"
    Stream(inner, True).write(text)
    inner.flush()
    said = inner.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert len(said.split()) == len(text.split())
    if encoding == "ascii":
        assert said == '> * e "x" ?? ? ? s'
    assert ("é" in said) == (encoding not in ("ascii", "shift_jis", "gbk")) or encoding == "gbk"


def test_marks_keep_their_width() -> None:
    assert {len(letter) for letter in LOOKALIKES.values()} == {1}


def test_a_reader_who_leaves_and_a_full_disk_are_told_apart() -> None:
    for number, has_no_reader in ((errno.EPIPE, True), (errno.ENOSPC, False)):
        with pytest.raises(OutputLost) as lost:
            Stream(Refusing(number), True).write("x")
        assert lost.value.has_no_reader == has_no_reader
        assert Stream(Refusing(number), False).write("x") == 0  # the work goes on without standard error


@pytest.mark.parametrize(
    ("words", "code", "out", "err"),
    [
        ("$D parameters --markdown | head -1", 0, "# Parameters\n", ""),
        ("$D parameters > /dev/full", 1, "", "The output cannot be written"),
        ("$D sweep $'\\xff.toml'", 2, "", "is not UTF-8"),
    ],
)
def test_the_command_ends_well(words: str, code: int, out: str, err: str) -> None:
    if "/dev/full" in words and not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    result = shell(words)
    assert (result.returncode, result.stdout) == (code, out), result.stderr
    assert "Traceback" not in result.stderr and "Exception ignored" not in result.stderr
    assert err in result.stderr and bool(err) == bool(result.stderr)


@pytest.mark.slow
def test_a_story_fits_any_code_page() -> None:
    result = shell("$D run symmetric | wc -l", PYTHONIOENCODING="cp1252")
    assert result.returncode == 0 and int(result.stdout) > 50 and result.stderr == ""


def test_what_steers_a_terminal_is_left_out() -> None:
    assert plain("a\x1b[2Jb\x07\x9b\u202ec\td\ne") == "a[2Jbc\td\ne"


@pytest.mark.skipif(os.name != "posix", reason="shells quote in their own ways")
def test_a_printed_path_can_be_pasted() -> None:
    for name in ("plain/x.png", "with space", "a[b]$c", "it's", "*", "new\nline \x1b[31m it's \\ é", "汽车"):
        told = subprocess.run(
            ["bash", "-c", f"printf %s {pasted(name)}"], capture_output=True, text=True, check=True
        ).stdout
        assert told == name
    assert pasted("results/x-2") == "results/x-2"
    assert pasted("-x") == "./-x", "no option"
    assert pasted("a\x1b[31m").isprintable(), "a terminal has nothing to obey"


def test_bytes_are_no_text() -> None:
    assert is_text("对话") and not is_text("\udcff.toml")


def test_what_fails_is_told_and_a_refusing_disk_is_raised() -> None:
    def fail() -> None:
        raise ValueError("no\nfont")

    def refuse() -> None:
        raise InputFault(["disk full"], "output")

    assert kept_on(lambda: None, "It") == ""
    assert kept_on(fail, "The figure") == "The figure could not be made: no font"
    with pytest.raises(InputFault):
        kept_on(refuse, "It")

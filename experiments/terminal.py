"""What every command shares: exit codes, refusals in one message, a screen of sensible width, a file of tactics."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from model import TacticFile

WIDTH = 100
BAD_INPUT, INTERRUPTED, FAILED = 2, 130, 1

#: What a flip of identification (``model.identification_flips``) means to whoever reads results.
OF_FLIPS: Final = "Preferences were estimated anew, so differences from that scenario are not those of policy alone."

TacticsOption = Annotated[
    Path | None,
    typer.Option(
        "--tactics",
        metavar="FILE",
        help="Load tactics of your own from this Python file. Loading RUNS the file: name only one that you trust.",
    ),
]


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Whatever the input is refused for, as one message without a traceback."""
    from model import InputFault

    try:
        yield
    except InputFault as fault:
        typer.echo(f"{fault}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenExecutor as death:
        typer.echo(f"Stopped: {death}. Fewer processes (--workers) need less memory.", err=True)
        raise typer.Exit(FAILED) from None
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has left
        sys.stderr.close()
        raise typer.Exit(0) from None


def screen(to_stderr: bool = False) -> Console:
    """A console as wide as the terminal but no wider than tables need; 100 columns when it is no terminal."""
    from rich.console import Console

    console = Console(stderr=to_stderr, highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def warn(console: Console, flips: Sequence[str]) -> None:
    """Say at the head of an output what its scenario sees otherwise than one that it extends; nothing: nothing."""
    from rich.text import Text

    for line in flips:
        console.print(Text(f"! {line}", style="bold red"), soft_wrap=True)
    if flips:
        console.print(Text(f"  {OF_FLIPS}\n"), soft_wrap=True)


def loaded(tactics: Path | None) -> TacticFile | None:
    """The file of tactics, loaded, so that its names can be chosen; None where none was named."""
    if tactics is None:
        return None
    from model import load_tactics

    return load_tactics(tactics)

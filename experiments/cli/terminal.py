"""What every command shares: exit codes, refusals in one message, the commands themselves, files of one's own."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from experiments.display.ending import ENDED, INTERRUPTED, Ended, stopped_in_words
from experiments.display.looks import USUAL, looking
from experiments.display.streams import FAILED, is_text, plain
from experiments.display.words import OF_FLIPS

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.display.console import Screen
    from model import TacticFile, WorldFile

__all__ = [
    "BAD_INPUT",
    "FAILED",
    "INTERRUPTED",
    "OF_FLIPS",
    "USUAL",
    "Commands",
    "FiguresOption",
    "StyleOption",
    "TacticsOption",
    "WorldOption",
    "leave_after",
    "loaded",
    "loaded_world",
    "looking",
    "played_by",
    "refusals",
    "screen",
    "warn",
]

BAD_INPUT = 2


TacticsOption = Annotated[
    Path | None,
    typer.Option(
        "--tactics",
        metavar="FILE",
        help="Load tactics of your own from this Python file. Loading RUNS the file: name only one that you trust.",
    ),
]
WorldOption = Annotated[
    str | None,
    typer.Option(
        "--world",
        metavar="FILE[:CLASS]",
        help="Play a mechanism of your own: a subclass of World, or of a party, in this Python file. Loading RUNS the "
        "file: name only one that you trust.",
    ),
]


StyleOption = Annotated[
    str,
    typer.Option(
        "--style", metavar="STYLE", help="What figures are for: slide; paper (180 mm wide) or column (88 mm); print."
    ),
]
FiguresOption = Annotated[
    str | None,
    typer.Option("--figures", metavar="FORMS", help="Forms of figures: png, svg, pdf, or several as in png,pdf."),
]


LEAST: Final = 20  # columns that the words of help take; left alone, they never take less than 50
MOST: Final = 80


class Commands(TyperGroup):
    """All commands: ``detente help COMMAND`` is ``detente COMMAND --help``, and words must be text."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """As every group; the words of help are not wider than a narrow screen."""
        width = shutil.get_terminal_size().columns
        extra.setdefault("terminal_width", min(max(width, LEAST), MOST) - 2)
        return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """As every group, after a look at the words."""
        unread = [word for word in args if not is_text(word)]
        if unread:
            with refusals():
                from model import InputFault

                raise InputFault(
                    [f"{word!r} is not UTF-8; rename the file, or write the word in UTF-8" for word in unread],
                    "command line",
                )
        if args[:1] == ["help"]:
            args = [*args[1:2], "--help"]
        fault = self._lacking(ctx, args) or self._misplaced(ctx, args) or self._length(ctx, args)
        if faults := [fault] if fault else self._repeated(ctx, args):
            with refusals():
                from model import InputFault

                raise InputFault(faults, "command line")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """As every group; the value of an option that is not of its kind is refused in our words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            found: list[Any] = getattr(error.__cause__, "errors", list)()
            if not found or error.param is None:
                raise
            with refusals():
                from model import InputFault, of_form

                option = max(error.param.opts, key=len)
                raise InputFault([f"{option} = {of_form(found[0])}"], "command line") from None

    def _lacking(self, ctx: typer.Context, args: Sequence[str]) -> str:
        """What the last word asks for after it and does not get: the value of an option; empty where it gets it."""
        command = self.get_command(ctx, args[0]) if len(args) > 1 else None
        for own in command.params if command else ():
            if args[-1] in own.opts and args[-1].startswith("-") and not getattr(own, "is_flag", False):
                wanted = own.metavar or "a value"
                about = (getattr(own, "help", "") or "").rstrip(".")
                if wanted == "SCENARIO":
                    from model import scenario_names

                    about = f"{about}; known are {', '.join(scenario_names())}, or the path of a .toml file"
                return f"{args[-1]} needs {wanted} after it: {about[:1].lower()}{about[1:]}"
        return ""

    def _length(self, ctx: typer.Context, args: Sequence[str]) -> str:
        """That a command has no option for how long a run lasts, where one is asked for; empty: none is."""
        command = self.get_command(ctx, args[0]) if len(args) > 1 else None
        known = {name for own in command.params for name in own.opts} if command else set(args)
        asked = [
            name
            for word in args[1:]
            if (name := word.partition("=")[0]).startswith("--") and name not in (*known, "--help")
        ]
        if not asked:
            return ""
        from model import HOW_LONG, LENGTHS

        found = next((name for name in asked if name[2:].replace("-", "_") in LENGTHS), "")
        return f"detente {args[0]} has no {found}: {HOW_LONG}" if found else ""

    def _repeated(self, ctx: typer.Context, args: Sequence[str]) -> list[str]:
        """Options that take one value and came more than once: the last would have held, in silence."""
        command = self.get_command(ctx, args[0]) if len(args) > 1 else None
        came = [option for option, _ in _words_of(command, args[1:]) if option is not None] if command else []
        return [
            f"{max(option.opts, key=len)} came {'twice' if n == 2 else f'{n} times'}; keep one"
            for option in dict.fromkeys(came)
            if (n := came.count(option)) > 1 and not getattr(option, "multiple", False)
        ]

    def _misplaced(self, ctx: typer.Context, args: Sequence[str]) -> str:
        """Which word names no file where one is wanted, or stands where none is taken; empty: none does."""
        command = self.get_command(ctx, args[0]) if len(args) > 1 else None
        if command is None:
            return ""
        alone = next((own for own in command.params if not own.opts[0].startswith("-")), None)
        for option, word in _words_of(command, args[1:]):
            own = alone if option is None else option
            wanted = getattr(own, "metavar", "") or ""
            wanted = wanted[1:-1] if wanted.startswith("[") else wanted  # of a word that may be left out
            if own is None:
                return f"detente {args[0]} takes options alone, and not {word!r}; {_instead(command, args[0], word)}"
            if not word.strip() and any(kind in wanted for kind in FILES):
                about = (getattr(own, "help", "") or "").rstrip(".")
                name = wanted if option is None else max(own.opts, key=len)
                return f"{name} is empty; what belongs there: {about[:1].lower()}{about[1:]}"
        return ""


FILES: Final = ("RESULTS", "FILE", "PATH", "DIR")


def _words_of(command: Any, args: Sequence[str]) -> Iterator[tuple[Any, str]]:
    """Every word with the option whose value it is (None: it stands alone), up to an option that is unknown."""
    options = {name: own for own in command.params for name in own.opts if name.startswith("-")}
    of = None
    for word in args:
        name, equals, value = word.partition("=")
        if of is not None:
            yield of, word
            of = None
        elif not word.startswith("-"):
            yield None, word
        elif name not in options:
            return
        elif not getattr(options[name], "is_flag", False):
            of = None if equals else options[name]
            if equals:
                yield options[name], value


def _instead(command: Any, name: str, word: str) -> str:
    """How a word that stands alone is given to a command that takes options alone."""
    options = {max(own.opts, key=len): (getattr(own, "metavar", "") or "") for own in command.params}
    if "--agent" in options and (word.removesuffix(":").endswith(".py") or ".py:" in word):
        return "an agent of your own is given by --agent FILE:CLASS"
    takes = [f"{option} {kind}" for option, kind in options.items() if kind in FILES]
    if takes and Path(word).suffix:
        return f"a file or a folder is given by {', '.join(takes)}"
    return f"to see them: detente {name} -h"


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Whatever the input is refused for, as one message without a traceback."""
    from model import InputFault

    try:
        yield
    except InputFault as fault:
        typer.echo(plain(f"{fault}"), err=True)
        raise typer.Exit(BAD_INPUT) from None
    except (KeyboardInterrupt, Ended) as stop:
        typer.echo(plain(stopped_in_words(stop)), err=True)
        raise typer.Exit(ENDED if isinstance(stop, Ended) else INTERRUPTED) from None
    except BrokenExecutor as death:
        typer.echo(f"Stopped: {death}. Fewer processes (--workers) need less memory.", err=True)
        raise typer.Exit(FAILED) from None


def leave_after(fault: str) -> None:
    """Say what was left out, if anything, and leave with a code that tells."""
    if fault:
        typer.echo(f"{fault}. The tables are whole.", err=True)
        raise typer.Exit(FAILED)


def screen(to_stderr: bool = False) -> Screen:
    """A console on standard output or standard error."""
    from experiments.display.console import Screen

    return Screen(to_stderr)


def warn(console: Console, flips: Sequence[str]) -> None:
    """Say at the head of an output what its scenario sees otherwise than one that it extends; nothing: nothing."""
    from experiments.display.console import say

    for line in flips:
        say(console, f"! {line}")
    if flips:
        say(console, f"  {OF_FLIPS}\n")


def loaded(tactics: Path | None) -> TacticFile | None:
    """The file of tactics, loaded, so that its names can be chosen; None where none was named."""
    if tactics is None:
        return None
    from model import load_tactics

    return load_tactics(tactics)


def loaded_world(asked: str | None) -> WorldFile | None:
    """The mechanism of the user's own, loaded; None where none was named."""
    if asked is None:
        return None
    from experiments.display.console import prose
    from model import load_world, uncalled

    file = load_world(asked)
    for line in uncalled(file):
        prose(screen(to_stderr=True), f"! {file.name}: {line}")
    return file


@contextlib.contextmanager
def played_by(file: WorldFile | None) -> Iterator[None]:
    """Within it, whatever a mechanism of the user's own raises is a refusal in words."""
    from model import OWN_FAILURES, InputFault, why_it_failed

    try:
        yield
    except InputFault:
        raise
    except OWN_FAILURES as error:
        if file is None:
            raise
        raise why_it_failed(file, error) from None

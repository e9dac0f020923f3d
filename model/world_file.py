"""Loads a mechanism of one's own: a class of a Python file that takes the place of the world, or of a party in it.

``FILE:Class`` names a subclass of ``World``, or of ``Bloc``, ``Automaker`` or ``BatterySupplier``: then the world is
the shipped one with parties of that class. To load a file is to run it (``model.choices.own_file``).

>>> own = load_world("mine.py:Stubborn")
>>> Ensemble("2026", replicates=100, world=world_of(own)).run()
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any, Final

from model.agents.automaker import Automaker
from model.agents.battery_supplier import BatterySupplier
from model.agents.bloc import Bloc
from model.choices import plugins
from model.choices.own_file import OwnFile, changed, digest_of, files_read, read_text, run_file, where_of, whole_digest
from model.faults import InputFault, kind_of, nearest
from model.world import World, no_world

SUBJECT: Final = "world file"
#: What a class may be a subclass of -> where a world is told of it; a world itself takes the world's place.
PARENTS: Final[dict[type, str]] = {
    World: "", Bloc: "bloc_type", Automaker: "automaker_type", BatterySupplier: "supplier_type"
}  # fmt: skip
ALLOWED: Final = "a subclass of World, Bloc, Automaker or BatterySupplier (from model import World)"


@dataclasses.dataclass(frozen=True)
class WorldFile(OwnFile):
    """A class of a loaded file: with where the file is and its digest, the name of the class and of its parent."""

    name: str
    parent: str

    @property
    def asked(self) -> str:
        """What names it on the command line: FILE:Class."""
        return f"{self.path}:{self.name}"

    def told(self) -> dict[str, Any]:
        """What results say of it: its file without the folder, its digest, the class and its parent."""
        return {"file": Path(self.path).name, "sha256": self.sha256, "class": self.name, "parent": self.parent}


# By digest: the names of a loaded file, and the file.
_loaded: dict[str, tuple[OwnFile, dict[str, Any]]] = {}
_worlds: dict[tuple[str, str], type[World]] = {}


def load_world(asked: str | Path, sha256: str | None = None) -> WorldFile:
    """Run a Python file and find a class in it; a second call with the same text runs nothing.

    asked: ``FILE:Class``, or ``FILE`` where it has exactly one such class. sha256: the digest that the file must have,
    with its neighbours, if it is known.

    Raises:
        InputFault: the file cannot be read or run or has changed, or the class is not there, is not of the right kind
            or replaces nothing.
    """
    where, name = _parts(str(asked))
    file, names = _run(where, sha256)
    own = {key: value for key, value in names.items() if isinstance(value, type) and _parent_of(value)}
    if name is None:
        # What is imported from elsewhere, a base or a helper, is not what this file offers.
        offered = [key for key, value in own.items() if value.__module__ == names["__name__"]]
        if len(offered) != 1:
            raise InputFault([_not_one(where, offered)], SUBJECT)
        name = offered[0]
    if name not in own:
        raise InputFault([_no_such(where, name, names, own)], SUBJECT)
    parent = _parent_of(own[name])
    assert parent is not None
    if parent is World and (odd := no_world(own[name])):
        raise InputFault([f"'{where}': {odd}"], SUBJECT)
    if not _replaces(own[name]):
        near = "".join(f"; {line}" for line in _uncalled(own[name], file))
        fault = f"{name} in '{where}' replaces nothing of {shipped_of(own[name]).__name__}, so it would change no run"
        raise InputFault(
            [f"{fault}{near or '; write a method of its, as docs/write_a_mechanism.md lists them'}"], SUBJECT
        )
    return WorldFile(file.path, file.sha256, name, parent.__name__, beside=file.beside)


def world_of(file: WorldFile | None) -> type[World]:
    """The class of worlds that a file's class makes: itself, or the shipped one with its parties; None: the shipped.

    Raises:
        InputFault: the file is not loaded here and cannot be loaded as it was.
    """
    if file is None:
        return World
    key = file.sha256, file.name
    if key not in _worlds:
        load_world(file.asked, file.sha256)
        kind = _loaded[file.sha256][1][file.name]
        seat = next(seat for parent, seat in PARENTS.items() if issubclass(kind, parent))
        _worlds[key] = type(f"WorldOf{file.name}", (World,), {seat: kind, "__doc__": kind.__doc__}) if seat else kind
    return _worlds[key]


def own_class(file: WorldFile) -> type:
    """The class itself, which is the world's or a party's."""
    world_of(file)
    kind: type = _loaded[file.sha256][1][file.name]
    return kind


def shipped_of(kind: type) -> type:
    """The nearest class of ours that a class comes from."""
    return next(base for base in kind.__mro__ if base.__module__.partition(".")[0] == "model")


def own_methods(kind: type) -> list[str]:
    """The methods that a class, or a base of it that is not ours, writes."""
    names = [name for name, value in _own_names(kind) if inspect.isfunction(value)]
    return [name for name in dict.fromkeys(names) if not name.startswith("__") or name == "__init__"]


def uncalled(file: WorldFile) -> list[str]:
    """A line for every public method of a file's class that nothing calls, with the nearest name of one that is."""
    return _uncalled(own_class(file), file)


def _own_names(kind: type) -> list[tuple[str, Any]]:
    bases = kind.__mro__[: kind.__mro__.index(shipped_of(kind))]
    return [pair for base in bases for pair in vars(base).items()]


def _replaces(kind: type) -> bool:
    """Whether a class puts anything in the place of ours: a method, the classes of its parties, how it is made."""

    class Nothing:  # what every class statement leaves, which newer Pythons add to: no replacement
        """Nothing is replaced here."""

    dull = vars(Nothing)
    return any(
        hasattr(shipped_of(kind), name) for name, _ in _own_names(kind) if name not in dull or name == "__init__"
    )


def _uncalled(kind: type, file: OwnFile) -> list[str]:
    shipped = shipped_of(kind)
    known = [name for name in dir(shipped) if not name.startswith("_") and inspect.isroutine(getattr(shipped, name))]
    text = "\n".join(path.read_text("utf-8") for path in files_read(file) if path.is_file())
    lines = []
    for name in own_methods(kind):
        # To call what one replaces is no call of one's own.
        said = re.findall(rf"(?<!super\(\)\.)(?<!def )\b{name}\b", text)
        if not name.startswith("_") and not hasattr(shipped, name) and not said:
            hint = nearest(name, known)
            lines.append(f"{name} is called by nothing{f', {hint}' if hint else ''}")
    return lines


def why_it_failed(file: WorldFile, error: BaseException) -> InputFault:
    """The refusal that a run failed with, in words: what was raised, and on which line of the file."""
    return InputFault([f"{Path(file.path).name}:{file.name} failed: {where_of(error, Path(file.path))}"], SUBJECT)


def unload_worlds() -> None:
    """Forget every file; the next call of ``load_world`` runs it again."""
    _loaded.clear()
    _worlds.clear()


def _parts(asked: str) -> tuple[Path, str | None]:
    """The file and the class that were asked for; a file whose whole name it is comes first, for names with a colon."""
    file, colon, name = asked.rpartition(":")
    if not colon or Path(asked).is_file() or "/" in name or "\\" in name:
        return Path(asked), None
    if not name.isidentifier():
        fault = f"{asked!r}: after the colon stands {name!r}; allowed is the name of a class, as in mine.py:MyWorld"
        raise InputFault([fault], SUBJECT)
    return Path(file), name


def _run(where: Path, sha256: str | None) -> tuple[OwnFile, dict[str, Any]]:
    """The loaded file at that place, run now if it was not before."""
    text = read_text(where, SUBJECT)
    if set(where.name) & set(':\\"'):
        fault = f"'{where}': the name of a file of one's own may not hold a colon, a backslash or a quote; rename it"
        raise InputFault([fault], SUBJECT)
    main = digest_of(text)
    known = next((found for found in _loaded.values() if found[0].is_at(where, main, SUBJECT)), None)
    if known is None:
        # Tactics in the same file are for --tactics to load.
        name = f"detente_world_{main[:12]}"
        module, beside = run_file(where, text, name, SUBJECT, plugins.aside())
        known = OwnFile(str(where.absolute()), whole_digest(main, beside), beside=beside), vars(module)
        _loaded[known[0].sha256] = known
    if sha256 is not None and known[0].sha256 != sha256:
        raise changed(where, SUBJECT)
    return dataclasses.replace(known[0], path=str(where.absolute())), known[1]


def _parent_of(kind: type) -> type | None:
    """Which of the shipped classes a class is a subclass of; None: of none, or it is itself shipped."""
    if kind.__module__.partition(".")[0] == "model":
        return None
    return next((parent for parent in PARENTS if issubclass(kind, parent)), None)


def _not_one(where: Path, offered: list[str]) -> str:
    if offered:
        choices = " or ".join(f"{where}:{name}" for name in offered)
        return f"'{where}' has {len(offered)} such classes; name one: {choices}"
    return f"'{where}' has no class of that kind; write {ALLOWED}"


def _no_such(where: Path, name: str, names: dict[str, Any], own: dict[str, Any]) -> str:
    if name not in names:
        hint = nearest(name, own) or (f"it has {', '.join(own)}" if own else f"write {ALLOWED}")
        return f"'{where}' has no class {name!r}; {hint}"
    found = names[name]
    if not isinstance(found, type):
        return f"{name} in '{where}' is no class but {kind_of(found)}; allowed is {ALLOWED}"
    if found.__module__.partition(".")[0] == "model":
        return f"{name} in '{where}' is the shipped class; allowed is {ALLOWED}"
    bases = ", ".join(base.__name__ for base in found.__bases__)
    return f"{name} in '{where}' is a subclass of {bases}; allowed is {ALLOWED}"

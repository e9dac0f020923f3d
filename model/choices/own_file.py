"""Loads a Python file of a user's own with the plain files beside it that it imports, and knows them again.

To load a Python file is to run it: it can do whatever its reader may do on this machine. Only the command line and a
program can name one; a plan, a scenario or a results folder cannot. What the files say, tactics (``tactic_file.py``) or
a mechanism (``model.world_file``), is theirs to look at.

A file may import, at its top, what lies beside it: plain ``NAME.py`` files. They are read and digested with it, belong
to it alone (two files in two folders may each have a ``helper.py``), and come before what is installed under that name.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from model.choices import plugins
from model.faults import InputFault, nearest

# A file of one's own is a page or two; beyond this somebody has named the wrong file (bytes).
MOST_BYTES: Final = 200_000
# Names that no file of a user's takes the place of.
OURS: Final = frozenset(
    {*sys.stdlib_module_names, "detente", "experiments", "model", "mesa", "numpy", "pandas", "scipy"}
)


@dataclasses.dataclass(frozen=True)
class OwnFile:
    """A loaded file: where it is, and the digest of what was read.

    beside: the files beside it that it imported, by their names, each with the digest of its text. ``sha256`` covers
    them; line endings do not count.
    """

    path: str
    sha256: str
    beside: Mapping[str, str] = dataclasses.field(default_factory=dict, kw_only=True)

    def is_at(self, where: Path, main: str, subject: str) -> bool:
        """Whether the file at that place (main: the digest of its text), and its neighbours there, are this one."""
        try:
            beside = {name: digest_of(read_text(where.with_name(name), subject)) for name in self.beside}
        except InputFault:
            return False
        return self.sha256 == whole_digest(main, beside)


def files_read(file: OwnFile) -> tuple[Path, ...]:
    """Every file that was read to load it: itself first, then its neighbours by name."""
    main = Path(file.path)
    return (main, *(main.with_name(name) for name in sorted(file.beside)))


def changed(path: str | Path, subject: str) -> InputFault:
    """The refusal of a file that is not what it was when the work began."""
    said = f"'{path}', or what it imports from beside it, has changed since this work began"
    return InputFault([f"{said}; begin anew, or put the old one back"], subject)


def read_text(path: Path, subject: str) -> bytes:
    """The text of a file (``InputFault``: it is too long, cannot be read, or is no text)."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputFault([f"'{path}' has {path.stat().st_size} bytes: allowed are {MOST_BYTES}"], subject)
        text = path.read_bytes()
        text.decode("utf-8")
    except OSError as error:
        raise InputFault([f"'{path}' cannot be read: {error.strerror or error}"], subject) from None
    except UnicodeDecodeError as error:
        raise InputFault([f"'{path}' is not text in UTF-8: look at byte {error.start}"], subject) from None
    return text


def digest_of(text: bytes) -> str:
    """The digest of a text, whatever ends its lines."""
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()


def whole_digest(main: str, beside: Mapping[str, str]) -> str:
    """The digest of a file and its neighbours; of a file without any, that of its text."""
    lines = [main, *(f"{name} {digest}" for name, digest in sorted(beside.items()))]
    return digest_of("\n".join(lines).encode()) if beside else main


class _Neighbours:
    """Finds and loads the plain files beside a file, and remembers the digest of each."""

    def __init__(self, main: Path, subject: str) -> None:
        self.subject = subject
        found = {path.stem: path for path in main.absolute().parent.glob("*.py") if path.stem.isidentifier()}
        self.paths = {name: path for name, path in found.items() if name not in OURS and path.name != main.name}
        self.read: dict[str, str] = {}

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """Python asks this for every module that is not loaded yet."""
        if name not in self.paths:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(self.paths[name]))  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        """A module as usual."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the text that was digested."""
        path = self.paths[module.__name__]
        text = read_text(path, self.subject)
        self.read[path.name] = digest_of(text)
        module.__file__ = str(path)
        exec(compile(text, str(path), "exec", dont_inherit=True), module.__dict__)

    @contextmanager
    def importable(self) -> Iterator[None]:
        """Within it they can be imported; afterwards their names stand for what they stood for before."""
        before = {name: sys.modules.pop(name) for name in self.paths if name in sys.modules}
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)
            for name in self.paths:
                sys.modules.pop(name, None)
            sys.modules.update(before)


def run_file(
    path: Path, text: bytes, name: str, subject: str, within: AbstractContextManager[object]
) -> tuple[ModuleType, dict[str, str]]:
    """Run a file's text as a module of that name, ``within`` a context.

    Returns the module, and the digests of what it imported from beside it. Raises ``InputFault`` whatever it raises.
    """
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module
    neighbours = _Neighbours(path, subject)
    try:
        with within, neighbours.importable():
            exec(compile(text, str(path), "exec", dont_inherit=True), module.__dict__)  # the file is the user's own
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.modules.pop(name, None)
        raise InputFault([f"'{path}' cannot be loaded: {where_of(error, path)}"], subject) from None
    return module, dict(neighbours.read)


def load_names(where: Path, subject: str) -> tuple[OwnFile, dict[str, Any]]:
    """Run a Python file: what was read, and the names that it gives. Tactics in it are for ``--tactics`` to load.

    Raises ``InputFault`` where it cannot be read or run.
    """
    text = read_text(where, subject)
    main = digest_of(text)
    module, beside = run_file(where, text, f"detente_own_{main[:12]}", subject, plugins.aside())
    return OwnFile(str(where.absolute()), whole_digest(main, beside), beside=beside), vars(module)


def meant(error: BaseException) -> str:
    """The known name that is nearest to one that is not there (an import, an attribute), or nothing."""
    name, known = "", list[str]()
    if isinstance(error, AttributeError) and error.name:
        name, known = error.name, dir(error.obj)
    elif found := re.match(r"cannot import name '(\w+)' from '([\w.]+)'", str(error)):
        module = sys.modules.get(found[2])
        name, known = found[1], [*getattr(module, "__all__", ()), *dir(module)]
    hint = nearest(name, [one for one in known if not one.startswith("_")])
    return f"; {hint}" if hint else ""


def where_of(error: BaseException, path: Path) -> str:
    """What went wrong and on which line of which file, in one line."""
    said = " ".join(str(error).split())[:300]
    words = said if isinstance(error, plugins.PluginFault) else f"{type(error).__name__}: {said}{meant(error)}"
    if isinstance(error, SyntaxError):
        other = Path(error.filename or path).name
        place = f"line {error.lineno}" if other == path.name else f"{other}, line {error.lineno}"
        return f"{type(error).__name__}: {error.msg} ({place})"
    if isinstance(error, ModuleNotFoundError):
        words += f"; it may import what is installed, and NAME.py files beside it, in {path.absolute().parent}"
    frames = traceback.extract_tb(error.__traceback__)
    # By name: the same text may have been loaded from where it was kept.
    lines = [frame.lineno for frame in frames if Path(frame.filename).name == path.name]
    return f"{words} (line {lines[-1]})" if lines else words

"""Loads a file of one's own tactics, acceptance rules and stances, and holds its functions to their contract.

To load a Python file is to run it: it can do whatever its reader may do on this machine. Only the command line and a
program can name one; a plan, a scenario or a results folder cannot. Its functions are checked at every call: numbers,
finite, of the right shape and within bounds; what is not ends the run with a sentence that names the function.

A file may import, at its top, what lies beside it: plain ``NAME.py`` files. They are read and digested with it, belong
to it alone (two files in two folders may each have a ``helper.py``), and come before what is installed under that name.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from model.choices import plugins
from model.choices.plugins import ACCEPTANCE, STANCE, TACTIC, Plugin
from model.faults import InputFault

SUBJECT: Final = "tactics file"
# A file of tactics is a page or two; beyond this somebody has named the wrong file (bytes).
MOST_BYTES: Final = 200_000
# How far a share may leave 0 to 1 by rounding (fraction); it is then put back.
ROUNDING: Final = 1.0e-9
# Names that no file of a user's takes the place of.
OURS: Final = frozenset(
    {*sys.stdlib_module_names, "detente", "experiments", "model", "mesa", "numpy", "pandas", "scipy"}
)


@dataclasses.dataclass(frozen=True)
class TacticFile:
    """A loaded file: where it is, the digest of what was read, what it registered, by kind, and its neighbours.

    beside: the files beside it that it imported, by their names, each with the digest of its text. ``sha256`` covers
    them; line endings do not count.
    """

    path: str
    sha256: str
    names: Mapping[str, tuple[str, ...]]
    beside: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """What results say of it: its name without the folder, its digest and its names."""
        names = {kind: list(found) for kind, found in self.names.items()}
        return {"file": Path(self.path).name, "sha256": self.sha256, "names": names}


_loaded: dict[str, TacticFile] = {}


def files_read(file: TacticFile) -> tuple[Path, ...]:
    """Every file that was read to load it: itself first, then its neighbours by name."""
    main = Path(file.path)
    return (main, *(main.with_name(name) for name in sorted(file.beside)))


def load_tactics(path: str | Path, sha256: str | None = None) -> TacticFile:
    """Run a Python file and register what it offers; a second call with the same text does nothing.

    sha256: the digest that the file must have, with its neighbours, if it is known.

    Raises:
        InputFault: the file cannot be read or run, registers nothing or something that cannot be, or has changed.
    """
    where = Path(path)
    text = _read(where)
    main = _digest_of(text)
    known = next((file for file in _loaded.values() if _is_the_same(file, where, main)), None)
    if known is None and sha256 in _loaded:
        raise _changed(path)
    if known is not None:
        if sha256 is not None and known.sha256 != sha256:
            raise _changed(path)
        return known
    beside = _run(where, text, main)
    digest = _whole_digest(main, beside)
    mine = plugins.registered(main)
    if sha256 is not None and digest != sha256:
        plugins.forget(main)
        raise _changed(path)
    if not mine:
        line = '@tactic("name") above a function, with: from model import tactic'
        raise InputFault([f"'{path}' registers nothing: write {line}"], SUBJECT)
    names = {kind: tuple(one.name for one in mine if one.kind == kind) for kind in plugins.KINDS}
    for one in mine:
        plugins.put(dataclasses.replace(one, function=guarded(one), origin=digest))
    _loaded[digest] = TacticFile(str(where.absolute()), digest, names, beside)
    return _loaded[digest]


def _changed(path: str | Path) -> InputFault:
    said = f"'{path}', or what it imports from beside it, has changed since this work began"
    return InputFault([f"{said}; begin anew, or put the old one back"], SUBJECT)


def _is_the_same(file: TacticFile, where: Path, main: str) -> bool:
    """Whether the file at that place, and its neighbours there, are what was loaded."""
    try:
        beside = {name: _digest_of(_read(where.with_name(name))) for name in file.beside}
    except InputFault:
        return False
    return file.sha256 == _whole_digest(main, beside)


def _digest_of(text: bytes) -> str:
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()


def _whole_digest(main: str, beside: Mapping[str, str]) -> str:
    """The digest of a file and its neighbours; of a file without any, that of its text."""
    lines = [main, *(f"{name} {digest}" for name, digest in sorted(beside.items()))]
    return _digest_of("\n".join(lines).encode()) if beside else main


def unload(file: TacticFile) -> None:
    """Take a file's names out again."""
    plugins.forget(file.sha256)
    _loaded.pop(file.sha256, None)


def stand_in(names: Mapping[str, Iterable[str]]) -> None:
    """Let results that were made with a file of tactics be read without it: its names are known, and not played."""
    for kind, wanted in names.items():
        for name in wanted if kind in plugins.KINDS else ():
            if name not in plugins.names(kind) and plugins.NAME.fullmatch(str(name)):
                plugins.put(Plugin(kind, name, "from a file that is not loaded", _absent(kind, name), origin="absent"))


def _absent(kind: str, name: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise InputFault([f"{kind} {name!r} comes from a file of tactics; name it with --tactics FILE"], SUBJECT)

    return refuse


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputFault([f"'{path}' has {path.stat().st_size} bytes: allowed are {MOST_BYTES}"], SUBJECT)
        text = path.read_bytes()
        text.decode("utf-8")
    except OSError as error:
        raise InputFault([f"'{path}' cannot be read: {error.strerror or error}"], SUBJECT) from None
    except UnicodeDecodeError as error:
        raise InputFault([f"'{path}' is not text in UTF-8: look at byte {error.start}"], SUBJECT) from None
    return text


class _Neighbours:
    """Finds and loads the plain files beside a file of tactics, and remembers the digest of each."""

    def __init__(self, main: Path) -> None:
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
        text = _read(path)
        self.read[path.name] = _digest_of(text)
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


def _run(path: Path, text: bytes, origin: str) -> dict[str, str]:
    """Run the file; what it registers belongs to ``origin``. The digests of what it imports from beside it."""
    plugins.forget("absent")
    name = f"detente_tactics_{origin[:12]}"
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module
    neighbours = _Neighbours(path)
    try:
        with plugins.registering(origin), neighbours.importable():
            exec(compile(text, str(path), "exec", dont_inherit=True), module.__dict__)  # the file is the user's own
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.modules.pop(name, None)
        raise InputFault([f"'{path}' cannot be loaded: {_where(error, path)}"], SUBJECT) from None
    return dict(neighbours.read)


def _where(error: BaseException, path: Path) -> str:
    """What went wrong and on which line of which file, in one line."""
    said = " ".join(str(error).split())[:300]
    words = said if isinstance(error, plugins.PluginFault) else f"{type(error).__name__}: {said}"
    if isinstance(error, SyntaxError):
        other = Path(error.filename or path).name
        place = f"line {error.lineno}" if other == path.name else f"{other}, line {error.lineno}"
        return f"{type(error).__name__}: {error.msg} ({place})"
    if isinstance(error, ModuleNotFoundError):
        words += f"; it may import what is installed, and NAME.py files beside it, in {path.absolute().parent}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{words} (line {lines[-1]})" if lines else words


# --- the contract -----------------------------------------------------------------------------------------------------


def guarded(plugin: Plugin) -> Callable[..., Any]:
    """A user's function that gets arrays of one axis or more, and whose result is held to its contract.

    NumPy treats a single number and an array of one alike but for some last bits, so single numbers come as arrays.
    """
    own = plugin.function
    who = f"{plugin.kind} {plugin.name!r}"

    def called(*arguments: Any) -> Any:
        values = [np.asarray(value) for part in arguments for value in (part if isinstance(part, tuple) else (part,))]
        shape = np.broadcast_shapes(*(value.shape for value in values))
        whole = [np.array(np.broadcast_to(value, shape or (1,)), dtype=np.float64) for value in values]
        given: list[Any] = []
        for part in arguments:
            n = len(part) if isinstance(part, tuple) else 1
            taken, whole = whole[:n], whole[n:]
            given.append(type(part)(*taken) if isinstance(part, tuple) else taken[0])
        try:
            with np.errstate(all="ignore"):
                result = own(*given)
        except Exception as error:
            raise InputFault([f"{who} failed: {type(error).__name__}: {error}"], SUBJECT) from None
        if plugin.kind == STANCE:
            if not isinstance(result, tuple) or len(result) != 2:
                raise InputFault([f"{who} gave {_shown(result)}: allowed is a pair, (level, left)"], SUBJECT)
            return (
                _share(result[0], shape, f"{who}, level", 1.0),
                _share(result[1], shape, f"{who}, left", np.inf),
            )
        if plugin.kind == ACCEPTANCE:
            return _truth(result, shape, who)
        assert plugin.kind == TACTIC
        return _share(result, shape, who, 1.0)

    called.own = own  # type: ignore[attr-defined]  # for whoever tests the function itself
    return called


def _shown(result: Any) -> str:
    text = " ".join(repr(result).split())
    return f"{text[:60]}{'...' if len(text) > 60 else ''} ({type(result).__name__})"


def _array(result: Any, shape: tuple[int, ...], who: str) -> np.ndarray:
    try:
        array = np.asarray(result)
        array = np.broadcast_to(array, shape or (1,))
    except ValueError:
        got = getattr(result, "shape", _shown(result))
        fault = f"{who} gave an array of shape {got} for runs of shape {shape or (1,)}: allowed is one number for each"
        raise InputFault([fault], SUBJECT) from None
    if array.dtype.kind not in "biuf":
        raise InputFault([f"{who} gave {_shown(result)}: allowed are numbers"], SUBJECT)
    return array.reshape(shape)


def _share(result: Any, shape: tuple[int, ...], who: str, most: float) -> np.ndarray:
    array = _array(result, shape, who).astype(np.float64)
    if not np.all(np.isfinite(array)):
        raise InputFault([f"{who} gave a number that is not finite (nan or infinity)"], SUBJECT)
    low, high = float(np.minimum.reduce(array, axis=None)), float(np.maximum.reduce(array, axis=None))
    if low < -ROUNDING or high > most + ROUNDING:
        allowed = "0 to 1" if most == 1.0 else "0 or more"
        raise InputFault([f"{who} gave {low if low < -ROUNDING else high:g}: allowed is {allowed}"], SUBJECT)
    return np.clip(array, 0.0, most)


def _truth(result: Any, shape: tuple[int, ...], who: str) -> np.ndarray:
    array = _array(result, shape, who)
    if array.dtype.kind != "b":
        raise InputFault([f"{who} gave {_shown(result)}: allowed are truth values, as from worth >= hope"], SUBJECT)
    return array.astype(bool)

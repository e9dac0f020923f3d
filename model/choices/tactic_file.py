"""Loads a file of one's own tactics, acceptance rules and stances, and holds its functions to their contract.

To load a Python file is to run it: it can do whatever its reader may do on this machine. Only the command line and a
program can name one; a plan, a scenario or a results folder cannot. Its functions are checked at every call: numbers,
finite, of the right shape and within bounds; what is not ends the run with a sentence that names the function. How a
file is loaded with its neighbours is told in ``own_file.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.choices import (
    plugins,
    tactics,  # noqa: F401  # the shipped names are taken before a file asks for one
)
from model.choices.own_file import OwnFile, changed, digest_of, meant, read_text, run_file, whole_digest
from model.choices.plugins import ACCEPTANCE, STANCE, TACTIC, Plugin
from model.faults import OWN_FAILURES, InputFault, described

SUBJECT: Final = "tactics file"
# How far a share may leave 0 to 1 by rounding (fraction); it is then put back.
ROUNDING: Final = 1.0e-9


@dataclasses.dataclass(frozen=True)
class TacticFile(OwnFile):
    """A loaded file of tactics: with where it is and its digest, the names that it registered, by kind."""

    names: Mapping[str, tuple[str, ...]]

    def told(self) -> dict[str, Any]:
        """What results say of it: its name without the folder, its digest and its names."""
        names = {kind: list(found) for kind, found in self.names.items()}
        return {"file": Path(self.path).name, "sha256": self.sha256, "names": names}


_loaded: dict[str, TacticFile] = {}


def load_tactics(path: str | Path, sha256: str | None = None) -> TacticFile:
    """Run a Python file and register what it offers; a second call with the same text does nothing.

    sha256: the digest that the file must have, with its neighbours, if it is known.

    Raises:
        InputFault: the file cannot be read or run, registers nothing or something that cannot be, or has changed.
    """
    where = Path(path)
    text = read_text(where, SUBJECT)
    main = digest_of(text)
    known = next((file for file in _loaded.values() if file.is_at(where, main, SUBJECT)), None)
    if known is not None and sha256 in (None, known.sha256):
        return known
    if known is not None or sha256 in _loaded:
        raise changed(path, SUBJECT)
    plugins.forget("absent")
    _, beside = run_file(where, text, f"detente_tactics_{main[:12]}", SUBJECT, plugins.registering(main))
    digest = whole_digest(main, beside)
    mine = plugins.registered(main)
    if sha256 is not None and digest != sha256:
        plugins.forget(main)
        raise changed(path, SUBJECT)
    if not mine:
        line = '@tactic("name") above a function, with: from model import tactic'
        raise InputFault([f"'{path}' registers nothing: write {line}"], SUBJECT)
    names = {kind: tuple(one.name for one in mine if one.kind == kind) for kind in plugins.KINDS}
    for one in mine:
        plugins.put(dataclasses.replace(one, function=guarded(one), origin=digest))
    _loaded[digest] = TacticFile(str(where.absolute()), digest, names, beside=beside)
    return _loaded[digest]


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
        except OWN_FAILURES as error:
            raise InputFault([f"{who} failed: {type(error).__name__}: {error}{meant(error)}"], SUBJECT) from None
        if plugin.kind == STANCE:
            if not isinstance(result, tuple) or len(result) != 2:
                raise InputFault([f"{who} gave {described(result)}: allowed is a pair, (level, left)"], SUBJECT)
            return (_share(result[0], shape, f"{who}, level", 1.0), _share(result[1], shape, f"{who}, left", np.inf))
        if plugin.kind == ACCEPTANCE:
            return _truth(result, shape, who)
        assert plugin.kind == TACTIC
        return _share(result, shape, who, 1.0)

    called.own = own  # type: ignore[attr-defined]  # for whoever tests the function itself
    return called


def _array(result: Any, shape: tuple[int, ...], who: str) -> np.ndarray:
    try:
        array = np.asarray(result)
        array = np.broadcast_to(array, shape or (1,))
    except ValueError:
        got = getattr(result, "shape", described(result))
        fault = f"{who} gave an array of shape {got} for runs of shape {shape or (1,)}: allowed is one number for each"
        raise InputFault([fault], SUBJECT) from None
    if array.dtype.kind not in "biuf":
        raise InputFault([f"{who} gave {described(result)}: allowed are numbers"], SUBJECT)
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
        raise InputFault([f"{who} gave {described(result)}: allowed are truth values, as from worth >= hope"], SUBJECT)
    return array.astype(bool)

"""Kernels are compiled where they are first used, and kept in a cache folder named by what they were made of.

C, for a compiler of it is on most machines and takes seconds, and by ``ctypes``, which comes with Python. Where none is
on the path, the one that the extra ``fast`` brings serves. What is compiled neither fuses nor reorders, so that the
processor and the compiler leave the bits alone; they are in the name of the folder because the code may need them.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from model.faults import InputFault

HERE: Final = Path(__file__).parent
SOURCES: Final = ("arithmetic.h", "bundles.h", "kernels.c", "tables.c", "cells.c", "few.c", "places.c", "checks.c")
#: No product is fused with a sum, and nothing is reordered: the bits are those of the text. The two others let loops
#: be turned into vector code; they change what is said of an operation (flags, errno), not its result.
EXACT: Final = ("-O3", "-std=c11", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno")
#: Tried in turn: not every compiler knows what it runs on.
TUNED: Final = (("-march=native",), ("-mcpu=native",), ())
#: What each kernel is given, in order: n a whole number, x a number, p where something lies.
ARGUMENTS: Final = {
    "place": "nnnpp",
    "equilibrium": "nnnxnxnnp",
    "sales": "nnnnxxxnxnnppp",
    "source": "nnnnxp",
    "cells_used": "nnnnnp",
    "resolve": "nnnnp",
    "believe": "nnpp",
    "gains": "nnp",
    "judge": "nnnxxxpp",
    "choose": "nnpp",
    "round": "nnpp",
    "function": "nnpp",
}
#: Kernels that there are in narrow bundles too (``few.c``), and from how many replicates on in wide ones alone:
#: those that fill one (``WIDTH`` in ``bundles.h``).
IN_BUNDLES: Final = ("equilibrium", "sales", "source", "cells_used", "believe", "gains", "judge", "choose", "round")
MANY_LANES: Final = 64
KINDS: Final = {"n": ctypes.c_int64, "x": ctypes.c_double, "p": ctypes.c_void_p}
COMPILERS: Final = ("cc", "gcc", "clang")
MOST_SECONDS: Final = 120


@functools.cache
def kernels() -> ctypes.CDLL:
    """The compiled kernels, made at the first call on a machine, read from the cache at others.

    Raises ``InputFault`` where there is no compiler of C or where it fails, and says what to do.
    """
    compiler = _compiler()
    text = [compiler, *EXACT, _version(compiler), platform.platform(), _processor()]
    text += [(HERE / name).read_text("utf-8") for name in SOURCES]
    name = hashlib.sha256("\0".join(str(part) for part in text).encode()).hexdigest()[:16]
    library = _cache() / f"kernels-{name}{'.dll' if os.name == 'nt' else '.so'}"
    if not library.exists():
        _compile(compiler, library)
    loaded = ctypes.CDLL(str(library))
    if loaded.is_exact() != 1:
        raise InputFault([f"the compiler {compiler[0]} fuses products with sums: name another one in CC"], "arithmetic")
    for name, kinds in ARGUMENTS.items():
        for one in (name, f"{name}_of_few") if name in IN_BUNDLES else (name,):
            getattr(loaded, one).argtypes = [KINDS[kind] for kind in kinds]
    return loaded


def kernel(name: str, n_lanes: int) -> Callable[..., int]:
    """One of the kernels that work in bundles, in those that suit so many replicates; the bits are the same."""
    found: Callable[..., int] = getattr(kernels(), name if n_lanes >= MANY_LANES else f"{name}_of_few")
    return found


def _compiler() -> list[str]:
    named = shlex.split(os.environ.get("CC", ""))
    found = [path for path in (shutil.which(one) for one in named[:1] or COMPILERS) if path]
    if found:
        return [found[0], *named[1:]]
    if importlib.util.find_spec("ziglang") is not None and not named:
        return [sys.executable, "-m", "ziglang", "cc"]
    what = f"CC = {named[0]!r} is not on the path" if named else f"none of {', '.join(COMPILERS)} is on the path"
    raise InputFault(
        [f"kernels need a compiler of C, and {what}; pip install 'detente[fast]' brings one, or leave it at numpy"],
        "arithmetic",
    )


def _version(compiler: list[str]) -> str:
    told = subprocess.run([*compiler, "--version"], capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    return told.stdout


def _processor() -> str:
    """What tells processors apart that run different code."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8", "replace").splitlines() if told.exists() else []
    return platform.processor() + "".join(
        sorted({x for x in lines if x.startswith(("model name", "flags", "Features"))})
    )


def _cache() -> Path:
    """A folder for compiled code that can be written: the user's cache, else one that lives as long as the machine."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    for find in (lambda: Path(base or Path.home() / ".cache"), lambda: Path(tempfile.gettempdir())):
        try:
            folder = find()
            (folder / "detente").mkdir(parents=True, exist_ok=True, mode=0o700)
        except (OSError, RuntimeError):  # also: nobody's home, no temporary folder
            continue
        if os.access(folder / "detente", os.W_OK):
            return folder / "detente"
    raise InputFault(["no folder for compiled kernels can be written: name one in XDG_CACHE_HOME"], "arithmetic")


def _compile(compiler: list[str], library: Path) -> None:
    """Several processes may do so at once: each makes a file of its own and puts it into place whole."""
    made = library.with_suffix(f".{os.getpid()}.made")
    said = ""
    for tuned in TUNED:
        command = [*compiler, *EXACT, *tuned, "-shared", "-fPIC", "-o", str(made)]
        command += [str(HERE / name) for name in SOURCES if name.endswith(".c")]
        try:
            told = subprocess.run(command, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as failed:
            said = str(failed)
            continue
        if told.returncode == 0:
            made.replace(library)
            return
        said = told.stderr
    made.unlink(missing_ok=True)
    first = next((line for line in said.splitlines() if "error" in line), said.strip()[-200:])
    raise InputFault(
        [f"kernels cannot be compiled with {compiler[0]}: {first}; name another compiler in CC, or leave it at numpy"],
        "arithmetic",
    )

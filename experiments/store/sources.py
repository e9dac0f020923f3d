"""The files that numbers come from, each with a digest: the model, its seeds, and all that makes rows of runs.

What makes rows is found by following imports from ``running.engines``, where chunks are played, so that a new helper
counts without being named anywhere.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import model
from model import digest_of_text

# The module whose functions turn a chunk into rows.
MAKES_ROWS: Final = "experiments.running.engines"


@functools.cache
def sources() -> dict[str, str]:
    """A short digest of every file that numbers come from, whatever ends its lines."""
    package = Path(str(model.__file__)).parent
    seeds = package.parent / "seeds"
    paths = {path for kind in ("*.py", "*.csv", "*.c", "*.h") for path in package.rglob(kind)}
    paths |= {*imported(MAKES_ROWS, Path(__file__).parents[2]).values()}
    paths |= {path for kind in ("*.toml", "*.csv", "*.txt") for path in seeds.rglob(kind)}
    return {
        path.relative_to(package.parent).as_posix(): digest_of_text(path.read_bytes())[:12]
        for path in sorted(paths)
        if path.is_file()
    }


def code_fingerprint() -> str:
    """One digest of all of ``sources``."""
    return hashlib.sha256(json.dumps(sources(), sort_keys=True).encode()).hexdigest()


def imported(name: str, root: Path) -> dict[str, Path]:
    """The file of a module and of all that it imports below the same package, by name, found without running them.

    Imports inside functions count; those that only a type checker sees do not.
    """
    package = name.split(".", maxsplit=1)[0]
    found: dict[str, Path] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        path = _file_of(one, root)
        if one in found or path is None:
            continue
        found[one] = path
        parts = one.split(".")
        inside = parts if path.name == "__init__.py" else parts[:-1]
        # To import a module is to run the packages that it lies in.
        names = {".".join(parts[:n]) for n in range(1, len(parts))} | set(_names(path, inside))
        waiting += [other for other in names if other.split(".")[0] == package]
    return found


def _file_of(name: str, root: Path) -> Path | None:
    base = root.joinpath(*name.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _names(path: Path, inside: list[str]) -> Iterator[str]:
    """The modules that a file may import; of ``from a import b`` both ``a`` and ``a.b``."""
    waiting: list[ast.AST] = [ast.parse(path.read_bytes())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = inside[: len(inside) - node.level + 1] if node.level else []
            base = ".".join([*up, *([node.module] if node.module else [])])
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))
        waiting += ast.iter_child_nodes(node)

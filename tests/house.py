"""The house rules as data, and the checkers that read code and text against them (used by ``test_house.py``).

Every checker takes source text, never a path, and returns a list of faults: so that a test can plant a fault
and see it found. To change a rule, change its table here and say so in CHANGELOG.md.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

MOST_LINES = 400
FEWEST_LINES = 40
MOST_LINES_OF_A_FUNCTION = 60
# Functions that are longer, and how long they may be at most: a list to be shortened, not to be added to.
LONG_FUNCTIONS: dict[str, int] = {}
# Places in model/ where parameters are asked for a switch, and for one of an optional mechanism.
MOST_SWITCH_PLACES = 40
MOST_OPTIONAL_PLACES = 29
# Files of model/ that name one mechanism of ``model.market.border``.
MOST_FILES_OF_A_MECHANISM = 6
# Files that may be shorter than that, each with its reason.
SHORT = {
    "model.schedule": "one quarter is one page, and nothing else is on it",
    "model.faults": "what every room refuses with has no neighbour that every room may import",
    "experiments.league.figures": "figures stand apart, so that a league is played where no figure can be drawn",
}

# Who may import whom: a room, or a file at the top of its package, imports from the floors below its own, from inside
# itself, and from nowhere else. A line is a floor, the lowest first; imports that only name types count too.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("model.numerics", "model.vocabulary", "model.schedule", "model.faults"),
    ("model.rules", "model.draws", "model.mesa_call", "model.compiled"),
    ("model.choices", "model.layout"),
    ("model.parameters",),
    ("model.scenario",),
    ("model.market",),
    ("model.packages",),
    ("model.assessment",),
    ("model.start", "model.telling"),
    ("model.quarter", "model.run_rules"),
    ("model.state",),
    ("model.sight",),
    ("model.agents",),
    ("model.stage",),
    ("model.phases",),
    ("model.record",),
    ("model.world",),
    ("model.negotiation", "model.ensemble", "model.world_file"),
    ("model",),
    ("experiments.display",),
    ("experiments.design",),
    ("experiments.statistics",),
    ("experiments.store",),
    ("experiments.running",),
    ("experiments.findings",),
    ("experiments.report",),
    # A page answers from an emulator.
    ("experiments.emulation",),
    tuple(
        f"experiments.{name}"
        for name in ("league", "sensitivity", "discovery", "hindcast", "bench", "catalogue", "classroom", "export")
    ),
    ("experiments.validation", "experiments.seating", "experiments.arrangements"),
    ("experiments.cli",),
    ("detente",),
)
# Rooms that see less than all that lies below them.
_MODEL_IS_A_DOOR = ("model", "experiments.*")
ONLY: dict[str, tuple[str, ...]] = {
    "model.rules": ("model.numerics",),
    # The parties see their world through ``model.sight``, never the state or what others do.
    "model.agents": tuple(
        f"model.{name}"
        for name in ("sight", "assessment", "packages", "choices", "rules", "layout", "numerics", "vocabulary")
    ),
    # The benchmark calls single rules and takes models apart; the description of the whole reads what is declared.
    "experiments.bench": ("model", "model.*", "experiments.*"),
    # A league plays the model's own offers, answers and votes in an order of its own.
    "experiments.league": ("model", "model.*", "experiments.*"),
    "experiments.catalogue": ("model", "model.draws", "model.parameters", "model.state", "experiments.*"),
    # Published effects are read off markets that are cleared by themselves, with and without a policy.
    "experiments.validation": (
        *("model", "model.market", "model.start", "model.rules", "model.vocabulary"),
        "experiments.*",
    ),
    # Everyone else comes to the model through its front door.
    "experiments": _MODEL_IS_A_DOOR,
    "detente": _MODEL_IS_A_DOOR,
}
# Rooms whose files do not import each other.
APART = ("model.rules",)

# Who may import which package of others. One that is not named here is nobody's.
_CLASSROOM = ("experiments.classroom", "experiments.classroom.*")
MAY_USE: dict[str, tuple[str, ...]] = {
    "numpy": ("model.*", "experiments.*"),
    "scipy": ("model.numerics", "experiments.*"),
    "pandas": (
        *("model", "model.scenario.*", "model.start.*", "model.record.*", "model.negotiation"),
        *("model.world", "model.ensemble", "experiments.*"),
    ),
    "pydantic_core": ("model.scenario.*",),
    "pydantic": ("model.parameters.*", "model.scenario.*", "experiments.*"),
    # The benchmark has Mesa's own way of playing many runs beside ours.
    "mesa": ("model.negotiation", "experiments.bench.bench", *_CLASSROOM),
    "pyarrow": ("experiments.*",),
    "matplotlib": ("experiments.*figures", "experiments.*figure*", "experiments.bench.show", *_CLASSROOM),
    "typer": ("experiments.cli.*",),
    "rich": ("experiments.*",),
    "dask": ("experiments.running.executors",),
    "distributed": ("experiments.running.executors",),
    "negmas": ("experiments.seating.adapters",),  # where somebody has it: no dependency
    "SALib": ("experiments.design.plan", "experiments.sensitivity.screening"),
    "statsmodels": ("experiments.*",),
    "sklearn": ("experiments.emulation.fitting",),
    "threadpoolctl": ("experiments.emulation.fitting",),
    "numba": ("experiments.bench.twin",),
    "solara": _CLASSROOM,
    "reacton": _CLASSROOM,
    "starlette": _CLASSROOM,
    "uvicorn": _CLASSROOM,
    "segno": _CLASSROOM,
}

# Where one lane and many, a scalar call and an array call, must give the same bits, and what breaks that. Reading
# scenarios, solving for their start and telling stories happen once, or in words.
BIT_EQUAL = (
    *("model.rules.*", "model.choices.plugins", "model.choices.tactics", "model.market.*", "model.packages.*"),
    *("model.assessment.*", "model.agents.*", "model.phases.*", "model.record.columns", "model.layout"),
    *("model.quarter", "model.run_rules", "model.state", "model.stage", "model.record.lane", "model.world"),
    *("model.negotiation", "model.ensemble"),
)
_REGROUPS = (
    *("sum", "nansum", "mean", "nanmean", "average", "var", "std", "median"),
    *("dot", "vdot", "inner", "matmul", "einsum", "tensordot", "linalg"),
)
_OTHER_KERNEL = ("math", "cmath")
_BUILTINS = ("sum", "pow")


class Import(NamedTuple):
    """One imported module, as precisely as the statement says."""

    name: str
    line: int


@functools.cache
def tree_of(text: str) -> ast.Module:
    """A text of Python, parsed once for all checkers; nobody changes it."""
    return ast.parse(text)


class Source(NamedTuple):
    """One file of Python."""

    module: str
    text: str
    is_package: bool = False


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def imports_of(source: Source, known: Iterable[str], with_types: bool = True) -> Iterator[Import]:
    """Every import; ``from a import b`` means module a.b where ``known`` has it.

    Imports under ``if TYPE_CHECKING`` only name types: ``with_types`` tells whether they count.
    """
    modules = set(known)
    tree = tree_of(source.text)
    left_out = {
        inner
        for node in ast.walk(tree)
        if not with_types
        and isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield Import(inner if inner in modules else base, node.lineno)


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    parts = parts[: len(parts) - node.level + source.is_package]
    return ".".join([*parts, *([node.module] if node.module else [])])


def room_of(module: str) -> str:
    """The room that a file lies in: the first two names of its module."""
    return ".".join(module.split(".")[:2])


def _floor(room: str) -> int | None:
    return next((level for level, rooms in enumerate(FLOORS) if room in rooms), None)


def import_faults(source: Source, known: Iterable[str]) -> list[str]:
    """Imports from the project, and of others' packages, that the tables above do not allow."""
    room = room_of(source.module) if source.module.split(".")[0] != "detente" else "detente"
    if source.module == "experiments":
        return []
    if _floor(room) is None:
        return [f"{source.module}: its room stands on no floor (tests/house.py)"]
    running = set(imports_of(source, known, with_types=False))
    faults = []
    for found in imports_of(source, known):
        name, line = found
        top = name.split(".")[0]
        if top in ("detente", "model", "experiments", "tests", "seeds"):
            own_front_door = source.is_package and name.startswith(f"{source.module}.")
            if not own_front_door and not _may_import(source.module, room, name):
                faults.append(f"{source.module}:{line} imports {name}")
        elif (
            found in running and top not in sys.stdlib_module_names and not matches(source.module, MAY_USE.get(top, ()))
        ):
            faults.append(f"{source.module}:{line} uses {name}")
    return faults


def _may_import(module: str, room: str, name: str) -> bool:
    other = room_of(name)
    if other == room:
        return room not in APART or name in (module, room)
    only = ONLY.get(room, ONLY.get(room.split(".", maxsplit=1)[0], (other,)))
    level, below = _floor(room), _floor(other)
    is_lower = level is not None and below is not None and below < level
    return is_lower and matches(other, only)


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import themselves through others."""
    faults = []
    for start in sorted(graph):
        seen: set[str] = set()
        ahead = list(graph[start])
        while ahead:
            module = ahead.pop()
            if module not in seen:
                seen.add(module)
                ahead.extend(graph.get(module, ()))
        if start in seen:
            faults.append(start)
    return faults


def bit_faults(source: Source) -> list[str]:
    """Operators and functions that give a number other bits in an array than alone."""
    faults = []
    for node in ast.walk(tree_of(source.text)):
        what = None
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Pow | ast.MatMult):
            what = "**" if isinstance(node.op, ast.Pow) else "@"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            roots = names if isinstance(node, ast.Import) else [node.module or ""]
            what = next((name for name in roots if name in _OTHER_KERNEL), None)
            if isinstance(node, ast.ImportFrom):
                what = what or next((name for name in names if name in _REGROUPS), None)
        elif isinstance(node, ast.Attribute):
            if node.attr in _REGROUPS:
                what = f".{node.attr}"
            elif node.attr == "reduce" and isinstance(node.value, ast.Attribute) and node.value.attr == "add":
                what = ".add.reduce"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _BUILTINS:
            what = node.id
        if what:
            faults.append(f"{source.module}:{getattr(node, 'lineno', 0)} has {what}")
    return faults


def chance_faults(source: Source) -> list[str]:
    """Random numbers made anywhere but in model.draws."""
    faults = []
    for node in ast.walk(tree_of(source.text)):
        found = False
        if isinstance(node, ast.Attribute):
            found = node.attr == "random" and isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy")
        elif isinstance(node, ast.Import):
            found = any(alias.name in ("random", "numpy.random") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found = node.module in ("random", "numpy.random") or (
                node.module == "numpy" and any(alias.name == "random" for alias in node.names)
            )
        if found:
            faults.append(f"{source.module}:{getattr(node, 'lineno', 0)} makes its own chance")
    return faults


def switch_places(source: Source, switches: Iterable[str]) -> list[str]:
    """Where parameters are asked for one of the switches, or for a name worked out at run time."""
    names, places = set(switches), []
    for node in ast.walk(tree_of(source.text)):
        if isinstance(node, ast.Attribute) and node.attr in names:
            of, shown = node.value, ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
            of, shown = node.args[0], ast.unparse(node)
        else:
            continue
        if ast.unparse(of).split(".")[-1] in ("p", "parameters", "rules"):
            places.append(f"{source.module}:{node.lineno} {shown}")
    return places


def long_functions(source: Source) -> dict[str, int]:
    """Functions of more lines than ``MOST_LINES_OF_A_FUNCTION``, and how many."""
    return {
        f"{source.module}.{node.name}": n_lines
        for node in ast.walk(tree_of(source.text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and (n_lines := node.end_lineno - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }


def length_faults(source: Source) -> list[str]:
    n_lines = len(source.text.splitlines())
    if n_lines > MOST_LINES:
        return [f"{source.module}: {n_lines} lines: cut it along a subject"]
    is_door = source.is_package or source.module.endswith(".__main__")
    if n_lines < FEWEST_LINES and not is_door and source.module not in SHORT:
        return [f"{source.module}: {n_lines} lines: let it join its neighbour"]
    return []


# Written in pieces, so that this file does not accuse itself.
_FOLDERS = "|".join(("work", "root", "home", "tmp", "opt", "mnt", "Users"))
_WORDS = {
    "a path of one machine": rf"(?<![\w$}}./~:-])/(?:{_FOLDERS})/\w|\b[A-Z]:\\Users",
    "a registry's host": "|".join(
        (
            r"py[p]i\.(?:org|python)",
            "python[h]osted",
            r"npm[j]s\.",
            r"deb[i]an\.org",
            r"crates[.]io",
            r"conda[.]anaconda",
        )
    ),
    "unfinished work": r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b",
}


def word_faults(name: str, text: str) -> list[str]:
    """Words that do not belong in the project."""
    return [
        f"{name}:{number} holds {what}: {found.group()}"
        for what, pattern in _WORDS.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (found := re.search(pattern, line))
    ]


def pin_faults(text: str, wanted: Iterable[str]) -> list[str]:
    """Lines of a constraints file that are not name==version, and wanted packages that it does not pin."""
    lines = text.splitlines()
    faults = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)]
    pinned = {canonical(line.partition("==")[0]) for line in lines}
    return faults + [f"{canonical(name)} is not pinned" for name in wanted if canonical(name) not in pinned]


def canonical(requirement: str) -> str:
    """The distribution's name in a requirement, as package tools compare names."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]).lower()


def command_faults(readme: str, makefile: str) -> list[str]:
    """``make X`` shown as code in the README that the Makefile does not know."""
    code = re.findall(r"```.*?```|`[^`\n]+`", readme, flags=re.DOTALL)
    shown = {target for span in code for target in re.findall(r"\bmake ([a-z][a-z-]*)", span)}
    known = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    return [f"make {target}" for target in sorted(shown - known)]


#: Files of a reader's own that docstrings speak of.
READERS_OWN = {"helper.py"}


def named_faults(sources: Iterable[Source], pages: dict[str, str]) -> list[str]:
    """Files that docstrings, and files and modules that pages name and that are not there."""
    sources = list(sources)
    modules = {source.module for source in sources}
    files = {f"{module.rpartition('.')[2]}.py" for module in modules} | READERS_OWN
    faults = []
    for source in sources:
        words = ast.get_docstring(tree_of(source.text)) or ""
        named = re.findall(r"``(?:\w+/)*([a-z_]+\.py)``", words)
        faults += [f"{source.module} names {name}" for name in named if name not in files]
    for page, text in pages.items():
        run = re.findall(r"python -m (experiments[\w.]*)", text)
        faults += [f"{page} names {name}" for name in run if name not in modules]
        paths = re.findall(r"(?<!tests/)\b(?:model|experiments)/[\w/]+\.py\b", text)
        faults += [f"{page} names {path}" for path in paths if path[:-3].replace("/", ".") not in modules]
    return faults

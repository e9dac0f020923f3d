"""The house rules as data, and the checkers that read code and text against them (used by ``test_house.py``).

Every checker takes source text, never a path, and returns a list of faults: so that a test can plant a fault
and see it found. To change a rule, change its table here and say so in CHANGELOG.md.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

MOST_LINES = 400
FEWEST_LINES = 40

# Who may import whom inside the project. First matching row; patterns as in a shell. A package's own __init__
# may always import from inside it, so the front door (model/__init__.py) needs no row.
_GROUND = ("model.vocabulary", "model.numerics", "model.schedule", "model.outcomes")
_TABLES = ("model.parameter_spec", "model.parameter_table", "model.mechanism_table")
# What can be chosen by name: the registry, and what is registered from the start.
_CHOSEN = ("model.plugins", "model.tactics")
_FIRST = ("model.parameters", *_TABLES, *_CHOSEN, "model.draws", "model.menu")
_RULES = ("model.rules", "model.rules.*")
# Beside state and scenario, level 2 holds what is done with the rules when a market clears or a
# package is weighed, and the records of a quarter. Its modules may build on each other, as long as
# nothing goes in a circle.
_START = ("model.toml_file", "model.seeds", "model.scenario", "model.scenario_*")
_MIDDLE = tuple(
    f"model.{name}"
    for name in (
        *("economy", "markets", "nodes", "impact", "assessment", "grids", "valuation", "mandate"),
        *("calibration", "agenda", "trend", "starting_point", "partial", "foresight"),
        *("coalitions", "commerce", "credits", "layout", "priors", "quarter", "run_rules"),
    )
)
_SECOND = ("model.state", *_START, *_MIDDLE)
_ENGINE = (*_RULES, *_GROUND, *_CHOSEN, "model.draws", "model.parameters", "model.menu", "model.state", *_MIDDLE)
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    # level 0
    "model.vocabulary": (),
    "model.numerics": (),
    "model.schedule": (),
    "model.outcomes": (),
    # level 1
    "model.rules.*": ("model.numerics",),
    "model.parameters": ("model.vocabulary", *_TABLES),
    "model.plugins": ("model.numerics",),
    "model.tactics": ("model.numerics", "model.plugins", *_RULES),
    "model.tactic_file": ("model.parameters", "model.plugins", "model.numerics"),
    "model.parameter_spec": ("model.plugins",),
    "model.parameter_table": ("model.vocabulary", "model.parameter_spec", *_CHOSEN),
    "model.mechanism_table": ("model.vocabulary", "model.parameter_spec", *_CHOSEN),
    "model.draws": ("model.vocabulary",),
    "model.menu": ("model.vocabulary",),
    # level 2
    **dict.fromkeys(_SECOND, (*_GROUND, *_FIRST, *_RULES, *_SECOND)),
    # level 3: the parties, who see their world through model.sight only, and what is told of them
    "model.agents.*": (
        *("model.agents", "model.agents.*", "model.menu", "model.vocabulary", "model.numerics"),
        *(*_RULES, *_CHOSEN, *_MIDDLE),
    ),
    "model.sight": (
        *("model.economy", "model.mandate", "model.numerics", "model.parameters", "model.run_rules"),
        *("model.scenario", "model.state"),
    ),
    "model.story": ("model.menu", "model.numerics", "model.outcomes", "model.telling", "model.vocabulary"),
    "model.telling": ("model.vocabulary",),
    # level 4: the stage; the phases that act on it; what is read off it; the world that plays them in order
    "model.stage": ("model.agents", "model.agents.*", "model.story", *_ENGINE),
    "model.phases.*": (
        *("model.agents", "model.agents.*", "model.phases", "model.phases.*", "model.stage", "model.story"),
        *("model.scenario", *_ENGINE),
    ),
    "model.columns": ("model.phases", "model.phases.*", "model.stage", *_ENGINE),
    "model.lane": ("model.columns", "model.stage", "model.scenario", *_ENGINE),
    "model.world": (
        *("model.columns", "model.lane", "model.phases", "model.phases.*", "model.record", "model.stage"),
        *("model.story", *_ENGINE),
    ),
    # The faces of the world: Mesa's model, the ensemble, sessions of two tactics.
    "model.mesa_call": ("model.parameters",),
    "model.negotiation": (
        *("model.agents", "model.agents.*", "model.columns", "model.lane", "model.mesa_call", "model.record"),
        "model.story",
        *("model.world", *_ENGINE),
    ),
    "model.record": (
        *("model.economy", "model.parameters", "model.scenario", "model.numerics", "model.vocabulary"),
        *("model.rules.cooperation", "model.rules.games"),
    ),
    "model.sessions": ("model.world", *_ENGINE),
    "model.ensemble": ("model.record", "model.world", *_ENGINE),
    # level 5: the front door only, but for the benchmark, which calls single rules and takes models apart, and for the
    # description of the whole model, which reads what is declared behind the door
    "experiments": ("model",),
    "experiments.odd_facts": (
        *("model", "model.draws", "model.parameters", "model.state"),
        *("experiments.manifest", "experiments.mechanisms"),
    ),
    "experiments.bench_cases": ("model", "model.markets", "model.menu", "model.valuation", *_RULES, *_GROUND),
    "experiments.bench_twin": ("experiments.bench_cases", "model.menu"),
    "experiments.bench_growth": (
        *("model", "model.world", "model.agenda", "model.calibration", "model.menu", "model.starting_point"),
        *("model.vocabulary", "experiments.bench_cases"),
    ),
    "experiments.*": ("model", "experiments", "experiments.*"),
    # The front door of both, and the command.
    "detente": ("model", "experiments.*"),
    "detente.*": ("experiments.cli",),
}

# Who may import which package of others. One that is not named here is nobody's.
_CLASSROOM = ("experiments.classroom", "experiments.classroom.*")
MAY_USE: dict[str, tuple[str, ...]] = {
    "numpy": ("model.*", "experiments.*"),
    "scipy": ("model.numerics", "experiments.*"),
    "pandas": (
        *("model", *_START, "model.record", "model.negotiation", "model.starting_point"),
        *("model.world", "model.ensemble", "experiments.*"),
    ),
    "pydantic_core": _START,
    "pydantic": ("model.parameters", "model.parameter_spec", *_START, "experiments.*"),
    "mesa": ("model.negotiation", *_CLASSROOM),
    "pyarrow": ("experiments.*",),
    "matplotlib": (
        *("experiments.figures", "experiments.*_figures", "experiments.bench_show"),
        *("experiments.ablation_figure", *_CLASSROOM),
    ),
    "typer": ("experiments.cli", "experiments.terminal", "experiments.commands_*"),
    "rich": ("experiments.*",),
    "dask": ("experiments.executors",),
    "distributed": ("experiments.executors",),
    "SALib": ("experiments.design", "experiments.sensitivity"),
    "statsmodels": ("experiments.*",),
    "numba": ("experiments.bench_twin",),
    "solara": _CLASSROOM,
    "reacton": _CLASSROOM,
    "starlette": _CLASSROOM,
    "uvicorn": _CLASSROOM,
    "segno": _CLASSROOM,
}

# Where one lane and many, a scalar call and an array call, must give the same bits, and what breaks that.
BIT_EQUAL = (
    "model.rules",
    "model.rules.*",
    "model.plugins",
    "model.tactics",
    "model.agents",
    "model.agents.*",
    "model.markets",
    "model.nodes",
    "model.impact",
    "model.assessment",
    "model.commerce",
    "model.credits",
    "model.coalitions",
    "model.grids",
    "model.valuation",
    "model.mandate",
    "model.partial",
    "model.foresight",
    "model.menu",
    "model.layout",
    "model.priors",
    "model.quarter",
    "model.run_rules",
    "model.state",
    "model.stage",
    "model.phases",
    "model.phases.*",
    "model.columns",
    "model.lane",
    "model.world",
    "model.negotiation",
    "model.ensemble",
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


class Source(NamedTuple):
    """One file of Python."""

    module: str
    text: str
    is_package: bool = False


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def imports_of(source: Source, known: Iterable[str]) -> Iterator[Import]:
    """Every import that runs; ``from a import b`` means module a.b where ``known`` has it.

    Imports under ``if TYPE_CHECKING`` only name types: nothing depends on them when the program runs.
    """
    modules = set(known)
    tree = ast.parse(source.text)
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if node in typing_only:
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


def import_faults(source: Source, known: Iterable[str]) -> list[str]:
    """Imports from the project, and of others' packages, that the two tables do not allow."""
    row = next((allowed for room, allowed in MAY_IMPORT.items() if fnmatchcase(source.module, room)), None)
    if row is None:
        if not source.is_package:
            return [f"{source.module}: has no row in MAY_IMPORT (tests/house.py)"]
        row = ()
    if source.is_package:
        row = (*row, f"{source.module}.*")
    faults = []
    for name, line in imports_of(source, known):
        top = name.split(".")[0]
        if top in ("detente", "model", "experiments", "tests", "seeds"):
            if not matches(name, row) and name != source.module:
                faults.append(f"{source.module}:{line} imports {name}")
        elif top not in sys.stdlib_module_names and not matches(source.module, MAY_USE.get(top, ())):
            faults.append(f"{source.module}:{line} uses {name}")
    return faults


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
    for node in ast.walk(ast.parse(source.text)):
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
    for node in ast.walk(ast.parse(source.text)):
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


def length_faults(source: Source) -> list[str]:
    n_lines = len(source.text.splitlines())
    if n_lines > MOST_LINES:
        return [f"{source.module}: {n_lines} lines: cut it along a subject"]
    if n_lines < FEWEST_LINES and not source.is_package and not source.module.endswith(".__main__"):
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

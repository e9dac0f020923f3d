"""What ``docs/odd.md`` has to describe, read off the code: phases, rules, parameters, streams, state, columns.

Names and meanings come from where they are declared. Which submodel reads which parameter is read off the source:
every call of a rule in the model, with the parameters among its arguments.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import model
from experiments.catalogue.mechanisms import Mechanism, load_catalogue
from experiments.store.manifest import dictionary as columns_of_runs
from model.draws import STREAMS, Stream
from model.parameters.checked import BLOC_STEMS, DYAD_STEMS, PARAMETERS
from model.parameters.spec import ParameterSpec
from model.state import State

PACKAGE: Final = Path(str(model.__file__)).parent
RULES: Final = "model.rules"
#: Endings of parameters that are declared once a bloc or a dyad, longer ones first; a stem with a star names them all.
SUFFIXES: Final = ("cn_us", "cn_eu", "us_eu", "cn", "us", "eu")
_STEMS: Final = (*BLOC_STEMS, *DYAD_STEMS)
#: Whose attributes are parameters, in the code of the model.
_HOLDERS: Final = ("p", "parameters")
#: The method of a world that is asked for one which may differ between lanes.
_ASKED: Final = "setting"


class Rules(NamedTuple):
    """One file of rules: what it says of itself, its public functions, its fixed numbers (name, value, meaning)."""

    says: str
    functions: tuple[str, ...]
    constants: tuple[tuple[str, str, str], ...]


class Phase(NamedTuple):
    """One phase of a quarter: the comment above it in the schedule, its name, and what happens in it."""

    part: str
    name: str
    says: str


class Facts(NamedTuple):
    """Everything that the page is made of and held against.

    ``readers``: parameter -> files of rules that it is handed to. ``drawn_in``: stream -> files of the model that read
    it. ``unused``: (file, function) of rules that no run calls. ``columns``: table, column, unit, meaning.
    ``scenarios``: name, title, first and last quarter. ``words``: every word of the model's source, ``files``: the
    project's files, so that a name on the page that means nothing any more is found.
    """

    rules: Mapping[str, Rules]
    phases: tuple[Phase, ...]
    parameters: Mapping[str, ParameterSpec]
    readers: Mapping[str, frozenset[str]]
    streams: Mapping[str, Stream]
    drawn_in: Mapping[str, tuple[str, ...]]
    state: tuple[str, ...]
    columns: tuple[tuple[str, str, str, str], ...]
    mechanisms: tuple[Mechanism, ...]
    scenarios: tuple[tuple[str, str, str, str], ...]
    unused: frozenset[tuple[str, str]]
    words: frozenset[str]
    files: frozenset[str]


def known_facts() -> Facts:
    """The facts of this code."""
    sources = {
        path.relative_to(PACKAGE.parent).as_posix(): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))
    }
    rules = {
        name.removeprefix("model/rules/").removesuffix(".py"): text
        for name, text in sources.items()
        if name.startswith("model/rules/") and not name.endswith("__init__.py")
    }
    others = {name: text for name, text in sources.items() if not name.startswith("model/rules/")}
    callers = {name: text for name, text in others.items() if RULES in text}
    return Facts(
        rules={name: rules_of(text) for name, text in rules.items()},
        phases=phases_of(sources["model/schedule.py"]),
        parameters=PARAMETERS,
        readers=readers_of(callers.values()),
        streams=STREAMS,
        drawn_in=drawn_in(others),
        state=tuple(field.name for field in dataclasses.fields(State)),
        columns=columns(),
        mechanisms=load_catalogue(),
        scenarios=tuple(scenarios()),
        unused=unused(rules, callers.values()),
        words=frozenset(word for text in sources.values() for word in re.findall(r"\w+", text)),
        files=frozenset(files()),
    )


def columns() -> tuple[tuple[str, str, str, str], ...]:
    """Columns of the record, of a run's summary, and what a sweep adds to it (table ``runs``, units in the words)."""
    told = [(str(r.table), str(r.column), str(r.unit), str(r.meaning)) for r in model.dictionary().itertuples()]
    own = {name for table, name, _, _ in told if table == "summary"}
    told += [("runs", name, "", words) for name, words in columns_of_runs().items() if name not in own]
    return tuple(told)


def scenarios() -> Iterator[tuple[str, str, str, str]]:
    """Name, title, first and last quarter of every shipped scenario."""
    folder = model.seeds_directory() / "scenarios"
    for name in model.scenario_names():
        told: dict[str, Any] = {}
        file: str | None = name
        while file:
            own = model.read_toml(folder / f"{file}.toml", "scenario")[1]
            told, file = {**own, **told}, own.get("extends")
        yield name, told["title"], told["first_quarter"], told["last_quarter"]


def files() -> Iterator[str]:
    """Paths of the project's files from its root."""
    root = PACKAGE.parent
    yield from (path.name for path in root.glob("*.*"))
    for folder in ("model", "experiments", "seeds", "docs", "tests"):
        for path in (root / folder).rglob("*.*"):
            yield path.relative_to(root).as_posix()


# --- reading source -------------------------------------------------------------------------------------------------


def rules_of(text: str) -> Rules:
    """What a file of rules holds."""
    tree, lines = ast.parse(text), text.splitlines()
    says = (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ")
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
    return Rules(says, tuple(functions), tuple(_constants(tree, lines)))


def _constants(tree: ast.Module, lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Public numbers and rows of numbers with the comment above them (neighbours may share one)."""
    about, last = "", -1
    for node in tree.body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None):
            continue
        first = node.lineno - 1
        while first > 0 and lines[first - 1].startswith("#"):
            first -= 1
        words = " ".join(line.lstrip("#: ") for line in lines[first : node.lineno - 1])
        about = words or (about if node.lineno == last + 1 else "")
        last = node.end_lineno or node.lineno
        value = ast.unparse(node.value)
        if not node.target.id.startswith("_") and re.fullmatch(r"[-\d.e+ ,()/]+", value):
            yield node.target.id, value.removeprefix("(").removesuffix(")"), about


def phases_of(text: str) -> tuple[Phase, ...]:
    """The phases in the order of ``play_quarter``, each with the comment above its part and the one beside it."""
    tree, lines = ast.parse(text), text.splitlines()
    (page,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    found, part = [], ""
    for node in page.body:
        above = lines[node.lineno - 2].strip()
        part = above.lstrip("# ") if above.startswith("#") else part
        called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
        if isinstance(called, ast.Attribute):
            found.append(Phase(part, called.attr, lines[node.lineno - 1].partition("#")[2].strip()))
    return tuple(found)


def readers_of(texts: Iterable[str]) -> dict[str, frozenset[str]]:
    """Parameter -> files of rules to which it is handed as an argument, also by way of a local name."""
    readers: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        tree = ast.parse(text)
        alias = dict(_imported_rules(tree))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            local: dict[str, set[str]] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    _remember(node, local)
            for node in ast.walk(function):
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                    rule = alias.get(called.value.id)
                    handed = [*node.args, *(word.value for word in node.keywords)] if isinstance(node, ast.Call) else []
                    for name in {name for part in handed if rule for name in _parameters_in(part, local)}:
                        readers[name].add(str(rule))
    return {name: frozenset(files) for name, files in readers.items()}


def _imported_rules(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == RULES:
            yield from ((name.asname or name.name, name.name) for name in node.names)


def _remember(node: ast.Assign, local: dict[str, set[str]]) -> None:
    """A local name that stands for parameters, one by one where a row is assigned to a row."""
    targets, value = node.targets[0], node.value
    pairs: list[tuple[ast.expr, ast.expr]] = [(targets, value)]
    if isinstance(targets, ast.Tuple) and isinstance(value, ast.Tuple) and len(targets.elts) == len(value.elts):
        pairs = list(zip(targets.elts, value.elts, strict=True))
    for target, part in pairs:
        if isinstance(target, ast.Name):
            local[target.id] = local.get(target.id, set()) | set(_parameters_in(part, local))


def _parameters_in(node: ast.AST, local: Mapping[str, set[str]]) -> Iterator[str]:
    """Parameters that an expression holds; results of calls are others' numbers, but for NumPy's."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == _ASKED:
            yield from named_by(ast.literal_eval(node.args[0]))
            return
        own = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
        if not (own and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("np", "math")):
            return
    if isinstance(node, ast.Attribute):
        holder = node.value
        held = holder.id if isinstance(holder, ast.Name) else holder.attr if isinstance(holder, ast.Attribute) else ""
        if held in _HOLDERS:
            yield from named_by(node.attr + ("_*" if node.attr in _STEMS else ""))
    if isinstance(node, ast.Name):
        yield from local.get(node.id, ())
    for inner in ast.iter_child_nodes(node):
        yield from _parameters_in(inner, local)


def named_by(name: str, known: Mapping[str, Any] = PARAMETERS) -> list[str]:
    """The parameters that a name stands for: itself, or with ``_*`` at its end those of all blocs or dyads."""
    if name.endswith("_*"):
        return [whole for suffix in SUFFIXES if (whole := name[:-1] + suffix) in known]
    return [name] if name in known else []


def drawn_in(sources: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Stream -> the files in which ``draws.NAME`` or ``luck.NAME`` is read."""
    pattern = re.compile(r"\b(?:draws|luck)\.(\w+)")
    found: dict[str, list[str]] = {name: [] for name in STREAMS}
    for file, text in sources.items():
        for name in dict.fromkeys(pattern.findall(text)):
            if name in found:
                found[name].append(file)
    return {name: tuple(files) for name, files in found.items()}


def unused(rules: Mapping[str, str], others: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Public functions of rules that nothing else in the model uses: benchmarks and readings of results."""
    used: set[tuple[str, str]] = set()
    for text in others:
        tree = ast.parse(text)
        alias = dict(_imported_rules(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{RULES}."):
                used |= {((node.module or "").rpartition(".")[2], name.name) for name in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in alias:
                used.add((alias[node.value.id], node.attr))
    public: set[tuple[str, str]] = set()
    for file, text in rules.items():
        tree = ast.parse(text)
        own = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        public |= {(file, name) for name in own if name[0] != "_"}
        # What a used function calls is used as well.
        ahead = [name for name in own if (file, name) in used]
        while ahead:
            for node in ast.walk(own[ahead.pop()]):
                if isinstance(node, ast.Name) and node.id in own and (file, node.id) not in used:
                    used.add((file, node.id))
                    ahead.append(node.id)
    return frozenset(public - used)

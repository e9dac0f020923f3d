"""The walls stand: imports, lengths, operators, chance, words, pins, commands. And each check can fail."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import house
import numpy as np
import pytest
from house import Source

from model.market.border import MECHANISMS
from model.parameters.checked import PARAMETERS
from model.parameters.mechanisms import MECHANISM_GROUPS

ROOT = Path(__file__).resolve().parent.parent
CODE = ("detente", "model", "experiments")


def read_sources(folders: tuple[str, ...]) -> list[Source]:
    found = []
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        found.append(Source(".".join(parts[:-1] if is_package else parts), path.read_text("utf-8"), is_package))
    return found


SOURCES = read_sources(CODE)
KNOWN = [source.module for source in SOURCES]


@pytest.fixture(autouse=True, scope="module")
def trees_are_forgotten() -> Iterator[None]:
    """Parsed sources take a hundred megabytes, for which tests of other files have no use."""
    yield
    house.tree_of.cache_clear()


def tracked_files() -> list[str]:
    """Names of the files that a checkout has; in an unpacked archive, all but what tools leave behind."""
    git = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if git.returncode == 0:
        return [name for name in git.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    return [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]


def text_of(name: str) -> str:
    """The file's text; nothing for pictures and the like."""
    try:
        return (ROOT / name).read_text("utf-8")
    except UnicodeDecodeError:
        return ""


# --- The project as it is -------------------------------------------------------------------------


def test_imports_go_downward_only() -> None:
    assert len(SOURCES) > 3
    assert [fault for source in SOURCES for fault in house.import_faults(source, KNOWN)] == []


def test_switches_are_asked_at_few_places() -> None:
    """Whoever is moved by a switch asks for what it comes to (``RunRules``, ``market.border``), once worked out."""
    switches = {name for name, spec in PARAMETERS.items() if spec.kind == "bool"}
    optional = {row.name for group in MECHANISM_GROUPS for row in dataclasses.fields(group)} & switches
    inside = [s for s in SOURCES if s.module.startswith("model.") and not s.module.startswith("model.parameters")]
    for names, most in ((switches, house.MOST_SWITCH_PLACES), (optional, house.MOST_OPTIONAL_PLACES)):
        found = [place for source in inside for place in house.switch_places(source, names)]
        assert found and len(found) <= most, (len(found), found)


@pytest.mark.parametrize("switch", [mechanism.switch for mechanism in MECHANISMS])
def test_a_mechanism_at_the_border_is_named_in_few_files(switch: str) -> None:
    named = [s.module for s in SOURCES if s.module.startswith("model.") and re.search(rf"\b{switch}\b", s.text)]
    assert 2 <= len(named) <= house.MOST_FILES_OF_A_MECHANISM, named


def test_no_module_imports_itself_through_others() -> None:
    graph = {
        source.module: {found.name for found in house.imports_of(source, KNOWN)} & set(KNOWN)
        for source in SOURCES
        if not source.is_package
    }
    assert house.circles(graph) == []


def test_no_test_is_imported() -> None:
    for source in read_sources((*CODE, "tests")):
        # Whoever imports a test names that folder, or goes through a relative import.
        if re.search(r"tests|from\s+\.", source.text) is None:
            continue
        assert [f for f in house.imports_of(source, ()) if f.name.split(".")[0] == "tests"] == [], source.module


def test_files_are_neither_long_nor_tiny() -> None:
    assert [fault for source in SOURCES for fault in house.length_faults(source)] == []


def test_functions_are_not_long_and_long_ones_do_not_grow() -> None:
    found = {name: n_lines for source in SOURCES for name, n_lines in house.long_functions(source).items()}
    assert set(found) == set(house.LONG_FUNCTIONS), "cut it along a subject, or strike it from the list"
    assert [name for name, n_lines in found.items() if n_lines > house.LONG_FUNCTIONS[name]] == []


def test_nothing_breaks_bit_equality() -> None:
    inside = [source for source in SOURCES if house.matches(source.module, house.BIT_EQUAL)]
    assert inside
    assert [fault for source in inside for fault in house.bit_faults(source)] == []


def test_chance_comes_from_draws_alone() -> None:
    elsewhere = [s for s in SOURCES if s.module.startswith("model") and s.module != "model.draws"]
    assert [fault for source in elsewhere for fault in house.chance_faults(source)] == []


# Start-up matters on the command line, and the sweep must run where Mesa is not.
@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("model", ("mesa", "pandas", "matplotlib")),
        ("model.ensemble", ("mesa", "pandas", "matplotlib")),
        # The process that plays clouds stays beside the page's for as long as that does: 50 MB less.
        ("experiments.classroom.opening", ("mesa", "networkx", "pandas", "pyarrow", "matplotlib", "scipy.linalg")),
    ],
)
def test_what_importing_a_module_leaves_out(module: str, unwanted: tuple[str, ...]) -> None:
    assert module in KNOWN
    # From SciPy 1.18 on its special functions, which the model stands on, load its linear algebra by themselves.
    assert loaded_by(module, unwanted) == loaded_by("scipy.special", unwanted)


def loaded_by(module: str, unwanted: tuple[str, ...]) -> list[str]:
    """Which of the unwanted packages a fresh interpreter has after importing the module."""
    code = f"import sys, {module}; print(*[name for name in {unwanted!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.split()


def test_words() -> None:
    names = tracked_files()
    assert "pyproject.toml" in names
    assert [fault for name in names for fault in house.word_faults(name, text_of(name))] == []


@pytest.mark.parametrize("version", ["311", "312", "313"])
def test_constraints_pin_every_dependency(version: str) -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *(n for extra in project["optional-dependencies"].values() for n in extra),
    ]
    # An extra may name another one of the project's own, whose packages are in the list anyway.
    wanted = [name for name in wanted if not name.startswith(f"{project['name']}[")]
    text = text_of(f"constraints-py{version}.txt")
    assert house.pin_faults(text, wanted) == []
    assert "http" not in text


def test_readme_shows_only_commands_that_exist() -> None:
    for name in tracked_files():
        if name.endswith(".md"):
            assert house.command_faults(text_of(name), text_of("Makefile")) == [], name


def test_the_map_of_the_code_is_of_this_code() -> None:
    page = text_of("docs/where_things_are.md")
    questions, rooms = page.split("## Rooms")
    found = re.findall(r"^\|[^|]+\|([^|]+)\|([^|]+)\|$", questions, re.MULTILINE)[2:]
    assert len(found) > 10
    for files, words in found:
        text = "".join(text_of(name) for name in re.findall(r"`([\w/]+\.py)`", files + words))
        assert text, files
        assert [name for name in re.findall(r"`(?:Session\.)?(\w+)`", words) if f"def {name}(" not in text] == []
    named = set(re.findall(r"`(\w+)(?:/|\.py)`", rooms))
    below = {name.split(".")[1] for name in KNOWN if "." in name and not name.startswith("detente")}
    assert below - {"py"} <= named


def test_floating_point_faults_raise() -> None:
    zero = np.zeros(1)
    with pytest.raises(FloatingPointError):
        1.0 / zero
    with pytest.raises(FloatingPointError):
        np.exp(zero + 1000.0)
    with pytest.raises(FloatingPointError):
        np.log(zero - 1.0)
    assert np.exp(zero - 1000.0) == 0.0


# --- Each check can fail --------------------------------------------------------------------------

PLANTED_KNOWN = [
    "model.numerics",
    "model.rules.trust",
    "model.rules.demand",
    "model.ensemble",
    "model.record.recorder",
]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("model.rules.demand", "from model.rules import trust"),
        ("model.rules.demand", "from . import trust"),
        ("model.rules.demand", "from .trust import update"),
        ("model.rules.demand", "import model.parameters.checked"),
        ("model.rules.demand", "import scipy"),
        ("model.vocabulary", "from model import numerics"),
        ("model.vocabulary", "import tests.house"),
        ("model.agents.bloc", "from model.state import State"),
        ("model.agents.bloc", "from model.stage import Stage"),
        ("model.agents.bloc", "import mesa"),
        ("model.stage", "from model.phases import talks"),
        ("model.phases.talks", "from model.world import World"),
        ("model.phases.talks", "from model.record.columns import dyads"),
        ("model.record.lane", "from model.world import World"),
        ("model.scenario.arrays", "from model.market.clearing import landed_costs"),
        ("model.state", "from model.agents.bloc import Bloc"),
        ("model.telling.story", "from model.state import State"),
        ("model.market.clearing", "from model.agents import bloc"),
        ("model.ensemble", "from model.world_file import load_world"),
        ("model.ensemble", "def f():\n    import mesa"),
        ("model.ensemble", "from model.negotiation import NegotiationModel"),
        ("model.negotiation", "from model.ensemble import Ensemble"),
        ("model.record.recorder", "import experiments"),
        ("experiments.league.table", "from experiments.sensitivity.figures import sensitivity_figure"),
        ("model.nobody_knows_me", ""),
        ("experiments.running.runner", "from model.ensemble import Ensemble"),
        ("experiments.running.runner", "from model import ensemble"),
        ("experiments.running.runner", "import matplotlib.pyplot"),
        ("experiments.running.runner", "import some_package_of_others"),
        ("experiments.running.runner", "import detente"),
        ("experiments.design.plan", "if TYPE_CHECKING:\n    from experiments.store.folder import Results"),
    ],
)
def test_a_planted_import_is_found(module: str, line: str) -> None:
    assert house.import_faults(Source(module, line), PLANTED_KNOWN)


@pytest.mark.parametrize(
    ("module", "line", "is_package"),
    [
        ("model.rules.demand", "import numpy as np\nfrom model.numerics import ordered_sum", False),
        ("model.rules.demand", "from ..numerics import ordered_sum", False),
        ("model.numerics", "from scipy import special", False),
        ("model.agents.bloc", "from model.agents.government import Government\nfrom model.rules import demand", False),
        ("model.negotiation", "import mesa\nfrom model.world import World", False),
        ("model.world", "from model.phases import talks\nfrom model.stage import Stage", False),
        ("model.state", "from model.market.clearing import landed_costs", False),
        ("model", "from model.ensemble import Ensemble\nfrom . import record", True),
        ("model.rules", "from . import trust", True),
        ("experiments.running.runner", "from model import Ensemble\nfrom experiments.design.plan import points", False),
    ],
)
def test_a_proper_import_is_let_through(module: str, line: str, is_package: bool) -> None:
    assert house.import_faults(Source(module, line, is_package), PLANTED_KNOWN) == []


def test_a_planted_circle_is_found() -> None:
    assert house.circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]
    assert house.circles({"a": {"b"}, "b": set()}) == []


@pytest.mark.parametrize(
    "line",
    [
        "x = y ** 2",
        "x **= 2",
        "x = a @ b",
        "x @= b",
        "import math",
        "from math import exp",
        "from numpy import einsum",
        "x = np.einsum('ij->i', a)",
        "x = a.dot(b)",
        "x = np.matmul(a, b)",
        "x = sum(terms)",
        "x = list(map(sum, rows))",
        "x = a.sum(axis=-1)",
        "x = np.mean(a)",
        "x = np.add.reduce(a)",
        "x = pow(a, 2)",
    ],
)
def test_a_planted_operator_is_found(line: str) -> None:
    assert len(house.bit_faults(Source("model.rules.demand", line))) == 1


def test_harmless_operators_are_let_through() -> None:
    text = "def f(x, **rest):\n    'sum(x) ** 2'\n    return np.maximum.reduce(x) * g(**rest) + ordered_sum(x)"
    assert house.bit_faults(Source("model.rules.demand", text)) == []


@pytest.mark.parametrize(
    "line",
    ["x = np.random.normal()", "import random", "from numpy import random", "from numpy.random import PCG64"],
)
def test_planted_chance_is_found(line: str) -> None:
    assert house.chance_faults(Source("model.rules.demand", line))


def test_a_planted_switch_is_found() -> None:
    text = "def f(p, world, state):\n    return p.grit, world.parameters.grit, state.grit, getattr(p, name), p.alpha"
    assert house.switch_places(Source("model.phases.talks", text), {"grit"}) == [
        "model.phases.talks:2 p.grit",
        "model.phases.talks:2 world.parameters.grit",
        "model.phases.talks:2 getattr(p, name)",
    ]


def test_planted_lengths_are_found() -> None:
    for n_lines, is_fault in ((39, True), (40, False), (400, False), (401, True)):
        assert bool(house.length_faults(Source("model.state", "x = 1\n" * n_lines))) is is_fault
    assert house.length_faults(Source("model", "x = 1\n", is_package=True)) == []
    assert house.length_faults(Source("detente.__main__", "x = 1\n")) == []


def test_a_planted_long_function_is_found() -> None:
    for n_lines, found in ((60, {}), (61, {"model.state.f": 61})):
        text = "def f():\n" + "    x = 1\n" * (n_lines - 1)
        assert house.long_functions(Source("model.state", text)) == found


def test_a_planted_start_up_import_is_found() -> None:
    assert loaded_by("json", ("json", "mesa")) == ["json"]


@pytest.mark.parametrize(
    "line",
    [
        "see /" + "work/notes.md",
        'open("/' + 'home/someone/data.csv")',
        "C:" + "\\Users\\someone",
        "https://" + "pypi" + ".org/simple",
        "files." + "python" + "hosted.org",
        "registry." + "npm" + "js.org",
        "# TO" + "DO later",
        "# FIX" + "ME",
        "XX" + "X",
    ],
)
def test_a_planted_word_is_found(line: str) -> None:
    assert house.word_faults("notes.md", line)


def test_harmless_words_are_let_through() -> None:
    text = "https://example.eu/home/page\n#!/usr/bin/env bash\n$HOME/.pyenv/versions\n./" + "work/x"
    assert house.word_faults("notes.md", text) == []


def test_planted_pins_are_found() -> None:
    text = "numpy==2.4.6\nmesa @ http://somewhere\nPyYAML>=6\n"
    assert house.pin_faults(text, ["numpy>=2", "dask[distributed]"]) == [
        "mesa @ http://somewhere",
        "PyYAML>=6",
        "dask is not pinned",
    ]
    assert house.pin_faults("scikit_learn==1.0\n", ["scikit-learn"]) == []


def test_a_planted_command_is_found() -> None:
    makefile = "demo: core\n\t@true\ntest-slow: dev\n"
    assert house.command_faults("Run `make demo`, then\n```\nmake test-slow\nmake tea\n```", makefile) == ["make tea"]
    assert house.command_faults("We make progress.", makefile) == []


def test_files_and_commands_that_texts_name_are_there() -> None:
    # The list of changes speaks of what was.
    pages = [name for name in tracked_files() if name.endswith(".md") and name != "CHANGELOG.md"]
    assert house.named_faults(SOURCES, {name: text_of(name) for name in pages}) == []


def test_a_planted_name_of_no_file_is_found() -> None:
    source = Source("model.market.border", '"""Told in ``clearing.py`` and in ``no_such_file.py``."""')
    pages = {"docs/x.md": "`python -m experiments.nowhere`, `model/market/border.py`, `model/nowhere.py`"}
    known = [source, Source("model.market.clearing", "")]
    assert house.named_faults(known, pages) == [
        "model.market.border names no_such_file.py",
        "docs/x.md names experiments.nowhere",
        "docs/x.md names model/nowhere.py",
    ]

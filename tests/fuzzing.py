"""Hostile input: files and values that nobody would write, each to end in success or in one clear message.

``make fuzz`` plays the whole campaign, ``tests/test_hostile_input.py`` a few hundred cases of it.
Cases are what the project ships, edited: values made absurd, pieces lost, doubled or moved, bytes changed. Hypothesis
draws the edits and makes a failing case small.

A target takes a case and plays it. To refuse it is to raise ``InputFault`` with a message; anything else that comes out
is a finding.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from rich.console import Console

from experiments.cli.main import parse_settings
from experiments.design.plan import combinations
from experiments.design.plan_file import load_plan
from experiments.display.console import prose, say
from experiments.display.grids import Grid
from experiments.display.streams import Stream, plain
from experiments.league.league import load_league
from experiments.store.folder import Results
from experiments.store.kept import plan_of
from model import (
    PARAMETERS,
    Conduct,
    InputFault,
    Moment,
    load_scenario,
    load_tactics,
    make_parameters,
    registered,
    unload,
)

HERE = Path(__file__).parent
ROOT = HERE.parent
MOST_WORDS = 20_000  # characters of a message: faults are many, and each is one line

#: Values that readers have stumbled over.
NASTY = (
    *(
        "nan",
        "inf",
        "-inf",
        "-1",
        "0",
        "1e999",
        "1e308",
        "-0.0",
        "9" * 30,
        "9" * 5000,
        "0x" + "f" * 4000,
        "1,000",
        "\u22121",
        "\u201ca\u201d",
        "1\u00a0000",
        "0x7fffffffffffffff",
        "1979-05-27",
        "07:32:00",
    ),
    *(
        "true",
        "''",
        '""',
        "[]",
        "{}",
        "[[]]",
        "[1, 'a']",
        "[nan]",
        '"\\u0000"',
        '"../../escape"',
        '"/etc/passwd"',
        "'\\'",
    ),
    *(
        '"x" ',
        "[[[[[[]]]]]]",
        "{a = {b = {c = 1}}}",
        '"' + "y" * 3000 + '"',
        "1_000",
        "3.5",
        '"2026"',
        '"CN"',
        "[1, 2, 3]",
    ),
    *("[0.1, 0.2]", '"symmetric"', '["none", "group"]', '"leaders"', "'''a\nb'''", "-9223372036854775808", "1e-320"),
)
#: Texts that readers and printers have stumbled over: markup, mathematics, what looks missing, letters of elsewhere.
TEXTS = (
    *("[level]", "yes [/b]", "[bold red]x", "[link=http://x]y", "\\[a]", "[", "]", ":smile:", "{x}", "%s"),
    *("$5 bn against $10 bn", "$a_{$ fund", "\\frac{1}{2}", "$$", "a_b^c", "<b>&amp;", "*_`"),
    *("NA", "nan", "None", "null", "-", "1", "007", "1.0", "true", "inf", "0,5", " x ", ""),
    *("\u5bf9\u8bdd", "Stra\u00dfe", "\u202etxet", "\x1b[2J", "e\u0301", "\U0001f4a5", "\u00a0", "_x", "=1+1", "@x"),
)
# How editors save a text: the bytes of an edited one.
SAVED = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "gbk", "latin-1")
SHOWN_IN = ("utf-8", "cp1252", "ascii", "gbk")
ENDS = ("\n", "\n", "\r\n", "\r")
PIECES = (
    "[",
    "]",
    "{",
    "}",
    "=",
    '"',
    "'",
    "\n",
    "#",
    ",",
    ".",
    "\x00",
    "\ufeff",
    "é",
    "💥",
    "\r",
    "\t",
    "[[x]]\n",
    "a.b.c = 1\n",
)


@st.composite
def edited(draw: st.DrawFn, corpus: list[str]) -> str:
    """A text of the corpus with a few edits."""
    text = draw(st.sampled_from(corpus))
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(("value", "value", "value", "text", "key", "cut", "put", "double", "swap")))
        lines = text.split("\n")
        at = draw(st.integers(0, max(0, len(lines) - 1)))
        line = lines[at] if lines else ""
        if kind == "value" and "=" in line:
            lines[at] = f"{line.split('=', 1)[0]}= {draw(st.sampled_from(NASTY))}"
            text = "\n".join(lines)
        elif kind == "text" and "=" in line:
            words = json.dumps(draw(st.sampled_from(TEXTS)), ensure_ascii=draw(st.booleans())).replace("\x7f", "")
            lines[at] = f"{line.split('=', 1)[0]}= {words}"
            text = "\n".join(lines)
        elif kind == "key" and "=" in line:
            name = draw(st.sampled_from(["", "x", "title", "generosity", "levels", '"a b"', "é", "name", "settings"]))
            lines[at] = f"{name} ={line.split('=', 1)[1]}"
            text = "\n".join(lines)
        elif kind == "double":
            text = "\n".join([*lines[:at], line, *lines[at:]])
        elif kind == "swap" and len(lines) > 1:
            to = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[to] = lines[to], lines[at]
            text = "\n".join(lines)
        elif kind == "put":
            place = draw(st.integers(0, len(text)))
            text = text[:place] + draw(st.sampled_from(PIECES) | st.text(max_size=8)) + text[place:]
        else:
            first = draw(st.integers(0, len(text)))
            text = text[:first] + text[first + draw(st.integers(1, 60)) :]
    return text


@st.composite
def saved(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> bytes:
    """A text as some editor saves it."""
    text = draw(texts).replace("\n", draw(st.sampled_from(ENDS)))
    name = draw(st.sampled_from(SAVED))
    return text.encode(name, "surrogatepass" if name.startswith("utf") else "replace")


@st.composite
def tables_of_points(draw: st.DrawFn) -> str:
    """A table whose cells are numbers and texts, as a spreadsheet might write it."""
    heads = draw(st.lists(st.sampled_from(["name", "id", "generosity", "exit_cost", "", "tariff_issues"]), max_size=4))
    cell = st.sampled_from(TEXTS) | st.sampled_from(["0", "0.5", "0,5", "true", "1", ""])
    rows = draw(st.lists(st.lists(cell, min_size=len(heads), max_size=len(heads) + 1), max_size=4))
    separator = draw(st.sampled_from([",", ",", ";", "\t"]))
    return "\n".join(separator.join(row) for row in [heads, *rows])


# --- the corpora ------------------------------------------------------------------------------------------------------


def texts(*patterns: str) -> list[str]:
    """What the project ships, by patterns of paths, shortest first, so that small cases come first."""
    found = [path.read_text(encoding="utf-8") for pattern in patterns for path in ROOT.glob(pattern)]
    return sorted(found, key=len)


LEAGUE = """title = "Two"
scenarios = ["2026"]
situations = 3
replicates = 4
root_seed = 5
[settings]
dialogue_ceiling = "group"
[[players]]
name = "late"
exponent = 0.25
tactic = "matching"
[[players]]
name = "early"
acceptance = "deadline"
"""
TABLE = (
    "generosity,exit_cost,retaliation_rule,tariff_issues\n0.1,0.2,grim,true\n0.3,0.4,generous,false\n0.5,0,grim,true\n"
)
OF_A_TABLE = 'title = "t"\nquestion = "q"\nscenario = "2026"\ndesign = "table"\ntable = "points.csv"\n'
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


# --- the targets ------------------------------------------------------------------------------------------------------


class Bench:
    """A folder of its own for the targets to write their cases into, and a small sweep to spoil."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "sound"
        self._make_results()
        self.manifest = (self.results / "manifest.json").read_text(encoding="utf-8")
        self.parts = sorted((self.results / "runs").glob("*.parquet"))

    def _make_results(self) -> None:
        from sample_runs import PLAN, made_up

        from experiments.running.runner import run_plan

        path = self.folder / "sound.toml"
        plan, _, _ = PLAN.partition("[[contrasts]]")
        path.write_text(plan.replace("replicates = 6", "replicates = 2"), encoding="utf-8")
        run_plan(load_plan(path), self.results, 1, work=made_up)

    def file(self, name: str, text: str | bytes) -> Path:
        """A case as a file."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return path

    def plan(self, text: str | bytes) -> None:
        """A plan file; one that is accepted must be made of sound points with a name that is one."""
        plan = load_plan(self.file("case.toml", text))
        assert plan.points and all(make_parameters(point.settings) for point in plan.points[:3])
        assert list(combinations(())) == [{}]
        assert not set(plan.name) & set("/\\") and not plan.name.startswith(".")

    def league(self, text: str) -> None:
        """A league plan."""
        assert len(load_league(self.file("league.toml", text)).players) >= 2

    def scenario(self, text: str | bytes) -> None:
        """A scenario file."""
        scenario = load_scenario(self.file("case-scenario.toml", text))
        assert scenario.n_quarters > 0 and np.all(np.isfinite(scenario.market_size))

    def table(self, text: str | bytes) -> None:
        """A CSV of design points; names are texts, and one fault is one line."""
        self.file("points.csv", text)
        plan = load_plan(self.file("of-a-table.toml", OF_A_TABLE))
        assert plan.points and all(isinstance(arm, str) and arm == arm.strip() for arm in plan.arms)
        assert len({type(known) for known in plan.ids}) <= 1

    def shown(self, case: tuple[list[str], int, str]) -> None:
        """Texts on screen: nothing is read as markup, nothing is lost, nothing is wider than the screen."""
        texts, width, encoding = case
        inner = io.TextIOWrapper(io.BytesIO(), encoding, newline="")
        console = Console(file=Stream(inner, True), width=width, highlight=False)  # type: ignore[arg-type]
        grid = Grid(texts[0], ("group", "label"), ("value",), {"prose": 12}, is_grouped=True)
        for number, text in enumerate(texts):
            grid.row(texts[0], text, number, text)
            say(console, text)
            prose(console, text, indent=2)
        grid.show(console)
        inner.flush()
        told = inner.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
        seen = "".join(told.split())
        for text in texts if encoding == "utf-8" else ():
            assert (
                "".join(plain(text).encode("ascii", "ignore").decode().split())
                in seen.encode("ascii", "ignore").decode()
            ), text
        assert "\x1b" not in told

    def figure(self, texts: list[str]) -> None:
        """Texts in a figure: whatever they are, it is drawn."""
        from experiments.display.figure_style import saver

        def draw() -> Any:
            import matplotlib.pyplot as plt

            drawn, axis = plt.subplots(figsize=(2, 2))
            axis.set_title(texts[0])
            axis.set_xticks(range(len(texts)), texts)
            return drawn

        saver(draw)(self.folder / "figure.png")
        assert (self.folder / "figure.png").stat().st_size > 0

    def parameters(self, case: tuple[dict[str, Any], list[str]]) -> None:
        """Parameters from a program, and ``--set`` from the command line."""
        values, words = case
        try:
            parameters = make_parameters(values)
        except InputFault:
            pass
        else:
            assert make_parameters(parameters.as_dict()) == parameters
        make_parameters(parse_settings(words))

    def tactics(self, text: str) -> None:
        """A file of tactics: loaded, and each of its functions called."""
        file = load_tactics(self.file("case_tactics.py", text))
        try:
            one = Moment(0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.0, 1.0, 2.0)
            many = Moment(*(np.full(3, value) for value in one))
            for plugin in registered(file.sha256):
                for moment in (one, many):
                    if plugin.kind == "tactic":
                        share = plugin.function(moment)
                        assert np.all((share >= 0.0) & (share <= 1.0)) and np.shape(share) == np.shape(moment.time)
                    elif plugin.kind == "acceptance":
                        assert np.asarray(plugin.function(moment.best, moment.best, moment)).dtype == bool
                    elif plugin.kind == "stance":
                        level, left = plugin.function(Conduct(1.0, 1.0, 0.0, 0.5, 1.0, 0.3, 0.8, 8.0))
                        assert 0.0 <= level <= 1.0 and left >= 0.0
        finally:
            unload(file)

    def manifest_of(self, text: str) -> None:
        """A results folder whose manifest somebody edited: read as the report, the search and the replay read it."""
        self._spoil("manifest.json", text.encode("utf-8", "surrogatepass"))
        self._read()

    def part(self, case: tuple[int, list[tuple[float, int]], float]) -> None:
        """A results folder with a damaged part: bytes changed, or cut short."""
        which, changes, length = case
        source = self.parts[which % len(self.parts)]
        data = bytearray(source.read_bytes())
        for place, value in changes:
            data[int(place * (len(data) - 1))] = value
        self._spoil(f"runs/{source.name}", bytes(data[: max(0, int(length * len(data)))]))
        self._read()

    def log(self, text: str) -> None:
        """A results folder whose list of parts somebody edited: what it says is damaged is put aside."""
        self._spoil("parts.log", text.encode("utf-8", "surrogatepass"))
        from experiments.running.portions import chunk_at

        results = Results.open(self.folder / "spoilt")
        plan = plan_of(results)
        finished, damaged = results.take_stock(lambda *place: chunk_at(plan, "mesa", place))
        assert len(finished) + len(damaged) <= len(self.parts)
        assert not (self.folder / "escape").exists()

    def _spoil(self, name: str, data: bytes) -> None:
        spoilt = self.folder / "spoilt"
        shutil.rmtree(spoilt, ignore_errors=True)
        shutil.copytree(self.results, spoilt)
        (spoilt / name).write_bytes(data)

    def _read(self) -> None:
        from experiments.discovery.discover import inputs_of
        from experiments.running.runner import chunks_of

        results = Results.open(self.folder / "spoilt")
        plan = plan_of(results)
        assert list(chunks_of(plan))
        with contextlib.suppress(InputFault):  # it has too few points to search, whatever was done to it
            inputs_of(results)
        results.read(["dyad", "mean_depth", "emerged"])
        results.run(0, 0)
        results.read_failures()


def targets(bench: Bench) -> dict[str, tuple[Callable[[Any], None], st.SearchStrategy[Any], int]]:
    """By name: what plays a case, what draws it, and its share of a campaign, in parts of a hundred."""
    names = st.sampled_from(sorted(PARAMETERS)) | st.text(max_size=12)
    values = ANYTHING | st.sampled_from(["leaders", "grim", 0.5, 3, True, "nan", -0.0, 1e400, 10**400, -(10**5000)])
    words = st.builds("{}={}".format, names, st.sampled_from(NASTY) | st.text(max_size=10)) | st.text(max_size=20)
    parameters = st.tuples(st.dictionaries(names, values, max_size=5), st.lists(words, max_size=3))
    words_shown = st.lists(st.sampled_from(TEXTS) | st.text(max_size=40), min_size=1, max_size=4)
    plans = texts("experiments/plans/*.toml")
    scenarios = texts("seeds/scenarios/*.toml", "tests/data/bad_scenarios/*.toml")
    tactics = texts("tests/data/tactics/*.py")
    changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6)
    parts = st.tuples(st.integers(0, 99), changes, st.just(1.0) | st.floats(0, 1))
    log = (bench.results / "parts.log").read_text(encoding="utf-8")
    return {
        "plan": (bench.plan, edited(plans) | saved(edited(plans)), 15),
        "parameters": (bench.parameters, parameters, 38),
        "scenario": (bench.scenario, edited(scenarios) | saved(edited(scenarios)), 12),
        "table": (bench.table, edited([TABLE]) | saved(tables_of_points() | edited([TABLE])), 6),
        "shown": (bench.shown, st.tuples(words_shown, st.integers(20, 120), st.sampled_from(SHOWN_IN)), 4),
        "figure": (bench.figure, words_shown, 1),
        "league": (bench.league, edited([LEAGUE]), 5),
        "tactics": (bench.tactics, edited(tactics), 12),
        "manifest": (bench.manifest_of, edited_json(bench.manifest), 4),
        "part": (bench.part, parts, 2),
        "log": (bench.log, edited([log]), 1),
    }


@st.composite
def edited_json(draw: st.DrawFn, text: str) -> str:
    """A manifest with values of another kind, keys lost, or its text edited."""
    if draw(st.booleans()):
        return draw(edited([text]))
    table = json.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        place: Any = table
        key: Any = draw(st.sampled_from(sorted(place)))
        while draw(st.booleans()) and isinstance(place[key], dict | list) and place[key]:
            place = place[key]
            key = (
                draw(st.sampled_from(sorted(place)))
                if isinstance(place, dict)
                else draw(st.integers(0, len(place) - 1))
            )
        if draw(st.booleans()):
            place[key] = draw(
                st.sampled_from([None, -1, 0, 1e300, "", "../../escape", [], {}, [[]], True, {"a": None}, "x\0"])
            )
        elif isinstance(place, dict):
            place.pop(key, None)
        if not isinstance(table, dict) or not table:
            break
    return json.dumps(table)


def message_fault(fault: InputFault) -> str:
    """What is wrong with a refusal (empty: nothing): it must say something, and be lines that a person can read."""
    said = str(fault)
    if not fault.faults or not all(line.strip() for line in fault.faults):
        return "it says nothing"
    if re.search(r"Traceback|<.* object at 0x", said):
        return f"it shows the program's inside: {said[:300]}"
    return f"it has {len(said)} characters" if len(said) > MOST_WORDS else ""


def play(target: Callable[[Any], None], case: Any) -> str:
    """How a case ends: accepted or refused; what is neither is raised."""
    try:
        with warnings.catch_warnings():
            # Code that somebody wrote may warn, as `"a" is 1` does; a warning of ours is for the tests to find.
            warnings.simplefilter("ignore")
            target(case)
    except InputFault as fault:
        wrong = message_fault(fault)
        assert not wrong, wrong
        return "refused"
    return "accepted"


def campaign(
    folder: Path, n_cases: int, root: int, only: str = "", tell: Callable[[str], None] = print
) -> Counter[str]:
    """Play about ``n_cases`` cases; raises what a target let out, with the smallest case that does it."""
    ends: Counter[str] = Counter()
    for name, (target, cases, parts) in targets(Bench(folder)).items():
        if only and name != only:
            continue
        began, here = time.monotonic(), Counter[str]()
        play_all(target, cases, max(1, n_cases * (100 if only else parts) // 100), root, here)
        tell(f"{name}: {here.total()} cases, {here['refused']} refused, {time.monotonic() - began:.0f} s")
        ends += here
    return ends


def play_all(
    target: Callable[[Any], None], cases: st.SearchStrategy[Any], n_cases: int, root: int, ends: Counter[str]
) -> None:
    """Play so many cases of one target; how they end is counted."""

    @seed(root)
    @settings(
        max_examples=n_cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(cases)
    def run(case: Any) -> None:
        ends[play(target, case)] += 1

    run()


def main() -> None:
    """The campaign from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=22_000, help="how many cases, about")
    parser.add_argument("--seed", type=int, default=1, help="other cases")
    parser.add_argument("--only", default="", help="one target alone")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ends = campaign(Path(folder), chosen.cases, chosen.seed, chosen.only)
    print(f"{ends.total()} cases: {ends['accepted']} accepted, {ends['refused']} refused, nothing else came out")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    main()

"""Reads a plan from its TOML file and checks it whole before the first run.

All faults are reported at once, each with what came, what is allowed, and the nearest known name.

A plan file has ``title``, ``question``, perhaps a ``hypothesis``, ``scenario``, ``replicates``, ``root_seed``
(a number, or the name of a file in seeds/random whose first number is meant), and the tables

* ``[settings]``: parameters that hold everywhere;
* ``[factors.NAME]``: ``levels`` of the parameter NAME, its ``label``, and the ``level_labels``; or its ``range``
  (two numbers, or "declared") with a ``scale`` (linear, log) and, where levels are needed, ``steps``;
  ``together`` lists parameters that take the same value;
* ``[[blocks]]``: ``name`` and ``settings`` under which the design is run once (none: one block);
* ``[[contrasts]]``: ``name``, ``block``, and ``treated`` and ``control``, two settings to be compared;
* ``[[interactions]]``: ``name``, the factor whose ``effect`` is compared, and ``where``: over another factor, or over
  ``block``; of a factorial design;
* ``[outputs]``: ``replicates`` whose full series are kept, and which tables (``series``);
* ``[precision]``: instead of ``replicates``, an ``outcome`` and the ``half_width`` its intervals shall have at
  every design point (or ``half_width`` with a number for each of several outcomes), with ``least`` and ``most``
  replicates.

``difference`` plays every point of a sampled design twice, ``{ NAME = [from, to] }``, and tells the second minus the
first. ``[assumptions]`` plays any other design again under a sample (``plan_assumed.py``).
``dyads`` and ``outcomes`` name what is told of the runs, and nothing else is: words, tables and figures.

``design`` says how factors are combined: ``factorial`` (unless said otherwise), ``one_at_a_time`` around the
scenario's own values, ``latin_hypercube`` or ``sobol`` with ``n_points`` (there, ``vary_every`` = "assumed"
makes a factor of every assumed number), ``table`` (a CSV or Parquet file, one design point a row) or ``list``
(``[[points]]``, one table of parameters each). Rows and points may have a ``name``; a point of a list with names
sets only what it changes, and ``reference`` names one or several that all the others are compared with.

>>> plan = load_plan("mechanisms")
>>> len(plan.cells), plan.factors[0].name
(16, 'dialogue_ceiling')
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from experiments.design.outcomes import NAMES, OUTCOMES, expanded
from experiments.design.plan import (
    BLOCK,
    FACTORIAL,
    MAX_REPLICATES,
    SCENARIO,
    SERIES,
    Block,
    Contrast,
    Factor,
    Interaction,
    Outputs,
    Plan,
    Precision,
    Value,
    replicates_fault,
)
from experiments.design.plan_factors import FactorReader
from experiments.design.plan_reading import by_flat_names, check_named, cleaned, is_number, with_commas
from experiments.design.plan_settings import with_settings
from experiments.design.point_tables import Watch
from model import (
    DYAD_NAMES,
    HIGHEST_ROOT_SEED,
    PARAMETERS,
    SEEDS,
    InputFault,
    by_flat_name,
    described,
    find_scenario,
    flat,
    is_path,
    known_scenario,
    nearest,
    no_file,
    read_toml,
    root_seeds,
    scenario_names,
)

PLAN_KEYS: Final = (
    *("title", "question", "hypothesis", "scenario", "replicates", "root_seed"),
    *("settings", "factors", "blocks", "contrasts", "interactions", "outputs", "precision"),
    *("assumptions", "difference"),
    *("design", "n_points", "vary_every", "table", "points", "reference", "dyads", "outcomes"),
)
BLOCK_KEYS: Final = ("name", "settings")
CONTRAST_KEYS: Final = ("name", "block", "treated", "control")
INTERACTION_KEYS: Final = ("name", "effect", "where")
OUTPUT_KEYS: Final = ("replicates", "series")
PRECISION_KEYS: Final = ("outcome", "half_width", "least", "most")
# The outcome whose precision is asked for where none is named.
USUAL_PRECISE: Final = "mean_depth"

PLANS: Final = Path(__file__).parents[1] / "plans"
DEFAULT_REPLICATES: Final = 20
DEFAULT_ROOT_SEED: Final = "default"


def plan_names() -> tuple[str, ...]:
    """The names of the plans that come with the project."""
    return tuple(sorted(path.stem for path in PLANS.glob("*.toml")))


def plan_path(name: str) -> Path:
    """The file of a plan that comes with the project."""
    return PLANS / f"{name}.toml"


def read_root_seed(name: str) -> int:
    """The first number in ``seeds/random/NAME.txt``.

    Raises:
        InputFault: there is no such file.
    """
    return root_seeds(name)[0]


def load_plan(source: str | Path, watch: Watch | None = None, settings: Mapping[str, Value] | None = None) -> Plan:
    """The plan in a TOML file, or the shipped plan of that name, checked whole.

    watch: hears how much of a table of points is read, and how much there is. settings: given beside the file; they
    take the place of its own and belong to the plan and to its text.

    Raises:
        InputFault: lists everything that is wrong with the file.
    """
    check_named(source, plan_names(), "plan")
    path = plan_path(str(source)) if str(source) in plan_names() else Path(source)
    try:
        text, table = read_toml(path, "plan")
    except FileNotFoundError:
        if is_path(source):
            raise InputFault([no_file(source, plan_names(), "plan")], "plan") from None
        hint = nearest(path.stem, plan_names()) or f"shipped plans: {', '.join(plan_names())}"
        fault = f"'{source}' is neither a file nor a shipped plan; {hint}"
        raise InputFault([fault], "plan") from None
    given, twice = by_flat_name(settings or {}, "--set ")
    if twice:
        raise InputFault(twice, "command line")
    reader = PlanReader(path.stem, *with_settings(text, table, given), path.parent)
    if watch is not None:
        reader.watch = watch
    try:
        return reader.read()
    except InputFault as fault:
        lines = [
            line.replace("[settings]", "--set", 1) if any(re.search(rf"\b{re.escape(name)}\b", line) for name in given)
            else line for line in fault.faults
        ]  # fmt: skip
        raise InputFault(lines, f"plan {reader.name}") from None


class PlanReader(FactorReader):
    """Reads one plan and collects its faults; ``read`` raises them together."""

    def __init__(
        self,
        name: str,
        text: str,
        table: dict[str, Any],
        folder: Path,
        start: str = "",
        starts: Mapping[str, str] | None = None,
    ) -> None:
        faults: list[str] = []
        super().__init__(name, text, by_flat_names(table, faults))
        self.faults += faults
        self.dyad_names = DYAD_NAMES
        self.folder, self.start = folder, start
        self.starts = dict(starts or {})

    def read(self) -> Plan:
        self._known(self.table, PLAN_KEYS, "a plan key")
        title, question = self._text("title"), self._text("question")
        hypothesis = self._text("hypothesis", needed=False)
        scenario, baseline = self._scenario()
        design = self._design()
        dyads = self._names_of("dyads", self.dyad_names)
        outcomes = tuple(expanded(self._names_of("outcomes", NAMES)))
        precision = self._precision(dyads)
        replicates = self.table.get("replicates", DEFAULT_REPLICATES) if precision is None else precision.most
        if fault := replicates_fault(replicates):
            self.faults.append(fault)
        root_seed = self._root_seed()
        settings = self._settings(self.table.get("settings", {}), "[settings]")
        factors = self._factors(design, settings)
        blocks = self._blocks()
        varied = (own for factor in factors if not factor.bundles for own in (factor.name, *factor.together))
        asked = {*settings, *varied, *(own for block in blocks for own in block.settings)}
        if absent := sorted(own for own in asked if baseline and own in PARAMETERS and own not in baseline):
            faults = [f"{own}: {scenario} has no such government; leave it out" for own in absent]
            raise InputFault([*self.faults, *faults], f"plan {self.name}")
        rows: list[dict[str, Value]] = []
        if design != "factorial":
            own = {SCENARIO: scenario, **baseline, **settings} if baseline else {}
            factors, rows = self._rows_of(design, factors, own, root_seed)
        difference = self._difference()
        references = self._references()
        contrasts = self._contrasts(factors, blocks)
        interactions = self._interactions(design, factors, blocks)
        outputs = self._outputs()
        self._one_place_each(settings, factors, blocks)
        elsewhere = {*settings, *(name for f in factors for name in f.names), *(n for b in blocks for n in b.settings)}
        self.faults.extend(
            f"{name} is in the difference and set elsewhere; keep one" for name in difference if name in elsewhere
        )
        n_cells = len(rows) if design != FACTORIAL else math.prod(len(factor.levels) for factor in factors)
        assumed = self._assumed(design, settings, factors, blocks, n_cells, root_seed)
        if self.faults:
            raise InputFault(with_commas(self.faults, self.text), f"plan {self.name}")
        named = (self.name, title, question, hypothesis, scenario)
        return Plan(
            *named, replicates, root_seed, settings, factors, blocks, contrasts,
            self.text, design, tuple(rows), outputs, precision, self.arms, references, ids=self.ids,
            start=self.start, table=self._table_file() if design == "table" else None,
            interactions=interactions, dyads=dyads, outcomes=outcomes, assumed=assumed,
            difference=difference,
            starts={name: start for name, start in self.starts.items() if name != scenario}, sample=self.sample,
        )  # fmt: skip

    def _outputs(self) -> Outputs:
        table, usual = self._table("outputs"), Outputs()
        self._known(table, OUTPUT_KEYS, "a key of [outputs]", "[outputs] ")
        series = table.get("series", list(usual.series))
        if not isinstance(series, list) or not set(map(str, series)) <= set(SERIES):
            self.faults.append(f"[outputs] series = {series!r}: allowed is a list of {', '.join(SERIES)}")
            series = []
        return Outputs(
            self._whole(table, "replicates", usual.replicates, 0, MAX_REPLICATES, "[outputs] "), tuple(series)
        )

    def _names_of(self, key: str, known: Sequence[str]) -> tuple[str, ...]:
        """A list of names, each of which must be known; empty where there is none."""
        came = self.table.get(key, [])
        if not isinstance(came, list) or not all(isinstance(name, str) for name in came) or came == []:
            if key in self.table:
                self.faults.append(f"{key} = {described(came)}: allowed is a list of names; known: {', '.join(known)}")
            return ()
        for name in came:
            if name not in known:
                hint = nearest(name, known) or f"known: {', '.join(known)}"
                self.faults.append(f"{key}: {name!r} is not one of the {key}; {hint}; correct it or leave it out")
        return tuple(dict.fromkeys(name for name in came if name in known))

    def _precision(self, dyads: tuple[str, ...]) -> Precision | None:
        if "precision" not in self.table:
            return None
        if "replicates" in self.table:
            self.faults.append("replicates and [precision]: the target decides how many; keep one")
        table = self._table("precision")
        where = "[precision] "
        self._known(table, PRECISION_KEYS, "a key of [precision]", where)
        widths = table.get("half_width")
        if not isinstance(widths, dict):
            widths = {table.get("outcome", USUAL_PRECISE): widths}
        elif "outcome" in table:
            self.faults.append(f"{where}outcome beside half_width with names; keep one")
        for outcome, half_width in widths.items():
            of = f" of {outcome}" if len(widths) > 1 else ""
            if outcome not in OUTCOMES:
                hint = nearest(str(outcome), tuple(OUTCOMES)) or f"allowed are {', '.join(OUTCOMES)}"
                self.faults.append(f"{where}outcome = {described(outcome)}: {hint}")
            if not is_number(half_width) or half_width <= 0:
                came = "is missing" if half_width is None else f"= {described(half_width)}"
                self.faults.append(f"{where}half_width{of} {came}: allowed is a number above 0, in the outcome's unit")
        if not widths:
            self.faults.append(f"{where}half_width names no outcome; write half_width = {{ {USUAL_PRECISE} = 0.05 }}")
        most = self._whole(table, "most", 1000, 2, MAX_REPLICATES, where)
        least = self._whole(table, "least", min(30, most), 2, most, where)
        sound = [(str(name), float(width)) for name, width in widths.items() if is_number(width)]
        return Precision(tuple(sound), least, most, dyads)

    def _scenario(self) -> tuple[str, dict[str, Value]]:
        """The scenario as it is named, and its parameters; a file of one's own lies beside the plan."""
        name, levels = self._scenario_levels()
        if SCENARIO in self.table or not levels:
            name = self._text("scenario")
            if name and levels and name not in levels:
                self.faults.append(f"scenario = {name!r} is no level of the factor scenario; leave one of them out")
        if name:
            try:
                self.start = self.start or (name if name in scenario_names() else self._beside(name))
                known = known_scenario(self.start)
                self.dyad_names = known.parties.dyad_names
                return name, known.parameters.as_dict()
            except InputFault as fault:
                self.faults.extend(fault.faults)
        return name, {}

    def _scenario_levels(self) -> tuple[str, list[str]]:
        """The first level of a factor ``scenario``, which the plan starts from if it names none, and all of them."""
        factors = self.table.get("factors")
        own = factors.get(SCENARIO) if isinstance(factors, dict) else None
        levels = own.get("levels") if isinstance(own, dict) else None
        named = [level for level in levels if isinstance(level, str)] if isinstance(levels, list) else []
        return (named[0] if named else ""), named

    def _beside(self, name: str) -> str:
        return str(find_scenario(name, self.folder).absolute())

    def _root_seed(self) -> int:
        came = self.table.get("root_seed", DEFAULT_ROOT_SEED)
        if isinstance(came, str):
            try:
                return read_root_seed(came)
            except InputFault as fault:
                self.faults.extend(fault.faults)
        elif isinstance(came, int) and not isinstance(came, bool) and 0 <= came <= HIGHEST_ROOT_SEED:
            return came
        else:
            allowed = f"{SEEDS}, or the name of a file in seeds/random"
            self.faults.append(f"root_seed = {described(came)}: allowed is {allowed}")
        return 0

    def _blocks(self) -> tuple[Block, ...]:
        blocks: list[Block] = []
        for where, table in self._rows("blocks", [{"name": "all"}]):
            self._known(table, BLOCK_KEYS, "a key of a block", f"{where} ")
            name = self._own_name(table, where, [block.name for block in blocks])
            blocks.append(Block(name, self._settings(table.get("settings", {}), where)))
            if any(cleaned(blocks[-1].settings) == cleaned(block.settings) for block in blocks[:-1]):
                self.faults.append(f"{where} sets the same as another block; leave it out")
        return tuple(blocks)

    def _contrasts(self, factors: tuple[Factor, ...], blocks: tuple[Block, ...]) -> tuple[Contrast, ...]:
        contrasts: list[Contrast] = []
        names = [block.name for block in blocks]
        for where, table in self._rows("contrasts", []):
            self._known(table, CONTRAST_KEYS, "a key of a contrast", f"{where} ")
            name = self._own_name(table, where, [contrast.name for contrast in contrasts])
            block = table.get("block", names[0] if names else "")
            if block not in names:
                hint = nearest(str(block), names) or f"there are: {', '.join(names)}"
                self.faults.append(f"{where} block = {block!r} is not a block of this plan; {hint}")
            sides = [self._side(table, side, where, factors) for side in ("treated", "control")]
            contrasts.append(Contrast(name, str(block), sides[0], sides[1]))
            if cleaned(sides[0]) == cleaned(sides[1]):
                self.faults.append(f"{where} treated and control set the same, so there is nothing to compare")
        return tuple(contrasts)

    def _interactions(
        self, design: str, factors: tuple[Factor, ...], blocks: tuple[Block, ...]
    ) -> tuple[Interaction, ...]:
        """Which effects are compared over which factor or over the blocks."""
        found: list[Interaction] = []
        names = [factor.name for factor in factors]
        if "interactions" in self.table and design != FACTORIAL:
            self.faults.append(f"[[interactions]] go with design {FACTORIAL}, and not with {design}")
            return ()
        for where, table in self._rows("interactions", []):
            self._known(table, INTERACTION_KEYS, "a key of an interaction", f"{where} ")
            name = self._own_name(table, where, [own.name for own in found])
            effect, over = (flat(own) if isinstance(own := table.get(key), str) else own for key in ("effect", "where"))
            places = [*(own for own in names if own != effect), *([BLOCK] if len(blocks) > 1 else [])]
            for key, came, allowed in (("effect", effect, names), ("where", over, places)):
                if came not in allowed and not (self.misspelt and came in (*PARAMETERS, SCENARIO)):
                    told = "is missing" if came is None else f"= {described(came)}"
                    sound = [own for own in allowed if own not in self.misspelt]
                    hint = nearest(came, sound) or f"allowed are {', '.join(sound) or 'other factors, or blocks'}"
                    self.faults.append(f"{where} {key} {told}: {hint}")
            found.append(Interaction(name, str(effect), str(over)))
        return tuple(found)

    def _side(self, table: Mapping[str, Any], side: str, where: str, factors: tuple[Factor, ...]) -> dict[str, Value]:
        came = table.get(side, {})
        bundles = {factor.name: factor for factor in factors if factor.bundles}
        levels = {name: came[name] for name in bundles if isinstance(came, dict) and name in came}
        for name, level in levels.items():
            if level not in bundles[name].levels:
                known = bundles[name].levels
                hint = nearest(str(level), map(str, known)) or f"there are: {', '.join(map(str, known))}"
                self.faults.append(f"{where} {side}: {name} = {level!r} is no level of the factor; {hint}")
        rest = {key: value for key, value in came.items() if key not in levels} if isinstance(came, dict) else came
        own = {**levels, **self._settings(rest, f"{where} {side}:")}
        for factor in factors:
            if factor.name not in own and factor.name not in self.misspelt:
                self.faults.append(f"{where} {side}: says nothing of the factor {factor.name!r}; give it a level")
            elif factor.name in own:
                own = {**dict.fromkeys(factor.together, own[factor.name]), **own}
        return own

    def _one_place_each(
        self, settings: Mapping[str, Value], factors: tuple[Factor, ...], blocks: tuple[Block, ...]
    ) -> None:
        """A parameter is set in one place, or a reader cannot tell which value holds."""
        varied = [name for factor in factors for name in factor.names]
        self.faults.extend(f"{name} is in two factors; keep one" for name in {n for n in varied if varied.count(n) > 1})
        for block in blocks:
            for name in block.settings:
                if name in settings:
                    self.faults.append(f"{name} is in [settings] and in block {block.name!r}; keep one")
                if name in varied:
                    self.faults.append(f"{name} is a factor and in block {block.name!r}; keep one")
        self.faults.extend(f"{name} is a factor and in [settings]; keep one" for name in settings if name in varied)

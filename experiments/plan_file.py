"""Reads a plan from its TOML file and checks it whole before the first run.

All faults are reported at once, each with what came, what is allowed, and the nearest known name.

A plan file has ``title``, ``question``, perhaps a ``hypothesis``, ``scenario``, ``replicates``, ``root_seed``
(a number, or the name of a file in seeds/random whose first number is meant), and the tables

* ``[settings]``: parameters that hold everywhere;
* ``[factors.NAME]``: ``levels`` of the parameter NAME, its ``label``, and the ``level_labels``;
* ``[[blocks]]``: ``name`` and ``settings`` under which the factorial is run once (none: one block);
* ``[[contrasts]]``: ``name``, ``block``, and ``treated`` and ``control``, two settings to be compared.

>>> plan = load_plan("mechanisms")
>>> len(plan.cells), plan.factors[0].name
(16, 'dialogue_ceiling')
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from experiments.design import MAX_POINTS, Block, Contrast, Factor, Plan, Value, replicates_fault
from model import PARAMETERS, InputFault, load_scenario, make_parameters, nearest, root_seeds

PLAN_KEYS: Final = (
    *("title", "question", "hypothesis", "scenario", "replicates", "root_seed"),
    *("settings", "factors", "blocks", "contrasts"),
)
FACTOR_KEYS: Final = ("levels", "label", "level_labels")
BLOCK_KEYS: Final = ("name", "settings")
CONTRAST_KEYS: Final = ("name", "block", "treated", "control")

DEFAULT_REPLICATES: Final = 20
DEFAULT_ROOT_SEED: Final = "default"


def plan_names() -> tuple[str, ...]:
    """The names of the plans that come with the project."""
    return tuple(sorted(path.stem for path in (Path(__file__).parent / "plans").glob("*.toml")))


def read_root_seed(name: str) -> int:
    """The first number in ``seeds/random/NAME.txt``.

    Raises:
        InputFault: there is no such file.
    """
    return root_seeds(name)[0]


def load_plan(source: str | Path) -> Plan:
    """The plan in a TOML file, or the shipped plan of that name, checked whole.

    Raises:
        InputFault: lists everything that is wrong with the file.
    """
    path = Path(source)
    if str(source) in plan_names():
        path = Path(__file__).parent / "plans" / f"{source}.toml"
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError:
        hint = nearest(path.stem, plan_names()) or f"shipped plans: {', '.join(plan_names())}"
        fault = f"'{source}' is neither a file nor a shipped plan; {hint}"
    except OSError as error:
        fault = f"'{source}' cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        fault = f"'{source}' is not text in UTF-8: look at byte {error.start}"
    except tomllib.TOMLDecodeError as error:
        fault = f"'{source}' is not TOML: {error}"
    else:
        return _Reader(path.stem, text, table).read()
    raise InputFault([fault], "plan")


def shown(value: object) -> str:
    """A value as it came, with its type, for a message."""
    return f"{value!r} ({type(value).__name__})"


class _Reader:
    """Reads one plan and collects its faults; ``read`` raises them together."""

    def __init__(self, name: str, text: str, table: dict[str, Any]) -> None:
        self.name, self.text, self.table = name, text, table
        self.faults: list[str] = []

    def read(self) -> Plan:
        self._known(self.table, PLAN_KEYS, "a plan key")
        title, question = self._text("title"), self._text("question")
        hypothesis = self._text("hypothesis", needed=False)
        scenario = self._scenario()
        replicates = self.table.get("replicates", DEFAULT_REPLICATES)
        if fault := replicates_fault(replicates):
            self.faults.append(fault)
        root_seed = self._root_seed()
        settings = self._settings(self.table.get("settings", {}), "[settings]")
        factors = self._factors()
        blocks = self._blocks()
        contrasts = self._contrasts(factors, blocks)
        self._one_place_each(settings, factors, blocks)
        if self.faults:
            raise InputFault(self.faults, f"plan {self.name}")
        return Plan(
            *(self.name, title, question, hypothesis, scenario, replicates, root_seed),
            *(settings, factors, blocks, contrasts, self.text),
        )

    def _known(self, table: Mapping[str, Any], keys: tuple[str, ...], what: str, where: str = "") -> None:
        for key in table:
            if key not in keys:
                hint = nearest(key, keys) or f"known: {', '.join(keys)}"
                self.faults.append(f"{where}{key!r} is not {what}; {hint}; correct it or leave it out")

    def _text(self, key: str, needed: bool = True) -> str:
        value = self.table.get(key, None if needed else "")
        if isinstance(value, str) and (value.strip() or not needed):
            return " ".join(value.split())
        came = "is missing" if value is None else f"= {shown(value)}"
        self.faults.append(f"{key} {came}: allowed is text")
        return ""

    def _scenario(self) -> str:
        name = self._text("scenario")
        if name:
            try:
                load_scenario(name)
            except InputFault as fault:
                self.faults.extend(fault.faults)
        return name

    def _root_seed(self) -> int:
        came = self.table.get("root_seed", DEFAULT_ROOT_SEED)
        if isinstance(came, str):
            try:
                return read_root_seed(came)
            except InputFault as fault:
                self.faults.extend(fault.faults)
        elif isinstance(came, int) and not isinstance(came, bool) and came >= 0:
            return came
        else:
            allowed = "a whole number from 0, or the name of a file in seeds/random"
            self.faults.append(f"root_seed = {shown(came)}: allowed is {allowed}")
        return 0

    def _settings(self, table: object, where: str) -> dict[str, Value]:
        if not isinstance(table, dict):
            self.faults.append(f"{where} = {shown(table)}: allowed is a table of parameters")
            return {}
        try:
            make_parameters(table)
        except InputFault as fault:
            self.faults.extend(f"{where} {line}" for line in fault.faults)
        return dict(table)

    def _factors(self) -> tuple[Factor, ...]:
        tables = self.table.get("factors")
        if not isinstance(tables, dict) or not tables:
            self.faults.append("[factors.NAME] is missing: a plan varies one parameter or more")
            return ()
        factors = tuple(self._factor(name, table) for name, table in tables.items())
        n_cells = 1
        for factor in factors:
            n_cells *= max(1, len(factor.levels))
        if n_cells > MAX_POINTS:
            self.faults.append(f"the factors make {n_cells} cells: allowed are {MAX_POINTS}")
        return factors

    def _factor(self, name: str, table: object) -> Factor:
        where = f"[factors.{name}]"
        nothing = Factor(name, (), name, ())
        if not isinstance(table, dict):
            self.faults.append(f"{where} = {shown(table)}: allowed is a table with 'levels' and 'label'")
            return nothing
        self._known(table, FACTOR_KEYS, "a key of a factor", f"{where} ")
        levels, label = table.get("levels"), table.get("label", name.replace("_", " "))
        if not isinstance(label, str):
            self.faults.append(f"{where} label = {shown(label)}: allowed is text")
        if name not in PARAMETERS:
            self._settings({name: 0}, where)
        if not isinstance(levels, list) or len(levels) < 2:
            allowed = "a list of two values or more; a single value belongs in [settings]"
            self.faults.append(f"{where} levels = {shown(levels)}: allowed is {allowed}")
            return nothing
        if name in PARAMETERS:
            self._levels(name, levels, where)
        plain = [in_words(level) for level in levels]
        names = table.get("level_labels", plain)
        if not (isinstance(names, list) and len(names) == len(levels) == len({str(n) for n in names})):
            allowed = f"a list of {len(levels)} different texts"
            self.faults.append(f"{where} level_labels = {names!r}: allowed is {allowed}")
            names = plain
        return Factor(name, tuple(levels), str(label), tuple(str(n) for n in names))

    def _levels(self, name: str, levels: list[Any], where: str) -> None:
        seen: list[Value] = []
        for number, level in enumerate(levels, 1):
            try:
                value = getattr(make_parameters({name: level}), name)
            except InputFault as fault:
                self.faults.extend(f"{where} level {number}: {line}" for line in fault.faults)
                continue
            if value in seen:
                self.faults.append(f"{where} level {number}: {level!r} is there already; leave it out")
            seen.append(value)

    def _blocks(self) -> tuple[Block, ...]:
        blocks: list[Block] = []
        for where, table in self._rows("blocks", [{"name": "all"}]):
            self._known(table, BLOCK_KEYS, "a key of a block", f"{where} ")
            name = self._own_name(table, where, [block.name for block in blocks])
            blocks.append(Block(name, self._settings(table.get("settings", {}), where)))
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
        return tuple(contrasts)

    def _side(self, table: Mapping[str, Any], side: str, where: str, factors: tuple[Factor, ...]) -> dict[str, Value]:
        own = self._settings(table.get(side, {}), f"{where} {side}:")
        for factor in factors:
            if factor.name not in own:
                self.faults.append(f"{where} {side}: says nothing of the factor {factor.name!r}; give it a level")
        return own

    def _rows(self, key: str, default: list[dict[str, Any]]) -> Iterable[tuple[str, dict[str, Any]]]:
        """The tables of a list with where each stands; anything else is a fault."""
        rows = self.table.get(key, default)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.faults.append(f"{key} = {shown(rows)}: allowed are tables headed [[{key}]]")
            return []
        return [(f"[[{key}]] {number}:", row) for number, row in enumerate(rows, 1)]

    def _own_name(self, table: Mapping[str, Any], where: str, taken: list[str]) -> str:
        name = table.get("name")
        if isinstance(name, str) and name.strip() and name not in taken:
            return name
        came = "is missing" if name is None else f"= {shown(name)}"
        self.faults.append(f"{where} name {came}: allowed is a text that no other one has")
        return f"{where} {len(taken)}"

    def _one_place_each(
        self, settings: Mapping[str, Value], factors: tuple[Factor, ...], blocks: tuple[Block, ...]
    ) -> None:
        """A parameter is set in one place, or a reader cannot tell which value holds."""
        varied = [factor.name for factor in factors]
        for block in blocks:
            for name in block.settings:
                if name in settings:
                    self.faults.append(f"{name} is in [settings] and in block {block.name!r}; keep one")
                if name in varied:
                    self.faults.append(f"{name} is a factor and in block {block.name!r}; keep one")
        self.faults.extend(f"{name} is a factor and in [settings]; keep one" for name in settings if name in varied)


def in_words(level: object) -> str:
    """A level in words; a switch reads off or on."""
    return ("off", "on")[level] if isinstance(level, bool) else f"{level}"

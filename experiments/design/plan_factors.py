"""Reads what a plan varies, and how: factors with levels or ranges, and the design that combines them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from experiments.design import point_tables, sampling
from experiments.design.plan import (
    DESIGNS,
    FACTORIAL,
    ID,
    MAX_POINTS,
    SAMPLED,
    SCENARIO,
    Factor,
    Value,
)
from experiments.design.plan_assumed import DEFAULT_POINTS, STATUSES, AssumedReader
from experiments.design.plan_reading import in_words, is_number, repeats
from experiments.design.point_tables import COMMA, NAME
from model import PARAMETERS, InputFault, checked_value, described, flat, named_twice, nearest

FACTOR_KEYS: Final = ("levels", "range", "steps", "scale", "label", "level_labels", "together")
SCALES: Final = ("linear", "log")
GIVEN: Final = ("table", "list")
MOST_STEPS: Final = 100
# Where a plan says how its design is made, and the designs that need it.
OWN_KEYS: Final = {
    "n_points": SAMPLED, "table": ("table",), "points": ("list",), "vary_every": SAMPLED, "reference": GIVEN,
    "difference": SAMPLED,
}  # fmt: skip


class FactorReader(AssumedReader):
    """Adds the reading of factors and of the design."""

    arms: tuple[str, ...] = ()
    ids: tuple[str | int, ...] = ()
    misspelt: tuple[str, ...] = ()  # names of factors that are not known: whatever else they upset is told with them
    unread = False  # whether there is a table that cannot be read: what it lacks is then no fault of the plan

    def _design(self) -> str:
        design = self._one_of("design", FACTORIAL, DESIGNS)
        for key, designs in OWN_KEYS.items():
            if key in self.table and design not in designs:
                also = "; to play this design under many assumptions, write it below [assumptions]"
                own = also if key in ("vary_every", "n_points") and design not in SAMPLED else ""
                self.faults.append(f"{key} goes with design {' or '.join(designs)}, and not with {design}{own}")
        return design

    def _factors(self, design: str, settings: Mapping[str, Value]) -> tuple[Factor, ...]:
        tables = self.table.get("factors")
        if design in ("table", "list"):
            if tables is not None:
                self.faults.append(f"[factors] and design {design}: its columns are the factors; leave one out")
            return ()
        every = self._every(settings, tables) if "vary_every" in self.table else []
        if not every and (not isinstance(tables, dict) or not tables):
            self.faults.append("[factors.NAME] is missing: a plan varies one parameter or more")
            return ()
        tables = tables if isinstance(tables, dict) else {}
        factors = (*(self._factor(name, table, design) for name, table in tables.items()), *every)
        for name, first in repeats([factor.label for factor in factors], [factor.name for factor in factors]):
            self.faults.append(f"[factors.{name}] label is that of {first} too; tables could not tell them apart")
        n_cells = 1
        for factor in factors if design == FACTORIAL else ():
            n_cells *= max(1, len(factor.levels))
        if n_cells > MAX_POINTS:
            self.faults.append(f"the factors make {n_cells} cells: allowed are {MAX_POINTS}")
        return factors

    def _every(self, settings: Mapping[str, Value], tables: object) -> list[Factor]:
        """A factor over its declared range for every number with this status that nothing else sets."""
        status = self._one_of("vary_every", "assumed", STATUSES)
        own = [self.table.get("difference"), tables]
        taken = {*settings, *(name for table in own if isinstance(table, dict) for name in table)}
        return self._every_number(status, taken, "vary_every")

    def _factor(self, name: str, table: object, design: str) -> Factor:
        where = f"[factors.{name}]"
        nothing = Factor(name, (), name, ())
        if not isinstance(table, dict):
            self.faults.append(f"{where} = {described(table)}: allowed is a table with 'levels' and 'label'")
            return nothing
        self._known(table, FACTOR_KEYS, "a key of a factor", f"{where} ")
        label = table.get("label", name.replace("_", " "))
        if not isinstance(label, str) or not label.strip():
            self.faults.append(f"{where} label = {described(label)}: allowed is text")
        if name == SCENARIO:
            return self._scenarios(table, str(label), where) or nothing
        if isinstance(levels := table.get("levels"), list) and any(isinstance(level, dict) for level in levels):
            return self._bundles(name, table, str(label), where) or nothing
        if name not in PARAMETERS:
            hint = nearest(name, (*PARAMETERS, SCENARIO))
            if SCENARIO in hint:
                self.faults.append(f"{where} {name!r} is not a parameter; {hint}; correct the name or leave it out")
            else:
                self._settings({name: 0}, where)
            self.misspelt = (*self.misspelt, name)
        if "range" in table and "levels" in table:
            self.faults.append(f"{where} has levels and a range; keep one")
            return nothing
        together = self._together(name, table, where)
        if "range" in table:
            return self._ranged(name, str(label), table, together, design)
        levels = table.get("levels")
        if not isinstance(levels, list) or len(levels) < 2:
            allowed = "a list of two values or more; a single value belongs in [settings]"
            self.faults.append(f"{where} levels = {described(levels)}: allowed is {allowed}")
            return nothing
        for own in (name, *together):
            if own in PARAMETERS:
                self._levels(own, levels, where)
        names = self._level_names(table, [in_words(level) for level in levels], where)
        return Factor(name, tuple(levels), str(label), names, together=together)

    def _together(self, name: str, table: Mapping[str, Any], where: str) -> tuple[str, ...]:
        names = table.get("together", [])
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names) or name in names:
            self.faults.append(f"{where} together = {names!r}: allowed is a list of other parameters")
            return ()
        self.faults += named_twice([name, *names], f"{where} together: ")
        names = [one for one in dict.fromkeys(map(flat, names)) if one != name]
        for one in names:
            if one not in PARAMETERS:
                hint = nearest(one, PARAMETERS) or "see detente parameters"
                self.faults.append(f"{where} together: {one!r} is not a parameter; {hint}")
        return tuple(names)

    def _ranged(
        self, name: str, label: str, table: Mapping[str, Any], together: tuple[str, ...], design: str
    ) -> Factor:
        """A factor with a range, which designs that need levels cut into steps."""
        where = f"[factors.{name}]"
        nothing = Factor(name, (), label, (), together=together)
        came, scale = table["range"], table.get("scale", "linear")
        spec = PARAMETERS.get(name)
        if came == "declared" and spec is not None and spec.kind in ("float", "int"):
            came = [spec.low, spec.high]
        is_range = isinstance(came, list) and len(came) == 2 and all(map(is_number, came)) and came[0] < came[1]
        is_scale = scale in SCALES and not (scale == "log" and is_range and came[0] <= 0)
        if spec is not None and spec.kind not in ("float", "int"):
            self.faults.append(f"{where} range = {came!r}: {name} is no number; write levels = [...] instead")
        elif not is_range:
            self.faults.append(f"{where} range = {came!r}: allowed are two rising numbers, or 'declared'")
        if not is_scale:
            allowed = "linear, or log for a range above 0"
            self.faults.append(f"{where} scale = {scale!r}: allowed is {allowed}")
        if design not in SAMPLED:
            count = self._whole(table, "steps", 3, 2, MOST_STEPS, f"{where} ")
        if not (is_range and is_scale) or (spec is not None and spec.kind not in ("float", "int")):
            return nothing
        for own in (name, *together):
            if own in PARAMETERS:
                self._levels(own, list(came), where)
        ends = (float(came[0]), float(came[1]))
        if design in SAMPLED:
            if "steps" in table or "level_labels" in table:
                self.faults.append(f"{where} steps and level_labels are for designs with levels, not for {design}")
            return Factor(name, (), label, (), ends, scale, together)
        levels = sampling.steps(ends, scale, count, spec is not None and spec.kind == "int")
        return Factor(name, tuple(levels), label, tuple(f"{x:g}" for x in levels), ends, scale, together)

    def _levels(self, name: str, levels: list[Any], where: str) -> None:
        seen: list[Value] = []
        for number, level in enumerate(levels, 1):
            try:
                value = checked_value(name, level)
            except InputFault as fault:
                self.faults.extend(f"{where} level {number}: {line}" for line in fault.faults)
                continue
            if value in seen:
                self.faults.append(f"{where} level {number}: {level!r} is there already; leave it out")
            seen.append(value)

    def _rows_of(
        self, design: str, factors: tuple[Factor, ...], baseline: Mapping[str, Value], seed: int
    ) -> tuple[tuple[Factor, ...], list[sampling.Row]]:
        """The factors and the rows of a design that is not the factorial."""
        if design == "one_at_a_time":
            if not baseline or self.faults:
                return factors, []
            factors = tuple(sampling.with_start(factor, baseline) for factor in factors)
            return factors, sampling.one_at_a_time(factors, baseline)
        if design in SAMPLED:
            n_points = self._whole(self.table, "n_points", DEFAULT_POINTS, 2, MAX_POINTS)
            if design == "sobol" and n_points & (n_points - 1):
                lower = 1 << (n_points.bit_length() - 1)
                near = f"{lower} or {2 * lower}" if lower > 1 else f"{2 * lower}"
                self.faults.append(f"n_points = {n_points}: a Sobol design is balanced at powers of two: write {near}")
                return factors, []
            if self.faults:
                return factors, []
            return factors, getattr(sampling, design)(factors, n_points, seed)
        rows = self._table_rows() if design == "table" else [dict(row) for _, row in self._rows("points", [])]
        if design == "list" and not rows and "points" not in self.table:
            self.faults.append("[[points]] is missing: design list takes one table of parameters for each point")
        what = "row" if design == "table" else "[[points]]"
        self.arms = self._names(rows, what)
        self.ids = self._ids(rows, what)
        if self.arms and design == "list":
            rows = self._completed(rows, baseline)
        return self._given(rows, what)

    def _difference(self) -> dict[str, tuple[Value, Value]]:
        """What every point of a sampled design is played with twice."""
        if "difference" not in self.table:
            return {}
        came = self.table["difference"]
        if not isinstance(came, dict) or not came:
            allowed = "a table of parameters with two values each, as in { dialogue_ceiling = ['none', 'group'] }"
            self.faults.append(f"difference = {described(came)}: allowed is {allowed}")
            return {}
        found: dict[str, tuple[Value, Value]] = {}
        for name, pair in came.items():
            where = f"difference {name}"
            if not isinstance(pair, list) or len(pair) != 2:
                self.faults.append(f"{where} = {described(pair)}: allowed are two values, [from, to]")
                continue
            if name == SCENARIO:
                [self._is_scenario(value, f"{where}:") for value in pair]
            elif name in PARAMETERS:
                self._levels(name, pair, f"{where}:")
            else:
                self._settings({name: pair[0]}, f"{where}:")
            found[name] = (pair[0], pair[1])
        return found

    def _names(self, rows: Sequence[sampling.Row], what: str) -> tuple[str, ...]:
        """Takes the names out of the rows; none where no row has one."""
        names = [row.pop(NAME, None) for row in rows]
        if all(name is None for name in names):
            return ()
        taken: set[str] = set()
        wrong = []
        for number, name in enumerate(names, 1):
            if not isinstance(name, str) or not name.strip() or name in taken:
                came = "is missing" if name is None else f"= {described(name)}"
                wrong.append((number, f"name {came}: allowed is a text that no other one has"))
            else:
                taken.add(name)
        self._first_of(what, wrong)
        return tuple(str(name) for name in names)

    def _ids(self, rows: Sequence[sampling.Row], what: str) -> tuple[str | int, ...]:
        """Takes out what somebody knows the rows by; it goes into the results as it is."""
        found = [row.pop(ID, None) for row in rows]
        if all(one is None for one in found):
            return ()
        kinds = {type(one) for one in found}
        if not (kinds <= {int} or kinds <= {str}):
            wrong = [(k, f"id = {described(one)}: allowed are texts in all rows, or whole numbers in all")
                     for k, one in enumerate(found, 1) if not isinstance(one, str)]  # fmt: skip
            self._first_of(what, wrong)
            return ()
        return tuple(found)  # type: ignore[arg-type]

    def _first_of(self, what: str, wrong: Iterable[tuple[int, str]]) -> None:
        """A fault of many rows in one line: the first row, and how many more have one of the kind."""
        rows = list(wrong)
        if rows:
            also = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
            self.faults.append(f"{what} {rows[0][0]}: {rows[0][1]}{also}")

    def _completed(self, rows: Sequence[sampling.Row], baseline: Mapping[str, Value]) -> list[sampling.Row]:
        """Points with names say only what they change: the rest has the value that holds without them."""
        varied = [name for name in dict.fromkeys(key for row in rows for key in row) if name in baseline]
        return [
            {**{name: baseline[name] for name in varied}, **{k: v for k, v in row.items() if not _is(k, v, baseline)}}
            for row in rows
        ]

    def _references(self) -> tuple[str, ...]:
        """The arms that all others are compared with."""
        came = self.table.get("reference", [])
        names = [came] if isinstance(came, str) else came
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.faults.append(f"reference = {described(came)}: allowed is the name of a point, or a list of names")
            return ()
        if names and not self.arms and not self.unread:
            self.faults.append("reference: the points have no names; give each point (or row) a 'name'")
            return ()
        for name in names if self.arms else ():
            if name not in self.arms:
                hint = nearest(name, self.arms) or f"there are: {', '.join(self.arms[:8])}"
                self.faults.append(f"reference = {name!r} is not the name of a point; {hint}")
        return tuple(dict.fromkeys(names))

    def _table_rows(self) -> list[sampling.Row]:
        name = self.table.get("table")
        if not isinstance(name, str) or not name:
            came = "is missing" if name is None else f"= {described(name)}"
            self.faults.append(f"table {came}: allowed is the name of a .csv or .parquet file")
            return []
        rows, fault = point_tables.read_table(self._table_file(), self.watch)
        if fault:
            self.faults.append(fault)
            self.unread = True
        return rows

    def _check_columns(self, rows: Sequence[Mapping[str, Value]], what: str) -> None:
        for name in dict.fromkeys(name for row in rows for name in row):
            cells = ((number, row[name]) for number, row in enumerate(rows, 1) if name in row)
            if name == SCENARIO:
                first = {value: number for number, value in reversed(list(cells))}
                for value, number in reversed(first.items()):
                    self._is_scenario(value, f"{what} {number}:")
            else:
                self._first_of(what, _faults_of(name, cells))

    def _table_file(self) -> Path:
        """The file of a table of points, which lies beside the plan."""
        return self.folder / str(self.table.get("table"))

    def _given(self, rows: Sequence[sampling.Row], what: str) -> tuple[tuple[Factor, ...], list[sampling.Row]]:
        """Checks rows that somebody wrote; the parameters that occur in them are the factors."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        self._check_columns(rows, what)
        lacking = ((n, [name for name in names if name not in row]) for n, row in enumerate(rows, 1))
        self._first_of(
            what,
            ((n, f"lacks {', '.join(lost)}; every point sets the same parameters") for n, lost in lacking if lost),
        )
        if rows and not names:
            self.faults.append(f"{what}s set no parameter")
        if not self.faults and not self.arms:
            again = repeats([tuple(sorted(row.items())) for row in rows], range(1, len(rows) + 1))
            alike = f"sets the same as {what} {{}}; leave one out, or give each a name"
            self._first_of(what, ((number, alike.format(first)) for number, first in again))
        if self.faults:
            return (), []
        factors = []
        for name in names:
            levels = tuple(dict.fromkeys(row[name] for row in rows))
            labels = tuple(in_words(level) for level in levels)
            factors.append(Factor(name, levels, name.replace("_", " "), labels))
        return tuple(factors), list(rows)


def _faults_of(name: str, cells: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, str]]:
    """The cells of a column that are not allowed; what is wrong is said of the first, because that takes its time."""
    sound: set[object] = set()
    is_told = False
    for number, value in cells:
        if _is_in_range(name, value) or (key := repr(value)) in sound:
            continue
        fault = "" if is_told else _fault_of(name, value)
        if fault or is_told:
            is_told = True
            yield number, fault
        else:
            sound.add(key)


def _is_in_range(name: str, value: Any) -> bool:
    """Whether a value is a number that is allowed for sure."""
    spec = PARAMETERS.get(name)
    if spec is None or spec.low is None or spec.high is None or not is_number(value):
        return False
    return (
        spec.kind in ("float", "int")
        and spec.low <= value <= spec.high
        and (spec.kind == "float" or isinstance(value, int))
    )


def _fault_of(name: str, value: Any) -> str:
    """What is wrong with a value of a parameter (empty: nothing)."""
    if isinstance(value, str) and COMMA.fullmatch(value):
        return f"{name} = {value!r}: decimals have a point: write {value.replace(',', '.')}"
    try:
        checked_value(name, value)
    except InputFault as fault:
        return "; ".join(fault.faults)
    return ""


def _is(name: str, value: Value, baseline: Mapping[str, Value]) -> bool:
    """Whether a parameter has the baseline's value, however it was written; what is no parameter is told elsewhere."""
    if name == SCENARIO:
        return name in baseline and value == baseline[name]
    try:
        return name in baseline and bool(checked_value(name, value) == baseline[name])
    except InputFault:
        return False

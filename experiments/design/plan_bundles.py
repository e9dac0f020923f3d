"""Reads levels that are no values of a parameter: scenarios, and named bundles of settings.

``scenario`` can be set wherever a parameter can, except in ``[settings]``; a file of one's own lies beside the plan. A
bundle is a table with a ``name`` and any settings, ``scenario`` among them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from experiments.design.plan import ARM, BLOCK, ID, SAMPLE, SCENARIO, Factor, Value
from experiments.design.plan_reading import TableReader, cleaned
from model import PARAMETERS, InputFault, described, dictionary, find_scenario, known_scenario, scenario_names

#: Names of columns of results that a factor of bundles may not have.
TAKEN: Final = (
    *("design_point", BLOCK, ARM, ID, SAMPLE, "replicate", "status", "stage", "message", "digest", "dyad", "outcome"),
    *("factor", "level", "baseline", "kind", "bloc", "what", "treaty_from", "treaty_until", "treaty_end"),
)
PLAIN_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class BundleReader(TableReader):
    """Adds the reading of scenarios and bundles."""

    folder = Path()

    def __init__(self, name: str, text: str, table: dict[str, Any]) -> None:
        super().__init__(name, text, table)
        # What scenarios beside the plan's own are loaded by; those that a results folder keeps are given.
        self.starts: dict[str, str] = {}

    def _settings(self, table: object, where: str) -> dict[str, Value]:
        """Settings of a table; ``scenario`` among them is a scenario, unless it is the plan's own [settings]."""
        if not isinstance(table, dict) or SCENARIO not in table:
            return super()._settings(table, where)
        rest = super()._settings({name: value for name, value in table.items() if name != SCENARIO}, where)
        if where == "[settings]":
            self.faults.append(f"{where} scenario: it stands at the top of the plan; write it there")
            return rest
        return {SCENARIO: table[SCENARIO], **rest} if self._is_scenario(table[SCENARIO], where) else rest

    def _is_scenario(self, came: object, where: str) -> bool:
        """Whether something names a scenario that can be loaded; its start is noted, and a fault where it does not."""
        if not isinstance(came, str) or not came.strip():
            allowed = "the name of a scenario or of its file, in quotes"
            self.faults.append(f"{where} scenario = {described(came)}: allowed is {allowed}")
            return False
        if came in self.starts:
            return True
        try:
            start = came if came in scenario_names() else str(find_scenario(came, self.folder).absolute())
            known_scenario(start)
        except InputFault as fault:
            self.faults.extend(f"{where} {line}" for line in fault.faults)
            return False
        self.starts[came] = start
        return True

    def _scenarios(self, table: Mapping[str, Any], label: str, where: str) -> Factor | None:
        """The factor ``scenario``, whose levels are scenarios."""
        levels = table.get("levels")
        for key in ("range", "steps", "scale", "together"):
            if key in table:
                self.faults.append(f"{where} {key}: scenarios are no numbers; write levels = [...] instead")
        if not isinstance(levels, list) or len(levels) < 2:
            self.faults.append(f"{where} levels = {described(levels)}: allowed is a list of two scenarios or more")
            return None
        sound = [level for k, level in enumerate(levels, 1) if self._is_scenario(level, f"{where} level {k}:")]
        starts = [self.starts[level] for level in sound]
        self.faults.extend(
            f"{where} level {level!r} is the same scenario as another one; leave it out"
            for k, level in enumerate(sound)
            if starts[k] in starts[:k]
        )
        names = self._level_names(table, [str(level) for level in levels], where)
        return Factor(SCENARIO, tuple(sound), label, names) if len(sound) == len(levels) else None

    def _bundles(self, name: str, table: Mapping[str, Any], label: str, where: str) -> Factor | None:
        """A factor whose levels are names of several settings."""
        levels = table["levels"]
        for key in ("range", "steps", "scale", "together"):
            if key in table:
                self.faults.append(f"{where} {key} does not go with levels that are tables; leave it out")
        summary = dictionary()
        taken = {*TAKEN, *PARAMETERS, *summary.loc[summary["table"] == "summary", "column"]}
        if name in taken or not PLAIN_NAME.fullmatch(name):
            what = "a parameter" if name in PARAMETERS else "taken, or has other signs than letters, digits and _"
            self.faults.append(
                f"{where} its levels are tables, and the name {name!r} is {what}; give the factor another"
            )
        if len(levels) < 2:
            self.faults.append(f"{where} levels: one table; allowed are two or more")
        found: dict[str, dict[str, Value]] = {}
        for number, level in enumerate(levels, 1):
            at = f"{where} level {number}:"
            if not isinstance(level, dict):
                self.faults.append(f"{at} {described(level)}: either all levels are tables with a name, or none is")
                continue
            own = self._own_name(level, at, list(found))
            found[own] = self._settings({key: value for key, value in level.items() if key != "name"}, at)
            if any(cleaned(found[own]) == cleaned(found[other]) for other in list(found)[:-1]):
                self.faults.append(f"{at} {own!r} sets the same as another one; leave it out")
        names = self._level_names(table, list(found), where)
        return Factor(name, tuple(found), label, names, bundles=found)

    def _level_names(self, table: Mapping[str, Any], plain: list[str], where: str) -> tuple[str, ...]:
        """What levels are called: as they are, or by ``level_labels``."""
        if "level_labels" not in table:
            return tuple(plain)
        names = table["level_labels"]
        told = [str(name).strip() for name in names] if isinstance(names, list) else []
        if len(told) == len(plain) == len({*told}) and all(told):
            return tuple(str(n) for n in names)
        allowed = f"a list of {len(plain)} different texts"
        self.faults.append(f"{where} level_labels = {names!r}: allowed is {allowed}")
        return tuple(plain)

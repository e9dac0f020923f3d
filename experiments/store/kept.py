"""What the runs of a sweep were made of, kept in the folder ``inputs`` of its results, and what has changed since.

Kept are the plan, the scenario with all that it extends and its evidence, a table of points, files of a user's own, so
that results can be reported and played again wherever they lie. A sweep goes on only where what is read now says the
same as what was kept. Compared is what was read: titles, labels, comments and line endings may change.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.design.plan import Plan
from experiments.design.plan_file import PlanReader
from experiments.store import manifest
from experiments.store.inputs import ASSUMPTIONS, INPUTS, TACTICS, WORLD, plan_fault, read_whole, world_files
from model import (
    KEPT,
    InputFault,
    known_scenario,
    parse_toml,
    scenario_changes,
    scenario_names,
    stand_in,
)

if TYPE_CHECKING:
    from experiments.store.folder import Results
    from model import TacticFile, WorldFile

MOST_DIFFERENCES: Final = 30


def plan_of(results: Results) -> Plan:
    """The plan that results were made from, as they tell it; nothing outside of their folder is read.

    Raises:
        InputFault: what they were made of is not as it was kept, or the plan is no longer right, because the model's
            parameters have changed since.
    """
    manifest = results.manifest
    if fault := plan_fault(manifest):
        raise InputFault([f"'{results.folder}': {fault}"], "results")
    stand_in((manifest.get("tactics") or {}).get("names", {}))
    _, table = parse_toml(manifest["plan_text"], "plan_text of the results", "results")
    if table.get("design") == "table":
        first = manifest["design_points"][0]["block"]
        points = manifest["design_points"]
        own = [point for point in points if point["levels"] and point["block"] == first]
        names = {"name": "arm", "id": "id"}
        rows = [
            {**point["levels"], **{a: point[b] for a, b in names.items() if point.get(b, "") != ""}} for point in own
        ]
        table = {**{key: value for key, value in table.items() if key != "table"}, "design": "list", "points": rows}
    sample = [name for name in manifest["inputs"] if name.startswith(f"{ASSUMPTIONS}.")]
    if sample and isinstance(table.get("assumptions"), dict):
        table["assumptions"] = {**table["assumptions"], "sample": str(results.input(sample[0]).absolute())}
    starts = kept_starts(results)
    start = starts.get(manifest["scenario"]) or str(results.input(KEPT))
    plan = PlanReader(manifest["plan"], manifest["plan_text"], table, Path(), start, starts).read()
    if plan.assumed:
        plan = plan.with_rows(manifest["reads"].get("assumptions", {"rows": 0})["rows"])
    return plan if plan.replicates == manifest["replicates"] else plan.with_replicates(manifest["replicates"])


def kept_starts(results: Results) -> dict[str, str]:
    """By name, where every scenario of the runs is kept."""
    told = results.manifest.get("scenarios", {})
    return {name: str(results.input(kept)) for name, kept in told.items()}


def played(plan: Plan, results: Results) -> Plan:
    """The plan with a scenario and a mechanism of one's own read from what was kept: an edit does not mix two worlds.

    A scenario that comes with the project keeps its name, under which workers on other machines have it too.
    """
    kept, told = results.input(KEPT), results.manifest.get("world")
    if told and plan.world is not None:
        path = results.input(f"{WORLD}/{told['file']}").absolute()
        plan = plan.with_world(dataclasses.replace(plan.world, path=str(path), sha256=told["sha256"]))
    shipped, own = scenario_names(), kept_starts(results)
    starts = {name: start if start in shipped else own.get(name, start) for name, start in plan.starts.items()}
    start = plan.start if plan.start in shipped else str(kept.absolute())
    same = start == plan.start and starts == plan.starts
    return plan if same else dataclasses.replace(plan, start=start, starts=starts)


# --- what has changed -------------------------------------------------------------------------------------


def differences(results: Results, plan: Plan) -> list[str]:
    """What a plan, the code and the numerical software have that the results do not, in words; empty: nothing.

    Raises:
        InputFault: what was kept is gone or was changed.
    """
    kept, told = results.input(KEPT), results.manifest
    found = plan_changes(told, manifest.read_from(plan))
    # One after the other: what a scenario is called, or where it lies, does not matter.
    starts = list(kept_starts(results).values()) or [str(kept)]
    for start, name in zip(starts, plan.scenarios, strict=False):
        changes = scenario_changes(known_scenario(start), known_scenario(plan.start_of(name)))
        found += [f"scenario {name}: {line}" for line in changes]
    if fault := tactics_fault(results, plan.tactics):
        asked = None if plan.tactics is None else plan.tactics.told()
        came = f"{in_words(told.get('tactics'))} in the results, {in_words(asked)} now"
        found.append(f"the file of tactics: {came} ({fault})")
    if fault := world_fault(results, plan.world):
        asked = None if plan.world is None else plan.world.told()
        came = f"{in_words(told.get('world'))} in the results, {in_words(asked)} now"
        found.append(f"the world of one's own: {came} ({fault})")
    found += manifest.code_changes(told)
    if len(found) > MOST_DIFFERENCES:
        found = [*found[:MOST_DIFFERENCES], f"and {len(found) - MOST_DIFFERENCES} more"]
    return found


def plan_changes(told: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What the runs of two plans differ in, in words; titles, questions and labels are not among what is read."""
    old, new = told["reads"], now["reads"]
    found = [
        f"{name}: {_listed(old.get(name))} in the results, {_listed(new.get(name))} now"
        for name in dict.fromkeys([*new, *old])
        if name != "factors" and not _same(old.get(name), new.get(name))
    ]
    factors = list(_factor_changes(old["factors"], new["factors"]))
    before, after = told["design_points"], now["design_points"]
    places = [_places(of) for of in (told, now)]
    if len(before) == len(after) and places[0] != places[1]:
        n = next(k for k, (one, other) in enumerate(zip(*places, strict=True)) if one != other)
        was, now_is = (points[n].get("scenario") for points in (before, after))
        found.append(f"design point {n}, its scenario: {was} in the results, {now_is} now")
    if len(before) != len(after):
        factors.append(f"design points: {len(before)} in the results, {len(after)} now")
    return found + (factors or list(_point_changes(before, after)))


def _places(told: Mapping[str, Any]) -> list[int]:
    """Which of the scenarios of runs every design point starts from, by number."""
    names = list(told.get("scenarios", {}))
    return [names.index(point["scenario"]) if point.get("scenario") in names else 0 for point in told["design_points"]]


def _factor_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        if name not in old or name not in new:
            yield f"factor {name}: {'not ' * (name not in old)}in the results, {'not ' * (name not in new)}there now"
            continue
        for what, value in new[name].items():
            if not _same(old[name].get(what), value):
                yield f"{what} of {name}: {_listed(old[name].get(what))} in the results, {_listed(value)} now"


def _point_changes(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        for what, words in (("block", "name of its block"), ("arm", "name of its arm"), ("id", "its id")):
            one, other = old.get(what), new.get(what)
            if one != other:
                yield f"design point {number}, {words}: {_named(one)} in the results, {_named(other)} now"
        for name in dict.fromkeys([*old["settings"], *new["settings"]]):
            one, other = (point["settings"].get(name, "not set") for point in (old, new))
            if not _same(one, other):
                yield f"design point {number}, {name}: {one} in the results, {other} now"


def _named(came: object) -> str:
    return "none" if came in (None, "") else f"{came!r}"


def _same(one: object, other: object) -> bool:
    """Whether two values are read alike: 1 is 1.0, and no switch."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _listed(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_listed(one)}" for key, one in value.items())
    if not isinstance(value, list):
        return "none" if value is None else str(value)
    some = ", ".join(str(one) for one in value[:8])
    return f"{some} and {len(value) - 8} more" if len(value) > 8 else some or "none"


def tactics_fault(results: Results, file: TacticFile | None) -> str:
    """What tells a file of tactics from the one that runs were made with (empty: nothing)."""
    told = results.manifest.get("tactics")
    if not told or file is None:
        return "" if not told and file is None else "one of them has a file"
    if {kind: list(names) for kind, names in file.names.items()} != told["names"]:
        return "they offer different names"
    main = Path(file.path)
    return _code_fault(results, {TACTICS: main, **{name: main.with_name(name) for name in file.beside}})


def world_fault(results: Results, file: WorldFile | None) -> str:
    """What tells a mechanism of a user's own from the one that runs were made with (empty: nothing)."""
    told = results.manifest.get("world")
    if not told or file is None:
        return "" if not told and file is None else "one of them has a file"
    if told["class"] != file.name:
        return "they are different classes"
    now = {
        f"{WORLD}/{told['file']}" if k == 0 else name: path for k, (name, path) in enumerate(world_files(file).items())
    }
    return _code_fault(results, now)


def _code_fault(results: Results, now: Mapping[str, Path]) -> str:
    """What tells Python files, the one that was named first, from those that were kept under their names."""
    for number, (name, path) in enumerate(now.items()):
        if name not in results.manifest["inputs"]:
            return f"{path.name} was not read by it"
        if _meaning(results.input(name).read_bytes()) != _meaning(read_whole(path)):
            return f"{path.name} beside it differs" if number else "their code differs"
    return ""


def _meaning(text: bytes) -> str:
    """What a Python file says to the interpreter, without comments, layout and descriptions."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def check_tactics(results: Results, file: TacticFile | None) -> None:
    """Refuse to play runs again with another file of tactics than they were made with.

    Raises:
        InputFault: says which file is wanted, and where it was kept; a results folder never runs one by itself.
    """
    if tactics_fault(results, file):
        raise _another(results, "tactics", file, str(results.folder / INPUTS / TACTICS))


def check_world(results: Results, file: WorldFile | None) -> None:
    """Refuse to play runs again with another mechanism of a user's own than they were made with.

    Raises:
        InputFault: says which one is wanted, and where it was kept; a results folder never runs one by itself.
    """
    if world_fault(results, file):
        told = results.manifest.get("world") or {"file": "", "class": ""}
        where = f"{results.folder / INPUTS / WORLD / told['file']}:{told['class']}"
        raise _another(results, "world", file, where)


def _another(results: Results, kind: str, file: TacticFile | WorldFile | None, kept: str) -> InputFault:
    """The refusal of a file that runs were not made with; ``kept`` is where theirs lies, if they had one."""
    told, came = results.manifest.get(kind), None if file is None else file.told()
    how = f"look at the file that was kept, and name it: --{kind} {kept}" if told else f"leave --{kind} out"
    made = {"tactics": "tactics", "world": "the world"}[kind]
    return InputFault([f"the runs were made with {made} {in_words(told)}, and {in_words(came)} came; {how}"], "results")


def in_words(told: Mapping[str, Any] | None) -> str:
    """A file of one's own in words."""
    if not told:
        return "none"
    name = f"{told['file']}:{told['class']}" if "class" in told else told["file"]
    return f"{name} with digest {told['sha256'][:12]}"

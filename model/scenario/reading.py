"""Reading a scenario file: find it, parse it, merge what it extends, resolve its numbers, check its form.

Faults are gathered, not raised one by one. A section with a fault of form is left out, the others are handed
on, so that what is wrong with them is found too.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from model.faults import InputFault, nearest, of_form, shown
from model.parameters.names import by_flat_name
from model.scenario import toml_file
from model.scenario.evidence import Resolver, Shelf, SourceRow, names_in, seeds_directory
from model.scenario.governments import odd_blocs, parties_of
from model.scenario.sections import ScenarioFile, Section, quarter_name, quarter_number
from model.vocabulary import BLOCS, IN_A_SENTENCE, LAWS_OF_THREE, THREE, Parties

# Keys whose text names an evidence table.
SELECTORS: Final = frozenset({"evidence", "table", "see"})
# What is said to whoever wants another bloc than those that the file names.
ANOTHER: Final = (
    "the governments of this scenario are {}; for another put its code into blocs (2 to 6), what it is called into "
    "names, and its numbers into every list; makers of other places have home = 'other'"
)
# Keys that speak of the file they stand in, not of those that extend it.
OWN_KEYS: Final = frozenset({"calibrate", "preferences_of"})
QUARTER: Final = r"\d{4}Q[1-4]"
NO_PLACE: Final = ("extra_forbidden", "string_type")  # kinds of faults at which no number stands well
LEAST_PERCENT: Final = 2.0  # from here a number too large for a fraction was probably meant as percent


@dataclasses.dataclass
class Reading:
    """What reading a file gave: valid sections, names of malformed ones, sources, and faults so far."""

    file: ScenarioFile
    malformed: frozenset[str]
    sources: list[SourceRow]
    faults: list[str]
    raw: dict[str, Any]  # the tables of the file and of all that it extends, merged
    shelf: Shelf  # the evidence tables that it takes numbers from
    parties: Parties
    files: tuple[Path, ...]  # the file itself, what it extends, and so on
    base: Reading | None = None  # the scenario whose calibration it takes over

    def looked_at(self) -> list[Path]:
        """Every file that was read, and where a table of one's own would come before one that was read."""
        shipped = [path.name for path in self.shelf.opened.values()]
        places = [file.parent / name for file in self.files for name in shipped]
        beneath = [] if self.base is None else self.base.looked_at()
        return list(dict.fromkeys([*self.files, *self.shelf.opened.values(), *places, *beneath]))


def find_scenario(name_or_path: str | Path, near: Path | None = None) -> Path:
    """The file of a scenario given by name ("2026") or by path.

    near: the folder of the file that names it, from which a path is read; without it, the folder that one is in.
    Raises:
        InputFault: neither exists; names the nearest known scenario.
    """
    path = (near or Path()) / name_or_path
    if path.suffix == ".toml" and _is_file(path):
        return path
    known = names_in("scenarios", ".toml")
    name = str(name_or_path).removesuffix(".toml")
    if name in known:
        return seeds_directory() / "scenarios" / f"{name}.toml"
    is_there = _is_file(path.parent / f"{path.name}.toml")
    if path.suffix == ".toml" or (toml_file.is_path(name_or_path) and not is_there):
        raise InputFault([toml_file.no_file(path if near else name_or_path, known, "scenario")], "scenario")
    fault = f"{shown(str(name_or_path))} is neither a scenario nor a .toml file; known are {', '.join(known)}"
    hint = f"there is a file '{name_or_path}.toml': write its ending" if is_there else nearest(name, known)
    raise InputFault(["; ".join(part for part in (fault, hint) if part)], "scenario")


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no system takes is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_chain(path: Path) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """The raw tables of a scenario file, with those it extends merged in, and all of these files.

    Evidence tables are named from the folder of ``path``, whichever of the files names them.
    Raises:
        InputFault: a file is not there, not TOML, or leads back to itself.
    """
    return _read_chain(path, path.parent, ())


def _read_chain(path: Path, main: Path, seen: tuple[Path, ...]) -> tuple[dict[str, Any], tuple[Path, ...]]:
    _, raw = toml_file.read_toml(path, "scenario")
    raw = {key: _from_folder(item, path.parent, main) for key, item in raw.items()}
    if isinstance(changes := raw.get("parameters"), dict):  # by flat names, so that a change takes its base's place
        raw["parameters"], twice = by_flat_name(changes, "[parameters] ")
        if twice:
            raise InputFault(twice, f"scenario {path.stem}")
    if "extends" not in raw:
        return raw, (path,)
    base, seen = find_scenario(str(raw.pop("extends")), path.parent), (*seen, path.resolve())
    if base.resolve() in seen:
        fault = f"{path.name} extends {base.stem}, which leads back to itself; extend another"
        raise InputFault([fault], "scenario")
    extended, files = _read_chain(base, main, seen)
    extended = {key: item for key, item in extended.items() if key not in OWN_KEYS}
    before, now = extended.get("blocs", list(BLOCS)), raw.get("blocs")
    if now is not None and "blocs" not in extended:  # whoever joins the three finds them with their laws
        extended = {"laws": {code: list(own) for code, own in LAWS_OF_THREE.items()}, **extended}
    if isinstance(now, list) and (gone := [code for code in before if code not in now]):
        fault = f"blocs: {path.name} extends {base.stem} and leaves out {', '.join(map(str, gone))}, whose numbers stay"
        remedy = "write the scenario whole, without extends (two.toml shows one of two governments)"
        raise InputFault([*odd_blocs(now), f"{fault} in its tables; {remedy}"], "scenario")
    if is_quarter(raw.get("known_until")):
        extended = as_known(extended, raw["known_until"], raw.get("blocs", extended.get("blocs", BLOCS)))
    return merged(extended, raw), (path, *files)


def calibrated_by(path: Path) -> Path | None:
    """The scenario whose calibration a file takes over: the last that it extends, up to one that calibrates itself.

    None where it calibrates itself: it extends nothing, or says ``calibrate = true``.
    Raises:
        InputFault: a file is not there, not TOML, or leads back to itself.
    """
    found, seen = None, {path.resolve()}
    while True:
        _, raw = toml_file.read_toml(path, "scenario")
        above = raw.get("preferences_of") or raw.get("extends")
        if raw.get("calibrate") is True or above is None:
            return found
        path = found = find_scenario(str(above), path.parent)
        if path.resolve() in seen:
            raise InputFault([f"{path.name} takes its calibration from itself; name another"], "scenario")
        seen.add(path.resolve())


def _from_folder(item: Any, beside: Path, main: Path) -> Any:
    """A scenario's tables with every evidence table that lies beside their file named from the folder ``main``."""
    return selectors_changed(item, lambda file: named_from(file, beside, main))


def selectors_changed(item: Any, change: Callable[[str], str]) -> Any:
    """A scenario's tables with the file in every selector (``file:conditions:column``) changed."""
    if isinstance(item, list):
        return [selectors_changed(one, change) for one in item]
    if not isinstance(item, dict):
        return item
    result = {key: selectors_changed(one, change) for key, one in item.items()}
    for key in SELECTORS & item.keys():
        if isinstance(item[key], str):
            file, colon, rest = item[key].partition(":")
            result[key] = change(file) + colon + rest
    return result


def named_from(file: str, beside: Path, main: Path) -> str:
    """How a table that lies beside a file is named from another folder; any other name as it is."""
    # {bloc} stands for each of them: one that is there will do.
    one = f"{file.removesuffix('.csv')}.csv"
    is_there = any(beside.glob(one.replace("{bloc}", "*"))) if "{bloc}" in one else _is_file(beside / one)
    if not is_there:
        return file
    way = Path(os.path.relpath((beside / file).parent, main)).as_posix()
    return f"{way}/{Path(file).name}" if way.startswith(".") else f"./{way}/{Path(file).name}"


def is_quarter(label: Any) -> bool:
    """Whether a value is written like a quarter."""
    return isinstance(label, str) and re.fullmatch(QUARTER, label) is not None


def as_known(table: dict[str, Any], until: str, blocs: Any = BLOCS) -> dict[str, Any]:
    """A scenario's raw tables as they were known in quarter ``until``: without what began, and with what ended, later.

    Support programmes, credits and events that begin later are left out, running ones end in that quarter; brands and
    plants that came later do not come. A file with ``known_until`` restates what had been announced by then.
    """
    known: dict[str, Any] = {}
    for key, item in table.items():
        if isinstance(item, dict):
            if any(is_quarter(item.get(name)) and item[name] > until for name in ("first", "quarter")):
                continue
            known[key] = as_known(item, until, blocs)
        elif is_quarter(item) and item > until and key in blocs:
            continue  # quarter in which a brand goes on sale, or a plant opens
        else:
            known[key] = until if is_quarter(item) and key in ("last", "history_ends") and item > until else item
    return known


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """``base`` with ``change`` put in: numbers and lists are replaced whole, other tables key by key."""
    result = dict(base)
    for key, new in change.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and not {"value", "evidence"} & {*old, *new}:
            result[key] = merged(old, new)
        else:
            result[key] = new
    return result


def read_scenario(name_or_path: str | Path) -> Reading:
    """A scenario file read, its numbers resolved, its form checked.

    Raises:
        InputFault: there is no such file, or it is not TOML.
    """
    path = find_scenario(name_or_path)
    raw, files = read_chain(path)
    shelf, parties = Shelf(path.parent), parties_of(raw, f"scenario {path.stem}")
    try:
        first, last = (quarter_number(str(raw.get(key))) for key in ("first_quarter", "last_quarter"))
    except (ValueError, IndexError):
        first, last = 0, -1  # the check of form tells
    until = raw.get("known_until")
    # Later quarters stand at the last one of which anything is known.
    known = quarter_number(str(until)) if is_quarter(until) else last
    quarters = [quarter_name(min(t, max(known, first))) for t in range(first, last + 1)]
    resolver = Resolver(quarters, shelf, parties.blocs)
    resolved = resolver.resolve(raw)
    try:
        file, malformed, faults = ScenarioFile.model_validate(resolved, context=parties), frozenset[str](), []
    except ValidationError as error:
        malformed = frozenset(str(fault["loc"][0]) for fault in error.errors())
        file = _without(malformed, resolved, parties)
        # What could not be resolved is malformed too; one fault is enough for it.
        faults = [line for where, line in explain(error, parties).items() if not _inside(where, resolver.broken)]
        # No reason is asked of a number that has no place there.
        no_place = {_place(fault) for fault in error.errors() if fault["type"] in NO_PLACE}
        for line in (line for where, line in resolver.bare.items() if _inside(where, no_place)):
            resolver.faults.remove(line)
    above = calibrated_by(path)
    base = None if above is None else read_scenario(above)
    return Reading(file, malformed, resolver.sources, [*resolver.faults, *faults], raw, shelf, parties, files, base)


def _without(malformed: frozenset[str], resolved: dict[str, Any], parties: Parties) -> ScenarioFile:
    sound = {}
    for name, field in ScenarioFile.model_fields.items():
        if name in resolved and name not in malformed:
            kind = TypeAdapter(field.rebuild_annotation())
            sound[name] = kind.validate_python(resolved[name], context=parties)
    return ScenarioFile.model_construct(**sound)


def _inside(where: str, broken: set[str]) -> bool:
    return any(where == place or where.startswith((f"{place}.", f"{place}[")) for place in broken)


def _key_names(model: type[BaseModel] = Section) -> set[str]:
    names = set(model.model_fields)
    for child in model.__subclasses__():
        names |= _key_names(child)
    return names


def explain(error: ValidationError, parties: Parties = THREE) -> dict[str, str]:
    """One line a fault, in the words of this project, by place in the file."""
    lines: dict[str, str] = {}
    for fault in error.errors():
        where = _place(fault)
        lines.setdefault(where, _sentence(where, fault, parties))
    if any(_wants_another(fault, parties) for fault in error.errors()):
        lines["blocs"] = ANOTHER.format(", ".join(parties.blocs))
    return lines


def _place(fault: Any) -> str:
    """Where in the file: Pydantic adds the members of a union and the keys of a table, and the file knows neither."""
    parts = [p for p in fault["loc"] if isinstance(p, int) or not re.search(r"\[|float|literal", str(p))]
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts).lstrip(".")


#: What many lines say alike when a government is added: which keys, and what is the same of all.
_ALIKE: Final = (
    re.compile(r"(?P<key>\S+) = .*: (?P<same>\d+ came; allowed are .*)"),
    re.compile(r"(?P<key>\S+) is (?P<same>missing: it has no default); write .* = \.\.\., (?P<own>.*)"),
    re.compile(r"(?P<key>\S+) is (?P<same>missing; add) it"),
)
FEW: Final = 12  # so many faults are read one by one


def in_order_of_work(faults: list[str]) -> list[str]:
    """Faults in the order of a file's sections; of many, one line for those of a section that say the same."""
    order = list(ScenarioFile.model_fields)
    by_section = sorted(faults, key=lambda line: [*order, name := _section(line)].index(name))
    groups: dict[tuple[str, str, bool], list[re.Match[str]]] = {}
    for line in by_section if len(faults) > FEW else ():
        if found := next(filter(None, (pattern.fullmatch(line) for pattern in _ALIKE)), None):
            groups.setdefault((_section(line), found["same"], "-" in found["key"]), []).append(found)
    many = {one[0]: group for group in groups.values() if len(group) > 1 for one in group}
    return list(dict.fromkeys(_together(many[line]) if line in many else line for line in by_section))


def _section(line: str) -> str:
    return re.split(r"[.:\[ ]", line, maxsplit=1)[0]


def _together(group: list[re.Match[str]]) -> str:
    """One line for many: keys with what each allows, keys that allow the same beside each other."""
    keys: dict[str, list[str]] = {}
    for one in group:
        keys.setdefault(one.groupdict().get("own", ""), []).append(one["key"])
    named = (", ".join(own) + (f" ({allowed})" if allowed else "") for allowed, own in keys.items())
    same = (
        group[0]["same"]
        .replace(": it has no default", ", without a default; write each")
        .replace("; add", "; add them")
    )
    return f"{', '.join(named)}: {same}"


def _wants_another(fault: Any, parties: Parties) -> bool:
    """Whether a fault of form is that of somebody who adds a bloc."""
    if fault["type"] == "too_long":
        return bool(fault["ctx"].get("each") == "blocs" and len(fault["input"]) > parties.n_blocs)
    names = fault.get("ctx", {}).get("names", ())
    parts = re.split("[-<]", str(fault["input"]))
    others = [part for part in parts if part.upper() not in parties.blocs]
    of_blocs = (parties.blocs, parties.dyad_names, parties.directed_names)
    return names in of_blocs and bool(others) and all(part.isalpha() for part in parts)


def _in_order(parties: Parties) -> str:
    """The blocs as lists have them, in words."""
    called = (IN_A_SENTENCE.get(name, name).removeprefix("the ") for name in parties.names.values())
    return ", ".join(called)


def _sentence(where: str, fault: Any, parties: Parties) -> str:
    kind, came, ctx = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "missing":
        return f"{where} is missing; add it (see seeds/README.md)"
    if kind == "extra_forbidden":
        key = where.rsplit(".", 1)[-1]
        return f"{where} is not a key of a scenario file; {nearest(key, _key_names()) or 'remove it'}"
    if kind == "string_pattern_mismatch":
        return f"{where} = {shown(came)}: a quarter is written 2026Q4"
    if kind == "not_known":
        hint = nearest(str(came), ctx["names"]) or "write one of these"
        return f"{where}: {shown(came)} is not known; allowed is {', '.join(ctx['names'])}; {hint}"
    if kind == "too_long" and "each" in ctx:
        each = f"one for each bloc in the order {_in_order(parties)}"
        each = each if ctx["each"] == "blocs" else f"one for each place: {_in_order(parties)}, other"
        return f"{where} = {shown(came)}: {len(came)} came; allowed are {ctx['max_length']}, {each}"
    if kind == "list_type":
        return f"{where} = {shown(came)}: write a list, one number for each bloc in the order {_in_order(parties)}"
    if kind == "less_than_equal" and ctx["le"] == 1 and LEAST_PERCENT <= came <= 100:
        remedy = f"rates are fractions: write {came / 100:g}, not {came:g}"
        return f"{where} = {came:g}: allowed is 0 to 1; {remedy}"
    return f"{where} = {of_form(fault)}"

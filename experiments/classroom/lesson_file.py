"""A lesson from its TOML file, checked whole before anything is served: all faults at once, each with the nearest name.

A file has ``kind`` (arms, game), for arms also ``measure`` (depth, emerged, lasts, gain) and ``move``, what students do
before they see: choose an arm; drag one arm's bar (named by ``drag``) to where they think that it is; or pick issues
for a package, whose arm is the one with these ``picks``. And the tables

* ``[setting]``: ``scenario``, ``parameters`` and, where a rule changes midway, ``changes`` ([quarter, name, value]);
* ``[words.LANGUAGE]``: ``title``, ``text`` and ``question``, and perhaps ``look`` (what to look at), ``after`` (what it
  shows) and ``discuss``; one language is enough;
* ``[issues]``: what can be picked, a name (a text a language) each;
* ``[[arms]]``: two to six of them, each with its ``name`` (a text a language), perhaps a ``label`` for tables and its
  ``picks``, and what it sets beside the setting: ``scenario``, ``parameters``, ``changes``.

The lesson is called as its file, without a number in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from experiments.classroom.controls import BRANCHABLE, ON_PAGE, parties_of
from experiments.classroom.game import Settings, read_settings
from experiments.classroom.pages import PAGES
from model import InputFault, nearest, read_toml

SUBJECT: Final = "lessons"
KINDS: Final = ("arms", "game")
MEASURES: Final = ("depth", "emerged", "lasts", "gain")
CHOOSE, DRAG, PICK = "choose", "drag", "pick"
MOVES: Final = (CHOOSE, DRAG, PICK)
STEP: Final = 10  # percent, between two places where a bar that is dragged can stop
KEYS: Final = ("kind", "measure", "move", "drag", "pair", "setting", "words", "issues", "arms")
SETTING_KEYS: Final = ("scenario", "parameters", "changes")
ARM_KEYS: Final = ("label", "name", "picks", *SETTING_KEYS)
KINDS_OF: Final = (("parameters", dict), ("changes", list))
NEEDED: Final = ("title", "text", "question")
PARTS: Final = (*NEEDED, "look", "after", "discuss")
FEWEST_ARMS, MOST_ARMS = 2, 6
LONGEST: Final = 2000  # characters of a text
MOST_FILES: Final = 40  # of a folder: a page shows all of its chapters
SAME: Final = "same"  # the arms do not differ
Words = dict[str, dict[str, str]]  # language -> part -> text


@dataclass(frozen=True)
class Arm:
    """One of the settings that a lesson compares; name: a text a language; picks: the issues that lead to it."""

    label: str
    settings: Settings
    name: Mapping[str, str]
    picks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """A lesson: its words, what it compares by which measure, and what students do before they see.

    dyad: of kind game the pair whose game is shown, of measure lasts the pair that is counted; drag: the label of the
    arm whose bar is dragged; issues: what can be picked, issue -> language -> name.
    """

    key: str
    kind: str
    words: Words
    measure: str = "depth"
    arms: tuple[Arm, ...] = ()
    dyad: int = 0
    move: str = CHOOSE
    drag: str = ""
    issues: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def options(self) -> tuple[str, ...]:
        """What can be answered to the question of arms: their labels, or how far a bar was dragged, in percent."""
        if self.move == DRAG:
            return tuple(str(place) for place in range(0, 101, STEP))
        return (*(arm.label for arm in self.arms), *((SAME,) if self.move == CHOOSE else ()))


def read_lessons(path: Path, taken: Iterable[str] = ()) -> tuple[Lesson, ...]:
    """The lesson of a file, or all of a folder's files in the order of their names; taken: keys that others have.

    Raises ``InputFault`` with everything that is wrong in all of them.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not 0 < len(files) <= MOST_FILES:
        said = f"'{path}' has {len(files)} lessons (files that end in .toml): allowed are 1 to {MOST_FILES}"
        raise InputFault([said], SUBJECT)
    faults: list[str] = []
    lessons, keys = [], set(taken)
    for file in files:
        try:
            lesson = read_lesson(file)
        except InputFault as fault:
            faults += fault.faults
            continue
        if lesson.key in keys:
            faults.append(f"'{file.name}': there is a lesson '{lesson.key}' already; give the file another name")
        keys.add(lesson.key)
        lessons.append(lesson)
    if faults:
        raise InputFault(faults, SUBJECT)
    return tuple(lessons)


def read_lesson(path: Path) -> Lesson:
    """The lesson of one file.

    Raises ``InputFault`` with everything that is wrong in it.
    """
    try:
        _, table = read_toml(path, SUBJECT, "lesson")
    except FileNotFoundError:
        raise InputFault([f"'{path}' is neither a lesson's file nor a folder of them"], SUBJECT) from None
    reader = _Reader(path.name)
    lesson = reader.lesson(re.sub(r"^\d+-", "", path.stem), table)
    if reader.faults:
        raise InputFault(reader.faults, SUBJECT)
    return lesson


class _Reader:
    """Reads one file's table and notes what is wrong in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[str] = []

    def fault(self, text: str) -> None:
        self.faults.append(f"'{self.name}': {text}")

    def lesson(self, key: str, table: Mapping[str, Any]) -> Lesson:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", key):
            self.fault(f"its name '{key:.60}' has other signs than letters, digits, - and _ (at most 40)")
        self.known("", table, KEYS)
        kind = self.one_of("kind", table.get("kind"), KINDS)
        measure = self.one_of("measure", table.get("measure", MEASURES[0]), MEASURES)
        words = self.words(table.get("words"))
        setting = self.table("setting", table.get("setting", {}), SETTING_KEYS)
        arms = self.arms(kind, table.get("arms", []), setting, sorted(words))
        pairs = parties_of((arms[0].settings if arms else Settings()).scenario).dyad_names
        pair = self.one_of("pair", table.get("pair", pairs[0]), pairs)
        move = self.one_of("move", table.get("move", CHOOSE), MOVES) if kind == "arms" else CHOOSE
        drag = self.dragged(move, measure, table.get("drag"), [arm.label for arm in arms])
        issues = self.issues(move, table.get("issues", {}), arms, sorted(words))
        return Lesson(key, kind, words, measure, arms, pairs.index(pair), move, drag, issues)

    def dragged(self, move: str, measure: str, came: Any, labels: Sequence[str]) -> str:
        """The arm whose bar is dragged."""
        if move != DRAG:
            if came is not None:
                self.fault(f"drag: allowed in a lesson with move = '{DRAG}'")
            return ""
        if measure == "gain":
            self.fault("drag: allowed with a measure in percent, not with gain")
        return self.one_of("drag", came, labels or [""])

    def issues(self, move: str, came: Any, arms: Sequence[Arm], languages: list[str]) -> dict[str, dict[str, str]]:
        """What can be picked; every package of so many issues leads to one arm."""
        if move != PICK:
            if came or any(arm.picks for arm in arms):
                self.fault(f"issues and picks: allowed in a lesson with move = '{PICK}'")
            return {}
        if not isinstance(came, dict) or len(came) < FEWEST_ARMS:
            self.fault("issues: allowed is a table [issues] with two or more names")
            return {}
        names = {}
        for issue, told in came.items():
            row = self.table(f"issues.{issue}", told, languages)
            names[issue] = {one: self.text(f"issues.{issue}.{one}", row.get(one)) for one in languages}
        size = len(arms[0].picks) if arms else 0
        wanted = {frozenset(some) for some in combinations(came, size)} if size else set()
        if len(arms) != len(wanted) or {frozenset(arm.picks) for arm in arms} != wanted:
            self.fault("picks: allowed is one arm for every package of so many issues, each with the list of its own")
        return names

    def known(self, where: str, table: Mapping[str, Any], allowed: Sequence[str]) -> None:
        for name in table:
            if name not in allowed:
                what = f"{where}.{name}" if where else name
                self.fault(f"{what:.80} is unknown; {nearest(name, allowed) or 'allowed are ' + ', '.join(allowed)}")

    def table(self, where: str, came: Any, allowed: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(came, dict):
            self.fault(f"{where}: allowed is a table")
            return {}
        self.known(where, came, allowed)
        return came

    def one_of(self, where: str, came: Any, allowed: Sequence[str]) -> str:
        if came in allowed:
            return str(came)
        hint = nearest(came, allowed)
        why = "is missing" if came is None else f"{came!r:.60} is none"
        self.fault(f"{where} {why}: allowed are {', '.join(allowed)}{f'; {hint}' if hint else ''}")
        return allowed[0]

    def text(self, where: str, came: Any) -> str:
        if isinstance(came, str) and 0 < len(came.strip()) <= LONGEST:
            return came.strip()
        self.fault(
            f"{where} {'is missing' if came is None else 'is none'}: allowed is a text of 1 to {LONGEST} characters"
        )
        return ""

    def words(self, came: Any) -> Words:
        words: Words = {}
        languages = self.table("words", came if came is not None else {}, PAGES.languages)
        if not languages:
            self.fault(f"words are missing: write [words.LANGUAGE], LANGUAGE one of {', '.join(PAGES.languages)}")
        for language, told in languages.items():
            where = f"words.{language}"
            if language not in PAGES.languages:
                continue
            parts = self.table(where, told, PARTS)
            needed = {
                part: parts.get(part) for part in (*NEEDED, *(p for p in PARTS if p in parts and p not in NEEDED))
            }
            words[language] = {part: self.text(f"{where}.{part}", value) for part, value in needed.items()}
        return words

    def arms(self, kind: str, came: Any, setting: Mapping[str, Any], languages: list[str]) -> tuple[Arm, ...]:
        if not isinstance(came, list) or (kind != "arms" and came):
            self.fault("arms: allowed is a list of tables [[arms]], of a lesson of kind arms")
            return ()
        if kind == "game":
            return (Arm("game", self.settings("setting", setting, {}), {}),)
        if not FEWEST_ARMS <= len(came) <= MOST_ARMS:
            self.fault(f"it has {len(came)} arms: allowed are {FEWEST_ARMS} to {MOST_ARMS}, each with its own [[arms]]")
        arms = []
        for number, told in enumerate(came[:MOST_ARMS], 1):
            where = f"arm {number}"
            row = self.table(where, told, ARM_KEYS)
            label = row.get("label", f"arm_{number}")
            if not isinstance(label, str) or not re.fullmatch(r"[a-z0-9_]{1,30}", label) or label == SAME:
                self.fault(f"{where}: label {label!r:.60}: allowed are small letters, digits and _, and not 'same'")
                label = f"arm_{number}"
            names = self.table(f"{where}: name", row.get("name"), languages)
            name = {language: self.text(f"{where}: name.{language}", names.get(language)) for language in languages}
            picks = self.plain(f"{where}: picks", row.get("picks", []), list)
            arms.append(Arm(label, self.settings(where, setting, row), name, tuple(str(one) for one in picks)))
        self.differ(arms)
        return tuple(arms)

    def differ(self, arms: Sequence[Arm]) -> None:
        """Two arms with one label or with the same settings are a slip: their bars cannot be told apart."""
        for what, own in (("label", [arm.label for arm in arms]), ("settings", [arm.settings.key() for arm in arms])):
            for number, one in enumerate(own):
                if one in own[:number] and not self.faults:
                    self.fault(f"arm {number + 1} has the same {what} as arm {own.index(one) + 1}")

    def settings(self, where: str, setting: Mapping[str, Any], own: Mapping[str, Any]) -> Settings:
        usual = Settings()
        scenario = own.get("scenario", setting.get("scenario", usual.scenario))
        given = [
            (part, f"{where}: {name}", name, kind) for name, kind in KINDS_OF for part in (setting, own) if name in part
        ]
        tables = [self.plain(place, part[name], kind) for part, place, name, kind in given]
        said = partial(self.stranger, where)
        merged = {name: value for one in tables if isinstance(one, dict) for name, value in one.items()}
        parameters = {name: value for name, value in merged.items() if not said(name, ON_PAGE)}
        listed = [row for one in tables if isinstance(one, list) for row in one]
        rows = [row for row in listed if not (_has_name(row) and said(row[1], BRANCHABLE))]
        pieces = [{"scenario": scenario}, {"parameters": parameters}, *({"changes": [row]} for row in rows)]
        before = len(self.faults)
        for piece in pieces:  # each by itself, so that one fault does not hide the next
            try:
                read_settings(piece)
            except InputFault as fault:
                self.faults += [f"'{self.name}': {where}: {text}" for text in fault.faults]
        if len(self.faults) == before:
            try:
                return read_settings({"scenario": scenario, "parameters": parameters, "changes": rows})
            except InputFault as fault:  # more changes than a game may have
                self.faults += [f"'{self.name}': {where}: {text}" for text in fault.faults]
        return usual

    def plain(self, where: str, came: Any, kind: type) -> Any:
        if isinstance(came, kind):
            return came
        self.fault(f"{where}: allowed is {'a table of names and values' if kind is dict else 'a list'}")
        return kind()

    def stranger(self, where: str, name: str, allowed: Iterable[str]) -> bool:
        if name in allowed:
            return False
        why = "cannot change midway" if name in ON_PAGE else "is no setting of the laboratory"
        hint = nearest(name, allowed)
        self.fault(f"{where}: '{name:.60}' {why}{f'; {hint}' if hint else ''}")
        return True


def _has_name(row: Any) -> bool:
    return isinstance(row, list) and len(row) == 3 and isinstance(row[1], str)


def as_data(lesson: Lesson) -> dict[str, Any]:
    """A lesson as plain data for the page."""
    return {
        **{
            "key": lesson.key,
            "kind": lesson.kind,
            "measure": lesson.measure,
            "dyad": lesson.dyad,
            "words": lesson.words,
            "move": lesson.move,
            "drag": lesson.drag,
            "issues": {issue: dict(name) for issue, name in lesson.issues.items()},
            "options": list(lesson.options()),
        },
        "arms": [
            {
                **{"label": arm.label, "settings": arm.settings.as_dict(), "name": dict(arm.name)},
                "picks": list(arm.picks),
            }
            for arm in lesson.arms
        ],
    }

"""The story of one run, to be read in class: what happened, which game is played, how it ended."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.display.console import chapter, head, prose
from experiments.display.games import meaning_of
from experiments.display.grids import Grid
from experiments.display.streams import plain
from experiments.display.words import BLOC_WORDS, signed

if TYPE_CHECKING:
    import pandas as pd

    from model import NegotiationModel, ToldRun, Turn

# How each topic is marked in the story; an unknown one is marked by a dot.
MARKS: Final = {
    "treaty": ("◆", "bold green"),
    "offer": ("→", ""),
    "refusal": ("✗", "red"),
    "ratification": ("§", ""),
    "lapse": ("!", "bold red"),
    "complaint": ("?", "yellow"),
    "keeping": ("◇", "green"),
    "retaliation": ("!", "red"),
    "notice": ("×", "red"),
    "exit": ("×", "bold red"),
    "case": ("?", "yellow"),
    "tension": ("~", "yellow"),
    "recognition": ("◇", "green"),
    "club": ("◆", "green"),
    "gesture": ("◇", "green"),
    "undertaking": ("§", ""),
    "access": ("§", ""),
    "shortfall": ("!", "red"),
    "government": ("~", "yellow"),
    "again": ("…", "dim"),
}
# On narrower screens the quarter and the dyad stand above what happened.
SIDE_BY_SIDE: Final = 60
# After these the next talks of a dyad are new talks.
SESSION_ENDS: Final = ("treaty", "ratification", "exit")
#: What stood in a side's way (``model.telling.outcomes.Obstacle``), in a sentence.
IN_THE_WAY: Final = {
    "own gain": "too little was in it for {}",
    "would not keep it": "{} would not have kept what was on the table",
    "legislature": "the legislature of {} would not have passed it",
    "sees nothing the partner would take": "{} saw nothing for itself that its partner would take",
}


def tell(
    console: Console, model: NegotiationModel | ToldRun, changes: Mapping[str, object], every_round: bool = False
) -> None:
    """Print the story of a finished run, quarter by quarter, then the games, then the outcome."""
    scenario = model.start
    last = model.n_quarters - 1
    span = f"{scenario.quarter_label(0)} to {scenario.quarter_label(last)}"
    head(console, scenario.title, f"  ({span})", is_first=True)
    if changes:
        prose(console, "Changed: " + ", ".join(f"{name} = {value}" for name, value in changes.items()))
    tell_story(console, list(model.story) if every_round else condense(model.story))
    names = {code: model.teller.named(bloc) for bloc, code in enumerate(scenario.parties.blocs)}
    tell_games(console, model, names)
    tell_outcome(console, model.summary(), scenario.quarter_label(last), names)


class Line(NamedTuple):
    """One line of a story as it is printed."""

    label: str
    topic: str
    dyad: str
    text: str


def condense(story: Iterable[Any]) -> list[Line]:
    """The story with the haggling of each session cut short.

    Of the offers and refusals of one session the first of each side stay, and the offer that is accepted; how
    many were left out in between is said once.
    """
    from model import Turn

    heard: dict[str, set[tuple[Turn, int]]] = {}
    skipped: dict[str, list[Any]] = {}
    lines: list[Line] = []
    for line in story:
        is_accepted = line.turn == Turn.ACCEPTED
        if line.topic in ("offer", "refusal") and not is_accepted:
            speaker = (line.turn, line.side)
            if speaker in heard.setdefault(line.dyad, set()):
                skipped.setdefault(line.dyad, []).append(line)
                continue
            heard[line.dyad].add(speaker)
        before = skipped.pop(line.dyad, [])
        last = [before.pop()] if is_accepted and before and before[-1].topic == "offer" else []
        if before:
            said = f"({_count(len(before), 'further offer or refusal', 'further offers and refusals')})"
            lines.append(Line(line.label, "again", line.dyad, said))
        lines += [Line(one.label, one.topic, one.dyad, one.text) for one in (*last, line)]
        if line.topic in SESSION_ENDS or line.topic == "session":
            heard.pop(line.dyad, None)
    return lines


def tell_story(console: Console, story: Iterable[Any]) -> None:
    """Print the lines of a story under their years and quarters, the lines of one dyad together."""
    lines = list(story)
    place = {name: number for number, name in enumerate(dict.fromkeys(["", *(line.dyad for line in lines)]))}
    year = ""
    for label, group in itertools.groupby(lines, key=lambda line: line.label):
        if label[:4] != year:
            year = label[:4]
            chapter(console, year)
        dyad = None
        for number, line in enumerate(sorted(group, key=lambda line: place[line.dyad])):
            mark, style = MARKS.get(line.topic, ("·", ""))
            when, who = "" if number else label, "" if line.dyad == dyad else plain(line.dyad)
            row = Table.grid(padding=(0, 1))
            if console.width < SIDE_BY_SIDE:
                if when or who:
                    prose(console, f"{when} {who}".strip(), "dim")
            else:
                row.add_column(width=6, no_wrap=True)
                row.add_column(width=5, no_wrap=True)
            row.add_column(width=1, no_wrap=True)
            row.add_column()
            beside = (when, Text(who, "dim")) if console.width >= SIDE_BY_SIDE else ()
            row.add_row(*beside, Text(mark, style), Text(plain(line.text), style))
            console.print(row)
            dyad = line.dyad


def tell_games(console: Console, model: NegotiationModel | ToldRun, names: Mapping[str, str]) -> None:
    """Print which two-by-two game each dyad played when, and the payoffs of the last one; names: of blocs, by code."""
    dyads = model.tables()["dyad"]
    chapter(console, "Games")
    prose(console, "Each side honours or withdraws the package between them: which game is that for each side?")
    for number, dyad in enumerate(dict.fromkeys(dyads["entity"])):
        rows = dyads[dyads["entity"] == dyad].sort_values("quarter")
        head(console, dyad)
        pairs = list(zip(rows["game_first"], rows["game_second"], strict=True))
        for (first, second), since, until, n in _spells(pairs, list(rows["label"])):
            when = since if since == until else f"{since} to {until}"
            prose(console, f"{when}: {first}–{second} ({_count(n, 'quarter', 'quarters')})", indent=2)
        _tell_payoffs(console, model, number, dyad.split("-"))
        for bloc, family in zip(dyad.split("-"), pairs[-1], strict=True):
            if meaning := meaning_of(family):
                prose(console, f"{_cap(names[bloc])}, {family}: {meaning}.", indent=4)


def last_game(model: NegotiationModel | ToldRun, dyad: int) -> tuple[int, list[list[tuple[float, float]]]]:
    """The package of the last quarter, 0 none, and what both sides gain from it over both withdrawing, bn$ a year.

    Rows are the first side, columns the second; in both honouring comes before withdrawing.
    """
    from model import QUARTERS_PER_YEAR, last_games

    flows, package = last_games(model.world)
    (kept, alone, deserted), (other_kept, other_alone, other_deserted) = (
        QUARTERS_PER_YEAR * (flows[0, dyad, :, :3] - flows[0, dyad, :, 3:])
    ).tolist()
    game = [[(kept, other_kept), (deserted, other_alone)], [(alone, other_deserted), (0.0, 0.0)]]
    return int(package[0, dyad]), game


def _tell_payoffs(console: Console, model: NegotiationModel | ToldRun, dyad: int, blocs: list[str]) -> None:
    """Print the package of the last quarter and its payoffs as a matrix."""
    package, game = last_game(model, dyad)
    if package == 0:
        prose(console, "At the end no package lies between them.", indent=2)
        return
    state = model.world.state
    over = "what was on the table last, without a treaty in force"
    if int(state.treaty[0, dyad]) == package:
        over = "what is in force"
    elif int(state.signed[0, dyad]) == package:
        over = "what is signed and not in force yet"
    prose(console, f"At the end, over {over}: {model.teller.package(dyad, package)}.", indent=2)
    if abroad := model.teller.plants_let_in(dyad, package):
        prose(console, f"Part of it is earned by plants abroad: {abroad}.", indent=2)
    first, second = blocs
    deeds = [f"{second} {deed}" for deed in ("honours", "withdraws")]
    table = Grid("", (f"{first}, {second}: bn$ a year",), deeds)
    for deed, row in zip(("honours", "withdraws"), game, strict=True):
        table.row(f"{first} {deed}", *(f"{signed(one)}, {signed(other)}" for one, other in row))
    table.show(console, indent=4)


def _spells(values: list[Any], labels: list[str]) -> list[tuple[Any, str, str, int]]:
    """Equal values in a row: the value, the labels of its first and last quarter, how many quarters."""
    spells, start = [], 0
    for value, group in itertools.groupby(values):
        end = start + len(list(group))
        spells.append((value, labels[start], labels[end - 1], end - start))
        start = end
    return spells


def tell_outcome(console: Console, summary: pd.DataFrame, horizon: str, names: Mapping[str, str]) -> None:
    """Print in words how the run ended for each dyad; names: of blocs inside a sentence, by code."""
    chapter(console, "Outcome")
    for row in summary.to_dict("records"):
        head(console, row["dyad"])
        prose(console, outcome_in_words({str(k): v for k, v in row.items()}, horizon, names), indent=2)


def outcome_in_words(row: Mapping[str, Any], horizon: str, names: Mapping[str, str] = BLOC_WORDS) -> str:
    """A few sentences on one dyad of one run; names: of blocs inside a sentence, by code."""
    first, second = (names[code] for code in row["dyad"].split("-"))
    depth = (
        f"Mean depth {row['mean_depth']:.2f} of a possible {row['depth_ceiling']:.2f}, "
        f"{row['mean_depth_contested']:.2f} of what neither side would concede alone"
    )
    gain = (
        f"joint gain over no treaty {signed(row['joint_gain'])} bn$ a year "
        f"({first} {signed(row['gain_first'])}, {second} {signed(row['gain_second'])})"
    )
    # Where next to nothing can be had there is no share of it.
    if row["gain_share"] == row["gain_share"]:
        gain = f"{gain}, {100 * row['gain_share']:.0f} % of what can be had"
    treaties = ", ".join(
        (
            f"{_count(row['n_treaties'], 'treaty', 'treaties')} ratified",
            f"one in force in {_count(row['treaty_quarters'], 'quarter', 'quarters')}",
            f"breached {_times(row['n_lapses'])}" if row["n_lapses"] else "honoured for as long as it was in force",
        )
    )
    treaties = _cap(treaties) if row["treaty_quarters"] else "No treaty was ever in force"
    return f"{depth}; {gain}. {treaties}. {_emergence(row, horizon)}{_reason(row, names)}"


def _emergence(row: Mapping[str, Any], horizon: str) -> str:
    longest = _count(row["longest_spell"], "quarter", "quarters")
    spells = f"in {_count(row['n_spells'], 'spell', 'spells')}, the longest of {longest}"
    if row["n_spells"] == 1:
        spells = f"in one spell of {longest}"
    lasting = "which counts as durable" if row["durable"] else "which does not count as durable"
    hollow = " It is hollow: together the two would do better without it." if row["hollow"] else ""
    if row["inherited"]:
        if row["kept"]:
            return f"Cooperation is inherited and kept to {horizon}.{hollow}"
        if not row["n_spells"]:
            return "Cooperation is inherited and lost at once; it does not come back."
        back = "regained" if row["regained"] else "not regained"
        return f"Cooperation is inherited, lost and {back}, {spells}, {lasting}.{hollow}"
    if not row["emerged"]:
        # A treaty may be kept throughout and not be cooperation (theory 2.1): that must be said where one was.
        why = "in no year do all three hold: enough is gained, neither loses, each gives what it would rather not give"
        return f"Cooperation does not emerge by {horizon}{f': {why}' if row['treaty_quarters'] else ''}."
    first = "It ends" if row["n_spells"] == 1 else "The first spell ends"
    end = f" {first} before {horizon}." if row["collapsed"] else ""
    return f"Cooperation emerges in {row['emergence_label']}, {spells}, {lasting}.{end}{hollow}"


def _reason(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What stood in the way of talks most often: by whose code, and how."""
    reason = row.get("blocking")
    if not isinstance(reason, str) or not reason:
        return ""
    who, _, what = reason.partition(": ")
    return f" What stood in the way most often in talks: {IN_THE_WAY[what].format(names[who])}."


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def _times(number: float) -> str:
    return {1: "once", 2: "twice"}.get(int(number), f"{int(number)} times")


def _count(number: float, one: str, many: str) -> str:
    n = int(number)
    return f"{n} {one if n == 1 else many}" if n else f"no {many}"

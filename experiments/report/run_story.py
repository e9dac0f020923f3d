"""The story of one run, to be read in class: what happened, which game is played, how it ended."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.display.console import chapter, head, prose
from experiments.display.games import meaning_of
from experiments.display.grids import Grid
from experiments.display.streams import plain
from experiments.display.words import signed
from experiments.report.run_outcome import cap, count, outcome_in_words

if TYPE_CHECKING:
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
#: What the signs stand for, in the order of the legend.
SIGNS: Final = {
    "◆": "a treaty",
    "→": "an offer, or its acceptance",
    "✗": "a refusal",
    "§": "a treaty not passed, or access to a market",
    "!": "a breach, or an answer to one",
    "?": "a complaint, or a duty case",
    "◇": "kept again, or given alone",
    "×": "a treaty ends, or is to end",
    "~": "tension or politics",
    "…": "left out here",
    "·": "anything else",
}
#: Turning points that are told at most, and of many pairs that many a pair.
MOST, A_PAIR = 15, 5
#: What is told before anything else: when treaties enter into force, and when and why they end.
FIRST: Final = {"in_force": 1000.0, "ends": 1000.0}  # more than any change of depth weighs


def tell(
    console: Console,
    model: NegotiationModel | ToldRun,
    changes: Mapping[str, object],
    is_whole: bool = False,
    every_round: bool = False,
) -> None:
    """Print how a finished run ended and its turning points; the whole story quarter by quarter where it is asked for.

    The whole story ends with the games and the outcome; every_round: with all offers and refusals.
    """
    scenario = model.start
    span = f"{scenario.quarter_label(0)} to {scenario.quarter_label(model.n_quarters - 1)}"
    head(console, scenario.title, f"  ({span})", is_first=True)
    if changes:
        prose(console, "Changed: " + ", ".join(f"{name} = {value}" for name, value in changes.items()))
    names = {code: model.teller.named(bloc) for bloc, code in enumerate(scenario.parties.blocs)}
    if is_whole or every_round:
        dyads = scenario.parties.dyad_names
        lines = list(model.story) if every_round else condense(model.story)
        tell_signs(console, lines)
        tell_story(console, lines, dyads)
        tell_games(console, model, names)
        tell_outcome(console, model, names)
        return
    tell_outcome(console, model, names)
    tell_turning_points(console, model)


def tell_turning_points(console: Console, model: NegotiationModel | ToldRun) -> None:
    """Print what turned the run, the signs in it, and how to see the rest."""
    from model import TURNING_WEIGHTS, turning_points

    dyads = list(model.start.parties.dyad_names)
    story = [line for line in model.story if line.kind in TURNING_WEIGHTS]
    most = max(MOST, A_PAIR * len(dyads))
    depth = model.recorder.series("dyad", "depth").T
    events = [
        (
            line.quarter,
            dyads.index(line.dyad) if line.dyad else -1,
            TURNING_WEIGHTS[line.kind] + FIRST.get(line.kind, 0.0),
        )
        for line in story
    ]
    chosen = [story[place] for place in turning_points(events, depth, most)]
    chapter(console, "Turning points")
    lines = [Line(line.label, line.topic, line.dyad, line.brief or line.text) for line in chosen]
    if not lines:
        prose(console, "Nothing was signed, and nothing broken.")
    tell_lines(console, lines, dyads)
    console.print()
    tell_signs(console, lines)
    prose(
        console,
        f"{len(chosen)} of {count(len(model.story), 'line', 'lines')}: --all tells all, and the game of each pair.",
    )


def tell_signs(console: Console, lines: Iterable[Any]) -> None:
    """Print what the signs of these lines stand for."""
    there = {_sign(line.topic)[0] for line in lines}
    if told := [f"{sign} {words}" for sign, words in SIGNS.items() if sign in there]:
        prose(console, f"Signs: {'; '.join(told)}.")


def _sign(topic: str) -> tuple[str, str]:
    return MARKS.get(topic, ("·", ""))


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
            said = f"({count(len(before), 'further offer or refusal', 'further offers and refusals')})"
            lines.append(Line(line.label, "again", line.dyad, said))
        lines += [Line(one.label, one.topic, one.dyad, one.text) for one in (*last, line)]
        if line.topic in SESSION_ENDS or line.topic == "session":
            heard.pop(line.dyad, None)
    return lines


def tell_story(console: Console, story: Iterable[Any], dyads: Sequence[str]) -> None:
    """Print the lines of a story under their years."""
    for year, lines in itertools.groupby(story, key=lambda line: line.label[:4]):
        chapter(console, year)
        tell_lines(console, lines, dyads)


def tell_lines(console: Console, story: Iterable[Any], dyads: Sequence[str]) -> None:
    """Print lines under their quarters, those of one dyad together, in the order of the dyads."""
    place = {name: number for number, name in enumerate(["", *dyads])}
    for label, group in itertools.groupby(story, key=lambda line: line.label):
        dyad = None
        for number, line in enumerate(sorted(group, key=lambda line: place[line.dyad])):
            mark, style = _sign(line.topic)
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
            prose(console, f"{when}: {first}–{second} ({count(n, 'quarter', 'quarters')})", indent=2)
        _tell_payoffs(console, model, number, dyad.split("-"))
        for bloc, family in zip(dyad.split("-"), pairs[-1], strict=True):
            if meaning := meaning_of(family):
                prose(console, f"{cap(names[bloc])}, {family}: {meaning}.", indent=4)


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


def tell_outcome(console: Console, model: NegotiationModel | ToldRun, names: Mapping[str, str]) -> None:
    """Print in words how the run ended for each dyad; names: of blocs inside a sentence, by code."""
    from model import shortfalls

    chapter(console, "Outcome")
    horizon = model.start.quarter_label(model.n_quarters - 1)
    for d, row in enumerate(model.summary().to_dict("records")):
        head(console, row["dyad"])
        short = shortfalls(model.recorder, model.world.rules.given_alone, d)
        prose(console, outcome_in_words({str(k): v for k, v in row.items()}, horizon, names, short), indent=2)

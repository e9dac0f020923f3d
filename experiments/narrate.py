"""The story of one run, to be read in class: what happened, which game is played, how it ended."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from experiments.findings import signed

if TYPE_CHECKING:
    import pandas as pd

    from model import NegotiationModel

# How each topic is marked in the story; an unknown one is marked by a dot.
MARKS: Final = {
    "treaty": ("◆", "bold green"),
    "offer": ("→", ""),
    "refusal": ("✗", "red"),
    "ratification": ("§", ""),
    "lapse": ("!", "bold red"),
    "retaliation": ("!", "red"),
    "exit": ("×", "bold red"),
    "case": ("?", "yellow"),
    "tension": ("~", "yellow"),
    "recognition": ("◇", "green"),
}
# What a family of two-by-two games means for the side that it describes.
FAMILIES: Final = {
    "Prisoner's Dilemma": "gains from the deal but is tempted to take and not give: a treaty can help",
    "Deadlock": "is better off without the deal whatever the other does: only a side payment helps",
    "Harmony": "would give alone: no treaty is needed",
    "Concord": "likes giving best when the other gives too: nothing much to negotiate",
    "Chicken": "wants the other to bear it, and fears collapse most",
    "Stag Hunt": "gains most if both give, and loses if it gives alone: trust and dialogue help",
    "Assurance": "gains most if both give, but feels safer when neither does",
    "Coordination": "wants the two policies to match",
    "Peace": "likes giving; exploiting the other does not pay",
    "Battle": "gains most by moving first",
    "Hero": "gains less by giving first, but someone must",
    "Compromise": "finds giving costly, and mutual giving worst",
    "one-way": "has something to give or to get, but not both",
    "tie": "is nearly indifferent",
}


def tell(console: Console, model: NegotiationModel, changes: Mapping[str, object]) -> None:
    """Print the story of a finished run, quarter by quarter, then the games, then the outcome."""
    scenario = model.scenario
    last = model.n_quarters - 1
    span = f"{scenario.quarter_label(0)} to {scenario.quarter_label(last)}"
    console.print(f"[bold]{scenario.title}[/bold]  ({span})")
    if changes:
        console.print("Changed: " + ", ".join(f"{name} = {value}" for name, value in changes.items()))
    tell_story(console, model.story)
    tell_games(console, model.tables()["dyad"])
    tell_outcome(console, model.summary(), scenario.quarter_label(last))


def tell_story(console: Console, story: Any) -> None:
    """Print the lines of a story under their years and quarters."""
    year = ""
    for label, lines in itertools.groupby(story, key=lambda line: line.label):
        if label[:4] != year:
            year = label[:4]
            console.print()
            console.rule(f"[bold]{year}", style="dim", align="left")
        for number, line in enumerate(lines):
            mark, style = MARKS.get(line.topic, ("·", ""))
            row = Table.grid(padding=(0, 1))
            row.add_column(width=6)
            row.add_column(width=5, style="dim")
            row.add_column(width=1)
            row.add_column()
            row.add_row("" if number else label, line.dyad, Text(mark, style), Text(line.text, style))
            console.print(row)


def tell_games(console: Console, dyads: pd.DataFrame) -> None:
    """Print which two-by-two game each dyad plays, and from when to when."""
    console.print()
    console.rule("[bold]Games", style="dim", align="left")
    console.print(
        "Each side honours (C) or withdraws (D) the package between them. R: both honour, T: only the other "
        "does, S: only this side does, P: neither."
    )
    for dyad in dict.fromkeys(dyads["entity"]):
        rows = dyads[dyads["entity"] == dyad].sort_values("quarter")
        console.print(f"\n[bold]{dyad}[/bold]")
        for game, since, until, n in _spells(rows):
            when = since if since == until else f"{since} to {until}"
            console.print(
                Padding(f"{when}: {game} ({n} quarter{'s' if n > 1 else ''})", (0, 0, 0, 2), expand=False)
            )
        game = rows["game"].mode().iloc[0]
        for bloc, family in zip(dyad.split("-"), _families(game), strict=False):
            if meaning := _meaning(family):
                console.print(Padding(f"{bloc}, {family}: {meaning}.", (0, 0, 0, 4), expand=False))


def _spells(rows: pd.DataFrame) -> list[tuple[str, str, str, int]]:
    """Games in a row: name, first and last quarter, number of quarters."""
    pairs = list(zip(rows["game"], rows["label"], strict=True))
    spells = []
    for game, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        labels = [label for _, label in group]
        spells.append((game, labels[0], labels[-1], len(labels)))
    return spells


def _families(game: str) -> list[str]:
    return [part.strip() for part in game.replace("—", "–").split("–")]


def _meaning(family: str) -> str:
    """What a family means for its side; one with the labels the wrong way round says so."""
    known = FAMILIES.get(family.removeprefix("reversed:").strip(), "")
    return (
        f"with giving and withholding exchanged, {known}"
        if known and family.startswith("reversed")
        else known
    )


def tell_outcome(console: Console, summary: pd.DataFrame, horizon: str) -> None:
    """Print in words how the run ended for each dyad."""
    console.print()
    console.rule("[bold]Outcome", style="dim", align="left")
    for row in summary.to_dict("records"):
        console.print(f"\n[bold]{row['dyad']}[/bold]")
        console.print(
            Padding(
                outcome_in_words({str(k): v for k, v in row.items()}, horizon), (0, 0, 0, 2), expand=False
            )
        )


def outcome_in_words(row: Mapping[str, Any], horizon: str) -> str:
    """Three or four sentences on one dyad of one run."""
    first, second = row["dyad"].split("-")
    depth = (
        f"Mean depth {row['mean_depth']:.2f} of a possible {row['depth_ceiling']:.2f} "
        f"({row['mean_depth_contested']:.2f} without what a side would do alone)"
    )
    gain = (
        f"joint gain over no treaty {signed(row['joint_gain'])} bn$ a year "
        f"({first} {signed(row['gain_first'])}, {second} {signed(row['gain_second'])})"
    )
    treaties = ", ".join(
        (
            f"{_count(row['n_treaties'], 'treaty', 'treaties')} signed",
            f"one in force in {_count(row['treaty_quarters'], 'quarter', 'quarters')}",
            _count(row["n_lapses"], "lapse", "lapses"),
        )
    )
    treaties = treaties[0].upper() + treaties[1:]
    return f"{depth}; {gain}. {treaties}. {_emergence(row, horizon)}{_reason(row)}"


def _emergence(row: Mapping[str, Any], horizon: str) -> str:
    if not row["emerged"]:
        return f"Cooperation does not emerge by {horizon}."
    spells = (
        f"in {_count(row['n_spells'], 'spell', 'spells')}, the longest of {row['longest_spell']} quarters"
    )
    lasting = "durable" if row["durable"] else "not durable"
    end = " It collapses." if row["collapsed"] else ""
    hollow = " It is hollow: together the blocs would do better without it." if row["hollow"] else ""
    return f"Cooperation emerges in {row['emergence_label']}, {spells}: {lasting}.{end}{hollow}"


def _reason(row: Mapping[str, Any]) -> str:
    reason = row.get("blocking")
    return f" What stood in the way most often: {reason}." if isinstance(reason, str) and reason else ""


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}" if n else f"no {many}"

"""How a run ended, in sentences: for each pair whether cooperation emerged and lasts, what was signed and gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from experiments.display.words import BLOC_WORDS, signed

if TYPE_CHECKING:
    from model import Shortfall

#: What stood in a side's way (``model.telling.outcomes.Obstacle``), in a sentence.
IN_THE_WAY: Final = {
    "own gain": "too little was in it for {}",
    "would not keep it": "{} would not have kept what was on the table",
    "legislature": "the legislature of {} would not have passed it",
    "sees nothing the partner would take": "{} saw nothing for itself that its partner would take",
}


def outcome_in_words(
    row: Mapping[str, Any],
    horizon: str,
    names: Mapping[str, str] = BLOC_WORDS,
    short: Sequence[Shortfall] = (),
) -> str:
    """A few sentences on one pair of one run, whether it cooperates first.

    row: of the summary; names: of blocs inside a sentence, by code; short: where it comes closest, what fails.
    """
    first, second = (names[code] for code in row["dyad"].split("-"))
    depth, contested = (f"{row[name]:.2f}" for name in ("mean_depth", "mean_depth_contested"))
    of_contested = f", {contested} of what neither side would concede alone" if contested != depth else ""
    depth = f"Mean depth {depth} of a possible {row['depth_ceiling']:.2f}{of_contested}"
    gain = (
        f"joint gain over no treaty {signed(row['joint_gain'])} bn$ a year "
        f"({first} {signed(row['gain_first'])}, {second} {signed(row['gain_second'])})"
    )
    # Where next to nothing can be had there is no share of it.
    if row["gain_share"] == row["gain_share"]:
        gain = f"{gain}, {100 * row['gain_share']:.0f} % of what can be had"
    verdict = _emergence(row, horizon, _why_short(short, (first, second)))
    return f"{verdict} {_treaties(row)} {depth}; {gain}.{_reason(row, names)}"


def _treaties(row: Mapping[str, Any]) -> str:
    """What was ratified, for how long something was in force, and whether it was honoured."""
    if not row["treaty_quarters"]:
        return "No treaty was ever in force."
    ratified = cap(count(row["n_treaties"], "treaty", "treaties"))
    in_force = f"a treaty was in force in {count(row['treaty_quarters'], 'quarter', 'quarters')}"
    kept = f"broken {_times(row['n_lapses'])}" if row["n_lapses"] else "always honoured"
    return f"{ratified} ratified; {in_force}, and {kept}."


def _emergence(row: Mapping[str, Any], horizon: str, why: str) -> str:
    longest = count(row["longest_spell"], "quarter", "quarters")
    spells = f"in {count(row['n_spells'], 'spell', 'spells')}, the longest of {longest}"
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
        return f"Cooperation does not emerge by {horizon}{why if row['treaty_quarters'] else ''}."
    first = "It ends" if row["n_spells"] == 1 else "The first spell ends"
    end = f" {first} before {horizon}." if row["collapsed"] else ""
    return f"Cooperation emerges in {row['emergence_label']}, {spells}, {lasting}.{end}{hollow}"


def _why_short(short: Sequence[Shortfall], names: tuple[str, str]) -> str:
    """What fails where a pair comes closest to cooperation, behind the verdict, and what does at other times."""
    if not short:
        return ""
    if len(short) == 1 and not (short[0].gains_little or short[0].losers or short[0].idle):
        # To give what one would give anyway is harmony (Keohane 1984).
        return f": it is harmony, since {_faults(short[0], names)}"
    return (
        f": {_faults(short[0], names)}"
        if len(short) == 1
        else (f": at times {_faults(short[0], names)}; at others {_faults(short[1], names)}")
    )


def _faults(short: Shortfall, names: tuple[str, str]) -> str:
    """The tests that fail, in words; names of the two sides."""
    faults = ["less than half of what can be had is gained"] if short.gains_little else []
    losers, idle = ([names[side] for side in sides] for sides in (short.losers, short.idle))
    if losers:
        faults.append(f"{' and '.join(losers)} {'lose' if losers[1:] else 'loses'} by it")
    if idle:
        faults.append("neither gives anything" if idle[1:] else f"{idle[0]} gives nothing")
    if len(short.free) > 1:
        faults.append("what the two give costs neither anything")
    elif short.free:
        faults.append(f"what {names[short.free[0]]} gives costs it nothing")
    *given, last = faults
    return f"{', '.join(given)}{', and ' * bool(given)}{last}"


def _reason(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What stood in the way of talks most often: by whose code, and how."""
    reason = row.get("blocking")
    if not isinstance(reason, str) or not reason:
        return ""
    who, _, what = reason.partition(": ")
    return f" What stood in the way most often in talks: {IN_THE_WAY[what].format(names[who])}."


def cap(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def count(number: float, one: str, many: str) -> str:
    """So many of something: no treaties, 1 treaty, 2 treaties."""
    n = int(number)
    return f"{n} {one if n == 1 else many}" if n else f"no {many}"


def _times(number: float) -> str:
    return {1: "once", 2: "twice"}.get(int(number), f"{int(number)} times")

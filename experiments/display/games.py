"""What the games between two governments mean for a side, in words: for the glossary, stories and pages.

A game is a pair of families, one for each side: twelve that the order of a side's four outcomes allows, and two more,
where some of them are worth the same and where a side has only one choice. Which one a side is in,
``model.rules.games`` says.

Source: theory 5; names after Bruns 2015.
"""

from __future__ import annotations

from typing import Final

#: Games, as stories and the class page name them, and what they mean for the side that is so described; a game is a
#: pair of these, one for each side (``model.FAMILIES``).
FAMILIES: Final = {
    "Assurance": "gains most if both give, but feels safer when neither does",
    "Battle": "gains most by moving first",
    "Chicken": "wants the other to bear it, and fears collapse most",
    "Compromise": "finds giving costly, and mutual giving worst",
    "Concord": "likes giving best when the other gives too: nothing much to negotiate",
    "Coordination": "wants the two policies to match",
    "Deadlock": "is better off without the deal whatever the other does: only a side payment helps",
    "Harmony": "would rather give all of it than nothing, whatever the other does; a part of it may still be held back",
    "Hero": "gains less by giving first, but someone must",
    "one-way": "has something to give or to get, but not both",
    "Peace": "likes giving; exploiting the other does not pay",
    "Prisoner's Dilemma": "gains from the deal but is tempted to take and not give: a treaty can help",
    "Stag Hunt": "gains most if both give, and loses if it gives alone: trust and dialogue help",
    "tie": "finds some of the four outcomes worth the same",
}
A_GAME: Final = " (a game)"  # what tells the name of a game from another term


def meaning_of(family: str) -> str:
    """What a family means for its side; one with the labels the wrong way round says so.

    family: as the model names it, ``reversed:`` before it where giving and withholding are exchanged.
    Limits: nothing is said of a name that is no family.
    """
    known = FAMILIES.get(family.removeprefix("reversed:").strip(), "")
    return f"with giving and withholding exchanged, {known}" if known and family.startswith("reversed") else known

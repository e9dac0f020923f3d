"""Words of stories: blocs by name, and what there is to tell of zones and clubs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.vocabulary import BLOC_NAMES, BLOCS, DYADS

if TYPE_CHECKING:
    from model.parameters import Parameters

# Members of each coalition, in the order of ``model.coalitions``.
CLUBS = ((), (0, 1), (0, 2), (1, 2), (0, 1, 2))


def named(bloc: int) -> str:
    """The bloc's name inside a sentence."""
    name = BLOC_NAMES[BLOCS[bloc]]
    return name if name == "China" else f"the {'US' if BLOCS[bloc] == 'US' else 'EU'}"


def listed(blocs: Sequence[int]) -> str:
    """Some blocs inside a sentence: China, the US and the EU."""
    names = [named(b) for b in blocs]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else "nobody"


def possessive(name: str) -> str:
    """A name in the genitive."""
    return f"{name}'s"


def cap(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def dyad_of(i: int, j: int) -> int:
    """The dyad of two blocs."""
    return DYADS.index((min(i, j), max(i, j)))


class ClubStory:
    """The sentences of a story that are about zones and clubs (theory 1.19)."""

    is_told: bool

    @property
    def rules(self) -> Parameters:
        """The parameters of the run that is told."""
        raise NotImplementedError

    def say(self, topic: str, text: str, dyad: int = -1) -> None:
        """Add a line for this quarter."""
        raise NotImplementedError

    def club_proposed(self, now: int, chosen: int, votes: list[bool]) -> None:
        """A zone or club is proposed, or one is to be enlarged; every member to be has voted."""
        if not self.is_told:
            return
        newcomers = [b for b in CLUBS[chosen] if b not in CLUBS[now]]
        what = f"{cap(listed(newcomers))} would join" if now else f"{cap(listed(CLUBS[chosen]))} would form"
        start = f"{what} {self.kind_of_club()}"
        if all(votes):
            self.say("club", f"{start}; all members ratify, from next quarter.")
            return
        self.say("club", f"{start}; it fails in {listed([b for b, vote in enumerate(votes) if not vote])}.")

    def kind_of_club(self) -> str:
        """A zone or a club, in words."""
        return "a climate club" if self.rules.climate_club else "a zero-tariff zone"

    def lapses_in_club(self, bloc: int) -> None:
        """A member does not keep the terms."""
        self.say("lapse", f"{cap(named(bloc))} does not keep the terms of {self.kind_of_club()} this quarter.")

    def leaves_club(self, bloc: int, is_struck: bool) -> None:
        """A member goes: it failed its own test twice, or politics took it out."""
        why = "it failed its own test two quarters running" if is_struck else "politics"
        self.say("exit", f"{cap(named(bloc))} leaves {self.kind_of_club()}: {why}.")

    def club_shrinks(self, before: int, after: int) -> None:
        """What is left when members have gone."""
        left = f"{listed(CLUBS[after])} stay together" if after else "it dissolves"
        self.say("exit", f"Of {self.kind_of_club()} of {listed(CLUBS[before])}, {left}.")

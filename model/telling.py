"""Words that stories share, and the sentences of optional mechanisms of trade and industry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.vocabulary import BLOC_NAMES, BLOCS, DYADS

if TYPE_CHECKING:
    from model.numerics import FloatArray
    from model.story import Told


class TradeStory:
    """What trade and industry do beyond the core, told; ``model.story.Story`` is one."""

    model: Told
    is_told: bool

    def say(self, topic: str, text: str, dyad: int = -1) -> None:
        """Add a line for this quarter."""
        raise NotImplementedError

    def credits(self, before: FloatArray, price: FloatArray, floor: FloatArray, fine: FloatArray) -> None:
        """Credits for EVs become scarce or plentiful, or reach the fine."""
        for m in range(len(BLOCS)):
            was, now = float(before[m]), float(price[m])
            if now >= fine[m] > was:
                what = f"so short of EVs that makers pay the fine of {now:.1f} k$ a car"
            elif now > floor[m] >= was:
                what = f"short of credits for EVs: one costs {now:.2f} k$"
            elif now <= floor[m] < was:
                what = "no longer short of credits for EVs"
            else:
                continue
            self.say("credits", f"{cap(named(m))} is {what}.")

    def undertakings(self, before: FloatArray, after: FloatArray) -> None:
        """Automakers and importers agree on price undertakings, or give them up; (m, f, b) commitments."""
        if not self.is_told:
            return
        for m, f, b in np.argwhere((before >= 0.0) != (after >= 0.0)):
            maker, cars = self.model.scenario.automakers[f], f"cars from {named(int(b))}"
            if after[m, f, b] >= 0.0:
                text = f"{cap(named(int(m)))} accepts a price undertaking by {maker} for {cars}"
                part = float(after[m, f, b])
                text += f"; {part:.0%} of them are to be built at home" if part > 0.0 else ""
            else:
                text = f"{cap(possessive(named(int(m))))} price undertaking with {maker} for {cars} ends"
            self.say("undertaking", text + ".", dyad_of(int(m), int(b)))

    def carbon(self, charges: FloatArray) -> None:
        """What cars pay for their carbon at each border, (m, o) k$."""
        for m, b in np.argwhere(charges[:, : len(BLOCS)] > 0.0):
            text = f"{cap(named(int(m)))} charges {charges[m, b]:.2f} k$ of carbon on a car from {named(int(b))}."
            self.say("carbon", text, dyad_of(int(m), int(b)))

    def friends(self, before: FloatArray, after: FloatArray) -> None:
        """Partners enter or leave the allowed set of the US credit, (b,)."""
        for b in np.flatnonzero((before > 0.0) != (after > 0.0)):
            what = "now count" if after[b] > 0.0 else "no longer count"
            self.say("credits", f"Content and plants of {named(int(b))} {what} for the US credit.")


def named(bloc: int) -> str:
    """The bloc's name inside a sentence."""
    name = BLOC_NAMES[BLOCS[bloc]]
    return name if name == "China" else f"the {'US' if BLOCS[bloc] == 'US' else 'EU'}"


def possessive(name: str) -> str:
    """A name in the genitive."""
    return f"{name}'s"


def cap(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def dyad_of(i: int, j: int) -> int:
    """The dyad of two blocs."""
    return DYADS.index((min(i, j), max(i, j)))

"""What a treaty holds, in words: packages, what is withheld of them, and what the paper is called."""

from __future__ import annotations

import numpy as np

from model.market.border import in_force
from model.packages.menu import STANDARDS, STANDARDS_AXIS, WITH_FINANCE
from model.rules.instruments import Instrument
from model.rules.unilateral import moved_duty
from model.telling.terms import duty_rates
from model.telling.trade_story import Teller, access_in_words, cap, clause, firm, in_a_list, is_many, percent_of
from model.vocabulary import BATTERY, CHARGING, DUTY, EV, LINKAGE, RECOGNITION, SUPPLY, TECHNOLOGY

FIRMS_NAMED = 2  # lobbying firms named beside an offer, the most affected ones
LEAST_STAKE = 0.01  # bn$ a year; smaller stakes are not worth a sentence
SMALL_RATE = 0.1  # duties below this are told with a digit more
STANDSTILL = 1  # position of a duty that is bound where it is


def percent(rate: float) -> str:
    """A duty as people say it: whole percent, with a digit more where it is small."""
    return percent_of(rate) if rate >= SMALL_RATE else f"{100 * rate:.2g} %"


def points(rise: float) -> str:
    """A rise of a duty: points of the price, which are no percent of the duty."""
    return f"{100 * rise:.0f} points"


class PackageWords(Teller):
    """The words for treaties and for what is in them."""

    def name(self, dyad: int, side: int) -> str:
        """The name of one side of a dyad, with its article."""
        return self.named(self.parties.dyads[dyad][side])

    def package(self, dyad: int, index: int) -> str:
        """A package in words."""
        position = [int(x) for x in self.model.agenda.menus[dyad].coordinates[index]]
        parts = [part for side in (0, 1) for part in self._given(dyad, side, index)]
        on = in_force(self.model.parameters)
        recognise = [bool(gives) for gives in STANDARDS[position[STANDARDS_AXIS]][:2]]
        carbon = "".join(mechanism.with_recognition for mechanism in on)
        if all(recognise) and not any(self.given_alone(dyad, side) for side in (0, 1)):
            parts.append(f"mutual recognition of certificates{carbon}")
        else:
            parts += [self._recognition(dyad, side) + carbon for side in (0, 1) if recognise[side]]
        if STANDARDS[position[STANDARDS_AXIS]][2]:
            parts.append("a common charging interface")
        if position[7]:
            parts.append("technology cooperation" + "".join(mechanism.with_technology for mechanism in on))
        return "; ".join(parts) if parts else "no treaty"

    def _given(self, dyad: int, side: int, index: int) -> list[str]:
        """What one side gives in a package, but for recognition and what both do."""
        menu, parts = self.model.agenda.menus[dyad], []
        giver, taker = self.name(dyad, side), self.name(dyad, 1 - side)
        duty, step = int(menu.duty_at[index, side]), int(menu.access_at[index, side])
        if step:
            terms = self.terms_of_access(*self.parties.dyads[dyad][:: 1 - 2 * side])[step]
            parts.append(access_in_words(self.parties, terms, self.model.state.quarter))
        if duty:
            rates = (duty_rates(self.model, dyad, good)[side] for good in (EV, BATTERY))
            cars, cells = ([percent(rate) for rate in of] for of in rates)
            told = f"cuts its duty on {taker}'s cars to {cars[duty]}, {cars[0]} without a treaty"
            if cars[duty] == cars[0]:
                told = f"binds its duty on {taker}'s cars at {cars[0]}"
                told += f" and that on batteries at {cells[duty]}" if duty > STANDSTILL else ""
            parts.append(told)
        if menu.held[index, SUPPLY + side]:
            parts.append("assures supply of battery materials")
        if menu.held[index, LINKAGE + side]:
            money = " with green finance" if menu.coordinates[index, 5 + side] == WITH_FINANCE else ""
            parts.append(f"adds {self.linkage(dyad, side)}{money}")
        return [clause(giver, part) for part in parts]

    def linkage(self, dyad: int, side: int) -> str:
        """What one side puts beside cars."""
        return self.model.start.linkage_words[dyad][side] or "a concession outside trade in cars"

    def in_brief(self, dyad: int, index: int) -> str:
        """What a package holds in a few words; for its terms see ``package``."""
        menu, parts = self.model.agenda.menus[dyad], []
        held, sides = menu.held[index], [self.name(dyad, side) for side in (0, 1)]
        for side, giver in enumerate(sides):
            step = int(menu.duty_at[index, side])
            if step:
                rates = duty_rates(self.model, dyad, EV)[side]
                does = "cut to" if rates[step] < rates[0] else "bound at"
                parts.append(f"{giver}'s duty on cars {does} {percent(rates[step])}")
            parts += [f"access for {sides[1 - side]}'s brands"] * bool(menu.access_at[index, side])
        for issue, what in ((SUPPLY, "supply of battery materials"), (RECOGNITION, "recognition of certificates")):
            givers = [giver for side, giver in enumerate(sides) if held[issue + side]]
            parts += [f"{what} by {in_a_list(givers)}"] if givers else []
        parts += [
            f"{giver}'s {self._put_beside(dyad, side)}" for side, giver in enumerate(sides) if held[LINKAGE + side]
        ]
        parts += ["common charging"] * bool(held[CHARGING]) + ["technology cooperation"] * bool(held[TECHNOLOGY])
        return ", ".join(parts)

    def _put_beside(self, dyad: int, side: int) -> str:
        return self.linkage(dyad, side).removeprefix("a ").removeprefix("an ")

    def _recognition(self, dyad: int, side: int) -> str:
        of = f"{self.name(dyad, 1 - side)}'s certificates"
        told = f"binds its recognition of {of}, until now given alone" if self.given_alone(dyad, side) else None
        return clause(self.name(dyad, side), told or f"recognises {of}")

    def given_alone(self, dyad: int, side: int) -> bool:
        """Whether a side recognises the other's certificates and no treaty binds it; one takes nothing new (1.13)."""
        importer, partner = self.parties.dyads[dyad][:: 1 - 2 * side]
        return bool(self.model.state.recognises[importer, partner] > 0.0) and not self.binds_recognition(dyad, side)

    def binds_recognition(self, dyad: int, side: int) -> bool:
        """Whether the treaty in force has a side recognise the other's certificates."""
        held = self.model.agenda.menus[dyad].held[int(self.model.state.treaty[dyad])]
        return bool(held[RECOGNITION + side])

    def plants_let_in(self, dyad: int, index: int) -> str:
        """Whose plants a package opens a market to that is shut to them without it, and where; empty where nobody's."""
        menu, start, found = self.model.agenda.menus[dyad], self.model.start, []
        for side, importer in enumerate(self.parties.dyads[dyad]):
            terms = self.terms_of_access(importer, self.parties.dyads[dyad][1 - side])
            if menu.access_at[index, side] and terms[0].position == "closed":
                makers = np.flatnonzero(terms[0].makers & (self.model.state.has_plant[importer] > 0.0)).tolist()
                if makers:
                    names = in_a_list([firm(start.automakers[f]) for f in makers])
                    have = "have plants" if makers[1:] or is_many(names) else "has a plant"
                    found.append(f"{names} {have} in {self.named(importer)}, which is shut to them without this")
        return "; ".join(found)

    def lobbied(self, dyad: int, package: int) -> str:
        """Who of the firms that a package affects most lobbies for it and who against it, each with its stake."""
        firms = sorted(self.model.lobbies(dyad, package), key=lambda pair: -abs(pair[0]))[:FIRMS_NAMED]
        told = ""
        for aim, sign in (("for", 1.0), ("against", -1.0)):
            loud = [(firm(name), stake) for stake, name in firms if sign * stake >= LEAST_STAKE]
            if loud:
                who = in_a_list([f"{name} ({stake:+.2f} bn$ a year)" for name, stake in loud])
                verb = "lobby" if loud[1:] or is_many(loud[0][0]) else "lobbies"
                told += f" {cap(who)} {verb} {aim} it."
        return told

    def left_to_rise(self, importer: int, partner: int, rise: float) -> float:
        """What a rise adds to a special duty on cars, fraction: at the ceiling of duties less than was meant, or 0."""
        special = float(self.model.state.special[EV, importer, partner])
        covered = float(self.model.economy.case_covers[EV, importer, partner])
        return float(moved_duty(special, covered * rise)) - special

    # --- of the treaty in force -------------------------------------------------------------------------------------

    def suspends(self, dyad: int, side: int) -> list[str]:
        """What a side's answer can suspend of what the treaty in force has it give: its duty, its supply."""
        held = self.model.agenda.menus[dyad].held[int(self.model.state.treaty[dyad])]
        return ["duty"] * bool(held[DUTY + side]) + ["supply"] * bool(held[SUPPLY + side])

    def suspended(self, dyad: int, side: int) -> str:
        """The same in words; empty where it gives none of this."""
        bound = self.model.agenda.menus[dyad].duty_at[int(self.model.state.treaty[dyad]), side] == STANDSTILL
        words = {"duty": "bound duty" if bound else "duty cut", "supply": "assured supply"}
        return in_a_list([words[one] for one in self.suspends(dyad, side)])

    def unseen(self, dyad: int, side: int) -> str:
        """What a side owes that cannot be seen at a border."""
        held = self.model.agenda.menus[dyad].held[int(self.model.state.treaty[dyad])]
        of = (
            (SUPPLY + side, "supply"),
            (LINKAGE + side, self.linkage(dyad, side)),
            (TECHNOLOGY, "technology cooperation"),
        )
        return in_a_list([words for issue, words in of if held[issue]]) or "its concessions"

    def next_paper(self, dyad: int) -> str:
        """That the two have signed what is to follow the treaty in force, as a clause; empty where nothing is."""
        state = self.model.state
        just = "just " if state.has_deal[dyad] else ""
        return f", though the two have {just}signed what is to follow it" if state.signed[dyad] >= 0 else ""

    def paper(self, dyad: int, instrument: int = -1) -> str:
        """What the treaty in force is, or a treaty of this instrument."""
        code = int(self.model.state.instrument[dyad]) if instrument < 0 else instrument
        return "truce" if code == Instrument.TRUCE else "agreement" if code else "treaty"

    def their_paper(self, dyad: int) -> str:
        """The treaty in force with whom it is between."""
        return f"{self.paper(dyad)} between {self.name(dyad, 0)} and {self.name(dyad, 1)}"

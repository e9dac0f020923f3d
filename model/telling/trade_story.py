"""Words that stories share, and the sentences of optional mechanisms: trade and industry, zones and clubs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from model.assessment.coalitions import kind_of_club
from model.market import border
from model.numerics import QUARTERS_PER_YEAR
from model.rules.clubs import coalitions
from model.telling.outcomes import Turn
from model.vocabulary import IN_A_SENTENCE, Parties

if TYPE_CHECKING:
    from model.market.economy import Economy
    from model.numerics import FloatArray
    from model.packages.agenda import Agenda
    from model.parameters.checked import Parameters
    from model.scenario.scenario import Access, Scenario


#: Last words of names of several.
SEVERAL = ("makers", "suppliers", "states", "countries", "islands", "emirates", "netherlands", "philippines", "others")
DIGITS = range(2, 7)  # of money in a refusal
IRREGULAR = {"does": "do", "has": "have", "is": "are"}
#: Firms whose names are lists: Korean Japanese and other makers, where a table's name has no comma.
LISTED = re.compile(r"(\w) (?=\w+ and other )")
#: Second verbs of sentences about a party.
AND_DOES = re.compile(r" and (asks|lets|renews|raises|says|drops)\b")


@dataclass(frozen=True)
class StoryLine:
    """One event: its quarter (index and label), its topic, the dyad it belongs to (or empty), and a sentence.

    turn, side: at the table, what was done and by which side of the dyad; elsewhere none, -1. kind: of what can be a
    turning point, which kind (``model.telling.turning_points``), with the side whose doing it was; brief: how that is
    told in short, where the sentence is long.
    """

    quarter: int
    label: str
    topic: str
    dyad: str
    text: str
    turn: Turn = Turn.NONE
    side: int = -1
    kind: str = ""
    brief: str = ""


class Told(Protocol):
    """What a story is told of: one lane of a world."""

    @property
    def agenda(self) -> Agenda:
        """Menus of packages."""

    @property
    def economy(self) -> Economy:
        """Cuts of duties."""

    @property
    def parameters(self) -> Parameters:
        """What the run is played by."""

    @property
    def state(self) -> Any:
        """The lane's part of the state."""

    @property
    def start(self) -> Scenario:
        """The starting point of the run."""

    def lobbies(self, dyad: int, package: int) -> list[tuple[float, str]]:
        """The stake of every firm in a package, bn$ a year, signed, and its name."""


class Teller:
    """Writes the lines of a run; silent when ``is_told`` is False."""

    def __init__(self, model: Told, is_told: bool) -> None:
        self.model, self.parties = model, model.start.parties
        self.is_told = is_told
        self.lines: list[StoryLine] = []
        self.told_charges: dict[str, FloatArray] = {}  # what was said last, by the mechanism's switch
        self.told_friends: FloatArray | None = None
        self.told_plants: frozenset[tuple[int, int]] = frozenset()  # (market, automaker) that opened one in the run

    def say(self, topic: str, text: str, dyad: int = -1, turn: Turn = Turn.NONE, side: int = -1) -> None:
        """Add a line for this quarter."""
        if self.is_told:
            t = self.model.state.quarter
            name = self.parties.dyad_names[dyad] if dyad >= 0 else ""
            self.lines.append(StoryLine(t, self.model.start.quarter_label(t), topic, name, text, turn, side))

    def can_turn(self, kind: str, brief: str = "", side: int = -1) -> None:
        """What was said last can be a turning point: of which kind, in short, and whose doing it was."""
        if self.is_told and self.lines:
            self.lines[-1] = replace(self.lines[-1], kind=kind, brief=brief, side=side)

    def named(self, bloc: int) -> str:
        """The bloc's name inside a sentence."""
        return named(self.parties, bloc)

    def when(self, quarters: float) -> str:
        """The label of the quarter so many from now; one that the story does not come to is told as that."""
        t = self.model.state.quarter + int(quarters)
        after = ", after the end of this story" if t >= self.model.start.n_quarters else ""
        return f"{self.model.start.quarter_label(t)}{after}"

    def listed(self, blocs: Sequence[int]) -> str:
        """Some blocs inside a sentence: China, the US and the EU."""
        return in_a_list([self.named(b) for b in blocs]) or "nobody"

    def terms_of_access(self, importer: int, exporter: int) -> tuple[Access, ...]:
        """What is in force without a treaty, then what a treaty may grant; nothing where the scenario lists none."""
        own = [one for one in self.model.start.access if (one.importer, one.exporter) == (importer, exporter)]
        return (own[0], *own[0].on_table) if own else ()


class TradeStory(Teller):
    """What trade and industry do beyond the core, told."""

    def credits(self, before: FloatArray, price: FloatArray, floor: FloatArray, fine: FloatArray) -> None:
        """Credits for EVs become scarce or plentiful, or reach the fine."""
        for m in range(self.parties.n_blocs):
            was, now = float(before[m]), float(price[m])
            if now >= fine[m] > was:
                what = f"so short of EVs that makers pay the fine of {now:.1f} k$ a car"
            elif now > floor[m] >= was:
                what = f"short of credits for EVs: one costs {now:.2f} k$"
            elif now <= floor[m] < was:
                what = "no longer short of credits for EVs"
            else:
                continue
            self.say("credits", cap(clause(self.named(m), f"is {what}.")))

    def undertakings(self, before: FloatArray, after: FloatArray) -> None:
        """Automakers and importers agree on price undertakings, or give them up; (m, f, b) commitments.

        Those of a market that agree, or part, in one step share a line.
        """
        for has in (True, False):
            parted = ((before >= 0.0) != has) & ((after >= 0.0) == has)
            for m, b in np.argwhere(parted.any(axis=1)).tolist():
                firms = np.flatnonzero(parted[m, :, b]).tolist()
                shares = [float(after[m, f, b]) for f in firms]
                makers = in_a_list([firm(self.model.start.automakers[f]) for f in firms])
                home, cars = self.named(m), f"cars from {self.named(b)}"
                many = "price undertakings" if len(firms) > 1 else "a price undertaking"
                text = f"{clause(home, f'accepts {many}')} by {makers} for {cars}"
                if not has:
                    text = (
                        f"{home}'s {many.removeprefix('a ')} with {makers} for {cars} {'end' if firms[1:] else 'ends'}"
                    )
                elif max(shares) > 0.0:
                    parts = dict.fromkeys(percent_of(part) for part in (min(shares), max(shares)))
                    text += f"; {' to '.join(parts)} of them are to be built in {home}"
                self.say("undertaking", cap(text) + ".", int(self.parties.dyad_of[m, b]))

    def access(self) -> None:
        """The terms of access that the scenario starts with."""
        for one in self.model.start.access:
            text = clause(self.named(one.importer), access_in_words(self.parties, one, 0))
            self.say("access", cap(text) + ".", int(self.parties.dyad_of[one.importer, one.exporter]))

    def access_changes(self, importer: int, exporter: int, step: int) -> None:
        """A market is opened under a treaty, or shut again; ``model.packages.menu`` counts the steps."""
        terms = self.terms_of_access(importer, exporter)[step]
        told = access_in_words(self.parties, terms, self.model.state.quarter)
        if step == 0 and terms.position == "open":
            told = f"charges the duty in force on all cars built in {named(self.parties, exporter)}"
        who, since = self.named(importer), "From this quarter" if self.is_new(importer, exporter) else "Once more"
        from_now = f"{since} {clause(who, told)}" if step else f"{cap(clause(who, told))} again"
        behind = self.plants_behind(terms) if terms.position == "closed" else ""
        self.say("access", f"{from_now}.{behind}", int(self.parties.dyad_of[importer, exporter]))

    def plants_behind(self, terms: Access) -> str:
        """Whose plants stand or are being built in a market that shuts its door to their brands, in sentences."""
        state, m, told = self.model.state, terms.importer, ""
        for where, one, many in (
            (state.has_plant[m] > 0.0, "has a plant", "have plants"),
            ((state.has_plant[m] <= 0.0) & (state.plant_due[m] > 0.0), "is building a plant", "are building plants"),
        ):
            names = in_a_list([firm(self.model.start.automakers[f]) for f in np.flatnonzero(terms.makers & where)])
            several = " and " in names or is_many(names)
            told += f" {cap(names)} {many if several else one} in {self.named(m)}." if names else ""
        return told

    def is_new(self, importer: int, exporter: int) -> bool:
        """Whether what opens a market has begun this quarter; who kept it shut in breach opens what was promised."""
        state, d = self.model.state, int(self.parties.dyad_of[importer, exporter])
        return bool(state.quarter == 0 or state.gesture[d] > 0 or state.entry[d] == state.quarter)

    def plant_starts(self, market: int, firm: int) -> None:
        """An automaker starts a plant abroad."""
        self._plant(market, firm, "starts a plant")

    def plant_opens(self, market: int, firm: int) -> None:
        """A plant opens, perhaps where the maker's brands have been shut out since it was started.

        One that the scenario dates may open beside one that the run has built, or before one that is being built.
        """
        start, t = self.model.start, self.model.state.quarter
        is_dated, again = bool(start.plant_from[firm, market] == t), (market, firm) in self.told_plants
        of_record = "On record: " if is_dated and t < start.history_quarters else ""
        beside = ", beside the one that it has built in this run" if again and is_dated else ""
        does = "opens another plant" if again and not is_dated else "opens its plant"
        self.told_plants |= {(market, firm)}
        self._plant(market, firm, does, of_record, beside)

    def _plant(self, market: int, index: int, does: str, of_record: str = "", beside: str = "") -> None:
        start, state = self.model.start, self.model.state
        told = clause(firm(start.automakers[index]), f"{does} for EVs in {self.named(market)}{beside}")
        told = f"{of_record}{told}" if of_record else cap(told)
        for one in start.access:
            if one.importer == market and one.makers[index]:
                now = self.terms_of_access(market, one.exporter)[int(state.access[market, one.exporter])]
                told += ", which is shut to these brands now" if now.position == "closed" else ""
        self.say("plant", told + ".")

    def quotas(self, before: FloatArray, premium: FloatArray, origin: np.ndarray) -> None:
        """Quotas begin or cease to bind; premiums (m,) k$ a licence, origin (m,) the place that each is about.

        Of a quota that is no more nothing is said: that the treaty which granted it is over has been told.
        """
        for m in np.flatnonzero((before > 0.0) != (premium > 0.0)).tolist():
            terms = self.terms_of_access(m, int(origin[m]))
            if terms and terms[int(self.model.state.access[m, origin[m]])].position != "quota":
                continue
            self.quota(m, int(origin[m]), float(premium[m]))

    def quota(self, importer: int, exporter: int, premium: float) -> None:
        """A quota has filled up, with what a licence for one more car is worth, k$, or has room again: 0."""
        cars = f"quota for cars built in {self.named(exporter)}"
        what = f"is full: a licence for one more is worth {premium:.1f} k$" if premium > 0.0 else "is no longer full"
        self.say(
            "access", f"{cap(self.named(importer))}'s {cars} {what}.", int(self.parties.dyad_of[importer, exporter])
        )

    def charges(self, charged: Sequence[FloatArray | None]) -> None:
        """What cars pay at each border where that has changed, (m, o) k$ of each of ``border.MECHANISMS``."""
        for mechanism, now in zip(border.MECHANISMS, charged, strict=True):
            before = self.told_charges.get(mechanism.switch)
            if now is None or (before is not None and np.array_equal(now, before)):
                continue
            self.told_charges[mechanism.switch] = now
            topic, sentence = mechanism.told
            for m, b in np.argwhere(now[:, : self.parties.n_blocs] > 0.0).tolist():
                told = sentence.format(importer=self.named(m), partner=self.named(b), amount=now[m, b])
                self.say(topic, cap(told), int(self.parties.dyad_of[m, b]))

    def friends(self, after: FloatArray, at_start: FloatArray) -> None:
        """Partners enter or leave the allowed set of the US credit, (b,)."""
        before, self.told_friends = at_start if self.told_friends is None else self.told_friends, after
        for b in np.flatnonzero((before > 0.0) != (after > 0.0)):
            what = "now count" if after[b] > 0.0 else "no longer count"
            self.say("credits", f"Content and plants of {self.named(int(b))} {what} for the US credit.")


def access_in_words(parties: Parties, terms: Access, t: int) -> str:
    """What an importer does under terms of access in quarter t, or at the end, as the rest of a sentence."""
    exporter, home = named(parties, terms.exporter), named(parties, terms.importer)
    brands, cars = f"{exporter}'s brands", f"cars built in {exporter}"
    if terms.position == "quota":
        beyond = "and none beyond" if terms.is_closed else "and more at the full duty"
        a_year = QUARTERS_PER_YEAR * terms.cars(t) * 1e6
        rate = 100 * terms.duty[min(t, terms.duty.size - 1)]
        return (
            f"lets in {a_year:,.0f} cars a year built in {exporter} at a duty of {rate:.1f} %, {beyond}, beside what "
            f"{brands} build in {home}"
        )
    if terms.position == "undertaking":
        a_year = QUARTERS_PER_YEAR * terms.volume * 1e6
        some = cars if np.isinf(terms.volume) else f"up to {a_year:,.0f} cars a year built in {exporter}"
        moves = f" that moves {percent_of(terms.investment)} of them to plants in {home}" if terms.investment else ""
        return f"takes minimum prices in place of the special duty on {some} from each maker{moves}"
    return {
        "closed": f"keeps out {brands}",
        "local": f"lets {brands} sell what they build in {home}",
        "open": f"lets in {brands} like any other",
    }[terms.position]


def in_a_list(names: Sequence[str]) -> str:
    """Names inside a sentence: China, the US and the EU; purchases, and chips and tools."""
    last = ", and " if names[1:] and any(" and " in name for name in names) else " and "
    return last.join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def named(parties: Parties, bloc: int) -> str:
    """The bloc's name inside a sentence."""
    name = parties.names[parties.blocs[bloc]]
    return IN_A_SENTENCE.get(name, name)


def firm(name: str) -> str:
    """A firm's name inside a sentence: BYD; other Chinese makers; Korean, Japanese and other makers."""
    return LISTED.sub(r"\1, ", f"o{name[1:]}" if name.startswith("Other ") else name)


def cap(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def percent_of(share: float) -> str:
    """A share in whole percent."""
    return f"{100 * share:.0f} %"


def spell(quarters: int) -> str:
    """How long: a quarter, 3 quarters, a year, 2 years."""
    years, rest = divmod(int(quarters), int(QUARTERS_PER_YEAR))
    n, unit = (years, "year") if not rest else (int(quarters), "quarter")
    return f"a {unit}" if n == 1 else f"{n} {unit}s"


def below(own: float, bar: float, what: str) -> str:
    """That a gain, bn$ a year, is below a bar, with the digits that tell the two apart."""
    tell_apart = [n for n in DIGITS if round(own, n) != round(bar, n)] or [DIGITS[-1]]
    # What is not zero is not told as zero, least of all as minus zero.
    digits = next((n for n in tell_apart if all(round(x, n) or not x for x in (own, bar))), tell_apart[0])
    own = round(own, digits) + 0.0
    return f"own gain {own:+.{digits}f} bn$ a year is below {what} ({bar:.{digits}f} bn$ a year)"


def is_many(name: str) -> bool:
    """Whether a party's name takes a verb in the plural: Other Chinese makers, the Gulf states."""
    return name.lower().endswith(SEVERAL)


def clause(name: str, does: str) -> str:
    """Who does what, the verb in the number of the name; does: as one party does it, its verb first."""
    if not is_many(name):
        return f"{name} {does}"
    verb, *rest = does.split(" ", 1)
    told = AND_DOES.sub(lambda found: f" and {several_do(found[1])}", f" {rest[0]}" if rest else "")
    told = told.replace(" its ", " their ").replace(" it would", " they would")
    return f"{name} {several_do(verb)}{told}"


def several_do(verb: str) -> str:
    """A verb as several do it: starts, start; has, have."""
    return IRREGULAR.get(verb) or verb.removesuffix("s")


class ClubStory(Teller):
    """The sentences of a story that are about zones and clubs (theory 1.19)."""

    def club_proposed(self, now: int, chosen: int, *votes: bool) -> None:
        """A zone or club is proposed, or one is to be enlarged; every member to be has voted."""
        clubs = self.clubs()
        newcomers = [b for b in clubs[chosen] if b not in clubs[now]]
        what = f"{cap(self.listed(newcomers))} would join" if now else f"{cap(self.listed(clubs[chosen]))} would form"
        start = f"{what} {self.kind_of_club()}"
        if all(votes):
            self.say("club", f"{start}; all members ratify, from next quarter.")
            self.can_turn("joins_club")
            return
        self.say("club", f"{start}; it fails in {self.listed([b for b, vote in enumerate(votes) if not vote])}.")

    def clubs(self) -> tuple[tuple[int, ...], ...]:
        """Members of each coalition, in the order of ``model.assessment.coalitions``."""
        return coalitions(self.parties.n_blocs).members

    def kind_of_club(self) -> str:
        """A zone or a club, in words."""
        kind = kind_of_club(self.model.parameters)
        assert kind is not None, "nobody tells of clubs where there are none"
        return kind.name

    def lapses_in_club(self, bloc: int) -> None:
        """A member does not keep the terms."""
        self.say(
            "lapse", cap(clause(self.named(bloc), f"does not keep the terms of {self.kind_of_club()} this quarter."))
        )

    def leaves_club(self, bloc: int, is_struck: bool) -> None:
        """A member goes: it failed its own test twice, or politics took it out."""
        why = "it did not keep its terms two quarters running" if is_struck else "its leadership no longer stands by it"
        self.say("exit", f"{cap(clause(self.named(bloc), f'leaves {self.kind_of_club()}: {why}'))}.")
        self.can_turn("leaves_club")

    def club_shrinks(self, before: int, after: int) -> None:
        """What is left when members have gone."""
        clubs = self.clubs()
        left = f"{self.listed(clubs[after])} stay together" if after else "it dissolves"
        self.say("exit", f"Of {self.kind_of_club()} of {self.listed(clubs[before])}, {left}.")

"""The minutes of a negotiation as data: who tabled what, who refused and why, what was signed, kept and broken.

The model's own ``Story`` writes English sentences; a class may read another language, so ``Minutes`` keeps the same
events as plain numbers and codes, and the page puts them into words. Events that this file does not know (those of
mechanisms added later) keep the sentence that the story would have written.

An event is a dict with ``kind``, and where it applies ``dyad``, ``side``, ``bloc`` and ``package``. Keys under
``private`` are known to one bloc only: whoever shows minutes to a seat leaves the others' out (``room``).
Money is in bn$ a year, as people think of it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from experiments.classroom.seats import side_of
from model import (
    QUARTERS_PER_YEAR,
    Answer,
    CaseEnd,
    SessionEnd,
    Story,
    TreatyEnd,
    Turn,
    duty_rates,
)

if TYPE_CHECKING:
    from model import NegotiationModel


FIRMS_NAMED: Final = 4  # lobbying firms named beside a package, the most affected ones
LEAST_STAKE: Final = 0.005  # bn$ a year; smaller stakes are not shown
N_AXES: Final = 8
# What the page calls the model's codes.
WHY_CLOSED: Final = {SessionEnd.CHANNEL_SHUT: "shut", SessionEnd.DEADLINE: "deadline"}
HOW_ENDED: Final = {
    **{CaseEnd.CARRIED_OUT: "carried", CaseEnd.SETTLED: "settled", CaseEnd.DROPPED: "dropped"},
    **{CaseEnd.EXPIRED: "expired", CaseEnd.RENEWED: "renewed"},
}
WHY_ENDED: Final = {
    TreatyEnd.LAPSE: "test",
    TreatyEnd.POLITICS: "politics",
    TreatyEnd.NOTICE: "notice",
    TreatyEnd.SUNSET: "sunset",
    TreatyEnd.EXPIRED: "expired",
}
Event = dict[str, Any]


class Minutes(Story):
    """Collects the events of the quarter being played; ``take`` hands them over."""

    def __init__(self, model: NegotiationModel) -> None:
        super().__init__(model, True)
        self.world = model
        self.events_now: list[Event] = []

    def take(self) -> list[Event]:
        """The events since the last call."""
        taken, self.events_now = self.events_now, []
        self.lines.clear()
        return taken

    def partner(self, dyad: int, side: int) -> int:
        """Which bloc sits opposite a side of a dyad."""
        return self.parties.dyads[dyad][1 - side]

    def note(self, kind: str, **about: Any) -> None:
        """Write one event down."""
        self.events_now.append({"kind": kind, **about})

    def say(self, topic: str, text: str, dyad: int = -1, turn: Turn = Turn.NONE, side: int = -1) -> None:
        """An event without a form of its own keeps its sentence."""
        self.note("told", topic=topic, text=text, dyad=dyad)

    # --- relations and moves alone ------------------------------------------------------------------------------

    def events(self, t: int) -> None:
        """Dated events of the scenario."""
        for told in self.dated(t):
            self.note("event", text=told)

    def channel(self, dyad: int, is_open: bool) -> None:
        """The official channel opens or shuts."""
        self.note("channel", dyad=dyad, open=is_open, tension=float(self.model.state.climate.level[dyad]))

    def case_opens(self, importer: int, partner: int, rise: float) -> None:
        """A duty case is opened."""
        self.note("case", bloc=importer, partner=partner, rise=float(rise))

    def case_ends(self, importer: int, partner: int, how: CaseEnd) -> None:
        """A duty case ends."""
        self.note("case_ends", bloc=importer, partner=partner, how=HOW_ENDED[how])

    def emergency(self, importer: int, partner: int, rise: float) -> None:
        """An emergency duty strikes."""
        self.note("emergency", bloc=importer, partner=partner, rise=self.left_to_rise(importer, partner, rise))

    def answers(self, importer: int, partner: int, rise: float) -> None:
        """A rise is answered."""
        self.note("answers", bloc=importer, partner=partner, rise=self.left_to_rise(importer, partner, rise))

    def relief(self, importer: int, partner: int, level: float) -> None:
        """A special duty is lowered alone."""
        self.note("relief", bloc=importer, partner=partner, level=float(level))

    def recognises_alone(self, importer: int, partner: int) -> None:
        """Recognition for one's own good."""
        self.note("alone", bloc=importer, partner=partner)

    def announces(self, bloc: int, alone: bool) -> None:
        """A zero-emission path is announced, for its own sake or because a partner may join."""
        self.note("announces", bloc=bloc, alone=alone)

    def plant_starts(self, market: int, firm: int) -> None:
        """A plant abroad is started."""
        self.note("plant", bloc=market, firm=self.model.start.automakers[firm], opens=False)

    def plant_opens(self, market: int, firm: int) -> None:
        """A plant opens."""
        self.note("plant", bloc=market, firm=self.model.start.automakers[firm], opens=True)

    def access_changes(self, importer: int, exporter: int, step: int) -> None:
        """A market is opened under a treaty, or shut again."""
        terms = terms_data(self.terms_of_access(importer, exporter)[step], self.model.state.quarter)
        how = "back" if not step else "new" if self.is_new(importer, exporter) else "resumed"
        self.note("access", bloc=importer, partner=exporter, access=terms, how=how)

    def quota(self, importer: int, exporter: int, premium: float) -> None:
        """A quota has filled up or has room again."""
        self.note("quota", bloc=importer, partner=exporter, worth=premium)

    # --- the table ----------------------------------------------------------------------------------------------

    def session_opens(self, dyad: int) -> None:
        """Talks begin."""
        self.note("talks", dyad=dyad, open=True)

    def session_closes(self, dyad: int, how: SessionEnd) -> None:
        """Talks end without a deal."""
        self.note("talks", dyad=dyad, open=False, why=WHY_CLOSED[how])

    def nothing_to_table(self, dyad: int, side: int, round_number: int) -> None:
        """A side tables nothing; noted once a quarter."""
        if round_number <= 1:
            self.note("nothing", dyad=dyad, side=side)

    def offer(self, dyad: int, side: int, package: int, answer: Answer) -> None:
        """A package is tabled and answered; what the answer rests on is the answerer's own business."""
        self.note(
            "offer",
            dyad=dyad,
            side=side,
            package=package_data(self.world, dyad, package),
            accepted=answer.accepted,
            lobby=lobby(self.world, dyad, package),
            private={str(self.partner(dyad, side)): judgement(self.world, dyad, 1 - side, package, answer.hope)},
        )

    def ratification(self, dyad: int, package: int, *votes: bool) -> None:
        """Legislatures have voted; asked: which of them were."""
        told = package_data(self.world, dyad, package)
        passed, asked = [bool(v) for v in votes[:2]], [bool(v) for v in votes[2:]]
        self.note("vote", dyad=dyad, package=told, votes=passed, asked=asked)

    def shelves(self, dyad: int, side: int) -> None:
        """A government does not bring into force what it has signed."""
        self._dispute("shelves", dyad, side)

    def voids(self, dyad: int) -> None:
        """What is signed dies with the treaty that was in force before it."""
        self.note("voids", dyad=dyad)

    def signs(self, dyad: int, package: int, lag: float, *asked: bool) -> None:
        """A package is signed that legislatures vote on later."""
        told = package_data(self.world, dyad, package)
        self.note("signs", dyad=dyad, package=told, quarters=int(lag), asked=[bool(a) for a in asked])

    def in_force(self, dyad: int) -> None:
        """A signed treaty enters into force."""
        treaty = int(self.model.state.treaty[dyad])
        self.note("in_force", dyad=dyad, package=package_data(self.world, dyad, treaty))

    # --- keeping and leaving ------------------------------------------------------------------------------------

    def lapses(self, dyad: int, side: int, pays: int) -> None:
        """A side does not keep the treaty this quarter."""
        self._dispute("lapses", dyad, side)

    def keeps_again(self, dyad: int, side: int) -> None:
        """It keeps the treaty again after a quarter in which it did not."""
        self._dispute("keeps_again", dyad, side)

    def gives_notice(self, dyad: int, side: int, quarters: float) -> None:
        """A side says that it will leave."""
        self._dispute("gives_notice", dyad, side, quarters=int(quarters))

    def takes_notice_back(self, dyad: int, side: int) -> None:
        """It stays after all."""
        self._dispute("takes_notice_back", dyad, side)

    def complains(self, dyad: int, side: int, falsely: bool) -> None:
        """A side has seen what looks like a lapse, and asks for consultations first."""
        self._dispute("complains", dyad, side, private={"all": {"falsely": bool(falsely)}})

    def drops_complaint(self, dyad: int, side: int) -> None:
        """Consultations have cleared it up, or it breaks the treaty itself."""
        keeps = self.model.state.honours[dyad, side]
        self._dispute("drops_complaint" if keeps else "drops_in_breach", dyad, side)

    def retaliates(self, dyad: int, side: int, falsely: bool, share: float) -> None:
        """A side suspends a share of its concessions after a bad signal."""
        if gives := self.suspends(dyad, side):
            known = {"all": {"falsely": bool(falsely)}}
            self._dispute("withholds", dyad, side, share=float(share), gives=gives, private=known)

    def resumes(self, dyad: int, side: int) -> None:
        """A suspension ends."""
        if self.suspends(dyad, side):
            keeps = self.model.state.honours[dyad, side]
            self._dispute("resumes" if keeps else "resumes_in_breach", dyad, side)

    def _dispute(self, kind: str, dyad: int, side: int, **about: Any) -> None:
        self.note(kind, dyad=dyad, side=side, partner=self.partner(dyad, side), **about)

    def renewed(self, dyad: int, quarters: int) -> None:
        """A treaty is renewed when its term ends."""
        self.note("renewed", dyad=dyad, quarters=quarters)

    def treaty_ends(self, dyad: int, cause: int, side: int) -> None:
        """A treaty ends; nobody in particular ends it when its time is over."""
        whose = -1 if cause in (TreatyEnd.SUNSET, TreatyEnd.EXPIRED) else side
        self.note("ends", dyad=dyad, why=WHY_ENDED.get(TreatyEnd(cause), "other"), side=whose)


def package_data(model: NegotiationModel, dyad: int, package: int) -> dict[str, Any]:
    """A package as its index, its position on the eight axes of the menu, and what it makes of each side's duty.

    ``duties``: for each side [without a treaty, with this package], rates on cars now, fractions of the value;
    ``access``: for each side as in ``access_data``; ``given_alone``: for each side, whether it recognises the other's
    certificates without a treaty.
    """
    menu = model.agenda.menus[dyad]
    position = [int(x) for x in menu.coordinates[package]]
    duties = [[rates[0], rates[menu.duty_at[package, side]]] for side, rates in enumerate(duty_rates(model, dyad))]
    opened = [terms[step] for terms, step in zip(access_data(model, dyad), menu.access_at[package], strict=True)]
    alone = [model.teller.given_alone(dyad, side) for side in (0, 1)]
    return {"index": int(package), "at": position, "duties": duties, "access": opened, "given_alone": alone}


def access_data(model: NegotiationModel, dyad: int) -> list[list[Any]]:
    """For each side, by step of access to its market: None, then what ``terms_data`` has of the step now."""
    found = []
    pair = model.start.parties.dyads[dyad]
    for importer, exporter in (pair, pair[::-1]):
        steps: list[Any] = [None]
        for terms in model.teller.terms_of_access(importer, exporter)[1:]:
            steps.append(terms_data(terms, model.state.quarter))
        found.append(steps)
    return found


def terms_data(terms: Any, quarter: int) -> dict[str, Any]:
    """Terms of access as their position, cars a year (None without a quota) and duty in a quarter or the last one."""
    t = min(quarter, len(terms.duty) - 1)
    cars = round(QUARTERS_PER_YEAR * terms.cars(t) * 1e6) if math.isfinite(terms.quota) else None
    return {"position": terms.position, "cars": cars, "rate": float(terms.duty[t])}


def lobby(model: NegotiationModel, dyad: int, package: int) -> list[list[Any]]:
    """The firms most affected by a package, most affected first: [name, bn$ a year]."""
    firms: list[Any] = [*model.automakers, *model.suppliers]
    stakes = [(agent.name, float(agent.lobby(dyad, package))) for agent in firms]
    loud = sorted((pair for pair in stakes if abs(pair[1]) >= LEAST_STAKE), key=lambda pair: -abs(pair[1]))
    return [[name, stake] for name, stake in loud[:FIRMS_NAMED]]


def gain_by_axis(model: NegotiationModel, dyad: int, side: int, package: int) -> list[float]:
    """What a package is worth to a side over the policy in force, axis by axis of the menu, bn$ a year, all kept.

    The axes are moved one after the other from what is in force to the package, so the eight parts add up to the whole.
    """
    menu, kept = model.agenda.menus[dyad], model.known().flows[dyad][side].kept
    position = [int(x) for x in menu.coordinates[int(model.state.treaty[dyad])]]
    goal = menu.coordinates[package]
    before = float(kept.at(menu, menu.index(tuple(position))))
    parts = []
    for axis in range(N_AXES):
        position[axis] = int(goal[axis])
        after = float(kept.at(menu, menu.index(tuple(position))))
        parts.append(QUARTERS_PER_YEAR * (after - before))
        before = after
    return parts


def judgement(model: NegotiationModel, dyad: int, side: int, package: int, hope: float | None = None) -> dict[str, Any]:
    """What one side makes of a package: money in bn$ a year, and the tests that it passes.

    believed, least, hope: the gain it believes in (None off the table), the least that it signs for, what it still
    holds out for (or None); issues: the true gain by axis of the menu; enforceable: it would keep it at today's trust;
    passable: its legislature would rather pass it (win-set); legislature: what the legislature gains; on_table; trust:
    its belief that the partner honours; slack: what keeping is worth to it beyond lapsing, bn$.
    """
    bloc, view = model.blocs[model.start.parties.dyads[dyad][side]], outlook(model, dyad, side)
    menu, current = model.agenda.menus[dyad], int(model.state.treaty[dyad])
    home = model.known().flows[dyad][side].home
    return {
        # What is not on the table is never valued: there is no number, and a page cannot be sent an infinite one.
        "believed": QUARTERS_PER_YEAR * float(view.own[package]) if math.isfinite(view.own[package]) else None,
        "least": QUARTERS_PER_YEAR * float(view.reservation),
        "hope": None if hope is None else QUARTERS_PER_YEAR * hope,
        "issues": gain_by_axis(model, dyad, side, package),
        "enforceable": bool(view.enforceable[package]),
        "passable": bool(view.passable[package]),
        "legislature": QUARTERS_PER_YEAR * float(home.at(menu, package) - home.at(menu, current)),
        "on_table": bool(view.on_table[package]),
        "trust": float(bloc.trust(bloc.partner(dyad))[0]),
        "slack": float(view.slack[package]),
        "package": int(package),
    }


class Outlook(NamedTuple):
    """How one side of a pair sees its table now, by package of the whole menu (P,).

    own: the gain it believes in over the policy in force, bn$ a quarter; slack: what keeping is worth to it beyond
    lapsing, bn$; on_table, enforceable, passable: it can be tabled, it would be kept, its legislature would rather pass
    it (whether or not its executive looks ahead to that); reservation: least gain for which it signs, bn$ a quarter.
    """

    own: np.ndarray
    slack: np.ndarray
    on_table: np.ndarray
    enforceable: np.ndarray
    passable: np.ndarray
    reservation: float


def outlook(model: NegotiationModel, dyad: int, side: int) -> Outlook:
    """How one side of a pair sees its table now."""
    bloc, menu = model.blocs[model.start.parties.dyads[dyad][side]], model.agenda.menus[dyad]
    only = np.array([0])
    flows = model.world.known().flows[dyad]
    (view,) = bloc.perceive(dyad, only, flows, [slice(0, 1)])
    own, on_table = np.full(menu.n_packages, -np.inf), np.zeros(menu.n_packages, dtype=bool)
    own[view.packages], on_table[view.packages] = view.own[0], True
    slack = bloc.slack(dyad, only, flows[side]).spread(menu)[0]
    home = flows[side].home.over(menu, model.world.state.treaty[:, dyad]).spread(menu)[0]
    asked = np.reshape(bloc.threshold(dyad, only), -1) * model.agenda.legislature_scale[dyad, side]
    return Outlook(own, slack, on_table, slack >= 0.0, home >= asked, float(view.reservation))


def seen_by(event: Event, bloc: int | None) -> Event:
    """An event as a bloc's people may read it (None: the public): what is private to others is left out."""
    if "private" not in event:
        return event
    shown = {key: value for key, value in event.items() if key != "private"}
    if bloc is not None and str(bloc) in event["private"]:
        shown["private"] = {str(bloc): event["private"][str(bloc)]}
    return shown


__all__ = [
    "Event",
    "Minutes",
    "Outlook",
    "judgement",
    "lobby",
    "outlook",
    "package_data",
    "seen_by",
    "side_of",
]

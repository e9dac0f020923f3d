"""Sessions between any two tactics, many at once: the model's own bargaining on situations taken out of whole runs.

A *situation* is the state of a run at the end of an assessment quarter: what every package is worth to whom, trust,
tension, dialogue, the treaty in force. In it a fresh session is opened in every dyad and played to its deadline, offer
by offer and vote by vote, with the perceptions, moods and lead of one replicate after the other. Between the quarters
of the session nothing moves but the errors of perception and the moods; in a whole run values, trust, tension and
dialogue would. Where they stand still, the offers are those of the ensemble to the last bit (a test says so).

What a side would offer at any aspiration is worked out once: packages by falling own gain, and the partner's favourite
among those above each. Every pair of players then looks its offers up, so that a session costs microseconds.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from model.choices.plugins import Moment
from model.choices.tactics import NOTHING_OFFERED, acceptance_of, share_offered, tactic_of
from model.draws import draw_lanes
from model.faults import InputFault
from model.layout import some
from model.numerics import QUARTERS_PER_YEAR, FloatArray
from model.packages.sums import chosen_flows
from model.parameters.checked import Parameters
from model.rules import bargaining, packages, ratification
from model.world import World

# Replicates of a session's own luck are numbered from here, so that they are nobody's in the run it was taken from.
FIRST_REPLICATE: Final = 10_000_000
# Steps in which trust is lowered to see how far a deal would hold (a share of today's trust).
TRUST_STEPS: Final = 20
# A session must have room before the run's end, quarters.
ROOM: Final = 8
OUTCOMES: Final = ("agreed", "signed", "gain_first", "gain_second", "holds", "quarters")


@dataclasses.dataclass(frozen=True)
class Player:
    """Who bargains: a tactic with its exponent, and an acceptance rule, under a name."""

    name: str
    tactic: str = "polynomial"
    exponent: float = 0.5
    acceptance: str = "aspiration"


class Offers(NamedTuple):
    """What a side would offer at every aspiration: steps (n, K) of falling own gain, and the package of each step."""

    own: FloatArray
    package: np.ndarray


class Side(NamedTuple):
    """How one side sees the table in a quarter: own, admissible (n, K) of the packages (K,) that can be tabled; best
    (n,), reservation a number."""

    own: FloatArray
    admissible: np.ndarray
    packages: np.ndarray
    best: FloatArray
    reservation: FloatArray
    offers: Offers


def situations(
    scenario: str, parameters: Parameters, root_seed: int, replicates: Sequence[int], quarters: Sequence[int]
) -> Iterator[tuple[int, World]]:
    """One run for each entry of ``quarters``, held at the end of that quarter: pairs of (lane, world).

    replicates, quarters: the address of each run's luck, and an assessment quarter of the scenario. The world is one
    and the same object: use it before asking for the next pair.

    Raises:
        InputFault: a quarter that is not one.
    """
    world = World(scenario, parameters, root_seed, replicates)
    for quarter in sorted(set(quarters)):
        if quarter % parameters.assessment_interval or not 0 <= quarter < world.n_quarters:
            raise InputFault([f"quarter {quarter} is no assessment quarter of scenario {scenario}"], "situations")
        while world.state.quarter <= quarter:
            world.step()
        for lane in np.flatnonzero(np.asarray(quarters) == quarter):
            yield int(lane), world


def assessment_quarters(scenario_quarters: int, parameters: Parameters) -> range:
    """The quarters at whose end a situation can be taken from a run."""
    return range(0, max(1, scenario_quarters - ROOM), parameters.assessment_interval)


def held(world: World, lane: int, n: int) -> World:
    """The same world with one of its lanes ``n`` times over, to be looked at and not to be played."""
    index = np.full(n, lane)
    still = copy.copy(world)
    still.n_lanes, still.state = n, copy.copy(world.state)
    for name, values in vars(world.state).items():
        if isinstance(values, np.ndarray):
            setattr(still.state, name, some(values, index))
    climate = world.state.climate
    still.state.climate = type(climate)(
        *(some(getattr(climate, field.name), index) for field in dataclasses.fields(climate))
    )
    first, second, third = (
        (chosen_flows(one, index), chosen_flows(other, index)) for one, other in world.known().flows
    )
    mandate = dataclasses.replace(world.known(), flows=(first, second, third))
    still.state.insight = dataclasses.replace(world.state.insight, mandate=mandate)
    still.seat_parties()
    return still


def play_sessions(
    world: World, lane: int, players: Sequence[Player], root_seed: int, replicates: int
) -> dict[str, np.ndarray]:
    """Every player against every player (and itself) in both seats of every dyad of one situation.

    Returns for each of ``OUTCOMES`` an array (d, first, second, R): whether a package was agreed and whether both
    legislatures passed it (0 or 1); what it is truly worth to either side over the policy in force, bn$ a year,
    discounted to the opening of the session, 0 without a treaty; the share of today's trust that either side may lose
    before one of them would rather lapse, 0 without a treaty; quarters until it was agreed (the session's length where
    it was not).
    """
    still = held(world, lane, replicates)
    numbers = range(FIRST_REPLICATE, FIRST_REPLICATE + replicates)
    p, n_quarters = still.parameters, still.parameters.session_quarters + 1
    luck = draw_lanes(root_seed, numbers, n_quarters, len(still.scenario.automakers), still.parties)
    n_dyads = still.parties.n_dyads
    whole = {name: np.zeros((n_dyads, len(players), len(players), replicates)) for name in OUTCOMES}
    whole["quarters"] += float(n_quarters)
    still.state.own_error, still.state.partner_error = luck.own_error[0], luck.partner_error[0]
    still.state.mood = luck.ratification[0]
    tables = [Table(still, d, players, luck.first_proposer[1][:, d] >= 0.5) for d in range(n_dyads)]
    for clock in range(n_quarters):
        for name, shocks in (("own_error", luck.own_error), ("partner_error", luck.partner_error)):
            errors = packages.persistent_error(getattr(still.state, name), p.perception_persistence, shocks[clock + 1])
            setattr(still.state, name, errors)
        still.state.mood = ratification.persistent_shock(
            still.state.mood, p.ratification_persistence, luck.ratification[clock + 1]
        )
        for table in tables:
            table.play_quarter(clock, whole)
    return whole


class Table:
    """The sessions of one dyad in one situation: every pair of players, every replicate."""

    def __init__(self, world: World, d: int, players: Sequence[Player], lead: np.ndarray) -> None:
        self.world, self.d = world, d
        self.lanes = np.arange(world.n_lanes)
        self.flows = world.known().flows[d]
        self.tactics = [tactic_of(player.tactic) for player in players]
        self.acceptances = [acceptance_of(player.acceptance) for player in players]
        self.exponents = [player.exponent for player in players]
        self.groups = [np.flatnonzero(lead == first) for first in (False, True)]
        n = len(players)
        self.open = np.ones((n, n, world.n_lanes), dtype=bool)
        self.offered = [np.full((n, n, world.n_lanes), NOTHING_OFFERED) for _ in (0, 1)]
        menu, current = world.agenda.menus[d], world.state.treaty[:, d]
        self.current = current
        self.worth = [side.kept.over(menu, current).spread(menu) for side in self.flows]
        self.home = [side.home.over(menu, current).spread(menu) for side in self.flows]
        self.holds = self._holds()

    def play_quarter(self, clock: int, whole: Mapping[str, np.ndarray]) -> None:
        """A quarter's offers, answers and votes in the sessions that are still open."""
        if not self.open.any():
            return
        sides = [self._side(side) for side in (0, 1)]
        p = self.world.parameters
        for lead, group in enumerate(self.groups):
            if not group.size or not self.open[..., group].any():
                continue
            seen = [_of(side, group) for side in sides]
            known = [self._moment(side, group, seen[side]) for side in (0, 1)]
            for k in range(p.rounds_per_quarter):
                tabler = (lead + clock * p.rounds_per_quarter + k) % 2
                self._round(clock, k, tabler, group, seen, known, whole)

    def _round(
        self,
        clock: int,
        k: int,
        tabler: int,
        group: np.ndarray,
        seen: list[Side],
        known: list[Moment],
        whole: Mapping[str, np.ndarray],
    ) -> None:
        p, other = self.world.parameters, 1 - tabler
        time = bargaining.session_time(float(clock), float(k), float(p.rounds_per_quarter), float(p.session_quarters))
        hopes, moments = [], []
        for side in (0, 1):
            offered = self.offered[side][..., group]
            hope, told = self._hopes(side, seen[side], known[side], np.minimum(time, 1.0), offered)
            hopes.append(hope)
            moments.append(told)
        offer, exists = _look_up(seen[tabler].offers, hopes[tabler])
        package = seen[tabler].packages[offer]
        tabled = self.open[..., group] & exists & (package != self.current[group])
        place = np.arange(group.size)
        worth = seen[other].own[place, offer]
        takes = np.empty_like(tabled)
        for number, accepts in enumerate(self.acceptances):
            at: tuple[Any, ...] = (number,) if other == 0 else (slice(None), number)
            takes[at] = accepts(worth[at], hopes[other][at], moments[other][number])
        agreed = tabled & takes & seen[other].admissible[place, offer]
        self.offered[other][..., group] = np.where(
            tabled, np.maximum(self.offered[other][..., group], worth), self.offered[other][..., group]
        )
        if agreed.any():
            self._vote(clock, group, package, agreed, whole)
            self.open[..., group] &= ~agreed

    def _hopes(
        self, side: int, seen: Side, known: Moment, time: FloatArray, offered: FloatArray
    ) -> tuple[FloatArray, list[Moment]]:
        """(n, n, m) what every player in this seat holds out for against every other, and what each was told."""
        good = share_offered(offered, seen.reservation, seen.best)
        hopes, told = np.empty_like(good), []
        for number, (tactic, exponent) in enumerate(zip(self.tactics, self.exponents, strict=True)):
            at: tuple[Any, ...] = (number,) if side == 0 else (slice(None), number)
            moment = known._replace(time=time, exponent=exponent, offered=good[at])
            hopes[at] = bargaining.aspiration(seen.reservation, seen.best, tactic(moment))
            told.append(moment)
        return hopes, told

    def _vote(
        self, clock: int, group: np.ndarray, deal: np.ndarray, agreed: np.ndarray, whole: Mapping[str, np.ndarray]
    ) -> None:
        """Both legislatures vote on what was agreed now; what passes is what the session came to."""
        world, d, p = self.world, self.d, self.world.parameters
        first, second, lane = np.nonzero(agreed)
        package, run = deal[first, second, lane], group[lane]
        passed = np.ones(package.size, dtype=bool)
        for side in (0, 1):
            chance = ratification.ratification_probability(
                self.home[side][run, package],
                world.agenda.legislature_scale[d, side],
                world.thresholds[d][side][package] + world.state.threshold_shift[run, world.parties.dyads[d][side]],
                p.ratification_slope,
            )
            passed &= ratification.ratifies(world.state.mood[run, d, side], chance)
        at = (d, first, second, run)
        discounted = passed * np.power(p.discount_factor, float(clock)) * QUARTERS_PER_YEAR
        whole["agreed"][at], whole["signed"][at], whole["quarters"][at] = 1.0, passed, float(clock)
        whole["gain_first"][at] = discounted * self.worth[0][run, package]
        whole["gain_second"][at] = discounted * self.worth[1][run, package]
        whole["holds"][at] = passed * self.holds[package]

    # --- how a side sees the table ----------------------------------------------------------------------------------

    def _side(self, side: int) -> Side:
        bloc = self.world.blocs[self.world.parties.dyads[self.d][side]]
        (view,) = bloc.perceive(self.d, self.lanes, self.flows, [slice(0, self.lanes.size)])
        zone = bargaining.zone_of_agreement(
            view.own, view.reservation, view.admissible, view.partner, view.partner_reservation
        )
        best = bargaining.best_in_zone(view.own, zone, view.reservation)
        return Side(
            np.ascontiguousarray(view.own),
            np.ascontiguousarray(view.admissible),
            view.packages,
            best,
            view.reservation,
            offers_of(view.own, view.partner, view.admissible),
        )

    def _moment(self, side: int, group: np.ndarray, seen: Side) -> Moment:
        bloc = self.world.blocs[self.world.parties.dyads[self.d][side]]
        return bloc.moment(self.d, group, seen.reservation, seen.best)

    def _holds(self) -> FloatArray:
        """(P,) by package the share of today's trust that both sides can do without before one would rather lapse."""
        world, d = self.world, self.d
        menu, one = world.agenda.menus[d], np.array([0])
        state, result = world.state, np.ones(menu.n_packages)
        for side, b in enumerate(world.parties.dyads[d]):
            j = world.parties.dyads[d][1 - side]
            flows = chosen_flows(self.flows[side], one)
            total = state.good[0, b, j] + state.bad[0, b, j]
            belief = state.good[0, b, j] / total
            keeps = np.ones(menu.n_packages, dtype=bool)
            lost = np.zeros(menu.n_packages)
            for step in range(TRUST_STEPS + 1):
                trust = belief * (1.0 - step / TRUST_STEPS)
                poorer = copy.copy(world)
                poorer.state = dataclasses.replace(state, good=state.good.copy(), bad=state.bad.copy())
                poorer.state.good[:, b, j], poorer.state.bad[:, b, j] = total * trust, total * (1.0 - trust)
                keeps &= world.bloc_type(poorer, b).slack(d, one, flows).spread(menu)[0] >= 0.0
                lost = np.where(keeps, step / TRUST_STEPS, lost)
            result = np.minimum(result, lost)
        return result


def _of(side: Side, group: np.ndarray) -> Side:
    offers = Offers(side.offers.own[group], side.offers.package[group])
    return Side(side.own[group], side.admissible[group], side.packages, side.best[group], side.reservation, offers)


def offers_of(own: FloatArray, partner: FloatArray, admissible: np.ndarray) -> Offers:
    """What ``bargaining.choose_offer`` would choose at every aspiration, (n, K) steps.

    own, partner (n, P) believed gains; admissible (n, P). Rows with fewer steps than others are filled up with steps
    that no aspiration reaches.
    """
    n, n_packages = own.shape
    here = np.arange(n)[:, None]
    # The place of each package in the partner's order: best first, the first of equals first.
    place = np.empty((n, n_packages), dtype=np.int64)
    place[here, np.argsort(-partner, axis=-1, kind="stable")] = np.arange(n_packages)
    place = np.where(admissible, place, n_packages)
    falling = np.argsort(-np.where(admissible, own, -bargaining.OUT_OF_REACH), axis=-1, kind="stable")
    ordered = place[here, falling]
    best_so_far = np.minimum.accumulate(ordered, axis=-1)
    before = np.concatenate([np.full((n, 1), n_packages), best_so_far[:, :-1]], axis=-1)
    row, step = np.nonzero(best_so_far < before)
    number = np.arange(row.size) - np.searchsorted(row, row)
    width = int(number.max(initial=0)) + 1
    thresholds, chosen = np.full((n, width), -np.inf), np.zeros((n, width), dtype=np.int64)
    package = falling[row, step]
    thresholds[row, number], chosen[row, number] = own[row, package], package
    return Offers(thresholds, chosen)


def _look_up(offers: Offers, hopes: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    """The offer (..., m) of every player at its hope (..., m), and whether there is one."""
    count = np.zeros(hopes.shape, dtype=np.int64)
    for step in range(offers.own.shape[-1]):
        count += offers.own[:, step] >= hopes
    exists = count > 0
    return offers.package[np.arange(hopes.shape[-1]), np.maximum(count - 1, 0)], exists

"""What follows from a run's parameters and stays the same in it; worked out at once, never name by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.assessment import coalitions
from model.assessment.nodes import Nodes, nodes_in_use
from model.choices.plugins import Conduct
from model.choices.tactics import Acceptance, Stance, Tactic, acceptance_of, stance_of, tactic_of
from model.market import border
from model.market.access import Gates, gates_of
from model.market.border import Mechanism
from model.market.economy import Economy
from model.numerics import FloatArray, FloatLike
from model.packages.agenda import Agenda
from model.packages.menu import Menu
from model.packages.on_table import OnTable, on_table
from model.parameters.by_lane import NO_VALUES, LaneValues
from model.parameters.checked import Parameters
from model.rules import compliance, cooperation, instruments, unilateral, welfare
from model.rules.club_terms import CarbonStep
from model.rules.instruments import Instrument
from model.scenario.scenario import Scenario
from model.start.agenda import brands_on_sale
from model.vocabulary import CHARGING, DUTY, DUTY_POSITIONS, N_ISSUES, N_SIDES, RECOGNITION

#: By issue, the group that a switch of its own puts on the table or takes from it.
ISSUE_GROUPS: Final = (
    *(group for group in ("tariff", "supply", "recognition", "linkage") for _ in range(N_SIDES)),
    *("charging", "technology"),
)


FULL_CUT: Final = len(DUTY_POSITIONS) - 1


@dataclass(frozen=True)
class RunRules:
    """What parameters, scenario and agenda of a run come to."""

    stance: Stance | StanceByLane  # of the retaliation rule
    punishment_horizon: Length  # quarters
    answer_length: Length  # quarters that an answer to the breach of a treaty lasts in the other side's reckoning
    tactics: tuple[Tactic, ...]  # of each bloc
    acceptances: tuple[Acceptance, ...]  # of each bloc
    on_table: OnTable  # what may be tabled
    clocks: bool  # instruments have votes, lags and ends of their own
    reviews_from: float  # quarter from which results of duty cases are reviewed; infinite where they never expire
    by_law: tuple[np.ndarray, ...]  # by dyad, (P, 2) whether each side recognises certificates or opens its market
    below_mfn: tuple[np.ndarray, ...]  # by dyad, (P, 2) whether each side's duty goes below its MFN rate
    instruments: tuple[np.ndarray, ...]  # by dyad, (P,) what every package needs; none where clocks are off
    lives: Lives | None  # what the life of a package makes of its gain
    lags: tuple[tuple[int, int], tuple[int, int]]  # of agreements, of recognition: the least one, how much longer
    inherited: FloatArray  # (d, 10) what the treaty in force at the start concedes on every issue
    given_alone: FloatArray  # (d, s, 10) level of every issue beyond which a side concedes against its will
    nodes: Nodes  # at which assessments look
    has_clubs: bool
    club_penalty: float
    is_conditional: bool  # members keep a club's terms on condition that all do
    brands_abroad: FloatArray  # (b, b)
    turn: np.ndarray  # (f, k) when contracts are due
    reference_evs: FloatArray  # m EVs a quarter at the start, by what they save
    start_shift: FloatArray  # (b,) utility that announcements made before the start add
    honour_test: Callable[..., tuple[np.ndarray, FloatArray]]  # by which blocs judge themselves
    has_friends: bool  # deals move the allowed set of the US credit
    has_content_rules: bool  # it has rules on content
    member_step: CarbonStep | None  # what membership of a club does to a car, (b,)
    mechanisms: tuple[Mechanism, ...]  # at the border that are on
    by_type: bool  # trust is a belief about a partner's type
    in_part: bool  # sides may keep a part of a cut
    by_issue: bool  # published acts are seen as they are
    by_value: bool  # an answer suspends what is worth as much as was withheld, and is no lapse
    imitates: bool  # sides answer their partner's concessions
    new_governments: np.ndarray  # (T, b) true where one takes office
    may_withhold: np.ndarray  # (b, b) whether the row bloc answers the column bloc's duties by export licences, too
    gates: Gates | None  # terms of access that the scenario lists
    may_undertake: np.ndarray | None  # (m, b) whether makers of b may offer minimum prices in m (1.19b); None: nobody


@dataclass(frozen=True)
class Length:
    """Quarters: one number, or of each lane (R,)."""

    value: FloatLike

    def of(self, lanes: np.ndarray | slice = slice(None)) -> FloatLike:
        """The number, or (n,) those of some lanes."""
        return self.value[lanes] if isinstance(self.value, np.ndarray) else self.value


@dataclass(frozen=True)
class StanceByLane:
    """Several stances, and (R,) which of them each lane has."""

    stances: tuple[Stance, ...]
    kind: np.ndarray

    def __call__(self, conduct: Conduct) -> tuple[FloatArray, FloatArray]:
        """What the stance of each lane answers."""
        answers, lanes = [stance(conduct) for stance in self.stances], np.arange(self.kind.size)
        level, owed = (
            np.stack([np.broadcast_to(answer[k], lanes.shape) for answer in answers])[self.kind, lanes] for k in (0, 1)
        )
        return level, owed


@dataclass(frozen=True)
class Lives:
    """What the life of a treaty makes of its gain, by kind of lane.

    instruments: (K, 4) of each; packages: by dyad, (K, P); kind (R,): of each lane, None where all are of the first.
    """

    instruments: FloatArray
    packages: tuple[FloatArray, ...]
    kind: np.ndarray | None

    def of_packages(self, dyad: int, packages: np.ndarray, lanes: np.ndarray) -> FloatArray:
        """(K,) of some packages, or (n, K) where lanes (n,) differ."""
        if self.kind is None:
            return self.packages[dyad][0, packages]
        return self.packages[dyad][:, packages].take(self.kind[lanes], axis=0)

    def of_instruments(self, held: np.ndarray, lanes: np.ndarray) -> FloatArray:
        """(n,) of an instrument (n,) in some lanes."""
        return self.instruments[0 if self.kind is None else self.kind[lanes], held]


def run_rules(
    scenario: Scenario, parameters: Parameters, economy: Economy, agenda: Agenda, own: LaneValues = NO_VALUES
) -> RunRules:
    """Work them out; own: parameters that differ between lanes."""
    p, s = parameters, scenario
    stance, horizon, answer = _answers(p, own)
    tables, table_of = own.kinds(p, [f"{group}_issues" for group in dict.fromkeys(ISSUE_GROUPS)])
    allowed = [tuple(bool(getattr(one, f"{group}_issues")) for group in ISSUE_GROUPS) for one in tables]
    ramp = unilateral.zev_demand_shift(p.zev_demand_shift, s.zev_age, p.zev_ramp)
    gates, mechanisms = gates_of(s), tuple(border.in_force(p))
    may_undertake = None if gates is None or not gates.undertakes.any() else gates.undertakes
    if border.UNDERTAKINGS in mechanisms:
        may_undertake = np.ones((s.parties.n_blocs, s.parties.n_blocs), dtype=bool)
    laws = [_laws(s, menu, d) for d, menu in enumerate(agenda.menus)]
    clocks = p.clocks
    papers = [_papers(menu, by_law) * np.int8(clocks) for menu, (by_law, _) in zip(agenda.menus, laws, strict=True)]
    lags = ((p.agreement_lag, p.agreement_lag_more), (p.recognition_lag, p.recognition_lag_more))
    club, by_type, has_content_rules = coalitions.kind_of_club(p), p.trust_type, p.local_content
    return RunRules(
        stance=stance,
        punishment_horizon=horizon,
        answer_length=answer,
        tactics=tuple(tactic_of(name) for name in p.of_blocs("tactic")),
        acceptances=tuple(acceptance_of(name) for name in p.of_blocs("acceptance")),
        on_table=on_table(agenda, allowed, table_of),
        clocks=clocks,
        reviews_from=0.0 if clocks else np.inf,
        by_law=tuple(by_law for by_law, _ in laws),
        below_mfn=tuple(below for _, below in laws),
        instruments=tuple(papers),
        lives=_lives(p, own, papers, lags) if clocks else None,
        lags=lags,
        inherited=_conceded_at_start(agenda),
        given_alone=agenda.alone if p.regret == "by_position" else np.where(agenda.regretted, 0.0, 1.0),
        nodes=nodes_in_use(economy, p, agenda.menus),
        has_clubs=club is not None,
        club_penalty=club.penalty if club else 0.0,
        is_conditional=p.club_commitment == "conditional",
        brands_abroad=brands_on_sale(s),
        turn=_rank_within(s.automaker_home)[:, None] + _rank_within(s.supplier_home),
        reference_evs=welfare.cars_that_save(s.market_size * s.ev_share, p.emissions_saved_per_ev),
        start_shift=s.zev_announced.astype(np.float64) * ramp,
        honour_test=compliance.honour_test_type if by_type else compliance.honour_test,
        has_friends=has_content_rules and p.friendshoring and s.parties.credit_bloc >= 0,
        has_content_rules=has_content_rules,
        member_step=border.member_step(p) if club else None,
        mechanisms=mechanisms,
        by_type=by_type,
        in_part=p.partial_compliance,
        by_issue=p.monitoring == "by_issue",
        by_value=p.answers == "equivalent" and p.deviation != "everything",
        imitates=p.imitative_tactic,
        new_governments=s.turnover & p.turnover,
        may_withhold=_holders_of_licences(s) & p.export_licences,
        gates=gates,
        may_undertake=may_undertake,
    )


def _answers(p: Parameters, own: LaneValues) -> tuple[Stance | StanceByLane, Length, Length]:
    """The stance, how long its answer lasts in the other side's reckoning, and the answer to the breach of a treaty."""
    sets, kind = own.kinds(p, ["retaliation_rule"])
    found = [stance_of(one.retaliation_rule, float(one.punishment_quarters)) for one in sets]
    horizons = [horizon for _, horizon in found]
    # Who answers nothing suspends nothing.
    answers = [max(horizon, p.suspension_quarters) if horizon else 0.0 for horizon in horizons]
    if kind is None:
        return found[0][0], Length(horizons[0]), Length(answers[0])
    stances = tuple(stance for stance, _ in found)
    by_lane = [Length(np.array(lengths, dtype=np.float64)[kind]) for lengths in (horizons, answers)]
    return StanceByLane(stances, kind), by_lane[0], by_lane[1]


def _lives(
    p: Parameters, own: LaneValues, papers: Sequence[np.ndarray], lags: tuple[tuple[int, int], tuple[int, int]]
) -> Lives:
    """What the life of a treaty makes of its gain; papers: by dyad, (P,) the instrument that a package needs."""
    # Danger is counted as in effective tension (theory 1.12): what any treaty may live.
    future = p.discount_factor * (1.0 - p.repudiation_hazard)
    sets, kind = own.kinds(p, ["truce_quarters"])
    codes, lengths = np.array(Instrument), [float(one.truce_quarters) for one in sets]
    each = np.stack([instruments.life(codes, future, length, p.truce_renewal, *lags) for length in lengths])
    return Lives(each, tuple(each[:, paper] for paper in papers), kind)


def _laws(s: Scenario, menu: Menu, d: int) -> tuple[np.ndarray, np.ndarray]:
    """(P, 2) twice: whether each side recognises certificates or opens its market; whether its duty goes below MFN."""
    by_law, below = menu.held[:, RECOGNITION : RECOGNITION + N_SIDES] > 0, np.zeros((menu.n_packages, N_SIDES), bool)
    for side, (i, j) in enumerate((s.parties.dyads[d], s.parties.dyads[d][::-1])):
        below[:, side] = (menu.duty_at[:, side] == FULL_CUT) & (s.floor[0, :, i, j] < s.mfn[0, :, i, j]).any()
        for one in s.access:
            if (one.importer, one.exporter) == (i, j):
                opens = np.array([terms.position == "open" for terms in (one, *one.on_table)])
                step = menu.access_at[:, side]
                by_law[:, side] |= (step > 0) & opens[step]
    return by_law, below


def _papers(menu: Menu, by_law: np.ndarray) -> np.ndarray:
    """(P,) the instrument that every package needs."""
    exceeds = (menu.held[:, CHARGING:] > 0).any(axis=1) | (menu.access_at > 0).any(axis=1)
    is_treaty = (menu.coordinates > 0).any(axis=1)
    return instruments.instrument_of(is_treaty, menu.duty_at, exceeds, by_law.any(axis=1))


def _holders_of_licences(scenario: Scenario) -> np.ndarray:
    """(b, b) whether the row bloc holds export licences that the column bloc needs."""
    parties = scenario.parties
    holds = np.zeros((parties.n_blocs, parties.n_blocs), dtype=bool)
    holds[parties.own, parties.other] = scenario.supply_assurance
    return holds


def _conceded_at_start(agenda: Agenda) -> FloatArray:
    """(d, 10) what is conceded on every issue while the treaty in force at the start is kept."""
    found = np.zeros((len(agenda.menus), N_ISSUES))
    for d, menu in enumerate(agenda.menus):
        package = int(agenda.treaty[d])
        found[d] = agenda.levels[d][package]
        duties = slice(DUTY, DUTY + 2)
        found[d, duties] = cooperation.concession(found[d, duties], menu.held[package, duties] > 0, 1.0)
    return found


def _rank_within(home: np.ndarray) -> np.ndarray:
    """Position of each firm among the firms of its home, in the order of the roster: 0, 1, 2, ..."""
    same = home[:, None] == home[None, :]
    return np.count_nonzero(np.tril(same, -1), axis=1)

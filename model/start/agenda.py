"""What governments make of the economy at the start: security and opening costs, stakes, menus (theory 1.4, 1.6a, 1.7).

``set_agenda`` runs the first impact assessment. It finds the security costs that make today's duties optimal (inverse
optimum), the opening costs that keep the first quarter quiet, the issues that are active, how much they matter, and the
menus. All of it comes from the scenario's full menu and stays the same in every arm of an experiment. A scenario that
takes its calibration over has another market and other policies, and the governments of its base.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from model.assessment.ahead import foreseen
from model.assessment.costs import Situation
from model.assessment.doors import assess_all, views_of
from model.assessment.mandate import Mandate, make_mandate
from model.assessment.nodes import everywhere, nodes_of, steps_of
from model.assessment.priors import mean_tension
from model.assessment.stakes import Stakes, effective_tension, supply_stakes, technology_stakes
from model.assessment.tables import assess
from model.assessment.values import Parts, issue_values
from model.market.access import gates_of
from model.market.clearing import account, border_frictions, clear_at_prices, landed_costs, supply_cells
from model.market.economy import Economy, Opening
from model.market.learning import Learned
from model.numerics import QUARTERS_PER_YEAR, FloatArray, logistic, ordered_sum
from model.packages.agenda import Agenda
from model.packages.menu import STANDARDS, Menu, build_menu
from model.parameters.checked import Parameters
from model.rules import cooperation, packages, welfare
from model.scenario.scenario import NEVER, Scenario
from model.start.calibration import COLD_SWEEPS, standards_in_force, support
from model.vocabulary import (
    BATTERY,
    DUTY,
    EV,
    LINKAGE,
    N_GOODS,
    N_ISSUES,
    N_SIDES,
)

LEAST_TRADE = 0.01 / QUARTERS_PER_YEAR  # m cars a quarter below which a security cost is not identified (theory 1.4)
QUIET_MARGIN = 1e-9  # bn$ a quarter that an opening cost lies above the gain it has to stop
LEAST_REGRET = 1e-9  # bn$ a quarter below which giving an issue costs nothing (rounding)
#: (s, 10) whether each side has a part in giving an issue.
GIVES = np.stack([cooperation.GIVEN_BY_FIRST > 0.0, cooperation.GIVEN_BY_FIRST < 1.0])
CORE = np.array([issue not in (LINKAGE, LINKAGE + 1) for issue in range(N_ISSUES)])  # linkage is put beside them
NO_TREATY = 0
# What a scenario that takes its calibration over has from its base, beside security costs. An issue that only its own
# market makes worth something can be agreed on, and does not weigh in depth: the yardstick is the base's.
PREFERENCES = ("scale", "legislature_scale", "weights", "contested_weights", "opening_cost")


@dataclasses.dataclass(frozen=True)
class FirstLook:
    """The first quarter as an assessment sees it: the situation and what follows from it."""

    situation: Situation
    ev_built: FloatArray  # (b,) m cars a quarter
    ev_revenue: FloatArray  # (b,) bn$ a quarter of the home automakers
    cell_imports: FloatArray  # (b, b)


def brands_kept_out(scenario: Scenario) -> np.ndarray:
    """(f, m) brands that a rule or a date keeps out of a market at the start."""
    dated = (scenario.on_sale_from >= 0) & (scenario.on_sale_from < NEVER)
    return scenario.banned | (dated & (scenario.availability < 1.0))


def look(economy: Economy, parameters: Parameters, scenario: Scenario, opening: Opening, opened: bool) -> FirstLook:
    """The situation of the first quarter; ``opened`` puts on sale every brand that a rule or a date keeps out.

    Security costs are found with ``opened``: the duty on a brand that may not be sold says nothing, the duty chosen for
    the day when it may does.
    """
    alpha = parameters.alpha[:, None]
    # Who enters within a year is counted by everyone who weighs a duty today.
    soon = brands_kept_out(scenario) & ~scenario.banned & (scenario.on_sale_from < QUARTERS_PER_YEAR)
    kept_out = (brands_kept_out(scenario) if opened else soon).T
    available = np.where(kept_out, 1.0, scenario.availability.T)
    paid = support(scenario, 0)
    utility = opening.quality + np.log(available) + alpha * paid
    cells = supply_cells(economy, parameters, scenario.cell_cost, opening.margin, opening.paid[BATTERY])
    landed, gates = landed_costs(economy, cells), gates_of(scenario)
    gates = gates and gates.in_quarter(0)
    frictions = border_frictions(parameters, economy, *standards_in_force(scenario))
    origin_share = np.swapaxes(scenario.origin_share, 0, 1)
    base = opening.price - opening.markup
    clearing = clear_at_prices(base, utility, opening.price, alpha, parameters.nest_correlation)
    on_cars, nothing = opening.paid[EV], np.zeros_like(paid)
    accounts = account(
        economy, parameters, clearing, cells, opening.margin, landed, origin_share, on_cars, paid, nothing
    )
    built = ordered_sum(accounts.built, axis=0)[: economy.parties.n_blocs]
    by_firm = ordered_sum(accounts.sales * accounts.border_price, axis=0)
    revenue = ordered_sum(by_firm[:, None] * economy.is_firm_home, axis=0)
    situation = Situation(
        cells=cells,
        margin=opening.margin,
        landed=landed,
        frictions=frictions,
        utility=utility,
        duty=opening.paid,
        special=opening.special,
        mfn=scenario.mfn[0],
        floor=scenario.floor[0],
        origin_tie=opening.origin_tie,
        origin_level=opening.origin_level,
        subsidy=paid,
        exported_cells=accounts.exported_cells,
        car_cost=np.ones(len(scenario.automakers)),
        gates=gates if gates and np.isfinite(gates.size).any() else None,
    )
    if not opened:
        sees = (available, scenario.has_plant.T.astype(np.float64), opening.origin_tie, gates, 0)
        situation = dataclasses.replace(situation, views=views_of(economy, parameters, scenario, situation, *sees))
    return FirstLook(situation, built, revenue, accounts.cell_imports)


def security_costs(
    economy: Economy, parameters: Parameters, scenario: Scenario, opening: Opening
) -> tuple[FloatArray, FloatArray, FloatArray, np.ndarray]:
    """Inverse optimum (theory 1.4): (g, b, b) point, low and high end in k$ per car, and whether it is identified.

    One good is moved at a time. The point makes the no-treaty duty stationary; low and high are the least and largest
    cost for which no neighbour on the duty grid beats it.
    """
    seen = {opened: look(economy, parameters, scenario, opening, opened).situation for opened in (False, True)}
    kept_out = brands_kept_out(scenario)
    usual = logistic(mean_tension(parameters))
    parties = economy.parties
    shape = (N_GOODS, parties.n_blocs, parties.n_blocs)
    (point, low, high), identified = np.zeros((3, *shape)), np.zeros(shape, dtype=bool)
    weight = parameters.executive_profit_weight
    for good in range(N_GOODS):
        covers = np.zeros_like(economy.case_covers)
        covers[good] = 1.0
        alone = dataclasses.replace(economy, case_covers=covers)
        tables = {opened: assess(alone, parameters, situation, None, COLD_SWEEPS) for opened, situation in seen.items()}
        for importer, partner in parties.directed:
            pair = parties.pair_of[importer, partner]
            opened = bool(np.any(kept_out[scenario.automaker_home == partner, importer]))
            table = tables[opened]
            payoff = table.welfare[pair, :, 0] + weight * table.profit[pair, :, 0]
            share = (table.vehicle_share, table.cell_share)[good][pair, :, 0]
            found = welfare.inverse_optimum_security(
                payoff[[17, 0, 18]],
                share[[17, 0, 18]],
                economy.market_size[importer],
                usual[parties.dyad_of[importer, partner]],
                parameters.security_convexity,
                LEAST_TRADE,
            )
            low[good, importer, partner], point[good, importer, partner], high[good, importer, partner] = found[:3]
            identified[good, importer, partner] = bool(found[3])
    return point, low, high, identified


def opening_package(scenario: Scenario, menus: tuple[Menu, ...]) -> np.ndarray:
    """(d,) the package of each dyad's treaty in force, 0 where there is none."""
    treaty = np.zeros(len(menus), dtype=np.int64)
    for known in scenario.treaties:
        duty = []
        for side in (0, 1):
            if not known.duty_bound[side].any():
                duty.append(0)
                continue
            cut = float(np.max(known.duty_cut[side]))
            duty.append(1 if cut <= 0.0 else (4 if cut >= 1.0 else 3))
        standards = STANDARDS.index((int(known.recognition[0]), int(known.recognition[1]), int(known.charging)))
        treaty[known.dyad] = menus[known.dyad].index(
            (*duty, *map(int, known.supply), standards, *map(int, known.linkage), int(known.technology))
        )
    return treaty


def _issues_in_force(scenario: Scenario) -> np.ndarray:
    """(d, 10) issues that a treaty in force contains, so that the menu must have them."""
    used = np.zeros((scenario.parties.n_dyads, N_ISSUES), dtype=bool)
    for known in scenario.treaties:
        given = (known.duty_bound.any(axis=1), known.supply, known.recognition, known.linkage)
        used[known.dyad] |= [*np.concatenate(given), known.charging, known.technology]
    return used


def _steps_of_access(scenario: Scenario) -> list[tuple[int, int]]:
    """By dyad, how many steps of access lie on the table, by who lets in."""
    steps = {(one.importer, one.exporter): len(one.on_table) for one in scenario.access}
    return [(steps.get((i, j), 0), steps.get((j, i), 0)) for i, j in scenario.parties.dyads]


def brands_on_sale(scenario: Scenario) -> FloatArray:
    """(b, b) number of brands of the column bloc on sale in the row bloc at the start."""
    sold, is_home = (
        (scenario.brand_share > 0.0).T,
        scenario.automaker_home == np.arange(scenario.parties.n_blocs)[:, None],
    )
    return np.count_nonzero(sold[:, None] & is_home, axis=-1) * (1.0 - np.eye(len(is_home)))


def set_agenda(
    economy: Economy, parameters: Parameters, scenario: Scenario, opening: Opening, base: Agenda | None = None
) -> Agenda:
    """The first impact assessment, from the full menu, and everything that is fixed by it.

    base: the agenda whose preferences are taken over: security and opening costs, scales of stakes, weights of depth.
    What the issues are worth in this market, and so which are on the menu, is found here.
    """
    if base is None:
        point, low, high, identified = security_costs(economy, parameters, scenario, opening)
        scale = parameters.security_scale * scenario.own_security
        security, low, high = (scale * cost for cost in (point, low, high))
    else:
        security, low, high, identified = base.security, base.security_low, base.security_high, base.identified
    access = _steps_of_access(scenario)
    everything = np.ones(N_ISSUES, dtype=bool)
    smallest = tuple(build_menu(~everything, ~everything, access=steps) for steps in access)
    every = nodes_of(economy, None, steps_of(economy.parties, smallest))
    first = look(economy, parameters, scenario, opening, False)
    tables = assess_all(economy, parameters, first.situation, None, COLD_SWEEPS, every)
    stakes = _first_stakes(economy, parameters, scenario, opening, first, security)
    empty = _agenda(smallest, economy, security)
    mandate = make_mandate(economy, parameters, scenario, empty, tables, stakes)
    gains, home = _issue_gains(mandate.parts), _issue_gains(mandate.home_parts)
    receiver, giver = _receiver_and_giver(gains)
    regretted = (gains < -LEAST_REGRET) & GIVES
    in_force, active = _issues_in_force(scenario), receiver >= parameters.activity_threshold / QUARTERS_PER_YEAR
    menus = tuple(build_menu(active[d], in_force[d], parameters.club_finance, access[d]) for d in range(len(access)))
    agenda = dataclasses.replace(
        _agenda(menus, economy, security),
        active=active,
        weights=_weights(gains, parameters, False),
        contested_weights=_weights(gains, parameters, True),
        harmony=giver > 0.0,
        regretted=regretted,
        alone=_given_alone(economy, menus, mandate.parts, regretted),
        stakes=np.abs(gains),
        scale=_scales(gains),
        legislature_scale=_scales(home),
        receiver_gain=receiver,
        security_low=low,
        security_high=high,
        identified=identified,
        treaty=opening_package(scenario, menus),
        supply_stake=stakes.supply,
        markup=everywhere(tables.nodes, tables.markup),
    )
    if base is not None:
        return dataclasses.replace(agenda, **{name: getattr(base, name) for name in PREFERENCES})
    if parameters.foresight:
        # The first quarter is quiet for governments that look ahead, too; what counts as cooperation stays the same.
        looked = (first.situation, *_learned(economy, opening), tables)
        tables, _ = foreseen(economy, parameters, opening, *looked, None, COLD_SWEEPS, every)
        mandate = make_mandate(economy, parameters, scenario, empty, tables, stakes)
    return dataclasses.replace(agenda, opening_cost=opening_costs(parameters, agenda, mandate))


def _learned(economy: Economy, opening: Opening) -> tuple[Learned, Learned]:
    """Experience at the start, and what is made in the first quarter."""
    known = (economy.start_experience, economy.start_place_experience, economy.start_car_experience)
    return Learned(*known), Learned(ordered_sum(opening.cells, axis=-2), ordered_sum(opening.made), opening.sold)


def _first_stakes(
    economy: Economy,
    parameters: Parameters,
    scenario: Scenario,
    opening: Opening,
    first: FirstLook,
    security: FloatArray,
) -> Stakes:
    """What is at stake beside the tables in the first quarter: at the usual tension, with no case running."""
    n_blocs = economy.parties.n_blocs
    tension, quiet = effective_tension(parameters, mean_tension(parameters)), np.zeros((n_blocs, n_blocs))
    made = (scenario.cell_cost, first.situation.car_cost, opening.cells, *_learned(economy, opening))
    technology = technology_stakes(economy, parameters, *made, first.ev_revenue, tension)
    return Stakes(
        supply=supply_stakes(economy, parameters, scenario, first.cell_imports, first.ev_built),
        technology=technology,
        brands_abroad=brands_on_sale(scenario),
        granted=quiet,
        security=security,
        tension=tension,
        felt=tension,
        case_left=quiet,
        case_step=quiet,
        carry=quiet,
    )


def _issue_gains(parts: tuple[tuple[Parts, Parts], ...]) -> FloatArray:
    """(d, s, 10) what each issue alone is worth to each side, bn$ per quarter."""
    return np.stack([np.stack([issue_values(side) for side in sides]) for sides in parts])


def _given_alone(
    economy: Economy, menus: tuple[Menu, ...], parts: tuple[tuple[Parts, Parts], ...], regretted: np.ndarray
) -> FloatArray:
    """(d, s, 10) level of every issue that a side would give alone.

    Issues of yes or no are given where that costs nothing; of duties and access, the largest concession of those that
    are best for the giver.
    """
    alone = np.where(regretted, 0.0, 1.0)
    for d, (menu, pair) in enumerate(zip(menus, economy.parties.dyads, strict=True)):
        levels = menu.levels(np.stack([economy.cuts[EV][i, j] for i, j in (pair, pair[::-1])]))
        for side in range(N_SIDES):
            issue, positions = DUTY + side, np.array(menu.positions[side])
            if positions.size == 1:
                continue
            level = cooperation.concession(levels[menu.alone[side], issue], positions > 0, 1.0)
            worth = parts[d][side].duty[side][positions, 0]
            alone[d, side, issue] = np.max(level[worth >= np.max(worth) - LEAST_REGRET])
    return alone


def _scales(gains: FloatArray) -> FloatArray:
    """(d, s) typical single-issue stakes, bn$ per quarter; gains as ``_issue_gains``."""
    return np.array([[packages.stake_scale(np.abs(of_side), core=CORE) for of_side in sides] for sides in gains])


def with_finance(agenda: Agenda, economy: Economy, scenario: Scenario, finance: bool) -> Agenda:
    """The agenda with the menus of runs in which a linkage concession may bring a transfer, or may not.

    Money is worth something to whoever gets it, so that linkage is on every menu with it.
    """
    in_force = _issues_in_force(scenario)
    worth = agenda.active | (~CORE & finance)
    access = _steps_of_access(scenario)
    menus = tuple(build_menu(worth[d], in_force[d], finance, access[d]) for d in range(len(access)))
    levels = _agenda(menus, economy, agenda.security).levels
    return dataclasses.replace(agenda, menus=menus, levels=levels, treaty=opening_package(scenario, menus))


def opening_costs(parameters: Parameters, agenda: Agenda, mandate: Mandate) -> FloatArray:
    """(b, b) smallest cost of a duty case that keeps the first quarter quiet, bn$ per quarter (theory 1.6a)."""
    cost, parties = np.zeros_like(agenda.opening_cost), parameters.parties
    for pair, (importer, partner) in enumerate(parties.directed):
        best = float(np.max(mandate.move_gain[pair]))
        scale = agenda.scale[parties.dyad_of[importer, partner], parties.side_of[importer, partner]]
        excess = best - parameters.duty_move_threshold * scale
        cost[importer, partner] = max(0.0, excess + QUIET_MARGIN) if excess >= 0.0 else 0.0
    return cost


def _receiver_and_giver(gains: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(d, 10) gain of the receiver and the giver of every issue; of a joint issue, the larger and the smaller gain."""
    first, second = gains[:, 0], gains[:, 1]
    is_firsts, is_joint = cooperation.GIVEN_BY_FIRST == 1.0, cooperation.IS_JOINT
    receiver = np.where(is_joint, np.maximum(first, second), np.where(is_firsts, second, first))
    giver = np.where(is_joint, np.minimum(first, second), np.where(is_firsts, first, second))
    return receiver, giver


def _weights(gains: FloatArray, parameters: Parameters, contested_only: bool) -> FloatArray:
    """(d, 10) weight of each issue-side in the depth of a dyad (theory 2.1)."""
    yearly = gains * QUARTERS_PER_YEAR
    return cooperation.issue_weights(
        yearly[:, 0], yearly[:, 1], parameters.activity_threshold, contested_only=contested_only
    )


def _agenda(menus: tuple[Menu, ...], economy: Economy, security: FloatArray) -> Agenda:
    """An agenda with these menus and nothing found out yet."""
    n_blocs, dyads = economy.parties.n_blocs, economy.parties.dyads
    sides, issues = np.zeros((len(dyads), N_SIDES)), np.zeros((len(dyads), N_ISSUES))
    cuts = economy.cuts[EV]
    levels = [menu.levels(np.stack([cuts[i, j], cuts[j, i]])) for menu, (i, j) in zip(menus, dyads, strict=True)]
    return Agenda(
        menus=menus,
        levels=tuple(levels),
        active=issues > 0.0,
        weights=issues,
        contested_weights=issues,
        harmony=issues > 0.0,
        regretted=np.zeros((len(dyads), N_SIDES, N_ISSUES), dtype=bool),
        alone=np.ones((len(dyads), N_SIDES, N_ISSUES)),
        stakes=np.zeros((len(dyads), N_SIDES, N_ISSUES)),
        scale=sides + 1.0,
        legislature_scale=sides + 1.0,
        receiver_gain=issues,
        security=security,
        security_low=security,
        security_high=security,
        identified=security > 0.0,
        opening_cost=np.zeros((n_blocs, n_blocs)),
        treaty=np.full(len(dyads), NO_TREATY),
        supply_stake=sides,
        markup=np.zeros((0, 0)),
    )

"""What is at stake beside the car market: critical minerals, technology, tension (theory 1.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.assessment.priors import mean_tension
from model.assessment.values import OtherTerms
from model.market.clearing import MILLION_TO_BILLION
from model.market.economy import Economy
from model.market.learning import Learned
from model.numerics import QUARTERS_PER_YEAR, FloatArray, FloatLike, entries, ordered_sum, safe_ratio
from model.parameters.checked import Parameters
from model.rules import batteries, standards, technology, tension, unilateral, welfare
from model.scenario.scenario import Scenario
from model.vocabulary import N_SIDES

#: Costs some quarters ahead of every bloc beside every partner, (..., p): without and with cooperation.
Ahead = tuple[FloatArray, FloatArray]


def supply_stakes(
    economy: Economy, parameters: Parameters, scenario: Scenario, cell_imports: FloatArray, ev_built: FloatArray
) -> FloatArray:
    """(..., d, giver) value of an assured supply to the receiving side, bn$ per quarter (theory 1.7).

    cell_imports (..., b, b): cars built in b on cells from each bloc, as a share of b's car market; ev_built (..., b)
    m EVs a quarter.
    """
    stakes = np.zeros((*ev_built.shape[:-1], economy.parties.n_dyads, N_SIDES))
    for dyad, pair in enumerate(economy.parties.dyads):
        for giver in (0, 1):
            if not scenario.supply_assurance[dyad, giver]:
                continue
            source, user = pair[giver], pair[1 - giver]
            built = ev_built[..., user]
            share = np.minimum(safe_ratio(cell_imports[..., user, source] * economy.market_size[user], built), 1.0)
            yearly = welfare.supply_assurance_value(
                parameters.supplier_substitution,
                share,
                economy.kwh[user],
                built * QUARTERS_PER_YEAR,
                parameters.supply_restricted_share,
                parameters.supply_severity,
                parameters.supply_value_added,
                economy.cars_built[user],
            )
            stakes[..., dyad, giver] = parameters.supply_scale * yearly / QUARTERS_PER_YEAR
    return stakes


def supply_harm(economy: Economy, parameters: Parameters, supply: FloatArray) -> FloatArray:
    """(..., b, b) what the column bloc loses while the row bloc withholds licences, bn$ per quarter.

    supply (..., d, giver): of ``supply_stakes``, which weighs the same loss with the part of the time that supply would
    be restricted.
    """
    n_blocs, parties = economy.parties.n_blocs, economy.parties
    harm = np.zeros((*supply.shape[:-2], n_blocs, n_blocs))
    harm[..., parties.own, parties.other] = supply / parameters.supply_restricted_share
    return harm


def withheld_costs(
    economy: Economy,
    parameters: Parameters,
    harm: FloatArray,
    special: FloatArray,
    above: FloatArray,
    is_promised: np.ndarray,
    forgives: FloatLike,
) -> FloatArray:
    """(..., p, 5) what the importer loses at every point of its duty grid by licences that its partner withholds.

    harm, above, is_promised (..., b, b) by who gives licences and who needs them: above as ``state.withheld_above``,
    is_promised whether a treaty promises them; special (..., b, b) on vehicles; forgives (..., 1) or
    scalar: the chance that a rise is not answered.
    """
    parties = economy.parties
    needs, gives = parties.importer, parties.partner
    duty = special[..., needs, gives]
    chance = (1.0 - forgives) * ~is_promised[..., gives, needs]
    grid = unilateral.duty_grid(duty, parameters.duty_step)
    return unilateral.withheld_cost(grid, duty, above[..., gives, needs], harm[..., gives, needs], chance)


def technology_stakes(
    economy: Economy,
    parameters: Parameters,
    cell_cost: FloatArray,
    car_cost: FloatArray,
    cells: FloatArray,
    learned: Learned,
    output: Learned,
    ev_revenue: FloatArray,
    felt: FloatArray,
    luck: FloatLike = 0.0,
) -> FloatArray:
    """(..., d, s) gain of each side from technology cooperation, bn$ per quarter (theory 1.16).

    cell_cost (..., k), car_cost (..., f) now; cells (..., f, k) GWh last quarter; learned: everybody's experience;
    output: what was made last quarter; ev_revenue (..., b) bn$ of the home automakers;
    felt (..., d) tension over the life of an agreement, as security feels it; luck (...) in the cost of cells so far,
    in logs. A bloc without suppliers of its own has the cost of the cells its automakers buy, and learns by the plants
    in it alone.
    """
    share, parties = parameters.host_learning_share, economy.parties
    own, partner = parties.importer, parties.partner
    back = np.array([parties.pair_of[pair[::-1]] for pair in parties.directed])
    made, cost, cells_ahead = _cells_ahead(economy, parameters, cell_cost, cells, learned, output, luck)
    sold, value, cars_ahead = _cars_ahead(economy, parameters, car_cost, learned, output)
    gain = technology.technology_gain(
        entries(cost, own),
        entries(cost, partner),
        *cells_ahead,
        entries(cells_ahead[0], back),
        entries(cells_ahead[1], back),
        entries((1.0 - share) * made + share * output.places[..., : parties.n_blocs], own),
        entries(ev_revenue, own),
        entries(felt, parties.dyad_of[own, partner]),
        parameters.technology_security_cost,
    )
    # Cars: the same gain, and loss of a lead; research and security are counted once.
    of_cars = technology.technology_gain(
        entries(value, own),
        entries(value, partner),
        *cars_ahead,
        entries(cars_ahead[0], back),
        entries(cars_ahead[1], back),
        MILLION_TO_BILLION * entries(sold, own),  # k$ times million cars is billions, $/kWh times GWh millions
        *(0.0, 0.0, 0.0),
    )
    return (gain + of_cars).reshape((*gain.shape[:-1], parties.n_dyads, N_SIDES))


def _cells_ahead(
    economy: Economy,
    parameters: Parameters,
    cell_cost: FloatArray,
    cells: FloatArray,
    learned: Learned,
    output: Learned,
    luck: FloatLike,
) -> tuple[FloatArray, FloatArray, Ahead]:
    """GWh made by each bloc's suppliers, $/kWh of their cells, and the same some quarters ahead beside a partner."""
    made, cost, seen = _by_bloc(economy, cell_cost, learned.cells, cells)
    share = parameters.host_learning_share
    floor = batteries.with_luck(parameters.battery_cost_floor, np.asarray(luck)[..., None])
    exponent = batteries.learning_exponent(parameters.battery_learning_rate)
    own, partner = economy.parties.importer, economy.parties.partner
    now, by_owner, theirs = entries(cost, own), entries(made, own), entries(made, partner)
    known = np.maximum(entries(seen, own), 1.0)
    here, there, plants = (
        entries(x, who) for x, who in ((output.places, own), (output.places, partner), (learned.places, own))
    )

    def ahead(spill: FloatLike) -> FloatArray:
        found = technology.cost_ahead(now, floor, known, by_owner, theirs, spill, exponent * (1.0 - share))
        # Nothing of one's own to learn with: the cost stays.
        found = np.where(by_owner > 0.0, found, now)
        if share > 0.0:
            found = technology.cost_ahead(found, floor, plants, here, there, spill, exponent * share)
        return found

    return made, cost, _without_and_with(parameters, ahead)


def _cars_ahead(
    economy: Economy, parameters: Parameters, car_cost: FloatArray, learned: Learned, output: Learned
) -> tuple[FloatArray, FloatArray, Ahead]:
    """The same of cars: m EVs that each bloc's makers sold, and k$ of one without its battery."""
    blocs = np.arange(economy.parties.n_blocs)
    made = output.cars[..., None, :] * economy.is_firm_home.T
    sold = ordered_sum(made)
    mean = safe_ratio(ordered_sum(made * car_cost[..., None, :]), sold, 1.0)
    value = economy.nonbattery_cost[blocs, 0, blocs] * mean
    known = safe_ratio(ordered_sum(made * learned.cars[..., None, :]), sold, 1.0)
    exponent = batteries.learning_exponent(parameters.vehicle_learning_rate)
    own, partner = economy.parties.importer, economy.parties.partner
    given = (entries(value, own), 0.0, entries(known, own), entries(sold, own), entries(sold, partner))
    return sold, value, _without_and_with(parameters, lambda spill: technology.cost_ahead(*given, spill, exponent))


def _without_and_with(parameters: Parameters, ahead: Callable[[FloatLike], FloatArray]) -> Ahead:
    """A cost ahead without and with cooperation, by the part of others' experience that counts."""
    without = parameters.spillover_foreign
    return ahead(without), ahead(np.maximum(parameters.spillover_cooperation, without))


def _by_bloc(
    economy: Economy, cell_cost: FloatArray, experience: FloatArray, cells: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(..., b) GWh made by the suppliers of each bloc, cost of their cells in $/kWh, their experience in GWh."""
    own = ordered_sum(cells, axis=-2)[..., None, :] * economy.is_supplier_home.T
    bought = ordered_sum(cells[..., None, :, :] * economy.is_firm_home.T[:, :, None], axis=-2)
    made, used, price = ordered_sum(own), ordered_sum(bought), cell_cost[..., None, :]
    of_bought = safe_ratio(ordered_sum(bought * price), used, 1.0)
    cost = safe_ratio(ordered_sum(own * price), made, of_bought)
    return made, cost, safe_ratio(ordered_sum(own * experience[..., None, :]), made, 1.0)


def other_terms(
    economy: Economy,
    parameters: Parameters,
    scenario: Scenario,
    dyad: int,
    side: int,
    supply: FloatArray,
    technology_gain: FloatArray,
    brands_abroad: FloatArray,
) -> OtherTerms:
    """Stakes of one party outside the two markets. brands_abroad (..., b, b): brands of the column bloc on sale in the
    row bloc that are certified there.
    """
    pair = economy.parties.dyads[dyad]
    me, partner = pair[side], pair[1 - side]
    leverage = -parameters.supply_leverage
    gift = supply[..., dyad, :]
    received = np.array([1.0 if giver != side else leverage for giver in (0, 1)])
    linkage = np.zeros(2)
    for giver in (0, 1):
        stake = scenario.linkage_value[dyad, giver] if giver != side else -scenario.linkage_cost[dyad, giver]
        linkage[giver] = parameters.linkage_scale * stake / QUARTERS_PER_YEAR
    finance = None
    if parameters.club_finance:
        paid = np.array([1.0 if giver != side else -(1.0 + parameters.public_funds_cost) for giver in (0, 1)])
        finance = np.broadcast_to(paid * parameters.club_finance_size / QUARTERS_PER_YEAR, gift.shape)
    saved = (
        (parameters.certification_outlay - parameters.certification_outlay_recognised)
        / MILLION_TO_BILLION
        / QUARTERS_PER_YEAR
    )
    recognition = np.zeros((*brands_abroad.shape[:-2], 2))
    autonomy = standards.autonomy_cost(
        parameters.recognition_autonomy_cost, economy.market_size[me], scenario.regime_distance[dyad]
    )
    recognition[..., side] = -autonomy
    recognition[..., 1 - side] = saved * brands_abroad[..., partner, me]
    charging = (
        parameters.charger_saving * parameters.charger_foreign_share * economy.charger_budget[me]
        - (1.0 - parameters.discount_factor) * parameters.standards_setup_cost
    )
    return OtherTerms(
        supply=gift * received,
        linkage=np.broadcast_to(linkage, gift.shape),
        recognition=recognition,
        charging=np.broadcast_to(charging, gift.shape[:-1]),
        technology=technology_gain[..., dyad, side],
        finance=finance,
    )


def effective_tension(parameters: Parameters, latent: FloatArray, usual: FloatArray | None = None) -> FloatArray:
    """(..., d) tension over the life of an agreement (theory 1.12).

    usual: (..., d) another long-run mean than that of the parameters.
    """
    return tension.effective_tension(
        latent,
        mean_tension(parameters) if usual is None else usual,
        parameters.discount_factor,
        parameters.repudiation_hazard,
        parameters.tension_persistence,
    )


@dataclass(frozen=True)
class Stakes:
    """Inputs of a mandate beside the tables.

    supply (..., d, giver), technology (..., d, s) bn$ per quarter; brands_abroad (..., b, b); granted (..., b, b) as
    in ``party_parts``; security (..., g, b, b); tension (..., d) effective, and felt as security feels it; case_left,
    case_step, carry (..., b, b): quarters left of running investigations, what they threaten, and the belief that a
    threat is carried out. friends (..., d, s) twice, for executive and legislature: what the US's partner in its
    allowed set is worth, or None. withheld (..., p, 5): what the importer loses on its duty grid by licences that its
    partner withholds, or None.
    """

    supply: FloatArray
    technology: FloatArray
    brands_abroad: FloatArray
    granted: FloatArray
    security: FloatArray
    tension: FloatArray
    felt: FloatArray
    case_left: FloatArray
    case_step: FloatArray
    carry: FloatArray
    friends: tuple[FloatArray, FloatArray] | None = None
    withheld: FloatArray | None = None

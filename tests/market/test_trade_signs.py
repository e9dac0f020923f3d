"""Published signs of trade policy: what the model gives where others have measured or computed (theory 4.1, 4.2).

The EU's duties on electric cars from China are compared with computed effects of about the same duty: imports -25 %
(Kiel Institute 2024, short run, 20 points) and -42 % (Felbermayr and others 2024, long run, 21 points).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import worlds

from model.ensemble import Ensemble
from model.market.clearing import (
    Accounts,
    Clearing,
    account,
    border_frictions,
    duties_by_place,
    equilibrium,
    landed_costs,
    markup_weight,
    offered_costs,
    supply_cells,
)
from model.parameters.checked import make_parameters
from model.start.calibration import standards_in_force, support
from model.start.starting_point import known_scenario, starting_point
from model.vocabulary import BATTERY, BLOCS, DYAD_NAMES, EV

CN, EU = BLOCS.index("CN"), BLOCS.index("EU")
USUAL, ADDED = 0.10, 0.21


class Europe:
    """The EU's market of scenario 2026 under any duty on electric cars from China."""

    def __init__(self, **change: Any) -> None:
        changes = known_scenario("2026").parameters.changes()
        self.parameters = p = make_parameters({**changes, **change})
        self.scenario, self.economy, self.opening, _ = starting_point("2026", p)
        self.cells = supply_cells(
            self.economy, p, self.scenario.cell_cost, self.opening.margin, self.opening.paid[BATTERY]
        )
        self.landed = landed_costs(self.economy, self.cells)
        self.frictions = border_frictions(p, self.economy, *standards_in_force(self.scenario))

    def duty(self, rate: float) -> np.ndarray:
        duty = self.opening.paid[EV].copy()
        duty[EU, CN] = rate
        return duty

    def best_mix(self, rate: float, friction: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Cost with the best mix of places, and that mix; ``friction`` k$ more on cars from China."""
        more = self.frictions.copy()
        more[EU, :, CN] += friction
        return offered_costs(
            self.economy,
            self.parameters,
            self.landed,
            more,
            self.duty(rate),
            self.opening.origin_tie,
            self.opening.origin_level,
        )

    def sell(self, base: np.ndarray, mix: np.ndarray, rate: float) -> tuple[Clearing, Accounts]:
        p, duty = self.parameters, self.duty(rate)
        paid = support(self.scenario, 0)
        utility = self.opening.quality + np.log(self.scenario.availability.T) + p.alpha[:, None] * paid
        weight = markup_weight(self.economy, p, mix, duty, self.landed)
        clearing, _ = equilibrium(base, utility, p.alpha[:, None], p.nest_correlation, None, 16, weight)
        accounts = account(
            self.economy, p, clearing, self.cells, self.opening.margin, self.landed, mix, duty, paid, 0.0 * base
        )
        return clearing, accounts

    def imposed(self, fixed_mix: bool) -> dict[str, float]:
        """Relative changes when the duty goes from the usual one to the usual one and 21 points."""
        base, mix = self.best_mix(USUAL)
        before = self.sell(base, mix, USUAL)
        if fixed_mix:
            step = self.duty(USUAL + ADDED) - self.duty(USUAL)
            rise = duties_by_place(step, np.zeros(3))[:, None, :] * self.landed
            after = self.sell(base + (mix * rise).sum(axis=-1), mix, USUAL + ADDED)
        else:
            after = self.sell(*self.best_mix(USUAL + ADDED), USUAL + ADDED)
        brands = self.scenario.automaker_home == CN
        sales = [a.sales[EU] for _, a in (before, after)]
        price = [c.price[EU] for c, _ in (before, after)]
        return {
            "origin": after[1].built[EU, CN] / before[1].built[EU, CN] - 1,
            "brand": sales[1][brands].sum() / sales[0][brands].sum() - 1,
            "price": (sales[0] * price[1]).sum() / (sales[0] * price[0]).sum() - 1,
            "chinese price": (sales[0] * price[1])[brands].sum() / (sales[0] * price[0])[brands].sum() - 1,
            "built in the EU": after[1].built[EU, EU] / before[1].built[EU, EU] - 1,
        }

    def welfare(self, rate: float, friction: float) -> float:
        """The EU's consumer surplus, home profits, jobs, revenue and climate less subsidies, bn$ a quarter."""
        p, economy = self.parameters, self.economy
        _, a = self.sell(*self.best_mix(rate, friction), rate)
        profit = float((a.firm_profit.sum(axis=0) * economy.is_firm_home[:, EU]).sum() + a.ice_profit[EU])
        saved = (a.sales.sum(axis=1) * p.emissions_saved_per_ev).sum()
        climate = p.carbon_share[EU] * p.social_cost_of_carbon * saved / 1000
        flows = a.consumer_surplus + a.vehicle_duty + a.battery_duty - (1 + p.public_funds_cost) * a.subsidy
        return float(flows[EU]) + profit + p.jobs_value * float(a.built[:, EU].sum()) + float(climate)


# --- the EU's duties on electric cars from China --------------------------------------------------------------------


def test_a_duty_of_21_points_with_the_mix_of_places_as_it_is() -> None:
    # Inside the published range, whether cars are counted by where they are built or by brand.
    found = Europe().imposed(fixed_mix=True)
    assert -0.42 < found["origin"] < -0.25 and -0.42 < found["brand"] < -0.25
    assert found["origin"] == pytest.approx(-0.352, abs=0.02)
    # Our prices rise more than published ones (+0.3 to +0.9 %): one nest holds all electric cars.
    assert 0.0 < found["price"] < 0.06 < found["chinese price"] < ADDED


def test_in_the_long_run_production_moves_to_plants_that_exist() -> None:
    europe = Europe()
    short, long = (europe.imposed(fixed_mix=fixed) for fixed in (True, False))
    assert long["origin"] == pytest.approx(-0.681, abs=0.03) and long["origin"] < short["origin"]
    # By brand the effect is the published one: what stops is shipping, not selling.
    assert -0.42 < long["brand"] < -0.25
    assert long["built in the EU"] > short["built in the EU"] > 0.0


def test_the_easier_it_is_to_move_production_the_more_imports_fall() -> None:
    falls = [Europe(origin_substitution=theta).imposed(fixed_mix=False)["origin"] for theta in (0.1, 0.5, 2.0)]
    assert falls[0] > falls[1] > falls[2]
    assert -0.45 < falls[0] < -0.25


def test_full_pass_through_makes_the_duty_bite_more() -> None:
    part, full = (Europe(pass_through=eta).imposed(fixed_mix=True) for eta in (0.0, 1.0))
    assert full["origin"] < part["origin"] and full["chinese price"] > part["chinese price"]


def test_without_a_nest_the_short_run_is_that_of_the_kiel_institute() -> None:
    # Theory 4.1: alpha 0.06 and sigma 0 give -23.5 % in an EU-like market in which every EV pays the duty.
    found = Europe(nest_correlation=0.0, alpha_eu=0.06, hybrids_spared=0.0).imposed(fixed_mix=True)
    assert found["origin"] == pytest.approx(-0.235, abs=0.03)


# --- recognition is not a duty cut (A10) ------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "sign"), [(USUAL, -1.0), (0.302, 1.0)])
def test_recognition_helps_the_importer_more_than_an_equal_duty_cut(rate: float, sign: float) -> None:
    # At the usual duty the cut hurts and recognition helps (the sign of A10). Today's duty, special one included, is
    # above the EU's own optimum before security: both help, recognition by more, as no revenue goes with it.
    europe = Europe()
    saved = europe.parameters.homologation_cost * europe.parameters.recognition_saving
    brands = europe.scenario.automaker_home == CN
    # A cut of the duty that makes a car from China cheaper by as much.
    equal = saved / float(europe.landed[EU, brands, CN].mean())
    now = europe.welfare(rate, 0.0)
    recognised, cut = europe.welfare(rate, -saved) - now, europe.welfare(rate - equal, 0.0) - now
    assert recognised > max(cut, 0.0)
    assert sign * cut > 0.0


# --- a carbon border charge alone changes little --------------------------------------------------------------------


@pytest.mark.slow
def test_a_carbon_charge_alone_hardly_moves_cooperation_and_one_on_whole_cars_works_as_a_duty() -> None:
    """After Farrokhi and Lashkaripour 2025. So many runs that the luck of a mean is a fifth of the bound."""
    still = {"battery_cost_luck": 0.0}  # with the default luck the bound is missed: docs/mechanisms.md says by how much
    arms = [still | own for own in ({}, {"carbon_border": True}, {"carbon_border": True, "carbon_coverage_eu": 1.0})]
    table = Ensemble("2026", 20260928, 2000, arms).run().summary()
    depth = table.pivot_table(index=["design_point", "replicate"], columns="dyad", values="mean_depth")
    alone, whole = (depth.loc[arm] - depth.loc[0] for arm in (1, 2))
    assert sorted(alone.columns) == sorted(DYAD_NAMES)
    assert float(alone.mean().abs().max()) < 0.02, alone.mean()
    assert float((alone.std() / np.sqrt(len(alone))).max()) < 0.02 / 5.0
    # On whole cars from China the EU has a duty that no treaty cuts: there is less to trade.
    assert -0.1 < float(whole["CN-EU"].mean()) < -0.03
    assert float(whole[["CN-US", "US-EU"]].mean().abs().max()) < 0.005


@pytest.mark.slow
def test_full_pass_through_weakens_the_terms_of_trade_motive() -> None:
    # Theory 4.1: with eta 1 the gain from a duty of one's own is smaller, so that duties are cut further (US-EU).
    table = Ensemble("2026", 20260928, 500, [{}, {"pass_through": 1.0}]).run().summary()
    depth = table.pivot_table(index=["design_point", "replicate"], columns="dyad", values="mean_depth")["US-EU"]
    change = depth.loc[1] - depth.loc[0]
    assert change.mean() > 2.0 * change.std(ddof=1) / np.sqrt(change.size)


def test_content_rules_undo_most_of_what_the_credit_would_sell() -> None:
    # Head, Mayer, Melitz and Yang 2026: more than half of the adoption gain of a credit without rules is undone.
    plain = worlds.played("2026", quarters=2)
    ruled = worlds.played("2026", quarters=2, local_content=True)
    p = plain.parameters
    share = [worlds.series(w, "bloc", "ev_share")[1, 0] for w in (plain, ruled)]
    # Without rules every buyer gets it: the log odds rise by alpha times the credit at given prices.
    odds = np.log(share[0] / (1 - share[0])) + p.alpha[1] * p.content_credit
    without_rules = 1.0 / (1.0 + np.exp(-odds))
    assert share[0] < share[1] < share[0] + 0.5 * (without_rules - share[0])

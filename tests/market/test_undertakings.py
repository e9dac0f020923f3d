"""Price undertakings in a run: money, jobs, who agrees, when, and what plants make of it (theory 1.19b)."""

from __future__ import annotations

from typing import Any

import equality
import numpy as np
import pytest
import worlds
from of_three import DIRECTED_DYADS, DYAD_OF

from model.market import trade as commerce
from model.negotiation import NegotiationModel
from model.phases import trade
from model.record.lane import in_lane
from model.stage import Stage
from model.state import NO_UNDERTAKING
from model.vocabulary import EV

CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def played_with_raw_accounts(quarters: int, **parameters: Any) -> tuple[NegotiationModel, list[Any]]:
    seen = []

    real = trade.undertaken

    def watched(stage: Stage, a: Any) -> Any:
        settled, undertaken = real(stage, a)
        raw, after, sold = (in_lane(record, 0, 1) for record in (a, settled, undertaken.exports))
        seen.append((raw, after, sold, stage.state.undertaking[0].copy()))
        return settled, undertaken

    world = NegotiationModel("2026", root_seed=1, narrate=True, undertakings=True, **parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trade, "undertaken", watched)
        for _ in range(quarters):
            world.step()
    return world, seen


def test_undertakings_move_money_and_jobs_and_nothing_else() -> None:
    _, seen = played_with_raw_accounts(22)
    assert any((commitment >= 0).any() for *_, commitment in seen)
    assert not (seen[0][3] >= 0).any(), "nobody has one in the first quarter"
    for raw, settled, about, commitment in seen:
        kept, held = np.maximum(commitment, 0.0), commitment >= 0
        # Buyers notice nothing; the treasury's loss is the firm's gain and the real cost of another place.
        assert np.array_equal(raw.sales, settled.sales)
        assert np.array_equal(raw.consumer_surplus, settled.consumer_surplus)
        real = kept * about.cars * (about.friction + about.landed - about.local - about.capital)
        gained = settled.firm_profit.sum() - raw.firm_profit.sum()
        lost = raw.vehicle_duty.sum() - settled.vehicle_duty.sum()
        assert gained - lost == pytest.approx(float((real * held).sum()), abs=1e-9)
        np.testing.assert_allclose(settled.built.sum(axis=1), raw.built.sum(axis=1), **CLOSE)
        assert np.all(settled.built >= -1e-12) and np.all(settled.vehicle_imports <= raw.vehicle_imports + 1e-15)


def test_an_undertaking_pays_for_both_sides() -> None:
    world, seen = played_with_raw_accounts(1)
    p, economy = world.parameters, world.economy
    raw, _, about, _ = seen[-1]
    tension, security = world.state.climate.effective, world.agenda.security
    commitment = commerce.agreed_undertakings(
        economy, p, about, raw.vehicle_imports, security, tension, world.state.profit_weight
    )
    gain, lost = about.gain(np.maximum(commitment, 0.0)), about.lost(np.maximum(commitment, 0.0))
    agreed = np.argwhere(commitment >= 0)
    assert agreed.size
    for m, f, b in agreed:
        assert m != b and about.duty[m, 0, b] > about.usual[m, 0, b]
        assert gain[m, f, b] > 0.0
        share, moved = raw.vehicle_imports[m, b], commitment[m, f, b] * about.cars[m, f, b]

        def worry(x: float, m: int = m, b: int = b) -> float:
            size, kS1 = economy.market_size[m], security[EV, m, b]
            return float(tension[DYAD_OF[m, b]] * size * x * (kS1 + p.security_convexity * x))

        executive = (
            p.jobs_value * moved
            + worry(share)
            - worry(share - moved / economy.market_size[m])
            - lost[m, f, b]
            + (1.0 + p.executive_profit_weight) * gain[m, f, b] * (world.start.automaker_home[f] == m)
        )
        assert executive >= -1e-9
        # The automaker offers no more than it must.
        assert commitment[m, f, b] == 0.0 or executive == pytest.approx(0.0, abs=1e-9)
    # An importer gives its own makers what it asks others to earn: the first one accepted was of this kind.
    own = world.start.automaker_home[agreed[:, 1]] == agreed[:, 0]
    assert own.any() and all(commitment[m, f, b] == 0.0 for (m, f, b), mine in zip(agreed, own, strict=True) if mine)


def test_undertakings_are_made_in_assessment_quarters_and_told() -> None:
    world, seen = played_with_raw_accounts(26)
    states = [commitment for *_, commitment in seen]
    changed = [t for t in range(1, len(states)) if not np.array_equal(states[t], states[t - 1])]
    assert changed and all(t % world.parameters.assessment_interval == 0 for t in changed)
    lines = [line for line in world.story if line.topic == "undertaking"]
    assert any("accepts a price undertaking by" in line.text for line in lines)
    number = worlds.series(world, "directed", "undertakings")
    for t, commitment in enumerate(states):
        by_pair = [(commitment[i, :, j] >= 0).sum() for i, j in DIRECTED_DYADS]
        np.testing.assert_array_equal(number[:, t], by_pair)
    assert np.all(states[-1][commitment_of_no_special(world)] == NO_UNDERTAKING)


def test_what_an_undertaking_earns_is_weighed_against_a_plant(monkeypatch: pytest.MonkeyPatch) -> None:
    change = {"undertakings": True, "plant_hazard_max": 0.5}
    usual = equality.mesa_world("2026", 1, change, 12)

    def with_losses(*given: Any) -> tuple[Any, np.ndarray]:
        settled, earned = commerce.with_undertakings(*given)
        return settled, earned - 0.5

    monkeypatch.setattr(trade, "with_undertakings", with_losses)
    # Had undertakings cost half a billion a quarter, everybody would build; and one lane would see it as many do.
    assert equality.faults("2026", [1], change, n_quarters=12) == []
    built = equality.mesa_world("2026", 1, change, 12).state
    assert (built.has_plant + (built.plant_due > 0)).sum() > (usual.state.has_plant + (usual.state.plant_due > 0)).sum()


def commitment_of_no_special(world: NegotiationModel) -> np.ndarray:
    """(m, f, b) where the usual duty applies, so that there is nothing to undertake."""
    usual, sold = world.start.mfn[world.state.quarter - 1, EV], world.state.books.undertaken.exports
    return np.broadcast_to((world.state.duty[EV] <= usual)[:, None, :], world.state.undertaking.shape) & (
        sold.duty <= sold.usual
    )

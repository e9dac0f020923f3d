"""One place for what a border adds: a mechanism that is described there reaches everything that asks there."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import worlds
from of_three import DIRECTED_DYADS, IMPORTER, N_BLOCS, N_PLACES, PARTNER

from model.market import border
from model.market.border import Mechanism
from model.numerics import FloatArray
from model.parameters.checked import Parameters, make_parameters
from model.record.lane import Lane
from model.record.recorder import COLUMNS
from model.telling.story import Story
from model.vocabulary import BLOC_NAMES, BLOCS
from model.world import World

CN, US, EU = (BLOCS.index(name) for name in ("CN", "US", "EU"))


# --- a mechanism that the model does not know: its rule, its parameters, its record -------------------------------


def inspection_charge(fee: float, recognised: FloatArray) -> FloatArray:
    """(..., m, o) k$ a car: a flat fee where certificates are not recognised; nobody inspects its own cars."""
    places = np.concatenate([recognised, np.zeros_like(recognised[..., :1])], axis=-1)
    return fee * (1.0 - places) * (1.0 - np.eye(N_BLOCS, N_PLACES))


@dataclasses.dataclass(frozen=True)
class WithInspection(Parameters):
    """Parameters with a switch and a number of one more mechanism."""

    inspection: bool = True
    inspection_fee: float = 1.5


INSPECTION = Mechanism(
    switch="inspection",
    charge=lambda parameters, recognised: inspection_charge(parameters.inspection_fee, recognised),  # type: ignore[attr-defined]
    column=("inspection_fee", "k$", "fee for the inspection of a car from the exporter (toy)"),
    told=("inspection", "{importer} inspects every car from {partner} for {amount:.2f} k$."),
)


@pytest.fixture
def inspected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mechanism is registered: in the list of mechanisms, and its column in the record."""
    monkeypatch.setattr(border, "MECHANISMS", (*border.MECHANISMS, INSPECTION))
    name, *about = INSPECTION.column or ("",)
    monkeypatch.setitem(COLUMNS["directed"], name, tuple(about))


def with_inspection(**changes: object) -> WithInspection:
    return WithInspection(**make_parameters(changes).as_dict())  # type: ignore[arg-type]


def without(parameters: WithInspection) -> WithInspection:
    """The same parameters with the mechanism switched off."""
    return WithInspection(**parameters.as_dict(), inspection=False)  # type: ignore[arg-type]


def played(parameters: Parameters, quarters: int = 5) -> tuple[World, Lane]:
    """A world of one told replicate, and its lane."""
    world = World("2026", parameters, 1, [0], kept=None, n_quarters=quarters)
    lane = Lane(world, 0)
    world.stories = {0: Story(lane, True)}
    return world.run(), lane


def test_a_mechanism_described_at_the_border_reaches_all_who_ask_there(inspected: None) -> None:
    # Nothing is negotiated or done alone, so that both worlds have the same standards and duties.
    parameters = with_inspection(
        **worlds.NOTHING_ON_THE_TABLE, unilateral_recognition_rate=0.0, unilateral_duties=False
    )
    plain_world, off = played(without(parameters))
    world, run = played(parameters)
    supply, plain = run.state.supply, off.state.supply
    recognised = run.state.standards.recognised
    fee = inspection_charge(1.5, recognised)
    assert fee[EU, CN] == 1.5 and fee[EU, EU] == 0.0

    # Landed costs: what a car bears behind the duty is larger by the fee.
    np.testing.assert_array_equal(supply.border.charges, fee)
    np.testing.assert_allclose(supply.border.frictions - plain.border.frictions, fee[:, None, :], atol=1e-12)
    assert plain.border.charges is None

    # Receipts: the treasury has the fee on every car that came.
    accounts, revenue = run.state.books.accounts, run.state.welfare.revenue
    fees = (accounts.built * fee).sum(axis=-1)
    assert fees[EU] > 0.01
    np.testing.assert_allclose(revenue, accounts.vehicle_duty + accounts.battery_duty + fees, rtol=1e-9)
    # Where duties are what they would be without it, fewer cars come.
    assert run.state.duty[0, EU, CN] == off.state.duty[0, EU, CN]
    assert 0.0 < accounts.vehicle_imports[EU, CN] < off.state.books.accounts.vehicle_imports[EU, CN]

    # Record and story.
    column = world.recorder.series("directed", "inspection_fee")
    assert column[DIRECTED_DYADS.index((EU, CN))].tolist() == [1.5] * 5
    assert not plain_world.recorder.series("directed", "inspection_fee").any()
    told = [line.text for line in world.stories[0].lines if line.topic == "inspection"]
    assert f"The EU inspects every car from {BLOC_NAMES['CN']} for 1.50 k$." in told
    assert len(told) == len(set(told)), "a fee that stays is told once"
    assert not [line for line in plain_world.stories[0].lines if line.topic == "inspection"]


def test_an_assessment_knows_that_recognition_ends_the_fee(inspected: None) -> None:
    parameters, nobody, everybody = with_inspection(), np.zeros(6), np.ones(6)
    plain = make_parameters({})
    for is_recognised, left in ((nobody, 1.5), (everybody, 0.0)):
        friction, charge = border.partner_border(parameters, IMPORTER, PARTNER, is_recognised, nobody)
        base, nothing = border.partner_border(without(parameters), IMPORTER, PARTNER, is_recognised, nobody)
        assert charge is not None and nothing is None
        np.testing.assert_array_equal(charge, np.full(6, left))
        np.testing.assert_allclose(friction - base, charge, atol=1e-12)
    # And so do governments: what recognition is worth to exporters rises by what their cars no longer pay.
    runs = [played(each, quarters=1) for each in (without(parameters), parameters)]
    tables = [run.known().tables for _, run in runs]
    pair = DIRECTED_DYADS.index((EU, CN))
    # Of the 16 nodes of a package, 0 recognises nothing and 2 recognises certificates at an unchanged duty.
    gains = [table.profit[pair, 2, 1] - table.profit[pair, 0, 1] for table in tables]
    assert gains[1] > 1.5 * gains[0] > 0.0
    assert plain.key() == parameters.key()


def test_charges_of_two_mechanisms_add_up(inspected: None) -> None:
    both = with_inspection(carbon_border=True)
    nobody = np.zeros((N_BLOCS, N_BLOCS))
    world, run = played(both, quarters=1)
    at_border = border.border_of(both, run.economy, nobody, nobody)
    carbon = border.carbon_charges(both, nobody)
    np.testing.assert_array_equal(at_border.charges, carbon + inspection_charge(1.5, nobody))
    # Each keeps a column of its own.
    series = world.recorder.series
    pair = DIRECTED_DYADS.index((EU, CN))
    assert series("directed", "inspection_fee")[pair, 0] == 1.5
    assert series("directed", "carbon_charge")[pair, 0] == pytest.approx(carbon[EU, CN])

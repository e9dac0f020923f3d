"""A package's number says what it holds: the terms agree with the menu, the economy and the duties in force."""

from __future__ import annotations

import json

import numpy as np
import pytest

from model import DYAD_NAMES, InputFault, NegotiationModel, duty_rates, package_terms
from model.packages.menu import STANDARDS, STANDARDS_NAMES


@pytest.fixture(scope="module", params=["2026", "2026-access"])
def model(request: pytest.FixtureRequest) -> NegotiationModel:
    return NegotiationModel(request.param, root_seed=1, replicate=0)


def test_access_is_a_term_where_it_is_on_the_table() -> None:
    opened = NegotiationModel("2026-access", root_seed=1, replicate=0)
    menu = opened.agenda.menus[0]
    for step, position in enumerate(("closed", "local", "quota", "open")):
        terms = package_terms(opened, "CN-US", menu.index((0, 5 * step + 1, 0, 0, 0, 0, 0, 0)))
        assert terms["US"]["access"] == position and terms["US"]["duty"] == "standstill" and "access" not in terms["CN"]


@pytest.mark.parametrize("dyad", DYAD_NAMES)
def test_no_two_packages_have_the_same_terms(model: NegotiationModel, dyad: str) -> None:
    menu = model.agenda.menus[DYAD_NAMES.index(dyad)]
    said = [package_terms(model, dyad, package) for package in range(menu.n_packages)]
    plain = {json.dumps({key: value for key, value in terms.items() if key != "package"}) for terms in said}
    assert len(plain) == menu.n_packages and [terms["package"] for terms in said] == list(range(menu.n_packages))
    for terms, held in zip(said, menu.held, strict=True):
        first, second = (terms[bloc] for bloc in dyad.split("-"))
        given = [side[name] for name in ("supply", "recognition", "linkage") for side in (first, second)]
        assert [*given, terms["charging"], terms["technology"]] == [bool(x) for x in held[2:]]
        state = (int(first["recognition"]), int(second["recognition"]), int(terms["charging"]))
        assert terms["standards"] == STANDARDS_NAMES[STANDARDS.index(state)]


def test_duties_are_rates_between_today_s_and_the_floor(model: NegotiationModel) -> None:
    # Quarter 0: the EU's duty without a treaty is MFN plus the special one; a full cut ends at the floor.
    # China's duty on cars from the EU is on no package.
    menu, start = model.agenda.menus[1], model.start
    full = package_terms(model, "CN-EU", menu.index((0, 4, 0, 0, 0, 0, 0, 0)))
    free = package_terms(model, "cn-eu", 0)
    for good, name in enumerate(("duty_ev", "duty_battery")):
        today = start.mfn[0, good, 2, 0] + model.state.special[good, 2, 0]
        assert free["EU"][name] == pytest.approx(today)
        assert full["EU"][name] == pytest.approx(min(today, start.floor[0, good, 2, 0]))
        assert full["CN"][name] == free["CN"][name]
    assert free["EU"]["duty_ev"] > full["EU"]["duty_ev"]
    assert (free["EU"]["duty"], full["EU"]["duty"], full["EU"]["cut"]) == ("unbound", "full", 1.0)
    rates = np.array(duty_rates(model, 1))
    assert (full["CN"]["duty"], full["CN"]["cut"]) == ("unbound", 0.0)
    assert rates.shape == (2, 5) and np.all(np.diff(rates, axis=1) <= 0.0)


@pytest.mark.parametrize(
    ("dyad", "package", "said"),
    [
        ("CN-UE", 0, "'CN-UE' is no dyad here; give CN-US, CN-EU, US-EU, or a place, 0 to 2; nearest known"),
        (3, 0, "3 is no dyad"),
        (True, 0, "True is no dyad"),
        (["CN-EU"], 0, "is no dyad"),
        ("CN-EU", -1, "-1 is no package; the menu of CN-EU has the whole numbers 0 (no treaty) to {last}"),
        ("CN-EU", 6400, "6400 is no package"),
        ("CN-EU", 1.0, "1.0 is no package"),
        ("CN-EU", "none", "'none' is no package"),
    ],
)
def test_what_does_not_exist_is_refused_in_words(
    model: NegotiationModel, dyad: object, package: object, said: str
) -> None:
    with pytest.raises(InputFault) as fault:
        package_terms(model, dyad, package)  # type: ignore[arg-type]
    said = said.format(last=model.agenda.menus[1].n_packages - 1)
    assert said in str(fault.value) and len(fault.value.faults) == 1

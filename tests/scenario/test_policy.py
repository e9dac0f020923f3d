"""Terms of access in a scenario file: what is read, and one clear message for each slip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model.faults import InputFault
from model.scenario.scenario import NEVER, Scenario, load_scenario
from model.vocabulary import EV

CN, US, EU = range(3)
HEAD = 'extends = "2026"\nname = "a"\ntitle = "T"\n'
QUOTA = 'in_force = "quota"\nquota = { value = 0.049, assumed = "as Canada" }\n'


def read(text: str, tmp_path: Path) -> Scenario:
    (tmp_path / "a.toml").write_text(HEAD + text, encoding="utf-8")
    return load_scenario(tmp_path / "a.toml")


def test_no_terms_are_listed_unless_a_file_does() -> None:
    assert load_scenario("2026").access == ()


def test_a_quota_is_read_in_cars_a_quarter(tmp_path: Path) -> None:
    found = read(f'[access."US<CN"]\n{QUOTA}', tmp_path)
    [terms] = found.access
    assert (terms.importer, terms.exporter, terms.position, terms.is_closed) == (US, CN, "quota", True)
    assert terms.quota == pytest.approx(0.01225)
    np.testing.assert_array_equal(terms.duty, found.mfn[:, EV, US, CN])
    # Whom the rule kept out may sell from the first quarter on.
    was = load_scenario("2026")
    assert not found.banned.any() and np.all(found.on_sale_from[was.banned] == 0)


def test_local_brands_stay_kept_out_until_they_build(tmp_path: Path) -> None:
    found, was = read('[access."US<CN"]\nin_force = "local"\n', tmp_path), load_scenario("2026")
    np.testing.assert_array_equal(found.banned, was.banned)
    assert np.all(found.on_sale_from[found.banned] == NEVER) and np.isinf(found.access[0].quota)


def test_what_a_treaty_may_grant_is_read_with_the_least_first() -> None:
    found, was = load_scenario("2026-access"), load_scenario("2026")
    terms, in_the_eu = found.access
    [minimum_prices] = in_the_eu.on_table
    assert (in_the_eu.position, minimum_prices.position) == ("open", "undertaking")
    assert (minimum_prices.investment, minimum_prices.volume) == (0.1, pytest.approx(0.025))
    assert [one.position for one in (terms, *terms.on_table)] == ["closed", "local", "quota", "open"]
    quota = terms.on_table[1]
    assert quota.quota == pytest.approx(0.01225) and quota.is_closed and not terms.on_table[2].is_closed
    np.testing.assert_array_equal(quota.duty, found.mfn[:, EV, US, CN])
    # Nothing is in force that was not before.
    np.testing.assert_array_equal(found.banned, was.banned)
    np.testing.assert_array_equal(terms.makers, was.banned[:, US])
    np.testing.assert_array_equal(found.on_sale_from, was.on_sale_from)


def test_a_market_with_a_full_duty_may_grant_a_quota_below_it(tmp_path: Path) -> None:
    found = read('[access."EU<CN"]\nin_force = "open"\non_table = ["quota"]\nbeyond = "duty"\n' + CARS, tmp_path)
    [terms] = found.access
    assert [one.position for one in terms.on_table] == ["quota"] and not terms.on_table[0].is_closed
    assert not terms.makers.any()


CARS = 'quota = { value = 0.049, assumed = "as Canada" }\n'
VOLUME = 'volume = { value = 0.1, assumed = "a number for a test" }\n'
SLIPS = {
    '[access."US<CN"]\nin_force = "closed"\non_table = ["closed"]\n': "access.US<CN.on_table: 'closed': over 'closed' "
    "allowed is local, quota, open; leave it out",
    '[access."US<CN"]\nin_force = "closed"\non_table = ["undertaking"]\n': "'undertaking': over 'closed' allowed is",
    '[access."US<CN"]\nin_force = "closed"\non_table = ["local", "local"]\n': "'local' stands there twice; leave one",
    '[access."US<CN"]\nin_force = "closed"\non_table = ["lokal"]\n': "access.US<CN.on_table[0]: 'lokal' is not known",
    '[access."US<CN"]\nin_force = "closed"\non_table = ["quota"]\n': "access.US<CN.quota is missing; add it, in m cars",
    f'[access."US<CN"]\n{QUOTA}on_table = ["local"]\n': "'local': over 'quota' allowed is open; leave it out",
    f'[access."EU<CN"]\nin_force = "open"\non_table = ["quota"]\n{CARS}': "'quota': over 'open' allowed is undertaking",
    f'[access."US<CN"]\nin_force = "closed"\non_table = ["open"]\n{VOLUME}': "volume: no undertaking is on",
    f'[access."EU<CN"]\nin_force = "open"\non_table = ["undertaking"]\n{CARS}': "access.EU<CN.quota: 'open' has no",
    f'[access."US<CN"]\nin_force = "closed"\non_table = ["quota"]\n{CARS}[access."US<EU"]\n{QUOTA}': "access.US<EU: US "
    "has another quota; a market can have one",
    '[access."US<CN"]\nin_force = "quote"\n': "access.US<CN.in_force: 'quote' is not known; allowed is closed, local, "
    "quota, undertaking, open; nearest known name: 'quota'",
    '[access."US<CN"]\nin_force = "quota"\n': "access.US<CN.quota is missing; add it, in m cars a year",
    f'[access."US<CN"]\n{QUOTA.replace("0.049", "49000")}': "access.US<CN.quota = 49000: allowed is 0 to 100 m cars a "
    "year; write 0.049 for 49000 cars",
    f'[access."US<CN"]\n{QUOTA.replace("0.049", "-1")}': "access.US<CN.quota = -1",
    '[access."US<CN"]\nin_force = "open"\nquota = { value = 1, assumed = "a test" }\n': "access.US<CN.quota: 'open' "
    "has no quota; leave it out",
    f'[access."US<CN"]\n{QUOTA}beyond = "ban"\n': "access.US<CN.beyond: 'ban' is not known; allowed is closed, duty",
    f'[access."EU<CN"]\n{QUOTA}beyond = "duty"\nduty = {{ value = 0.5, assumed = "too much" }}\n': "access.EU<CN.duty "
    "= 0.5: above the duty beyond the quota, 0.302; lower it",
    '[access."EU<CN"]\nin_force = "local"\n': "access.EU<CN.in_force = 'local': no rule keeps brands of CN out of EU; "
    "allowed there is quota, undertaking, open",
    '[access."EU<US"]\nin_force = "closed"\n': "no rule keeps brands of US out of EU",
    f'[access."US<CN"]\n{QUOTA}[access."US<EU"]\n{QUOTA}': "access.US<EU: US has another quota; a market can have one",
    '[access."US<CN"]\nin_force = "local"\n[automaker.BYD]\nplants = ["CN", "EU", "US"]\n': "automaker.BYD.origins.US: "
    "under 'local' access only what its plant there builds is sold there; write origins = { US = { US = 1 } }",
    f'[access."US<CN"]\n{QUOTA}cars = "few"\n': "access.US<CN.cars is not a key of a scenario file",
}


@pytest.mark.parametrize(("text", "says"), SLIPS.items(), ids=range(len(SLIPS)))
def test_each_slip_is_one_clear_line(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        read(text, tmp_path)
    assert len(caught.value.faults) == 1, caught.value.faults
    assert says in caught.value.faults[0]

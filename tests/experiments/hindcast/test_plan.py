"""The declaration of a hindcast: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hindcasts import small_file

from experiments.hindcast.plan import TARGETS, load_hindcast
from model import PARAMETERS, InputFault


def test_the_shipped_declaration_is_sound() -> None:
    plan = load_hindcast()
    assert plan.fit_years == [2018, 2019, 2020, 2021, 2022] and plan.score_years == [2023, 2024, 2025]
    assert set(plan.free) <= set(PARAMETERS) and {target.name for target in plan.targets} <= set(TARGETS)
    assert len(plan.digest) == 64


def test_any_change_is_another_declaration(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    before = load_hindcast(path).digest
    path.write_text(path.read_text("utf-8").replace("high = 0.24", "high = 0.23"), "utf-8")
    assert load_hindcast(path).digest != before != load_hindcast().digest


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[free.opening_hazard]", "[free.opening_hasard]", "nearest known name: 'opening_hazard'"),
        ("low = 0.05\nhigh = 0.6", "low = 0.05\nhigh = 6.0", "allowed is a range within 0 to 0.6"),
        ("[free.session_quarters]", "[free.tariff_issues]", "only numbers can be fitted"),
        ('name = "cuts"', 'name = "cut"', "cannot be measured; nearest known name: 'cuts'"),
        ("n_points = 4 ", "n_points = 6 ", "powers of two"),
        ("sample = 3", "sample = 5", "more rows than points are kept"),
        ("fit_last = 2022", "fit_last = 2024", "the fit must end before scoring begins"),
        ('scenario = "2018-known-2022"', 'scenario = "2018-known-2020"', "nearest known name: '2018-known-2022'"),
        ('own_duties = "2018-own-duties.toml"', 'own_duties = "nobody.toml"', "no such file beside the declaration"),
        ("keep = 1.0", "keep = 2.0", "fit.keep = 2.0"),
        ("keep = 1.0", "keeps = 1.0", "nearest known name: 'keep'"),
        ("keep = 1.0 ", "# keep ", "fit.keep is missing"),
        ("level_sd = { low = 0.01", "level_sd = { low = 0.0", "trend.level_sd = 0 to 0.3: allowed is 0 < low < high"),
        ("n_points = 4 ", "n_points = = 4 ", "has a second =; leave one out"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = small_file(tmp_path)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputFault) as caught:
        load_hindcast(path)
    assert told in str(caught.value)


def test_all_faults_at_once(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    text = path.read_text("utf-8").replace("[free.alpha_cn]", "[free.alpha_xx]").replace('name = "cuts"', 'name = "no"')
    path.write_text(text, "utf-8")
    with pytest.raises(InputFault) as caught:
        load_hindcast(path)
    assert len(caught.value.faults) == 2


def test_an_unknown_name() -> None:
    with pytest.raises(InputFault, match="nearest known name: '2018'"):
        load_hindcast("2081")

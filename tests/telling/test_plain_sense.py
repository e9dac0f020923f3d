"""Sentences that a trade lawyer would not stop at: nothing unlike itself, nothing dead, nothing after the end."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from model import load_scenario
from model.negotiation import NegotiationModel
from model.telling.outcomes import CaseEnd
from model.telling.trade_story import access_in_words, below, firm, spell
from model.vocabulary import EV


def model_of(scenario: str = "2026") -> NegotiationModel:
    """A run before its first quarter, whose state a test may change."""
    return NegotiationModel(scenario, root_seed=1, replicate=0)


def last(model: NegotiationModel, event: str, *about: Any) -> str:
    getattr(model.teller, event)(*about)
    return model.story[-1].text


# --- names and numbers -----------------------------------------------------------------------------------------------


def test_firms_are_named_as_in_a_sentence() -> None:
    named = {
        "BYD": "BYD",
        "Other Chinese makers": "other Chinese makers",
        "Korean Japanese and other makers": "Korean, Japanese and other makers",
        "Japanese and other makers": "Japanese and other makers",
    }
    assert {name: firm(name) for name in named} == named
    for scenario in ("2018", "2026", "two", "canada-2026", "four-2026", "symmetric"):
        start = load_scenario(scenario)
        for name in (*start.automakers, *start.suppliers):
            assert not re.search(r"^Other|\w \w+ and other", firm(name)), name
    model = model_of("2026-access")
    menu, others = model.agenda.menus[0], model.start.automakers.index("Other Chinese makers")
    model.state.has_plant[1, [0, others]] = 1.0
    opened = int(np.flatnonzero(menu.access_at[:, 1] == 2)[1])
    assert " and other Chinese makers have plants in the US" in model.teller.plants_let_in(0, opened)
    assert last(model, "plant_starts", 2, others) == "Other Chinese makers start a plant for EVs in the EU."


@pytest.mark.parametrize(
    ("quarters", "said"), [(1, "a quarter"), (3, "3 quarters"), (4, "a year"), (6, "6 quarters"), (8, "2 years")]
)
def test_how_long(quarters: int, said: str) -> None:
    assert spell(quarters) == said


@pytest.mark.parametrize(
    ("own", "bar", "said"),
    [
        (0.0101, 0.0134, "own gain +0.010 bn$ a year is below a bar (0.013 bn$ a year)"),
        (-0.001, 0.001, "own gain -0.001 bn$ a year is below a bar (0.001 bn$ a year)"),
        (0.34, 0.45, "own gain +0.34 bn$ a year is below a bar (0.45 bn$ a year)"),
        (-12.964, 0.02, "own gain -12.96 bn$ a year is below a bar (0.02 bn$ a year)"),
        (-0.004, 0.01, "own gain -0.004 bn$ a year is below a bar (0.010 bn$ a year)"),
        (-0.086, 0.0021, "own gain -0.086 bn$ a year is below a bar (0.002 bn$ a year)"),
        (0.0, 0.0049, "own gain +0.000 bn$ a year is below a bar (0.005 bn$ a year)"),
        (-1e-9, 0.01, "own gain +0.00 bn$ a year is below a bar (0.01 bn$ a year)"),
    ],
)
def test_what_is_below_reads_as_below(own: float, bar: float, said: str) -> None:
    assert below(own, bar, "a bar") == said


# --- what stands beside what -----------------------------------------------------------------------------------------


def test_of_a_quota_that_is_no_more_nothing_is_said() -> None:
    model = model_of("canada-2026")
    canada, china = (model.start.parties.blocs.index(code) for code in ("CA", "CN"))
    quota = [terms.position for terms in model.teller.terms_of_access(canada, china)].index("quota")
    origin, was = np.full(3, china), np.zeros(3)
    was[canada] = 10.7
    for step, said in ((quota, ["Canada's quota for cars built in China is no longer full."]), (0, [])):
        before = len(model.story)
        model.state.access[canada, china] = step
        model.teller.quotas(was, np.zeros(3), origin)
        assert [line.text for line in model.story[before:]] == said


def test_who_may_sell_what_is_said_without_a_there() -> None:
    """What is built "there" may be built in either of two countries."""
    for scenario in ("2026-access", "canada-2026", "2026-quota", "2026-open-access"):
        model = model_of(scenario)
        for one in model.start.access:
            for terms in model.teller.terms_of_access(one.importer, one.exporter):
                said = access_in_words(model.start.parties, terms, 0)
                assert not re.search(r"\bthere\b|\bit builds\b|brands of|cars built in \w+ a year", said), said


def test_a_market_that_breach_had_shut_is_opened_once_more() -> None:
    model = model_of("2026-access")
    model.state.quarter, model.state.entry[0] = 8, 8.0
    assert (
        last(model, "access_changes", 1, 0, 1)
        == "From this quarter the US lets China's brands sell what they build in the US."
    )
    model.state.quarter = 10
    assert last(model, "access_changes", 1, 0, 1).startswith("Once more the US lets China's brands sell ")
    model.state.gesture[0] = 1
    assert last(model, "access_changes", 1, 0, 1).startswith("From this quarter the US ")


def test_whoever_breaches_a_treaty_is_not_said_to_keep_it_in_full() -> None:
    model = model_of()
    menu = model.agenda.menus[0]
    model.state.treaty[0] = next(p for p in range(menu.n_packages) if menu.held[p, 0] and p)
    model.state.honours[0, 0] = True
    assert last(model, "resumes", 0, 0).endswith(" in full again.")
    model.state.honours[0, 0] = False
    assert last(model, "resumes", 0, 0) == "China ends its suspension, but not its breach of the truce."


def test_what_comes_after_the_last_quarter_is_told_as_that() -> None:
    model = model_of()
    end = model.start.n_quarters
    for left, said in ((3, "in 2035Q4."), (2, "in 2036Q1, after the end of this story.")):
        model.state.quarter = end - left
        assert last(model, "gives_notice", 2, 0, 2.0).endswith(said), left
        assert last(model, "signs", 2, 1, 2.0, True, True).endswith(f"due to enter into force {said}")


def test_a_second_plant_in_a_market_is_another_one() -> None:
    model = model_of("2018")
    tesla = model.start.automakers.index("Tesla")
    assert last(model, "plant_opens", 2, tesla) == "Tesla opens its plant for EVs in the EU."
    assert last(model, "plant_opens", 2, tesla) == "Tesla opens another plant for EVs in the EU."
    assert last(model, "plant_opens", 0, tesla) == "Tesla opens its plant for EVs in China."


def test_a_plant_of_the_record_is_told_as_that() -> None:
    """A run may have built one already where the record has one: two plants, and only one of them of the record."""
    model = model_of("2018")
    tesla, others = (model.start.automakers.index(name) for name in ("Tesla", "Other Chinese makers"))
    for maker, said in ((tesla, "Tesla opens its plant"), (others, "other Chinese makers open their plant")):
        model.state.quarter = int(model.start.plant_from[maker, 2])
        assert last(model, "plant_opens", 2, maker) == f"On record: {said} for EVs in the EU."
    model.state.quarter = int(model.start.plant_from[tesla, 2])
    assert last(model, "plant_opens", 2, tesla).endswith(" in the EU, beside the one that it has built in this run.")
    model.state.quarter += 1
    assert last(model, "plant_opens", 2, tesla) == "Tesla opens another plant for EVs in the EU."


def test_a_rise_is_told_as_far_as_the_duty_rises() -> None:
    """A special duty ends at its ceiling, whatever a rise would add to it."""
    model, special = model_of("two"), 1.5
    for left, by in ((0.5, "by 20 points"), (0.05, "by 5 points"), (0.0, "it stands at its ceiling already")):
        model.state.special[EV, 1, 0] = special - left
        for event, topic in (("emergency", "case"), ("answers", "retaliation")):
            assert by in last(model, event, 1, 0, 0.2) and model.story[-1].topic == topic


def test_a_path_in_step_names_whose() -> None:
    model = model_of()
    for announced, said in (
        ((1.0, 0.0, 1.0), "in step with China and the EU"), ((1.0, 1.0, 0.0), "in step with China"),
        ((0.0, 1.0, 0.0), "and trusts that a partner will follow"),
    ):  # fmt: skip
        model.state.announced[:] = announced
        assert last(model, "announces", 1, False) == f"The US announces a zero-emission path {said}."
    assert last(model, "announces", 1, True) == "The US announces a zero-emission path for its own good."


def test_a_firm_lobbies_and_does_not_pay_so_much() -> None:
    model = model_of()
    for stakes, said in (
        ([(0.52, "Geely"), (0.46, "Tesla")], " Geely (+0.52 bn$ a year) and Tesla (+0.46 bn$ a year) lobby for it."),
        (
            [(-0.27, "Korean Japanese and other makers"), (0.29, "Geely")],
            " Geely (+0.29 bn$ a year) lobbies for it. "
            "Korean, Japanese and other makers (-0.27 bn$ a year) lobby against it.",
        ),
        ([(0.38, "Other Chinese makers")], " Other Chinese makers (+0.38 bn$ a year) lobby for it."),
        ([(0.004, "BYD")], ""),
    ):
        model.lobbies = lambda dyad, package, stakes=stakes: stakes  # type: ignore[method-assign,misc]
        assert model.teller.lobbied(0, 1) == said


def test_a_duty_is_one_on_goods_and_not_on_a_country() -> None:
    model = model_of()
    said = [last(model, "case_ends", 2, 0, how) for how in CaseEnd]
    said += [last(model, event, 2, 0, 0.2) for event in ("emergency", "relief", "case_opens")]
    for replicate in range(2):
        run = NegotiationModel("canada-2026", root_seed=1, replicate=replicate).run()
        said += [line.text for line in run.story if line.topic in ("case", "announcement")]
    for text in said:
        assert not re.search(r"\bduty on (?:the )?(?:China|US|EU|Canada|Korea)\b(?!'s)", text), text

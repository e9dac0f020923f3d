"""A story read aloud by somebody who knows treaties: nothing dead is prolonged, nothing unnamed, nothing untold."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from experiments.display.games import FAMILIES, meaning_of
from experiments.display.glossary import GLOSSARY
from experiments.report.run_outcome import IN_THE_WAY, outcome_in_words
from experiments.report.run_story import MARKS
from model import FAMILIES as GAMES
from model import InputFault, Shortfall, load_scenario
from model.negotiation import NegotiationModel
from model.rules.instruments import Instrument
from model.scenario.evidence import root_seeds, seeds_directory
from model.telling.outcomes import Obstacle, TreatyEnd
from model.telling.trade_story import cap, clause, in_a_list, is_many
from model.vocabulary import EV

PROLONGED = "China and the US prolong their truce to 10 January 2027."


def model_of(scenario: str = "2026") -> NegotiationModel:
    """A run before its first quarter, whose state a test may change."""
    return NegotiationModel(scenario, root_seed=1, replicate=0)


def last(model: NegotiationModel, event: str, *about: Any) -> str:
    getattr(model.teller, event)(*about)
    return model.story[-1].text


# --- dated events ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["stands", "ended", "replaced"])
def test_a_truce_is_prolonged_only_while_it_stands(fate: str) -> None:
    model = model_of("canada-2026")
    d = model.start.parties.dyad_names.index("CN-US")
    if fate == "ended":
        model.state.first_end[d], model.state.treaty[d] = 1, 0
    elif fate == "replaced":
        model.state.treaty[d] += 1
    assert (PROLONGED in model.teller.dated(2)) == (fate == "stands")


def test_every_event_about_a_treaty_names_it() -> None:
    for scenario in ("2026", "two", "canada-2026", "four-2026"):
        events = {event.about: event for event in load_scenario(scenario).events}
        for about, event in events.items():
            named = re.search("prolong|cut of duties on US|law on the investment", about)
            assert (event.dyad >= 0) == bool(named), about


def test_what_is_on_record_is_told_as_that() -> None:
    """In 2018 duties follow the record, whatever the run agrees; in 2026 nothing does."""
    for scenario, of_record in (("2018", True), ("2026", False)):
        model = model_of(scenario)
        event = next(event for event in model.start.events if event.quarter >= 0)
        model.state.quarter = event.quarter
        assert last(model, "events", event.quarter).startswith("On record: ") == of_record


def test_duties_that_are_gone_are_not_reviewed() -> None:
    model = model_of()
    review = [event for event in model.start.events if "countervailing" in event.about]
    assert len(review) == 1 and model.teller.dated(review[0].quarter)
    model.state.special[EV, 2, 0] = 0.0
    assert model.teller.dated(review[0].quarter) == []


def test_an_event_about_a_treaty_that_is_none_is_refused(tmp_path: Any) -> None:
    text = (seeds_directory() / "scenarios" / "two.toml").read_text("utf-8")
    path = tmp_path / "two.toml"
    path.write_text(text.replace('treaty = "CN-US truce"', 'treaty = "CN-US trice"'), "utf-8")
    with pytest.raises(InputFault, match=r"event\.truce prolonged\.treaty: 'CN-US trice' is not known; .*CN-US truce"):
        load_scenario(path)


# --- which treaty ----------------------------------------------------------------------------------------------------


def test_a_truce_is_called_one() -> None:
    for scenario in ("2026", "two", "canada-2026", "four-2026"):
        model = model_of(scenario)
        d = model.start.parties.dyad_names.index("CN-US")
        assert model.state.instrument[d] == Instrument.TRUCE, scenario
        assert last(model, "treaty_ends", d, TreatyEnd.LAPSE, 0).startswith("The truce between China and the US ends: ")
        assert "does not honour its truce with the US" in last(model, "lapses", d, 0, 2)


def test_what_is_not_honoured_is_named_and_why() -> None:
    model = model_of()
    chosen, part, whole = (last(model, "lapses", 2, 0, pays) for pays in (0, 1, 2))
    assert chosen == "The US does not honour its agreement with the EU this quarter."
    assert whole.startswith("The US does not honour its agreement with the EU this quarter: to withdraw what it gives ")
    assert "a part of what it gives, and keep the rest" in part and "a part" not in whole
    # What is broken a second time is said as that, and the reason is not read out again.
    model.state.failed[2, 0] = True
    assert last(model, "lapses", 2, 0, 1) == "The US still does not honour its agreement with the EU."
    assert last(model, "keeps_again", 2, 0) == "The US honours its agreement with the EU again."


def test_what_is_done_beside_a_signature_says_so() -> None:
    """Who breaks or leaves a treaty, or prolongs it, while the next one is signed: the two belong together."""
    model = model_of()
    alone = [last(model, event, 0, 0, about) for event, about in (("lapses", 2), ("gives_notice", 2.0))]
    assert not [text for text in alone if "signed" in text]
    assert last(model, "renewed", 0, 4) == "China and the US renew their truce by executive act, for a year."
    model.state.signed[0] = 1
    for has_deal, just in ((True, "just signed"), (False, "have signed")):
        model.state.has_deal[0] = has_deal
        for event, about in (("lapses", 0), ("lapses", 2), ("gives_notice", 2.0)):
            assert f"{just} what is to follow it" in last(model, event, 0, 0, about)
    assert last(model, "gives_notice", 0, 0, 2.0).endswith("signed what is to follow it, in 2027Q2.")
    assert last(model, "renewed", 0, 4).endswith(", for a year, or until what the two have signed is in force.")


def test_what_fails_long_after_its_signature_is_told_as_that() -> None:
    model = model_of()
    for has_deal, void in ((True, False), (False, True)):
        model.state.has_deal[1] = has_deal
        assert last(model, "ratification", 1, 1, True, False).endswith("What was signed is void.") == void


def test_who_breaks_a_treaty_drops_its_complaint_for_that() -> None:
    model = model_of()
    for keeps, why in ((True, " after consultations."), (False, ": it does not honour the truce itself.")):
        model.state.honours[0, 1] = keeps
        assert last(model, "drops_complaint", 0, 1) == f"The US drops its complaint{why}"


def test_keeping_is_told_after_every_breach_that_is_not_the_last(many: list[NegotiationModel]) -> None:
    again = 0
    for model in many:
        for dyad in model.start.parties.dyad_names:
            told = [line for line in model.story if line.dyad == dyad and line.topic in ("lapse", "keeping", "exit")]
            for line in (one for one in told if one.topic == "keeping"):
                again += 1
                before = [one for one in told if one.quarter == line.quarter - 1]
                assert [one for one in before if one.topic == "lapse" and one.text[:6] == line.text[:6]], line
                assert not [one for one in before if one.topic == "exit"], line
    assert again


def test_which_withdrawal_pays_is_that_of_the_test() -> None:
    """Nothing pays where the treaty is kept; where only a part does, to withdraw all would not."""
    model, seen = NegotiationModel("2026-access", root_seed=1, replicate=0), set()
    while model.world.state.quarter < model.n_quarters:
        model.step()
        for d, pair in enumerate(model.start.parties.dyads):
            treaty = model.world.state.treaty[:, d]
            for b in pair if treaty[0] else ():
                bloc = model.world.blocs[b]
                alone = bloc.flows(d).of_package(model.agenda.menus[d], treaty)
                whole = float(bloc.slack(d, slice(None), alone).whole[0].sum())
                pays, keeps = int(bloc.withdrawal_that_pays(d, treaty)[0]), bool(bloc.honours(d)[0])
                assert (pays == 2) == (whole < 0.0) and (pays == 0) == keeps
                seen.add(pays)
    assert seen == {0, 1, 2}


@pytest.mark.parametrize("issues", ["neither", "duty", "supply", "both"])
def test_a_suspension_names_what_is_suspended(issues: str) -> None:
    model = model_of()
    menu = model.agenda.menus[0]
    at = {"neither": (0, 0), "duty": (3, 0), "supply": (0, 1), "both": (1, 1)}[issues]
    held = [p for p in range(menu.n_packages) if (menu.held[p, 0], menu.held[p, 2]) == at and p]
    model.state.treaty[0] = held[0]
    said, ended = last(model, "retaliates", 0, 0, False, 0.25), len(model.story)
    words = {
        "neither": "has nothing to suspend",
        "duty": "25 % of its duty cut,",
        "supply": "25 % of its assured supply,",
    }
    assert words.get(issues, "25 % of its bound duty and assured supply,") in said
    model.teller.resumes(0, 0)
    assert (len(model.story) > ended) == (issues != "neither")


# --- what must be told -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many() -> list[NegotiationModel]:
    """Runs in which treaties are left and what is signed dies."""
    hard = {"exit_cost": 0.0, "repudiation_hazard": 0.08, "turnover": True}
    runs = [NegotiationModel("2026", root_seed=1, replicate=r, **hard) for r in range(4)]
    runs.append(NegotiationModel("2026-access", root_seed=root_seeds("default")[0], replicate=0))
    return [run.run() for run in runs]


def test_notice_is_given_before_anybody_leaves_by_it(many: list[NegotiationModel]) -> None:
    left = 0
    for model in many:
        for line in model.story:
            if "left after notice" in line.text:
                left += 1
                who = re.search(r": (.*) left after notice", line.text)[1]  # type: ignore[index]
                told = [one.text for one in model.story if one.dyad == line.dyad and one.topic == "notice"]
                notice = f"{cap(who)} gives notice that it will leave"
                assert [one for one in told if one.startswith(notice) and one.endswith(f" in {line.label}.")], line
    assert left


def test_what_is_signed_comes_into_force_or_is_told_dead(many: list[NegotiationModel]) -> None:
    void = 0
    for model in many:
        for d, dyad in enumerate(model.start.parties.dyad_names):
            waiting = False
            for line in (one for one in model.story if one.dyad == dyad):
                waiting |= line.text.startswith("Signed: ")
                dies = (
                    line.text.startswith(("With it goes", "The deal fails")) or "What was signed is void" in line.text
                )
                void += line.text.startswith("With it goes")
                waiting &= not (dies or "enters into force" in line.text)
            assert waiting == bool(model.state.signed[d] >= 0), (dyad, model.replicate)
    assert void


def test_a_plant_that_opens_behind_a_shut_door_is_told_as_that() -> None:
    model = model_of("2026-access")
    firm = int(np.flatnonzero(next(one for one in model.start.access if one.importer == 1).makers)[0])
    shut = last(model, "plant_opens", 1, firm)
    model.state.access[1, 0] = 1
    assert shut.endswith("in the US, which is shut to these brands now.")
    assert last(model, "plant_opens", 1, firm).endswith("in the US.")


def test_a_market_that_shuts_names_the_plants_that_are_left_behind() -> None:
    model = model_of("2026-access")
    makers = next(one for one in model.start.access if one.importer == 1).makers
    first, second, *_ = (int(f) for f in np.flatnonzero(makers))
    assert last(model, "access_changes", 1, 0, 0) == "The US keeps out China's brands again."
    model.state.has_plant[1, first], model.state.plant_due[1, second] = 1.0, 3.0
    names = model.start.automakers
    assert last(model, "access_changes", 1, 0, 0) == (
        f"The US keeps out China's brands again. {names[first]} has a plant in the US. {names[second]} is building a "
        "plant in the US."
    )
    model.state.has_plant[1, [first, second]] = 1.0
    assert last(model, "access_changes", 1, 0, 0).endswith(
        f" {names[first]} and {names[second]} have plants in the US."
    )


def test_a_market_that_is_opened_names_the_plants_that_gain_by_it() -> None:
    model = model_of("2026-access")
    menu = model.agenda.menus[0]
    opened, closed = (int(np.flatnonzero(menu.access_at[:, 1] == step)[1]) for step in (2, 0))
    firm = int(np.flatnonzero(next(one for one in model.start.access if one.importer == 1).makers)[0])
    assert model.teller.plants_let_in(0, opened) == ""
    model.state.has_plant[1, firm] = 1.0
    assert model.teller.plants_let_in(0, opened).startswith(f"{model.start.automakers[firm]} has a plant in the US")
    assert model.teller.plants_let_in(0, closed) == ""
    assert "beside what China's brands build in the US" in model.teller.package(0, opened)


def test_recognition_given_alone_is_bound_and_not_sold_again() -> None:
    model = model_of()
    menu = model.agenda.menus[1]
    package = next(p for p in range(1, menu.n_packages) if menu.held[p, 5] and not menu.held[p, 4])
    model.state.treaty[1] = 0
    assert "the EU recognises China's certificates" in model.teller.package(1, package)
    model.state.recognises[2, 0] = 1.0
    assert "the EU binds its recognition of China's certificates, until now given alone" in model.teller.package(
        1, package
    )
    # Where a treaty binds it already there is nothing new in it, and to give it alone changes nothing.
    model.state.treaty[1], model.state.instrument[1] = package, Instrument.AGREEMENT
    assert "the EU recognises China's certificates" in model.teller.package(1, package)
    assert last(model, "recognises_alone", 2, 0).endswith("it would now do so without the agreement.")


def test_undertakings_of_a_quarter_share_a_line() -> None:
    model = model_of()
    before = np.full((3, len(model.start.automakers), 3), -1.0)
    after = before.copy()
    after[2, :3, 0] = (0.0, 0.25, 0.5)
    model.teller.undertakings(before, after)
    one, two, three = model.start.automakers[:3]
    assert [line.text for line in model.story] == [
        f"The EU accepts price undertakings by {one}, {two} and {three} for cars from China; 0 % to 50 % of them are "
        "to be built in the EU."
    ]
    model.teller.undertakings(after, before)
    assert model.story[-1].text.startswith("The EU's price undertakings with ") and model.story[-1].text.endswith(
        " end."
    )


def test_a_cut_that_cuts_nothing_is_none(many: list[NegotiationModel]) -> None:
    model = model_of("four-2026")
    d = model.start.parties.dyad_names.index("US-KR")
    menu = model.agenda.menus[d]
    model.state.special[EV, 1, 3] = 0.0
    full = next(p for p in range(menu.n_packages) if menu.duty_at[p, 0] == 4)
    assert "binds its duty on Korea's cars at 0 %" in model.teller.package(d, full)
    for one in (*many, model):
        assert not [line for line in one.story if re.search(r"to ([\d.]+ %), \1 without a treaty", line.text)]


# --- grammar and words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "does", "said"),
    [
        ("the US", "threatens China", "the US threatens China"),
        ("Other Chinese makers", "starts a plant", "Other Chinese makers start a plant"),
        ("the Gulf states", "has nothing that it would sign", "the Gulf states have nothing that they would sign"),
        ("the Netherlands", "answers it and raises its own duty", "the Netherlands answer it and raise their own duty"),
        ("the Gulf states", "is short of credits", "the Gulf states are short of credits"),
    ],
)  # fmt: skip
def test_the_verb_agrees_with_the_name(name: str, does: str, said: str) -> None:
    assert clause(name, does) == said


def test_numbers_of_names_and_lists() -> None:
    assert is_many("Korean Japanese and other makers") and not is_many("NIO-XPeng-Li")
    lists = ([], ["a"], ["a", "b"], ["a", "b", "c"], ["a and b"], ["chips and tools", "technology"])
    said = ["", "a", "a and b", "a, b and c", "a and b", "chips and tools, and technology"]
    assert [in_a_list(names) for names in lists] == said


def test_no_shipped_event_has_a_country_as_several() -> None:
    wrong = re.compile(r"\b(?:US|EU|China|Canada|Korea) (?:threaten|keep|have|are|do|put|raise|lower|cut|sign|agree)\b")
    pairs = re.compile(r"(?:and|,) (?:the )?(?:US|EU|China|Canada|Korea) ")
    for path in sorted((seeds_directory() / "scenarios").glob("*.toml")):
        for about in re.findall(r'^about = "([^"]+)"', path.read_text("utf-8"), re.MULTILINE):
            assert not wrong.search(about) or pairs.search(about), about


def test_every_game_that_a_story_names_stands_in_the_glossary() -> None:
    names = {name.removeprefix("reversed: ") for name in GAMES}
    assert names == set(FAMILIES) and {f"{name} (a game)" for name in names} <= {term.name for term in GLOSSARY}
    assert meaning_of("reversed: Harmony") == f"with giving and withholding exchanged, {FAMILIES['Harmony']}"


def test_stories_have_no_words_of_the_trade(many: list[NegotiationModel]) -> None:
    for line in (line for model in many for line in model.story):
        assert not re.search(r"\(harmony\)|linkage|the other's|\bSunset\b", line.text), line
        assert line.topic in MARKS or line.topic in ("event", "session", "announcement", "plant", "dialogue", "credits")
    for scenario in ("2018", "2026", "two", "canada-2026", "four-2026"):
        start = load_scenario(scenario)
        given = start.linkage_value > 0.0
        assert [[bool(words) for words in pair] for pair in start.linkage_words] == given.tolist(), scenario


def test_an_account_says_what_it_counted() -> None:
    row: dict[str, Any] = {
        "dyad": "CN-EU", "mean_depth": 0.39, "depth_ceiling": 1.0, "mean_depth_contested": 0.47, "joint_gain": 1.5,
        "gain_first": 2.0, "gain_second": -0.5, "n_treaties": 2.0, "treaty_quarters": 9.0, "n_lapses": 0.0,
        "gain_share": 0.31, "inherited": False, "kept": False, "regained": False, "emerged": True,
        "emergence_label": "2030Q4", "n_spells": 1, "longest_spell": 19, "durable": True, "collapsed": True,
        "hollow": False, "blocking": "EU: legislature",
    }  # fmt: skip
    text = outcome_in_words(row, "2035Q4")
    assert (
        "2 treaties ratified" in text
        and "signed" not in text
        and "in force in 9 quarters, and always honoured." in text
    )
    assert "in one spell of 19 quarters, which counts as durable. It ends before 2035Q4." in text
    assert text.endswith("in talks: the legislature of the EU would not have passed it.")
    # Names stand where they are known, by whatever code; nobody is left with a code or with "1 time".
    assert "(China +2.00, the EU -0.50)" in text and not re.search(r"\b[A-Z]{2}\b", text.replace("EU", ""))
    assert "(Ming +2.00, the EU -0.50)" in outcome_in_words(row, "2035Q4", {"CN": "Ming", "EU": "the EU"})
    for n, times in ((1.0, "once"), (2.0, "twice"), (3.0, "3 times")):
        assert f", and broken {times}." in outcome_in_words({**row, "n_lapses": n}, "2035Q4")
    # How deep it is beyond what is given alone is said where it is another number.
    assert ", 0.47 of what neither" in text
    assert "of what neither" not in outcome_in_words({**row, "mean_depth_contested": 0.391}, "2035Q4")
    assert "does not emerge by 2035Q4. " in outcome_in_words(
        {**row, "emerged": False, "treaty_quarters": 0.0}, "2035Q4", short=[Shortfall(True, (), (), ())]
    )
    assert "No treaty was ever in force" in outcome_in_words({**row, "treaty_quarters": 0.0}, "2035Q4")
    assert set(IN_THE_WAY) == {obstacle.words for obstacle in Obstacle}

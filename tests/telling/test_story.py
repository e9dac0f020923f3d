"""The story of a run: sentences that a class can read, and that agree with the record."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import worlds
from of_three import N_DYADS
from thinned import one_in

from model.negotiation import NegotiationModel
from model.telling.outcomes import TreatyEnd
from model.telling.story import StoryLine, cap, percent
from model.telling.trade_story import firm, is_many, named
from model.vocabulary import DYAD_NAMES, DYADS, THREE

TOPICS = {
    "event", "tension", "case", "retaliation", "announcement", "recognition", "plant", "session", "offer", "refusal",
    "treaty", "ratification", "lapse", "exit", "dialogue", "gesture", "government",
    "shortfall", "keeping", "credits", "carbon", "undertaking", "access", "complaint", "notice",
}  # fmt: skip
REASONS = (
    "it is not on the table",
    "is below the least it signs for",
    "is below what it still holds out for",
    "it would not keep it at today's trust",
    "its legislature would not pass it",
)


#: Words for the ends of treaties.
ENDED = {
    TreatyEnd.LAPSE: "did not honour it", TreatyEnd.POLITICS: "leadership no longer stood by it",
    TreatyEnd.NOTICE: "left after notice",
    TreatyEnd.SUNSET: "reached its sunset", TreatyEnd.NEW_GOVERNMENT: "the new leadership of",
    TreatyEnd.EXPIRED: "its term ran out",
}  # fmt: skip


@pytest.fixture(scope="module", params=one_in(2, worlds.SCENARIOS[::-1]))
def told(request: pytest.FixtureRequest) -> list[Any]:
    """Five runs of a scenario with their stories, one of them noisy, one with optional statecraft, one of trade."""
    rough = {"emergency_hazard": 0.05, "opening_hazard": 0.6, "plant_cost": 0.5, "false_alarm": 0.35}
    statecraft = {
        "subnational": True, "track2": True, "grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0,
        "partial_compliance": True, "turnover": True, "tension_mean_cn_us": 1.5, "zev_cost": 0.0,
    }  # fmt: skip
    trade = dict.fromkeys(
        ("undertakings", "carbon_border", "zev_mandate", "local_content", "friendshoring", "data_platform"), True
    )
    settings: list[dict[str, Any]] = [{}, {}, rough, statecraft, trade]
    return [NegotiationModel(request.param, root_seed=1, replicate=r, **kw).run() for r, kw in enumerate(settings)]


def lines(told: list[Any], *topics: str) -> list[StoryLine]:
    return [line for world in told for line in world.story if not topics or line.topic in topics]


def test_sentences_read_well(told: list[Any]) -> None:
    for line in lines(told):
        assert re.match(r"[A-Z][^\n]*\.$", line.text), line
        assert not re.search(r"\b(?:nan|inf|None|array|np\.|False|True)\b", line.text), line
        assert not re.search(r"  |\.\.|\s[.,;:]|\{|\}|^\W", line.text), line
        assert line.topic in TOPICS
        assert line.dyad in ("", *DYAD_NAMES)
    assert len(lines(told)) > 60


def test_events_come_in_order_with_their_label(told: list[Any]) -> None:
    for world in told:
        when = [line.quarter for line in world.story]
        assert when == sorted(when) and when[0] >= 0 and when[-1] < world.n_quarters
        assert all(line.label == world.start.quarter_label(line.quarter) for line in world.story)


def test_every_refusal_has_a_reason(told: list[Any]) -> None:
    refusals = lines(told, "refusal")
    assert refusals
    for line in refusals:
        why = line.text.split(" refuses: ", 1)[1]
        assert any(reason in why for reason in REASONS), line
        # A gain that is refused as too small is below what is asked, as printed.
        for own, least in re.findall(r"own gain ([+-][\d.]+) bn\$ a year is below .*?\(([-\d.]+) bn\$ a year\)", why):
            assert float(own) <= float(least), line


def test_every_offer_says_what_is_offered(told: list[Any]) -> None:
    for line in lines(told, "offer"):
        if " tables: " in line.text:
            offer = line.text.split(" tables: ", 1)[1]
            assert not offer.startswith("no treaty") and len(offer) > 10
        else:
            assert "accepts (believed gain" in line.text or "has nothing to table" in line.text


def test_the_story_agrees_with_the_record(told: list[Any]) -> None:
    for world in told:
        for d, name in enumerate(DYAD_NAMES):
            mine = [line for line in world.story if line.dyad == name]
            passed = [line for line in mine if "In force from next quarter" in line.text]
            assert len(passed) == world.recorder.treaties_signed[d]
            ended = [line for line in mine if line.topic == "exit"]
            first, cause = int(world.state.first_end[d]), TreatyEnd(world.state.first_end_cause[d])
            assert [line.quarter for line in ended][:1] == ([first] if first >= 0 else [])
            assert (cause == TreatyEnd.NONE) == (not ended)
            assert not ended or ENDED[cause] in ended[0].text
            assert len([line for line in mine if line.topic == "lapse"]) == world.recorder.lapses[d]
            accepted = [line for line in mine if " accepts (" in line.text]
            failed = [line for line in mine if line.text.startswith("The deal fails in ")]
            # What is signed may still wait at the end, and dies where the treaty before it breaks off.
            waiting = [line for line in mine if line.text.startswith("Signed: ")]
            assert 0 <= len(accepted) - len(passed) - len(failed) <= len(waiting)
        announced = sum("announces a zero-emission path" in line.text for line in world.story)
        taken_back = sum("takes the zero-emission path back" in line.text for line in world.story)
        state = worlds.series(world, "bloc", "announced")
        assert announced - taken_back == (state[:, -1] - world.start.zev_announced).sum()


def test_a_package_is_told_by_what_is_in_it(told: list[Any]) -> None:
    world = told[0]
    for d in range(N_DYADS):
        assert world.teller.package(d, 0) == "no treaty"
        words = {world.teller.package(d, package) for package in range(world.agenda.menus[d].n_packages)}
        assert len(words) == world.agenda.menus[d].n_packages, "two packages read the same"


def test_access_is_told_with_its_cars_and_its_rate() -> None:
    world = NegotiationModel("2026-access", root_seed=1, replicate=0)
    menu = world.agenda.menus[0]
    words = [world.teller.package(0, package) for package in range(menu.n_packages)]
    assert len(set(words)) == menu.n_packages, "two packages read the same"
    says = (
        "the US lets China's brands sell what they build in the US",
        "the US lets in 49,000 cars a year built in China at a duty of 2.5 %, and none beyond, beside what China's "
        "brands build in the US",
        "the US lets in China's brands like any other",
    )
    for step, said in enumerate(says, 1):
        assert all((said in text) == (at == step) for text, at in zip(words, menu.access_at[:, 1], strict=True))


def test_duties_are_told_as_rates(told: list[Any]) -> None:
    """A full cut is to the floor of the quarter; what stands without a treaty is MFN and special duty together."""
    world, seen = told[0], 0
    for d in range(N_DYADS):
        menu = world.agenda.menus[d]
        for side in (0, 1):
            importer, partner = DYADS[d][side], DYADS[d][1 - side]
            bare = world.start.mfn[-1, 0, importer, partner] + world.state.special[0, importer, partner]
            floor = min(world.start.floor[-1, 0, importer, partner], bare)
            first = {int(menu.coordinates[p][side]): p for p in range(menu.n_packages)}
            for position, package in first.items():
                cut = world.economy.cuts[0, importer, partner][position]
                text = world.teller.package(d, package)
                seen += position > 0
                if position == 1:
                    assert f"cars at {percent(bare)}" in text
                elif position:
                    rate = percent(bare - cut * (bare - floor))
                    assert f"cars to {rate}, {percent(bare)} without a treaty" in text
                    assert position < 4 or rate == percent(floor)
    # In 2018 nobody gains enough by a lower duty for one to be on the table.
    assert (seen == 0) == (world.start.first_quarter[:4] == "2018")
    assert (percent(0.27), percent(0.025), percent(0.0)) == ("27 %", "2.5 %", "0 %")
    assert not [line for line in world.story if "of the way down" in line.text]


def test_lobbies_are_named_with_their_stakes() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0).run()
    firms = {firm(name) for name in (*world.start.automakers, *world.start.suppliers)}
    said = [found for line in world.story for found in re.findall(r"\. ([^.]*(?:\.\d\d[^.]*)+ lobb[^.]*)\.", line.text)]
    assert said and {found.split(" ")[-2] for found in said} == {"for", "against"}
    for found in said:
        who, aim = re.fullmatch(r"(.+) (?:lobby|lobbies) (for|against) it", found).groups()  # type: ignore[union-attr]
        stakes = re.findall(r"(?:^| and )(.+?) \(([+-]\d+\.\d\d) bn\$ a year\)", who)
        assert 1 <= len(stakes) <= 2
        for name, stake in stakes:
            assert name in firms or f"o{name[1:]}" in firms, name
            assert abs(float(stake)) >= 0.01 and (float(stake) > 0.0) == (aim == "for")
        several = len(stakes) > 1 or is_many(stakes[0][0])
        assert (" lobby " in found) == several, found


def test_names_in_sentences() -> None:
    assert [named(THREE, b) for b in range(3)] == ["China", "the US", "the EU"]
    assert cap("the US") == "The US" and cap("") == ""


def test_a_silent_world_tells_nothing() -> None:
    assert worlds.played("2026").story == []
    assert np.isfinite(worlds.played("2026").summary().joint_gain).all()

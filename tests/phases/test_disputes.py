"""What can be misread, and how it is answered: complaints, talks, suspensions (second edition, section 4)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from thinned import one_in

from model.assessment.realised import realised_value
from model.ensemble import Ensemble
from model.negotiation import NegotiationModel
from model.phases.treaties import FULL_LEVEL
from model.world import World

#: Only what is published can be agreed on.
PUBLISHED = {"supply_issues": False, "technology_issues": False, "linkage_issues": False}
BLIND = {"false_alarm": 0.35, "missed_violation": 0.35, "dialogue_ceiling": 0.0}
FIRST_EDITION = {
    "monitoring": "alike", "answers": "in_full", "consultation_quarters": 0, "suspension_quarters": 1,
}  # fmt: skip


class Watched(World):
    """A world that keeps, by quarter, what its sides did and how their partners answered; (R, d, s) each."""

    def watch_conduct(self) -> None:
        state = self.state
        if not hasattr(self, "seen"):
            self.seen: list[dict[str, np.ndarray]] = []
        before = {"level": state.level.copy(), "dispute": state.dispute.copy(), "open": state.is_open.copy()}
        super().watch_conduct()
        menus, treaty = self.agenda.menus, state.treaty
        unseen, published = (
            np.stack([getattr(menu, kind)[treaty[:, d]] for d, menu in enumerate(menus)], axis=1)
            for kind in ("unseen", "published")
        )
        self.seen.append({
            "was": before["level"], "had": before["dispute"], "open": before["open"], "level": state.level.copy(),
            "dispute": state.dispute.copy(), "in_force": treaty > 0, "keeps": state.honours[..., ::-1].copy(),
            "unseen": unseen[..., ::-1], "published": published[..., ::-1], "treaty": treaty.copy(),
        })  # fmt: skip


@functools.lru_cache(maxsize=16)
def _watched(scenario: str, lanes: int, items: tuple[tuple[str, Any], ...]) -> Watched:
    (found,) = Ensemble(scenario, 5, lanes, dict(items), world=Watched).worlds()
    world = found[1].run()
    assert isinstance(world, Watched)
    return world


def quarters(scenario: str = "2026", lanes: int = 48, **change: Any) -> Iterator[dict[str, np.ndarray]]:
    yield from _watched(scenario, lanes, tuple(sorted(change.items()))).seen


def alarms(**change: Any) -> int:
    """Complaints and suspensions against sides that keep all they owe."""
    found = quarters("symmetric", **change)
    return sum(int(((q["dispute"] > 0) & q["in_force"][..., None] & q["keeps"]).sum()) for q in found)


def test_no_published_act_is_ever_misread() -> None:
    kept = sum(int(q["in_force"].sum()) for q in quarters("symmetric", **PUBLISHED, **BLIND))
    # What is still running against a side that has come back is served, two quarters long; nothing else is.
    new = [(q["dispute"] > 0) & (q["had"] == 0) & q["keeps"] for q in quarters("symmetric", **PUBLISHED, **BLIND)]
    assert kept > 100 and not np.any(new)
    assert alarms(**PUBLISHED, **BLIND, published_error=0.05) > 0, "with an error it is"
    assert alarms(**PUBLISHED, **BLIND, monitoring="alike") > 0, "and in the first edition"


def test_only_who_owes_something_hard_to_see_is_wrongly_suspected() -> None:
    n = 0
    for q in quarters("2026"):
        wrongly = (q["dispute"] > 0) & (q["had"] == 0) & q["keeps"] & q["in_force"][..., None]
        assert np.all(q["unseen"][wrongly])
        n += int(wrongly.sum())
    assert n > 20


def test_dialogue_clears_monitoring_only_where_something_is_hard_to_see() -> None:
    def played(**change: Any) -> Any:
        arms = [{**change, "dialogue_on_monitoring": x} for x in (0.0, 2.0)]
        table = Ensemble("symmetric", 5, 8, arms).run().summary().drop(columns="design_point")
        half = len(table) // 2
        return table[:half].reset_index(drop=True), table[half:].reset_index(drop=True)

    without, with_it = played(**PUBLISHED)
    assert without.equals(with_it)
    without, with_it = played()
    assert not without.equals(with_it)


def test_talks_come_first_where_something_is_to_be_cleared_up() -> None:
    talked = at_once = 0
    for q in quarters("2026"):
        new = (q["dispute"] > 0) & (q["had"] == 0) & q["in_force"][..., None]
        clear = q["keeps"] | ~q["published"]
        talks = new & q["open"][..., None] & clear
        assert np.all(q["level"][talks] == 1.0) and np.all(q["dispute"][talks] == 1.0)
        acts = new & ~(q["open"][..., None] & clear)
        assert np.all(q["dispute"][acts] == 2.0)
        talked, at_once = talked + int(talks.sum()), at_once + int(acts.sum())
    assert talked > 20 and at_once > 20


@pytest.mark.parametrize("least", one_in(2, [4, 2]))
def test_a_suspension_lasts_its_least_term_and_its_treaty_may_not(least: int) -> None:
    runs: list[int] = []
    length, treaty = np.zeros((48, 3, 2)), np.zeros((48, 3), dtype=int)
    for q in quarters("2026", suspension_quarters=least):
        # What ends with its treaty, or begins anew with the next one, is not counted.
        length = np.where((q["treaty"] == treaty)[..., None], length, 0.0)
        held, treaty = q["dispute"] > 1.0, q["treaty"]
        runs += length[(length > 0) & ~held].astype(int).tolist()
        length = np.where(held, length + 1, 0.0)
    assert len(runs) > 10 and min(runs) == least


def test_what_is_suspended_is_worth_what_seemed_to_be_withheld() -> None:
    compared = 0
    for replicate in range(12):
        hasty = {"consultation_quarters": 0, "generosity": 0.0}
        world = NegotiationModel("2026", root_seed=5, replicate=replicate, narrate=False, **hasty)
        for _ in range(world.n_quarters):
            before = world.state.treaty.copy()
            world.step()
            compared += sum(_equivalent(world, d, side) for d in range(3) for side in (0, 1) if before[d])
        if compared >= 3:
            return
    raise AssertionError(compared)


def _equivalent(world: NegotiationModel, d: int, side: int) -> int:
    """Whether a suspension has just begun against a side that owes something unseen and keeps all; and is worth it."""
    state, other = world.state, 1 - side
    menu, package, level = world.agenda.menus[d], int(state.treaty[d]), float(state.level[d, side])
    begins = package > 0 and 0.0 < level < FULL_LEVEL and state.dispute[d, side] == 1.0 and state.honours[d].all()
    if not begins or not menu.unseen[package, other]:
        return 0
    parts, both, ones = world.world.known().parts[d], np.ones(2), np.ones(2)
    less = ones.copy()
    less[side] = level
    costs = [realised_value(menu, _lane(parts[other]), package, both, kept) for kept in (ones, less)]
    own, position = _lane(parts[side]), menu.coordinates[package]
    # What it would lose, part by part; what it would not miss counts for nothing.
    lost = max(float(own.supply[other]) * position[2 + other], 0.0) + max(float(own.technology) * position[7], 0.0)
    lost += max(float(own.linkage[other]) * min(position[5 + other], 1), 0.0)
    assert float(costs[0] - costs[1]) == pytest.approx(lost, rel=1e-6, abs=1e-7)
    return 1


def _lane(parts: Any) -> Any:
    """A party's parts in the one lane of a run."""
    values = {name: value for name, value in vars(parts).items() if value is not None}
    one = {n: tuple(x[0] for x in v) if isinstance(v, tuple) else v[0] for n, v in values.items()}
    return type(parts)(**{**vars(parts), **one})


def test_withholding_is_rare() -> None:
    withheld, treaties = np.zeros(3), np.zeros(3)
    for q in quarters("2026", lanes=100):
        withheld += (q["in_force"] & (q["was"] < 1.0).any(axis=-1)).sum(axis=0)
        treaties += q["in_force"].sum(axis=0)
    assert np.all(withheld / treaties < 0.10) and withheld.sum() > 0
    first = sum((q["in_force"] & (q["was"] < 1.0).any(axis=-1)).sum() for q in quarters("2026", **FIRST_EDITION))
    assert first / sum(q["in_force"].sum() for q in quarters("2026", **FIRST_EDITION)) > 0.2


def test_a_story_tells_of_a_dispute_to_its_end() -> None:
    told: list[str] = []
    for replicate in range(6):
        world = NegotiationModel("2026", root_seed=5, replicate=replicate).run()
        told += [line.text for line in world.story if line.topic in ("complaint", "retaliation")]
        # Nobody is told to withhold for years on end: a suspension that has no cause any more is told to end.
        assert all(line.text.count("suspends") <= 1 for line in world.story)
    # A complaint says what one suspects; that nothing was withheld is told where it is answered.
    assert all("false alarm" not in text for text in told if "complains" in text)
    assert any("seems to withhold" in text and "it is a false alarm." in text for text in told if "suspends" in text)
    for words in ("asks for consultations", "drops its complaint", "suspends", "ends its suspension"):
        assert any(words in text for text in told), words

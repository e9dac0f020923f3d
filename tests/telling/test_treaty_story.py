"""How treaties are kept and left, told: who broke what comes first, no election is made up, numbers have units."""

from __future__ import annotations

import re
from typing import Any

import pytest

from model.negotiation import NegotiationModel
from model.telling.outcomes import TreatyEnd


def model_of(scenario: str = "2026") -> NegotiationModel:
    """A run before its first quarter, whose state a test may change."""
    return NegotiationModel(scenario, root_seed=1, replicate=0)


def last(model: NegotiationModel, event: str, *about: Any) -> str:
    getattr(model.teller, event)(*about)
    return model.story[-1].text


@pytest.fixture(scope="module")
def many() -> list[NegotiationModel]:
    """Stories with ends of every kind, clubs and trade of every kind in them."""
    hard = {"repudiation_hazard": 0.08, "turnover": True, "emergency_hazard": 0.05, "zev_mandate": True}
    trade = dict.fromkeys(("undertakings", "carbon_border", "local_content", "friendshoring", "data_platform"), True)
    runs: list[tuple[str, dict[str, Any]]] = [("2026-access", hard), ("2018", hard), ("2026-quota", trade)]
    return [NegotiationModel(one, root_seed=1, replicate=r, **change).run() for r, (one, change) in enumerate(runs)]


def test_a_breach_is_told_before_the_other_side_s_leaving() -> None:
    ends = {
        TreatyEnd.POLITICS: "China's leadership no longer stood by it.",
        TreatyEnd.NOTICE: "China left after notice.",
    }
    for cause, last_words in ends.items():
        for quarters, since in ((0, ""), (1, "this quarter, "), (2, "two quarters running, ")):
            model = model_of("two")
            for t in range(4, 4 + quarters):
                model.state.quarter = t
                model.teller.lapses(0, 1, 2)
                model.state.failed[0, 1] = True
            model.state.quarter = max(4, 3 + quarters)
            after = f"after the US had not honoured it {since}" if quarters else ""
            assert last(model, "treaty_ends", 0, cause, 0).endswith(f" ends: {after}{last_words}"), (cause, quarters)
    # A breach that is over is none, and one's own does not excuse one.
    model = model_of("two")
    model.teller.lapses(0, 1, 2)
    model.state.quarter = 2
    model.teller.lapses(0, 0, 2)
    assert last(model, "treaty_ends", 0, TreatyEnd.POLITICS, 0).endswith(
        "ends: China's leadership no longer stood by it."
    )


def test_both_who_break_a_treaty_are_named() -> None:
    for other, said in (
        (2, "neither China nor the US honoured it two quarters running."),
        (1, "China did not honour it two quarters running, and the US did not in the second of them."),
        (0, "China did not honour it two quarters running."),
    ):
        model = model_of("two")
        for t, sides in ((0, [0] + [1] * (other > 1)), (1, [0] + [1] * (other > 0))):
            model.state.quarter = t
            for side in sides:
                model.teller.lapses(0, side, 2)
        assert last(model, "treaty_ends", 0, TreatyEnd.LAPSE, 0).endswith(f" ends: {said}"), other
    assert last(model, "treaty_ends", 0, TreatyEnd.EXPIRED, 1).endswith(
        ": after China had not honoured it, its term ran out and the governments did not renew it."
    )


def test_no_leadership_is_told_as_an_election(many: list[NegotiationModel]) -> None:
    """One rate of repudiation serves all three; what is said of it must be true of each."""
    texts = [line.text for model in many for line in model.story]
    assert any("leadership" in text for text in texts)
    assert not [text for text in texts if re.search("government of|new government|repudiat", text)]


UNIT = re.compile(r" (?:bn\$|k\$|%|points?\b|quarters?\b|years?\b|cars\b|dollars\b|of the stakes\b)")
NAMES = re.compile(r"\d{4}Q[1-4]|(?:China|US|EU) \d|on a scale of 0 to 1")


def bare(text: str) -> list[str]:
    """Numbers of a sentence without a unit behind them; in a range the last has it."""
    text = NAMES.sub("", re.sub(r"(\d %) to \d+ %", r"\1", text))
    text = re.sub(r"tension \d\.\d\d ", "", text)
    numbers = re.finditer(r"(?<![\w.,])[+-]?\d(?:[\d,.]*\d)?", text)
    return [text[max(0, one.start() - 30) : one.end() + 12] for one in numbers if not UNIT.match(text, one.end())]


def test_every_number_of_a_sentence_has_a_unit(many: list[NegotiationModel]) -> None:
    # Dated events are told in words of their sources.
    texts = [line.text for model in many for line in model.story if line.topic != "event"]
    assert sum(bool(re.search(r"\d", text)) for text in texts) > 200
    assert [found for text in texts if (found := bare(text))] == []


def test_a_number_without_a_unit_is_seen() -> None:
    assert len(bare("China refuses: own gain +0.20 bn$ a year is below what it still holds out for (2.37).")) == 1
    assert bare("own gain +0.20 bn$ a year is below what it asks (2.37 bn$ a year), due in 2027Q1.") == []

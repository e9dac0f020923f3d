"""The page of the hindcast: generated parts are put in where their marks are, and do not go stale."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from experiments.display import words
from experiments.hindcast import page as pages
from experiments.hindcast.fit import load_nearness, load_posterior
from experiments.hindcast.main import make_forecast
from experiments.hindcast.plan import load_hindcast
from experiments.hindcast.scores import bars, in_short, scores

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "hindcast.md").read_text("utf-8")


def test_parts_are_renewed_between_their_marks() -> None:
    text = "a\n<!-- x:start -->\nold\n<!-- x:end -->\nb\n"
    new = words.renewed(text, {"x": "new | part", "absent": "nothing"})
    assert new == "a\n<!-- x:start -->\n\nnew | part\n\n<!-- x:end -->\nb\n"
    assert words.part_of(new, "x") == "new | part" and words.part_of(new, "absent") == ""
    assert words.renewed(new, {"x": "new | part"}) == new


def test_a_table_in_short_is_in_words() -> None:
    short = pd.DataFrame(
        [
            {"quantity": "EV shares", "forecaster": "model", "n": 9, "crps": 0.01234, "in_90": 1.0, "verdict": ""},
            {"quantity": "talks", "forecaster": "base rates", "n": 9, "log_score": 0.5, "verdict": "tie"},
        ]
    )
    table = pages.shown(short)
    assert table["CRPS"].tolist() == ["0.012", ""] and table["in 90 %"].tolist() == ["100 %", ""]
    assert pages.markdown(table).splitlines()[1] == "|" + "---|" * len(table.columns)


def test_the_page_is_of_the_kept_sample_and_its_declaration() -> None:
    """Cheap: the page says of which sample and declaration its numbers are; whoever changes these renews the page."""
    plan = load_hindcast()
    sample, digest = load_posterior(plan)
    assert f"`{plan.digest[:16]}`" in words.part_of(TEXT, "origin")
    assert f"`{digest[:16]}`" in words.part_of(TEXT, "origin")
    assert words.part_of(TEXT, "fit") == pages.markdown(pages.fit_table(sample, plan))
    assert words.part_of(TEXT, "targets") == pages.markdown(pages.target_table(load_nearness(plan)))
    for name in ("scores", "bars", "ev shares", "prices", "duties", "moves"):
        assert words.part_of(TEXT, name).count("|") > 20, name


@pytest.mark.slow
def test_the_numbers_of_the_page_are_those_of_the_model(tmp_path: Path) -> None:
    plan = load_hindcast()
    sealed = make_forecast(plan, tmp_path, 1, None)
    continuous, chances = scores(plan, sealed)
    short = in_short(continuous, chances)
    (sample, _), near = load_posterior(plan), load_nearness(plan)
    parts = pages.blocks(plan, sealed, sample, near, short, bars(short), continuous, chances)
    assert parts == {name: words.part_of(TEXT, name) for name in parts}

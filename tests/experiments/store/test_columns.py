"""What a row holds: levels under their own names, whatever else has the same name."""

from __future__ import annotations

from pathlib import Path

import sample_runs

from experiments.export.words import columns_of
from experiments.store import manifest
from experiments.store.columns import COLUMNS, RECORDED, kept_as, summary_types
from model import PARAMETERS, dictionary

PLAN = """
title = "Terms"
question = "Do terms matter?"
scenario = "2026"
[factors.truce_quarters]
levels = [4, 12]
[outputs]
replicates = 1
"""


def test_no_column_that_ends_alike_is_taken_for_one_that_was_renamed() -> None:
    names = {*COLUMNS, *summary_types(), *dictionary()["column"], *PARAMETERS}
    assert not any(name.endswith(RECORDED) for name in names)


def test_both_columns_of_one_name_are_told_apart_in_words(tmp_path: Path) -> None:
    plan = sample_runs.small_plan(tmp_path, PLAN)
    both = ("truce_quarters", kept_as("truce_quarters", ["truce_quarters"]))
    told = manifest.dictionary(plan)
    assert told[both[0]].startswith("level of the parameter truce_quarters")
    assert told[both[1]] == "quarters in which that was a truce (quarters)"
    level, recorded = columns_of("runs", both, plan).values()
    assert level.meaning.startswith("level of the factor: term of a truce")
    assert recorded.meaning == "quarters in which that was a truce"


def test_without_such_a_factor_the_column_has_its_own_name(tmp_path: Path) -> None:
    told = manifest.dictionary(sample_runs.small_plan(tmp_path))
    assert told["truce_quarters"] == "quarters in which that was a truce (quarters)"

"""Results of small plans that give rise to every table, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import made_once

from experiments.design.plan_file import load_plan
from experiments.export.tables import Export, exported
from experiments.running.runner import run_plan
from experiments.store.folder import Results

# What an export tells does not hang on how long a run is.
SCENARIO = """
extends = "2026"
name = "until-2030"
title = "Until 2030"
about = "The first four years of 2026."
last_quarter = "2030Q3"
"""
# Blocks, contrasts, interactions, series; texts that other programs must not read as theirs.
CROSSED = """
title = "Who answers? 100 % & _more_ ~ #1 {x} $5 \\\\ ^"
question = "Why?"
scenario = "until-2030.toml"
replicates = 3
root_seed = 7
[factors.retaliation_rule]
label = "answer"
levels = ["generous", "grim"]
[factors.tariff_issues]
label = "duties"
levels = [true, false]
[[blocks]]
name = "linked_one"
settings = {}
[[blocks]]
name = "=1+1"
settings = { linkage_scale = 0 }
[[contrasts]]
name = "grim & bare"
block = "linked_one"
treated = { retaliation_rule = "grim", tariff_issues = false }
control = { retaliation_rule = "generous", tariff_issues = true }
[[interactions]]
name = "more?"
effect = "retaliation_rule"
where = "tariff_issues"
[outputs]
replicates = 1
"""
ASSUMED = """
title = "Assumed"
question = "Why?"
scenario = "until-2030.toml"
replicates = 2
root_seed = 7
[factors.tariff_issues]
label = "duties"
levels = [true, false]
[assumptions]
sample = "sample.csv"
replicates = 1
"""
SAMPLE = "false_alarm,trust_memory\n0.02,0.9\n0.1,0.95\n0.2,0.86\n0.05,1\n"
ARMS = """
title = "Arms"
question = "Why?"
scenario = "until-2030.toml"
replicates = 3
root_seed = 7
design = "list"
reference = ["core"]
outcomes = ["duty", "joint_gain", "emerged", "agreed_duty", "recognises"]
[[points]]
name = "core"
id = "a1"
[[points]]
name = "=2+2"
id = "b2"
pass_through = 1
"""
SAMPLED = """
title = "Sampled"
question = "Why?"
scenario = "until-2030.toml"
replicates = 2
root_seed = 7
design = "latin_hypercube"
n_points = 4
difference = { retaliation_rule = ["generous", "grim"] }
[factors.false_alarm]
range = [0.02, 0.2]
[factors.trust_memory]
range = [0.85, 1]
"""
PRECISE = """
title = "Precise"
question = "Why?"
scenario = "until-2030.toml"
root_seed = 7
[precision]
outcome = "mean_depth"
half_width = 0.2
least = 4
most = 6
[factors.false_alarm]
levels = [0.02, 0.2]
"""
PLANS = {"crossed": CROSSED, "assumed": ASSUMED, "arms": ARMS, "sampled": SAMPLED, "precise": PRECISE}


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The results folder of every plan, by its name."""
    return {name: swept(tmp_path_factory) / name for name in PLANS}


def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of every plan, swept by the first of pytest's processes that comes here."""

    def sweep(folder: Path) -> None:
        (folder / "sample.csv").write_text(SAMPLE, "utf-8")
        (folder / "until-2030.toml").write_text(SCENARIO, "utf-8")
        for name, text in PLANS.items():
            (folder / f"{name}.toml").write_text(text, "utf-8")
            outcome = run_plan(load_plan(folder / f"{name}.toml"), folder / name, 1)
            assert not outcome.n_failed

    return made_once(tmp_path_factory, "plans", sweep)


@pytest.fixture(scope="session")
def whole(results: dict[str, Path]) -> dict[str, Export]:
    """What is to be written of every plan's results."""
    return {name: exported(Results.open(folder)) for name, folder in results.items()}

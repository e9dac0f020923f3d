"""Plans: what a plan file becomes, and every way in which it can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan, plan_names, read_root_seed
from model import InputFault

# A plan that is right, one line a key, so that a test can put a wrong line in the place of any.
LINES = {
    "title": 'title = "A title"',
    "question": 'question = "A question?"',
    "scenario": 'scenario = "2026"',
    "replicates": "replicates = 3",
    "root_seed": "root_seed = 20384019283",
    "settings": "[settings]\ngenerosity = 0.4",
    "factor": '[factors.dialogue_ceiling]\nlevels = ["none", "group"]',
    "other": "[factors.tariff_issues]\nlevels = [false, true]",
}


def write(folder: Path, **changes: str) -> Path:
    path = folder / "a_plan.toml"
    path.write_text("\n".join({**LINES, **changes}.values()), encoding="utf-8")
    return path


def faults(folder: Path, **changes: str) -> tuple[str, ...]:
    with pytest.raises(InputFault) as caught:
        load_plan(write(folder, **changes))
    return caught.value.faults


def test_a_plan_becomes_its_factorial(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path))
    assert (plan.name, plan.replicates, plan.root_seed) == ("a_plan", 3, 20384019283)
    assert [tuple(point.levels.values()) for point in plan.points] == [
        ("none", False), ("none", True), ("group", False), ("group", True),
    ]  # fmt: skip
    assert [point.index for point in plan.points] == [0, 1, 2, 3]
    assert dict(plan.points[3].settings) == {
        "generosity": 0.4,
        "dialogue_ceiling": "group",
        "tariff_issues": True,
    }
    assert plan.n_runs == 12
    assert all(point.is_cell for point in plan.points)


def test_labels_default_to_plain_words(tmp_path: Path) -> None:
    dialogue, tariffs = load_plan(write(tmp_path)).factors
    assert (dialogue.label, dialogue.level_labels) == ("dialogue ceiling", ("none", "group"))
    assert tariffs.level_labels == ("off", "on")
    assert tariffs.label_of(True) == "on"


def test_each_block_holds_the_whole_factorial(tmp_path: Path) -> None:
    blocks = '[[blocks]]\nname = "a"\n[[blocks]]\nname = "b"\nsettings = { linkage_issues = false }'
    plan = load_plan(write(tmp_path, blocks=blocks))
    assert [point.block for point in plan.points] == ["a"] * 4 + ["b"] * 4
    assert all(("linkage_issues" in point.settings) == (point.block == "b") for point in plan.points)


def test_a_contrast_uses_the_cell_that_is_there_already(tmp_path: Path) -> None:
    sides = (
        "treated = { dialogue_ceiling = 0.7, tariff_issues = true, dialogue_on_tension = 0 }\n"
        'control = { dialogue_ceiling = "none", tariff_issues = true }'
    )
    plan = load_plan(write(tmp_path, contrasts=f'[[contrasts]]\nname = "x"\n{sides}'))
    assert plan.contrast_points == ((4, 1),)
    assert not plan.points[4].is_cell
    assert plan.points[4].settings["dialogue_on_tension"] == 0
    # The level was written as a number here and as a name in the factor: it is the same design point.
    whole = sides.replace(", dialogue_on_tension = 0", "")
    assert load_plan(write(tmp_path, contrasts=f'[[contrasts]]\nname = "x"\n{whole}')).contrast_points == ((3, 1),)


def test_other_replicates_change_nothing_else(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path))
    more = plan.with_replicates(7)
    assert (more.replicates, more.points, more.root_seed) == (7, plan.points, plan.root_seed)


@pytest.mark.parametrize("replicates", [0, -1, 10**7, True, 2.0])
def test_replicates_beyond_sense_are_refused(tmp_path: Path, replicates: int) -> None:
    plan = load_plan(write(tmp_path))
    with pytest.raises(InputFault, match=r"replicates = .*allowed is a whole number from 1"):
        plan.with_replicates(replicates)


@pytest.mark.parametrize("name", plan_names())
def test_every_shipped_plan_is_right(name: str) -> None:
    plan = load_plan(name)
    assert isinstance(plan, Plan)
    assert plan.name == name
    assert plan.hypothesis
    assert plan.root_seed == read_root_seed("default")


def test_the_main_job_is_what_was_asked() -> None:
    plan = load_plan("mechanisms")
    assert plan.scenario == "2026"
    assert len(plan.cells) == 8
    assert [factor.levels for factor in plan.factors] == [("none", "group"), (False, True), (False, True)]
    assert plan.assumed is not None and len(plan.assumed.rows) == 64
    assert plan.n_runs == 8 * 500 + 8 * 64 * 8


def test_every_channel_of_dialogue_is_shut_alone() -> None:
    plan = load_plan("channels")
    names = ("dialogue_on_monitoring", "dialogue_on_perception", "dialogue_on_tension")
    shut = [[name for name in names if point.settings.get(name) == 0] for point in plan.cells]
    assert shut == 3 * [[], [], [names[0]], [names[1]], [names[2]]]
    assert [point.settings["dialogue_ceiling"] for point in plan.cells] == 3 * ["none", *4 * ["group"]]


def test_root_seeds_are_wide_numbers_from_files() -> None:
    assert all(read_root_seed(name) > 2**64 for name in ("default", "replication", "teaching"))


# What is wrong, and what the message must say: what came, what is allowed or nearest.
WRONG: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "unknown plan key": ({"title": 'title = "A"\nreplicats = 3'}, ("replicats", "'replicates'")),
    "title missing": ({"title": ""}, ("title is missing", "text")),
    "title empty": ({"title": 'title = " "'}, ("title = ' '", "text")),
    "question of the wrong type": ({"question": "question = 3"}, ("question = 3 (a whole number)",)),
    "unknown scenario": ({"scenario": 'scenario = "2062"'}, ("2062", "'2026'")),
    "scenario of the wrong type": ({"scenario": "scenario = 2026"}, ("scenario = 2026 (a whole number)", "text")),
    "no replicates": ({"replicates": "replicates = 0"}, ("replicates = 0", "from 1")),
    "replicates as text": ({"replicates": 'replicates = "20"'}, ("replicates = '20'", "whole number")),
    "half a replicate": ({"replicates": "replicates = 2.5"}, ("replicates = 2.5", "whole number")),
    "negative root seed": ({"root_seed": "root_seed = -1"}, ("root_seed = -1", "from 0")),
    "unknown root seed": ({"root_seed": 'root_seed = "defualt"'}, ("defualt", "'default'")),
    "root seed of the wrong type": ({"root_seed": "root_seed = 0.5"}, ("root_seed = 0.5 (a number with decimals)",)),
    "unknown setting": ({"settings": "[settings]\ngenerosty = 0.4"}, ("[settings]", "'generosity'")),
    "setting out of range": ({"settings": "[settings]\ngenerosity = -0.4"}, ("generosity = -0.4", "0 to 1")),
    "setting not a number": ({"settings": "[settings]\ngenerosity = nan"}, ("generosity = nan", "0 to 1")),
    "percent": ({"settings": "[settings]\ngenerosity = 25"}, ("fractions", "write 0.25, not 25")),
    "settings not a table": ({"title": 'title = "A"\nsettings = 3', "settings": ""}, ("[settings] = 3",)),
    "no factors": ({"factor": "", "other": ""}, ("[factors.NAME] is missing",)),
    "factors not tables": (
        {"factor": "[factors]\ngenerosity = 1", "settings": ""},
        ("[factors.generosity]",),
    ),
    "unknown factor": (
        {"factor": "[factors.dialog]\nlevels = [0, 1]"},
        ("[factors.dialog]", "not a parameter"),
    ),
    "unknown key of a factor": (
        {"factor": "[factors.dialogue_ceiling]\nlevels = [0, 1]\nlevls = 1"},
        ("'levls'", "'levels'"),
    ),
    "one level": ({"factor": "[factors.dialogue_ceiling]\nlevels = [0]"}, ("two values", "[settings]")),
    "level out of range": (
        {"factor": "[factors.dialogue_ceiling]\nlevels = [0, 7]"},
        ("level 2", "dialogue_ceiling = 7", "0 to 1"),
    ),
    "level misspelt": (
        {"factor": '[factors.dialogue_ceiling]\nlevels = ["none", "grup"]'},
        ("level 2", "'group'"),
    ),
    "level twice": (
        {"factor": '[factors.dialogue_ceiling]\nlevels = ["group", 0.7]'},
        ("level 2", "there already"),
    ),
    "labels do not fit": (
        {"factor": '[factors.dialogue_ceiling]\nlevels = [0, 1]\nlevel_labels = ["a"]'},
        ("list of 2",),
    ),
    "label of the wrong type": (
        {"factor": "[factors.dialogue_ceiling]\nlevels = [0, 1]\nlabel = 3"},
        ("label = 3 (a whole number)",),
    ),
    "factor is also a setting": (
        {"settings": "[settings]\ndialogue_ceiling = 0"},
        ("dialogue_ceiling is a factor and in [settings]",),
    ),
    "factor is also in a block": (
        {"b": '[[blocks]]\nname = "a"\nsettings = { tariff_issues = true }'},
        ("tariff_issues", "block 'a'"),
    ),
    "setting is also in a block": (
        {"b": '[[blocks]]\nname = "a"\nsettings = { generosity = 0.1 }'},
        ("generosity", "block 'a'", "[settings]"),
    ),
    "blocks not tables": ({"title": 'title = "A"\nblocks = 3'}, ("blocks = 3", "[[blocks]]")),
    "block without a name": ({"b": "[[blocks]]"}, ("name is missing",)),
    "two blocks of one name": (
        {"b": '[[blocks]]\nname = "a"\n[[blocks]]\nname = "a"'},
        ("no other one has",),
    ),
    "unknown key of a block": ({"b": '[[blocks]]\nname = "a"\nsetings = 1'}, ("'setings'", "'settings'")),
    "contrast in no block": ({"c": '[[contrasts]]\nname = "a"\nblock = "al"'}, ("'al'", "'all'")),
    "contrast without a factor": (
        {"c": '[[contrasts]]\nname = "a"\ntreated = { tariff_issues = true }'},
        ("treated: says nothing of the factor 'dialogue_ceiling'",),
    ),
    "contrast with an unknown parameter": (
        {"c": '[[contrasts]]\nname = "a"\ncontrol = { tarif_issues = true }'},
        ("control:", "'tariff_issues'"),
    ),
    "too many cells": (
        {
            "factor": f"[factors.generosity]\nlevels = {[i / 1000 for i in range(1000)]}",
            "other": f"[factors.false_alarm]\nlevels = {[i / 4000 for i in range(1000)]}",
            "settings": "",
        },
        ("1000000 cells",),
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_plan_is_refused(what: str, tmp_path: Path) -> None:
    changes, expected = WRONG[what]
    said = "\n".join(faults(tmp_path, **changes))
    assert [part for part in expected if part not in said] == [], said


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        scenario='scenario = "2062"',
        settings="[settings]\ngenerosity = nan\nfalse_alarm = 2",
        other="[factors.tariff_issue]\nlevels = [false, true]",
    )
    assert len(found) == 4, found


@pytest.mark.parametrize(
    ("factor", "also"),
    [
        ('[factors.dialogue_celing]\nlevels = ["none", "group"]', "dialogue_ceiling"),
        ('[factors.scenari]\nlevels = ["2026", "two"]', "scenario"),
    ],
)
def test_a_misspelt_factor_is_one_fault_whoever_else_names_it(factor: str, also: str, tmp_path: Path) -> None:
    """Neither an interaction nor a contrast that spells it right is told a slip, and never its misspelling."""
    rest = f"""
[[interactions]]
name = "more"
effect = "{also}"
where = "tariff_issues"
[[contrasts]]
name = "one"
treated = {{ {also} = "none", tariff_issues = true }}
control = {{ {also} = "group", tariff_issues = true }}
"""
    if also == "scenario":
        rest = rest.replace('"none"', '"2026"').replace('"group"', '"two"')
    (fault,) = faults(tmp_path, factor=factor, contrasts=rest)
    assert "is not a parameter" in fault and f"nearest known name: '{also}'" in fault


def test_a_misspelt_effect_is_told_the_factor_that_is_there(tmp_path: Path) -> None:
    asked = '[[interactions]]\nname = "more"\neffect = "dialogue_ceilign"\nwhere = "tariff_issues"'
    (fault,) = faults(tmp_path, interactions=asked)
    assert fault.endswith("nearest known name: 'dialogue_ceiling'")


def test_files_that_are_no_plan(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("title = 'A'\nfactors = = 3", encoding="utf-8")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"title = '\xff'")
    for source, said in [
        (broken, "is not TOML: .*line 2"),
        (binary, "not text in UTF-8"),
        (tmp_path, "is a folder; write the path of a file"),
        (tmp_path / "absent.toml", "there is no such file"),
        ("absent", "neither a file nor a shipped plan"),
        ("mechanism", "nearest known name: 'mechanisms'"),
    ]:
        with pytest.raises(InputFault, match=said):
            load_plan(source)


def test_a_plan_moves_what_belongs_to_a_government_of_ones_own(tmp_path: Path) -> None:
    """By any spelling of a pair, in settings and factors; whoever does not sit at the table is refused."""
    mine = {"scenario": 'scenario = "four-2026"', "other": '[factors."tension_mean.KR-EU"]\nlevels = [-2, -1]'}
    mine["factor"] = '[factors."alpha.KR"]\nlevels = [0.07, 0.09]'
    plan = load_plan(write(tmp_path, **mine, settings='[settings]\n"trust_good.US-KR" = 5'))
    assert {tuple(dict(point.settings).items()) for point in plan.points} == {
        (("trust_good.KR-US", 5.0), ("alpha.KR", alpha), ("tension_mean.EU-KR", tension))
        for alpha in (0.07, 0.09)
        for tension in (-2.0, -1.0)
    }
    (fault,) = faults(tmp_path, **mine | {"factor": '[factors."alpha.JP"]\nlevels = [0.07, 0.09]'})
    assert fault == "alpha.JP: four-2026 has no such government; leave it out"

"""A plan that has one parameter under two of its names is refused, wherever in a plan names stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.design.plan_file import load_plan
from model import InputFault

HEAD = 'title = "A title"\nquestion = "A question?"\nscenario = "2026"\nreplicates = 2\n'
FACTOR = "[factors.tariff_issues]\nlevels = [false, true]\n"
SAMPLED = 'design = "latin_hypercube"\nn_points = 4\n'
SETTINGS = '[settings]\nalpha_cn = 0.1\n"alpha.CN" = 0.15\n'
ONE = "alpha_cn and alpha.CN are one parameter; keep one"

PLANS = {
    "settings": (SETTINGS + FACTOR, f"[settings] {ONE}"),
    "factors": (
        '[factors.alpha_cn]\nlevels = [0.1, 0.18]\n[factors."alpha.CN"]\nlevels = [0.1, 0.18]\n', f"[factors] {ONE}"
    ),
    "together": ('[factors.alpha_cn]\nlevels = [0.1, 0.18]\ntogether = ["alpha.CN"]\n', ONE),
    "a bundle": (
        '[factors.law]\nlevels = [{ name = "a", alpha_cn = 0.12, "alpha.CN" = 0.18 }, { name = "b" }]\n', ONE
    ),
    "a block": (FACTOR + '[[blocks]]\nname = "a"\nsettings = { alpha_cn = 0.12, "alpha.CN" = 0.18 }\n', ONE),
    "a contrast": (
        FACTOR + '[[contrasts]]\nname = "a"\ntreated = { tariff_issues = true, alpha_cn = 0.12, "alpha.CN" = 0.18 }\n'
        "control = { tariff_issues = false }\n", ONE,
    ),
    "a point": ('design = "list"\n[[points]]\nalpha_cn = 0.1\n"alpha.CN" = 0.15\n', ONE),
    "a difference": (
        SAMPLED + 'difference = { alpha_cn = [0.1, 0.18], "alpha.CN" = [0.1, 0.18] }\n'
        "[factors.generosity]\nrange = [0.2, 0.4]\n", ONE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), PLANS.values(), ids=PLANS)
def test_two_names_in_one_table_are_refused(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_plan(file)
    assert any(told in line for line in caught.value.faults), caught.value.faults


def test_two_names_in_two_places_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    other = (
        '[factors.alpha_cn]\nlevels = [0.1, 0.18]\n[factors.alpha_us]\nlevels = [0.05, 0.08]\ntogether = ["alpha.CN"]\n'
    )
    for text in ('[settings]\n"alpha.CN" = 0.15\n[factors.alpha_cn]\nlevels = [0.1, 0.18]\n', other):
        file.write_text(HEAD + text, encoding="utf-8")
        with pytest.raises(InputFault, match=r"alpha_cn is (a factor and in|in two factors)"):
            load_plan(file)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_two_names_of_columns_are_refused_and_one_is_made_flat(ending: str, tmp_path: Path) -> None:
    import pandas as pd

    def written(**columns: list[float]) -> None:
        table = pd.DataFrame({name.replace("__", "."): values for name, values in columns.items()})
        path = tmp_path / f"points.{ending}"
        table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path)

    file = tmp_path / "mine.toml"
    table = HEAD + f'design = "table"\ntable = "points.{ending}"\n'
    sample = HEAD + f'{FACTOR}[assumptions]\nsample = "points.{ending}"\n'
    written(alpha__CN=[0.1, 0.18], alpha_cn=[0.1, 0.15])
    for text in (table, sample):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputFault, match=r"alpha.CN and alpha_cn are one parameter; keep one"):
            load_plan(file)
    written(alpha__CN=[0.1, 0.18])
    file.write_text(table, encoding="utf-8")
    assert [factor.name for factor in load_plan(file).factors] == ["alpha_cn"]
    # What the plan sets itself is no assumption, whatever the sample calls it.
    written(alpha__CN=[0.1, 0.18], generosity=[0.2, 0.18])
    file.write_text(sample.replace(FACTOR, f"[settings]\nalpha_cn = 0.18\n{FACTOR}"), encoding="utf-8")
    plan = load_plan(file)
    assert plan.assumed is not None and plan.assumed.left_out == ("alpha_cn",)


def test_what_is_given_beside_a_plan_takes_the_place_of_either_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + '[settings]\n"alpha.CN" = 0.15 # why\ngenerosity = 0.4\n' + FACTOR, encoding="utf-8")
    plan = load_plan(file, settings={"alpha.CN": 0.18, "trust_good.US-CN": 2.0})
    assert dict(plan.settings) == {"alpha_cn": 0.18, "trust_good_cn_us": 2.0, "generosity": 0.4}
    assert "0.15" not in plan.text and "generosity = 0.4" in plan.text
    with pytest.raises(InputFault, match=r"--set alpha_cn and alpha.CN are one parameter"):
        load_plan(file, settings={"alpha_cn": 0.18, "alpha.CN": 0.18})


def test_whole_numbers_that_may_be_decimals_are_asked_about_where_they_are_wrong(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    fine = "[factors.generosity]\nlevels=[0.2,0.4]\n[factors.session_quarters]\nlevels=[2,4]\n"
    file.write_text(HEAD + fine + '[factors."alpha.US"]\nlevels=[0,5,0,8]\n', encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_plan(file)
    asked = [line for line in caught.value.faults if "decimal commas" in line]
    assert len(asked) == 1 and len(caught.value.faults) == 4
    assert asked[0].startswith("[factors.alpha_us] level 1: ")
    assert asked[0].endswith("(line 10: if levels=[0,5,0,8] has decimal commas, write points, as in 0.5)")
    file.write_text(HEAD + fine + "replicate = 3\n", encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_plan(file)
    assert not any("decimal" in line for line in caught.value.faults)


LABELS = "[factors.alpha_cn]\nlevels = [0.1, 0.15]\nlabel = {0}\n[factors.generosity]\nlevels = [0.2, 0.4]\n{1}\n"
ALIKE = {
    "two labels": (LABELS.format('"a"', 'label = "a"'), "[factors.generosity] label is that of alpha_cn too"),
    "a label that is another's usual one": (LABELS.format('"generosity"', ""), "label is that of alpha_cn too"),
    "an empty label": (LABELS.format('" "', ""), "[factors.alpha_cn] label = ' ' (text in quotes): allowed is text"),
    "empty level labels": (
        LABELS.format('"a"', 'level_labels = ["", "b"]'), "[factors.generosity] level_labels = ['', 'b']: allowed"
    ),
    "level labels that look alike": (LABELS.format('"a"', 'level_labels = ["b ", "b"]'), "2 different texts"),
    "two blocks": (
        FACTOR + '[[blocks]]\nname = "a"\nsettings = { dialogue_ceiling = "leaders" }\n'
        '[[blocks]]\nname = "b"\nsettings = { dialogue_ceiling = 1 }\n', "[[blocks]] 2: sets the same as another block",
    ),
    "a contrast with itself": (
        FACTOR + '[[contrasts]]\nname = "a"\ntreated = { tariff_issues = true }\ncontrol = { tariff_issues = true }\n',
        "[[contrasts]] 1: treated and control set the same",
    ),
    "two bundles": (
        '[factors.law]\nlevels = [{ name = "a", dialogue_ceiling = "leaders" },'
        '{ name = "b", dialogue_ceiling = 1 }]\n',
        "'b' sets the same as another one",
    ),
    "two points": (
        'design = "list"\n' + 3 * "[[points]]\nalpha_cn = 0.1\n",
        "[[points]] 2: sets the same as [[points]] 1; leave one out, or give each a name (and 1 more)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), ALIKE.values(), ids=ALIKE)
def test_what_cannot_be_told_apart_is_refused(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_plan(file)
    assert any(told in line for line in caught.value.faults), caught.value.faults


def test_rows_of_a_table_are_told_apart_by_what_they_set_or_by_their_names(tmp_path: Path) -> None:
    file, table = tmp_path / "mine.toml", tmp_path / "points.csv"
    file.write_text(HEAD + 'design = "table"\ntable = "points.csv"\n', encoding="utf-8")
    table.write_text("alpha_cn,generosity\n0.1,0.2\n0.1,0.3\n0.10,0.2\n", encoding="utf-8")
    with pytest.raises(InputFault, match="row 3: sets the same as row 1; leave one out, or give each a name"):
        load_plan(file)
    table.write_text("name,alpha_cn\na,0.1\nb,0.1\n", encoding="utf-8")
    assert load_plan(file).arms == ("a", "b")

"""What is kept of a scenario reads the same anywhere; what runs would see differently is told by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from model import identification_flips, load_scenario, scenario_changes, scenario_files, scenario_names

CHILD = 'extends = "{base}"\nname = "{name}"\ntitle = "T"\n'
SHARES = "automaker,market_bloc,share\nX,CN,0.5\nX,US,0.1\nX,EU,{eu}\n"
FROM_TABLE = '[market]\nev_share = {{ evidence = "{file}:automaker=X,market_bloc={{bloc}}:share" }}\n'


def kept(name: str | Path, folder: Path) -> Path:
    for file, text in scenario_files(name).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(text)
    return folder / "scenario.toml"


def family(folder: Path, named: str = "share.csv") -> Path:
    """A scenario that extends one of another folder, which takes a number from a table beside it."""
    (folder / "parents").mkdir(parents=True)
    (folder / "children").mkdir()
    (folder / "parents" / "share.csv").write_text(SHARES.format(eu=0.25), encoding="utf-8")
    parent = CHILD.format(base="2026", name="parent") + FROM_TABLE.format(file=named)
    (folder / "parents" / "parent.toml").write_text(parent, encoding="utf-8")
    child = folder / "children" / "child.toml"
    child.write_text(CHILD.format(base="../parents/parent.toml", name="child"), encoding="utf-8")
    return child


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_scenarios_are_kept_whole(name: str, tmp_path: Path) -> None:
    again = load_scenario(kept(name, tmp_path))
    assert scenario_changes(load_scenario(name), again) == []
    assert again.title == load_scenario(name).title


@pytest.mark.parametrize("named", ["share.csv", "./share.csv", "share", "../parents/share.csv"])
def test_what_is_kept_needs_no_source(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = family(tmp_path / "sources", named)
    before = load_scenario(child)
    assert before.ev_share.tolist() == [0.5, 0.1, 0.25]
    file = kept(child, tmp_path / "kept")
    (tmp_path / "sources").rename(tmp_path / "gone")
    monkeypatch.chdir(tmp_path / "gone")
    assert scenario_changes(before, load_scenario(file)) == []
    assert {"child.toml", "parent.toml", "2026.toml"} == {path.name for path in (tmp_path / "kept/written").iterdir()}


def test_two_tables_of_one_name_are_both_kept(tmp_path: Path) -> None:
    """The child's table is read from its own folder, the parent's from that of the parent."""
    child = family(tmp_path)
    text = child.read_text(encoding="utf-8").replace("[market]", "")
    text += '[market.drift]\ntarget = { evidence = "share.csv:automaker=X,market_bloc={bloc}:share" }\n'
    child.write_text(text, encoding="utf-8")
    (tmp_path / "children" / "share.csv").write_text(SHARES.format(eu=0.75), encoding="utf-8")
    for own in (load_scenario(child), load_scenario(kept(child, tmp_path / "kept"))):
        assert (own.ev_share[2], own.drift_target[2]) == (0.25, 0.75)


def test_a_table_beside_the_scenario_comes_before_a_shipped_one(tmp_path: Path) -> None:
    child = family(tmp_path, "ev_share.csv")
    (tmp_path / "parents" / "share.csv").rename(tmp_path / "parents" / "ev_share.csv")
    found = load_scenario(child)
    assert found.ev_share[2] == 0.25
    assert found.kwh.tolist() == load_scenario("2026").kwh.tolist(), "the shipped scenario reads the shipped tables"


def test_changes_are_told_by_name_and_labels_do_not_count(tmp_path: Path) -> None:
    child = family(tmp_path)
    before = load_scenario(child)
    text = child.read_text(encoding="utf-8")
    child.write_text(text.replace('"T"', '"Another"') + "# a comment\n", encoding="utf-8")
    assert scenario_changes(before, load_scenario(child)) == []
    parameter = '[parameters]\ntension_jump_rate = { value = 0.12, assumed = "to see" }\n'
    child.write_text(text + parameter, encoding="utf-8")
    usual = before.parameters.tension_jump_rate
    assert scenario_changes(before, load_scenario(child)) == [f"tension_jump_rate: {usual} in the results, 0.12 now"]
    child.write_text(text, encoding="utf-8")
    (tmp_path / "parents" / "share.csv").write_text(SHARES.format(eu=0.3), encoding="utf-8")
    assert scenario_changes(before, load_scenario(child)) == ["ev_share[2]: 0.25 in the results, 0.3 now"]
    (line,) = [x for x in scenario_changes(load_scenario("2026"), load_scenario("2018")) if "n_quarters" in x]
    assert line == "n_quarters: 37 in the results, 32 now"


def test_odd_words_survive(tmp_path: Path) -> None:
    reason = 'Zölle "auf" \\ 電池 \\u007f [[{'
    text = CHILD.format(base="symmetric", name="odd") + (
        f"[parameters]\ntension_jump_rate = {{ value = 0.12, assumed = '''{reason}''' }}\n"
    )
    (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
    (again,) = [s for s in load_scenario(kept(tmp_path / "odd.toml", tmp_path / "kept")).sources if s.value == 0.12]
    assert again.text == reason


# --- what trade tells ----------------------------------------------------------------------------------------


def test_a_flip_of_identification_is_told(tmp_path: Path) -> None:
    """Where Chinese brands may enter the US, today's duty there no longer shows what the US sees in them.

    That counts only for a scenario that asks to be calibrated by itself, and for those that extend it.
    """
    head, own = CHILD.format(base="2026", name="allowed"), "calibrate = true\n"
    text = head + own + '[ban."vehicle software rule"]\nin_force = false\n'
    (tmp_path / "allowed.toml").write_text(text, encoding="utf-8")
    (tmp_path / "grandchild.toml").write_text(CHILD.format(base="allowed.toml", name="g"), encoding="utf-8")
    told = (
        "The security cost that US sees in electric cars from CN is 68.6 k$ a car in 2026, "
        "and not identified here, where it counts as 0."
    )
    assert identification_flips(str(tmp_path / "allowed.toml")) == [told]
    assert identification_flips(str(tmp_path / "grandchild.toml")) == [told], "also from a scenario further up"
    assert identification_flips("2026") == identification_flips("2026-open-access") == []
    (tmp_path / "taken.toml").write_text(text.replace(own, ""), encoding="utf-8")
    assert identification_flips(str(tmp_path / "taken.toml")) == [], "what-ifs have the parties of their base"
    back = text.replace('extends = "2026"', 'extends = "allowed.toml"').replace("false", "true")
    (tmp_path / "back.toml").write_text(back, encoding="utf-8")
    (line,) = identification_flips(str(tmp_path / "back.toml"))
    assert "is not identified in allowed, where it counts as 0, and 68.6 k$ a car here" in line

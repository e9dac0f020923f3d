"""Reading scenarios: each flaw is one clear line, all come at once; selectors, numbers, quarters, root seeds."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import model.parameters.checked
import model.scenario.scenario
from model.faults import InputFault
from model.scenario.evidence import Resolver, root_seeds, seeds_directory, select
from model.scenario.reading import as_known, merged
from model.scenario.scenario import load_scenario, scenario_names
from model.scenario.sections import quarter_name, quarter_number

BAD = sorted((Path(__file__).parents[1] / "data" / "bad_scenarios").glob("*.toml"))


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_each_flaw_is_one_clear_line(path: Path) -> None:
    says = re.search(r"^# says: (.*)$", path.read_text("utf-8"), flags=re.MULTILINE)
    assert says is not None
    with pytest.raises(InputFault) as caught:
        load_scenario(path)
    (fault,) = caught.value.faults
    assert says[1].strip() in fault and "\n" not in fault


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("title = 3", "title = 3 (a whole number): allowed is text in quotes; correct it"),
        ("last_quarter = 2035", "last_quarter = 2035 (a whole number): allowed is text in quotes; correct it"),
        ("[settings]\ngenerosity = 0.3", "settings is not a key of a scenario file; nearest known name: 'ties'"),
    ],
)
def test_no_reason_is_asked_of_a_number_that_has_no_place(line: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(f'extends = "symmetric"\nname = "own"\n{line}\n', encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(tmp_path / "own.toml")
    assert caught.value.faults == (says,)


def test_all_flaws_come_at_once(tmp_path: Path) -> None:
    # Form, evidence and what only shows when sections meet, each in another section.
    single = (
        "negative-cost",
        "evidence-no-row",
        "origin-shares",
        "treaty-expired",
        "unknown-key",
        "ice-share",
        "bare-number",
    )
    text = 'extends = "symmetric"\nname = "many"\n'
    for name in single:
        text += (BAD[0].parent / f"{name}.toml").read_text("utf-8").split(f'name = "{name}"\n')[1]
    path = tmp_path / "many.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(path)
    expected = set()
    for name in single:
        with pytest.raises(InputFault) as alone:
            load_scenario(BAD[0].parent / f"{name}.toml")
        expected |= set(alone.value.faults)
    assert set(caught.value.faults) == expected and len(caught.value.faults) == len(single)


SECTIONS = (
    "market",
    "automaker",
    "cost",
    "supplier",
    "duties",
    "charging",
    "industry",
    "zev",
    "first_quarter",
    "name",
)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_missing_section_is_named(section: str, tmp_path: Path) -> None:
    text = (seeds_directory() / "scenarios" / "symmetric.toml").read_text("utf-8")
    blocks = re.split(r"(?m)^(?=\[)", text)
    head = [line for line in blocks[0].splitlines() if not line.startswith(f"{section} =")]
    kept = ["\n".join(head) + "\n", *(b for b in blocks[1:] if not re.match(rf"\[{section}[\].]", b))]
    path = tmp_path / "partial.toml"
    path.write_text("".join(kept), encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(path)
    assert any(fault.startswith(f"{section} is missing") for fault in caught.value.faults)


ADDED = {
    "a size": '[market]\nsize = { value = [5.9, 4.0, 2.7, 1.1], assumed = "India as fourth" }\n',
    "a government": '[turnover.IN]\nfirst = "2027Q1"\nevery = { value = 20, assumed = "five years" }\n',
    "a dyad": '[dyad.CN-IN]\nregime_distance = 0.5\ndialogue = 0.2\nassumed = "new pair"\n',
    "a duty": '[duties.ev."IN<CN"]\nmfn = 1.0\nbase = 1.0\nassumed = "India\'s duty"\n',
    "a market": '[ban.mine]\nmarket = "JP"\nhomes = ["CN"]\n',
}


@pytest.mark.parametrize("added", ADDED.values(), ids=ADDED)
def test_a_fourth_bloc_is_refused_in_words(added: str, tmp_path: Path) -> None:
    (tmp_path / "four.toml").write_text(f'extends = "2026"\nname = "four"\ntitle = "T"\n{added}', encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(tmp_path / "four.toml")
    assert (
        "the governments of this scenario are CN, US, EU; for another put its code into blocs"
        in caught.value.faults[-1]
    )
    assert "tuple" not in str(caught.value) and "validation" not in str(caught.value)


def test_a_slip_in_the_name_of_a_bloc_asks_for_no_fourth(tmp_path: Path) -> None:
    text = 'extends = "2026"\nname = "s"\ntitle = "T"\n[turnover.us]\nfirst = "2027Q1"\n'
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputFault, match="'us' is not known; allowed is CN, US, EU") as caught:
        load_scenario(tmp_path / "s.toml")
    assert "for another" not in str(caught.value)


def test_a_list_of_two_says_how_many_there_are(tmp_path: Path) -> None:
    text = 'extends = "2026"\nname = "s"\ntitle = "T"\n[market]\nkwh = { value = [50, 60], assumed = "shorter" }\n'
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputFault, match=r"market\.kwh = \[50, 60\]: 2 came; allowed are 3, one for each bloc in"):
        load_scenario(tmp_path / "s.toml")


# --- tables of one's own ---------------------------------------------------------------------------

OWN = """
extends = "2026"
name = "own"
title = "T"
[market]
ev_share = { evidence = "mine.csv:maker=X,bloc={bloc}:share" }
"""
TABLES = {
    "nothing": (b"", "has no rows"),
    "a heading alone": (b"maker,bloc,share\n", "has no rows"),
    "too many cells": (b"maker,bloc,share\nX,CN,0,5\n", "row 2: more cells than columns"),
    "another code": ("maker,bloc,share\nZölle,CN,0.5\n".encode("cp1252"), "is not text in UTF-8: look at byte 18"),
    "other columns": (b"maker;bloc;share\nX;CN;0.5\n", "has no column 'maker'"),
    "a hole": (b"maker,bloc,share\nX,CN,\n", "is '', which is not a number"),
    "a short row": (b"maker,bloc,share\nX,CN\n", "is '', which is not a number"),
    "no such row": (b"maker,bloc,share\nX,EU,0.5\n", "has no row with bloc=CN"),
}


@pytest.mark.parametrize(("table", "says"), TABLES.values(), ids=TABLES)
def test_an_own_table_is_refused_in_words(table: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "mine.csv").write_bytes(table)
    with pytest.raises(InputFault) as caught:
        load_scenario(tmp_path / "own.toml")
    assert any(says in line for line in caught.value.faults), caught.value.faults


def test_an_own_table_as_spreadsheets_write_it(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    rows = "\r\n".join(["maker,bloc,share", "X,CN,0.5", "X,US,0.1", '"X",EU,0.25', ""])
    (tmp_path / "mine.csv").write_bytes(b"\xef\xbb\xbf" + rows.encode())
    assert load_scenario(tmp_path / "own.toml").ev_share.tolist() == [0.5, 0.1, 0.25]


def test_a_table_that_is_nowhere_says_where_it_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    with pytest.raises(InputFault, match=r"no evidence table 'mine\.csv', neither beside the scenario nor in seeds"):
        load_scenario(tmp_path / "own.toml")
    (tmp_path / "own.toml").write_text(OWN.replace("mine.csv", "./mine.csv"), encoding="utf-8")
    with pytest.raises(InputFault, match=r"'\./mine\.csv' cannot be read: No such file"):
        load_scenario(tmp_path / "own.toml")


BRANDS = "automaker,market_bloc,share\nBYD,{bloc},{share}\n"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("name,market_bloc,share\nA,CN,1\n", "has no column 'automaker'"),
        (BRANDS.format(bloc="CN", share="much"), "share of 'BYD' is 'much': allowed is a share from 0 to 1"),
        (BRANDS.format(bloc="CN", share="nan"), "share of 'BYD' is 'nan'"),
        (BRANDS.format(bloc="CN", share="55"), "share of 'BYD' is '55'"),
    ],
)
def test_an_own_table_of_brands_is_refused_in_words(table: str, says: str, tmp_path: Path) -> None:
    text = 'extends = "2026"\nname = "b"\ntitle = "T"\n[brands]\ntable = "brands.csv::share"\n'
    (tmp_path / "b.toml").write_text(text, encoding="utf-8")
    (tmp_path / "brands.csv").write_text(table, encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(tmp_path / "b.toml")
    assert any(says in line for line in caught.value.faults), caught.value.faults


def test_a_maker_that_no_table_knows_and_a_share_that_nobody_reads(tmp_path: Path) -> None:
    text = 'extends = "2026"\nname = "n"\ntitle = "T"\n[automaker.New]\nhome = "EU"\nassumed = "to see"\n'
    (tmp_path / "n.toml").write_text(f'{text}rows = ["New AG"]\n', encoding="utf-8")
    with pytest.raises(InputFault, match=r"needs a table of your own in brands\.table"):
        load_scenario(tmp_path / "n.toml")
    (tmp_path / "n.toml").write_text(f"{text}share = {{ EU = 0.1 }}\n", encoding="utf-8")
    with pytest.raises(InputFault, match=r"automaker\.New\.share: shares are read from automakers\.csv"):
        load_scenario(tmp_path / "n.toml")


def test_a_scenario_is_looked_for_beside_the_file_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the same name in the folder that one happens to be in does not come first."""
    for folder, rate in ((tmp_path / "here", 0.02), (tmp_path / "there", 0.12)):
        folder.mkdir()
        parameter = f'[parameters]\ntension_jump_rate = {{ value = {rate}, assumed = "to see" }}\n'
        (folder / "base.toml").write_text(f'extends = "symmetric"\nname = "b"\n{parameter}', encoding="utf-8")
        (folder / "child.toml").write_text('extends = "base.toml"\nname = "c"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    assert load_scenario("../there/child.toml").parameters.tension_jump_rate == 0.12
    (tmp_path / "there" / "base.toml").unlink()
    with pytest.raises(InputFault, match=r"there[/\\]+base\.toml': there is no such file; "):
        load_scenario("../there/child.toml")
    with pytest.raises(InputFault, match=r"there is a file 'child\.toml': write its ending"):
        load_scenario("child")


def test_unknown_scenarios_name_the_nearest() -> None:
    with pytest.raises(InputFault, match="nearest known name: 'symmetric'"):
        load_scenario("symetric")
    with pytest.raises(
        InputFault, match=r"'nowhere/at/all\.toml': there is no such file; .*: 2018, 2018-known-2022, 2026"
    ):
        load_scenario("nowhere/at/all.toml")


# --- Selectors, numbers, quarters, root seeds -----------------------------------------------------


def test_selectors() -> None:
    name = "projected EV share of sales 2030, stated policies"
    assert select(f"parameters.csv:name={name},bloc=EU,year=2030:value") == 0.58
    geely = "Geely (incl. Volvo, Polestar, Zeekr)"
    assert select(f"automakers.csv:automaker={geely},market_bloc=US,year=2025:share_of_ev_market") == 0.0085
    assert select("battery_suppliers.csv:supplier=SK On,year<=2020:gwh", sum_rows=True) == pytest.approx(8.4)
    with pytest.raises(ValueError, match="not written key=value"):
        select("ev_share.csv:bloc:ev_share")


def test_numbers_are_converted_and_checked() -> None:
    resolver = Resolver(["2018Q3", "2018Q4"])
    duty = "tariffs_quarterly.csv:importer=CN,exporter=US,product=ev,quarter={quarter}:rate_end"
    raw = {
        "path": {"evidence": duty},
        "truce": {"value": 0.64, "evidence": duty.replace("{quarter}", "2018-Q4"), "plus": 0.24},
        "group": {"assumed": "a reason for all", "a": 1, "b": {"c": [1.0, 2]}, "on": True, "word": "w"},
    }
    assert resolver.resolve(raw) == {
        "path": [0.4, 0.4],
        "truce": 0.64,
        "group": {"a": 1, "b": {"c": [1.0, 2]}, "on": True, "word": "w"},
    }
    assert resolver.faults == []
    assert [source.status for source in resolver.sources] == ["evidence", "evidence", "assumed", "assumed"]


def test_merging_replaces_numbers_whole() -> None:
    base = {"a": {"value": 1, "assumed": "why not"}, "b": {"c": [1, 2], "d": 3}}
    change = {"a": {"evidence": "x:y:z"}, "b": {"c": [5]}}
    assert merged(base, change) == {"a": {"evidence": "x:y:z"}, "b": {"c": [5], "d": 3}}


@given(st.integers(1900, 2200), st.integers(1, 4))
def test_quarter_labels_go_both_ways(year: int, quarter: int) -> None:
    label = f"{year}Q{quarter}"
    assert quarter_name(quarter_number(label)) == label
    assert quarter_name(quarter_number(label) + 4) == f"{year + 1}Q{quarter}"


def test_quarter_index_and_label() -> None:
    now = load_scenario("2026")
    assert now.quarter_index("2026Q4") == 0 and now.quarter_index("2025Q4") == -4
    assert [now.quarter_label(t) for t in (-1, 0, 1)] == ["2026Q3", "2026Q4", "2027Q1"]


def test_root_seeds_are_large_distinct_and_long_enough() -> None:
    seen: set[int] = set()
    for name in ("default", "replication", "teaching"):
        seeds = root_seeds(name)
        assert len(seeds) >= 8 and all(2**64 < seed < 2**128 for seed in seeds)
        assert not seen & set(seeds)
        seen |= set(seeds)
    with pytest.raises(InputFault, match="nearest known name: 'default'"):
        root_seeds("defaults")


def test_the_example_in_the_readme_works(tmp_path: Path) -> None:
    readme = (seeds_directory() / "README.md").read_text("utf-8")
    own = next(block for block in re.findall(r"```toml\n(.*?)```", readme, flags=re.DOTALL) if "extends" in block)
    path = tmp_path / "own.toml"
    path.write_text(own, encoding="utf-8")
    found = load_scenario(path)
    assert found.name == "no-truce" and found.treaties[1].sunset == 0
    for name in scenario_names():
        assert f"`{name}`" in readme


@pytest.mark.parametrize(
    "module", [model.scenario.scenario, model.parameters.checked], ids=lambda module: module.__name__
)
def test_examples_in_docstrings(module: object) -> None:
    outcome = doctest.testmod(module)  # type: ignore[arg-type]
    assert outcome.attempted > 0 and outcome.failed == 0


# --- As it was known -------------------------------------------------------------------------------


def test_what_came_later_is_left_out_and_what_runs_ends() -> None:
    table = {
        "history_ends": "2025Q4",
        "last_quarter": "2025Q4",
        "subsidy": {
            "early": {"first": "2018Q1", "last": "2025Q4", "amount": 1},
            "late": {"first": "2023Q1", "last": "2023Q4", "amount": 2},
        },
        "event": {"then": {"quarter": "2022Q4"}, "later": {"quarter": "2024Q3"}},
        "automaker": {"A": {"plants_later": {"CN": "2019Q4", "EU": "2023Q1"}, "home": "US"}},
    }
    known = as_known(table, "2022Q4")
    assert known == {
        "history_ends": "2022Q4",
        "last_quarter": "2025Q4",
        "subsidy": {"early": {"first": "2018Q1", "last": "2022Q4", "amount": 1}},
        "event": {"then": {"quarter": "2022Q4"}},
        "automaker": {"A": {"plants_later": {"CN": "2019Q4"}, "home": "US"}},
    }


def test_2018_as_known_at_the_end_of_2022() -> None:
    whole, known = load_scenario("2018"), load_scenario("2018-known-2022")
    then = known.quarter_index("2022Q4")
    assert (known.history_quarters, known.n_quarters) == (then + 1, whole.n_quarters)
    for name in ("mfn", "special", "floor", "subsidy", "eligibility", "credit"):
        assert (getattr(known, name)[: then + 1] == getattr(whole, name)[: then + 1]).all(), name
    # Duties stand still; support is what had been announced.
    assert (known.base_duty[then:] == known.base_duty[then]).all()
    assert known.subsidy[then + 1 :, 0].tolist() == [2.0] * 4 + [0.0] * 8
    assert (known.credit[then + 1 :, 1] == 7.5).all() and {event.quarter <= then for event in known.events} == {True}
    for name in ("market_size", "ev_share", "brand_share", "supplier_share", "cell_cost", "drift_target"):
        assert (getattr(known, name) == getattr(whole, name)).all(), name


def test_a_scenario_that_extends_nothing_may_name_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('extends = "symmetric"\nname = "own"\nknown_until = "2027Q1"\n', "utf-8")
    assert load_scenario(path).history_quarters == load_scenario("symmetric").history_quarters

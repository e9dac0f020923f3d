"""``docs/odd.md`` describes the code as it is: what is left out, out of order, stale or no more is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.catalogue import odd_facts, odd_page
from experiments.catalogue.odd_facts import Facts, Phase, known_facts, named_by
from experiments.catalogue.odd_page import (
    blocks,
    by_hand,
    faults,
    main,
    of_rules,
    renewed,
    sections,
    submodels,
    symbols,
)
from model.parameters.checked import PARAMETERS

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "odd.md").read_text("utf-8")


@pytest.fixture(scope="module")
def facts() -> Facts:
    return known_facts()


def only(text: str, facts: Facts, *words: str) -> None:
    """Of faults beside stale parts there is one at least, and every one holds all the words."""
    found = [fault for fault in faults(text, facts) if "stale" not in fault]
    assert found and all(word in fault for fault in found for word in words), found


# --- the page as it is ----------------------------------------------------------------------------------------------


def test_the_page_describes_the_code(facts: Facts) -> None:
    assert faults(TEXT, facts) == [], f"mend docs/odd.md, then: {odd_page.COMMAND}"


def test_the_generated_parts_are_what_the_code_says(facts: Facts) -> None:
    assert renewed(TEXT, blocks(TEXT, facts)) == TEXT, f"write it anew: {odd_page.COMMAND}"


def test_facts_are_read_off_the_code(facts: Facts) -> None:
    files = {path.stem for path in (ROOT / "model" / "rules").glob("*.py")} - {"__init__"}
    assert set(facts.rules) == files and len(submodels(TEXT)) > len(files)
    assert facts.rules["ratification"].functions == (
        *("ratification_probability", "persistent_shock", "ratifies", "in_win_set"),
    )
    assert ("RETIREMENT", "0.02") in [row[:2] for row in facts.rules["standards"].constants]
    assert facts.phases[0] == Phase(
        "the world outside, and what was signed last quarter",
        "enter_into_force",
        "Treaties ratified last quarter enter into force (1.9).",
    )
    assert facts.readers["opening_hazard"] == {"unilateral"} and "standards" in facts.readers["charger_saving"]
    # By way of a local name, as one of a row, and as an array over blocs.
    assert "batteries" in facts.readers["supplier_substitution"] and "pricing" in facts.readers["alpha_eu"]
    assert facts.drawn_in["plant"] == ("model/phases/production.py",) and all(facts.drawn_in.values())
    assert not facts.unused, "rules that no run calls are benchmarks, and stand with the tests"


def test_source_is_read_as_it_runs() -> None:
    text = (
        "from model.rules import trust, welfare as w\n"
        "def f(self, p):\n"
        "    memory, other = p.trust_memory, 1.0\n"
        "    inner = trust.g(p.generosity)\n"
        "    return w.h(self.parameters.alpha[0], inner, level=np.log(memory)), elsewhere(p.false_alarm)\n"
    )
    assert odd_facts.readers_of([text]) == {
        **{name: {"welfare"} for name in ("alpha_cn", "alpha_us", "alpha_eu", "trust_memory")},
        "generosity": {"trust"},
    }
    rules = odd_facts.rules_of(
        '"""One. Two\nlines.\n\nMore."""\n#: A half.\nHALF: Final = 0.5\nROW: Final = (1, 2)\ndef f(): ...\n'
    )
    assert rules == ("One. Two lines.", ("f",), (("HALF", "0.5", "A half."), ("ROW", "1, 2", "A half.")))
    own = {"a": "def one(): return two()\ndef two(): ...\ndef three(): ...\n"}
    assert odd_facts.unused(own, ["from model.rules import a\na.one()\n"]) == {("a", "three")}


def test_names_with_a_star_stand_for_blocs_or_dyads() -> None:
    assert sorted(named_by("trust_good_*")) == ["trust_good_cn_eu", "trust_good_cn_us", "trust_good_us_eu"]
    assert named_by("generosity") == ["generosity"] and named_by("generosity_*") == named_by("no_such") == []


def test_sections_end_where_the_next_one_begins() -> None:
    text = "# A\na\n## 1. B\nb\n```text\n# no heading\n```\n### C\nc\n## D\n<!-- x:start -->\ngone\n<!-- x:end -->\nd\n"
    own = {section.title: section.body for section in sections(text)}
    assert list(own) == ["A", "1. B", "C", "D"] and "c" in own["1. B"] and "# no heading" in own["1. B"]
    assert own["C"] == "c" and "gone" not in by_hand(text) and own["D"].strip() == "d"


# --- each check can fail ----------------------------------------------------------------------------------------------


def test_a_planted_rule_is_found(facts: Facts) -> None:
    more = facts.rules["trust"]._replace(functions=(*facts.rules["trust"].functions, "forgive_all"))
    only(TEXT, facts._replace(rules={**facts.rules, "trust": more}), "forgive_all", "trust")
    new = {**facts.rules, "espionage": facts.rules["trust"]}
    only(TEXT, facts._replace(rules=new), "rules/espionage.py has 0 sections")
    less = {name: own for name, own in facts.rules.items() if name != "gestures"}
    only(TEXT, facts._replace(rules=less, readers={}), "7.27", "a file of rules that is none")
    number = facts.rules["trust"]._replace(constants=(("MAGIC", "7", ""),))
    only(TEXT, facts._replace(rules={**facts.rules, "trust": number}), "nothing is said of the number MAGIC")
    body = of_rules(TEXT, "trust")[0].body
    only(TEXT.replace(body, body.replace("*Source:*", "After")), facts, "rules/trust.py", "names no source")
    title = next(section.title for section in submodels(TEXT) if "rules/trust.py" in section.title)
    doubled = TEXT.replace("## 8. Mechanisms", f"### {title}\n\n## 8. Mechanisms")
    only(doubled, facts, "rules/trust.py has 2 sections")


def test_a_function_named_elsewhere_is_not_described(facts: Facts) -> None:
    body = of_rules(TEXT, "ratification")[0].body
    moved = TEXT.replace(body, body.replace("in_win_set", "win")).replace(
        "## Appendix A", "`in_win_set`\n\n## Appendix A"
    )
    only(moved, facts, "in_win_set", "rules/ratification.py")


def test_a_planted_parameter_is_found(facts: Facts) -> None:
    new = PARAMETERS["generosity"].model_copy(update={"name": "mercy"})
    planted = facts._replace(parameters={**facts.parameters, "mercy": new})
    only(TEXT, planted, "mercy", "named in no submodel")
    # Handed to a rule whose section does not name it.
    moved = {**facts.readers, "generosity": frozenset({"tension"})}
    only(TEXT, facts._replace(readers=moved), "generosity", "rules/tension.py")


def test_a_parameter_not_named_where_it_acts_is_found(facts: Facts) -> None:
    body = of_rules(TEXT, "trust")[0].body
    moved = TEXT.replace(body, body.replace("`trust_memory` (λ)", "λ")).replace(
        "### 7.9 Impact", "`trust_memory` (λ)\n\n### 7.9 Impact"
    )
    only(moved, facts, "trust_memory", "rules/trust.py")


def test_symbols_are_one_a_parameter_and_one_a_symbol(facts: Facts) -> None:
    only(TEXT.replace("`generosity` (g)", "`generosity`"), facts, "generosity has 0 symbols")
    only(TEXT.replace("### 7.9 Impact", "`generosity` (γ_2)\n\n### 7.9 Impact"), facts, "generosity has 2 symbols")
    only(TEXT.replace("`generosity` (g)", "`generosity` (λ)"), facts, "symbol λ stands for generosity and trust_memory")
    assert symbols(TEXT)["alpha_us"] == ["α"] and symbols(TEXT)["trust_good_cn_us"] == ["a_0"]


@pytest.mark.parametrize("row", [("dyad", "mood", "share", ""), ("dyad", "mood", "", "how they feel")])
def test_a_planted_column_is_found(facts: Facts, row: tuple[str, str, str, str]) -> None:
    only(TEXT, facts._replace(columns=(*facts.columns, row)), "column mood of dyad has no meaning or no unit")


def test_a_planted_table_is_found(facts: Facts) -> None:
    row = ("weather", "rain", "mm", "how wet the talks were")
    only(TEXT, facts._replace(columns=(*facts.columns, row)), "table weather of the record has no title")


def test_a_phase_left_out_or_out_of_order_is_found(facts: Facts) -> None:
    only(TEXT, facts._replace(phases=(*facts.phases, Phase("", "rest", "Sleep."))), "phase rest is not told of")
    only(TEXT, facts._replace(phases=facts.phases[:-1]), "phase record_quarter is told of and is none")
    two = facts.phases
    only(TEXT, facts._replace(phases=(two[1], two[0], *two[2:])), "phases are out of order")
    swapped = re.sub(r"(?m)^8\. `bargain`", "8. `ratify`", re.sub(r"(?m)^9\. `ratify`", "9. `bargain`", TEXT))
    only(swapped, facts, "phases are out of order")


def test_a_planted_stream_is_found(facts: Facts) -> None:
    new = {**facts.streams, "weather_shock": facts.streams["exit"]}
    planted = facts._replace(streams=new, drawn_in={**facts.drawn_in, "weather_shock": ()})
    only(TEXT, planted, "stream weather_shock is named in no process")


def test_a_planted_state_variable_is_found(facts: Facts) -> None:
    only(TEXT, facts._replace(state=(*facts.state, "grudge")), "state variable grudge has no row")
    only(TEXT, facts._replace(state=facts.state[1:]), "row quarter", "no state variable")


def test_a_missing_element_of_the_protocol_is_found(facts: Facts) -> None:
    only(TEXT.replace("### Collectives\n", ""), facts, "element 'Collectives'")
    moved = TEXT.replace("### Learning\n", "### X\n").replace("### Observation\n", "### Learning\n")
    only(moved.replace("### X\n", "### Observation\n"), facts, "elements of the protocol are out of order")


def test_names_that_are_no_more_are_found(facts: Facts) -> None:
    for name, word in (
        ("`old_parameter`", "not in the code"),
        ("`rules/old.py`", "no more"),
        ("`old_*`", "stands for no"),
    ):
        only(TEXT.replace("## 8. Mechanisms", f"{name}\n\n## 8. Mechanisms"), facts, name.strip("`"), word)


def test_a_stale_or_lost_part_is_found(facts: Facts) -> None:
    for name in blocks(TEXT, facts):
        start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
        inside = TEXT.partition(start)[2].partition(end)[0]
        found = faults(TEXT.replace(inside, f"{inside}More.\n\n"), facts)
        assert found == [f"generated part {name!r} is stale; write it anew: {odd_page.COMMAND}"]
        assert f"generated part {name!r} has no marks" in faults(TEXT.replace(end, ""), facts)
    only(TEXT + "<!-- more:start -->\n<!-- more:end -->\n", facts, "marks 'more'")
    # What the code says moves the parts.
    stream = facts.streams["exit"]
    other = {**facts.streams, "exit": type(stream)(stream.code, stream.law, stream.shape, "something else")}
    assert any("'streams' is stale" in fault for fault in faults(TEXT, facts._replace(streams=other)))


def test_the_command(
    facts: Facts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "odd.md"
    monkeypatch.setattr(odd_page, "PAGE", page)
    monkeypatch.setattr(odd_page, "known_facts", lambda: facts)
    stale = TEXT.replace("quarterly shock of latent tension", "something")
    page.write_text(stale, "utf-8")
    assert main(["--check"]) == 2 and "'streams' is stale" in capsys.readouterr().out
    assert page.read_text("utf-8") == stale
    assert main([]) == 0 and page.read_text("utf-8") == TEXT
    assert "describes the code" in capsys.readouterr().out
    assert main(["--write"]) == 2 and "allowed is --check" in capsys.readouterr().err

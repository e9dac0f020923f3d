"""What newcomers write that is no TOML, each told in words of ours: the line, what came, what to write."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from model import InputFault, load_scenario, no_file, parse_toml

ROOT = Path(__file__).parents[2]
#: Words of parsers, which say what they expected and not what was meant.
OF_PARSERS = re.compile(r"Illegal character|Invalid |Expected|Unclosed|Cannot |column \d|at end of document|Unescaped")


def fault_of(text: str) -> str:
    with pytest.raises(InputFault) as refused:
        parse_toml(text, "p.toml", "plan")
    (fault,) = refused.value.faults
    start = "'p.toml' is not TOML: "
    assert fault.startswith(start) and not OF_PARSERS.search(fault), fault
    return fault.removeprefix(start)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('a = 1\nx = "leaders\n', "line 2: the text that begins with '\"leaders' does not end; write \" behind it"),
        ("a = 1\nx = 'leaders\n", "line 2: the text that begins with \"'leaders\" does not end; write ' behind it"),
        ('x = ["a, "b"]', "line 1: the text that begins with '\"]' does not end; write \" behind it"),
        ('x = """a\nb\n', "line 1: the text that begins with '\"\"\"a' does not end; write \"\"\" behind it"),
        ("x = [False, True]", "line 1: False is no value; write false"),
        ("x = [false, True]", "line 1: True is no value; write true"),
        ("x = yes", "line 1: yes is no value; write true"),
        ("x = None # none", "line 1: None is no value; leave the key out, or write a value"),
        ("x = [0.1, NaN]", "line 1: NaN is no value; write a finite number"),
        ("title = Hello there", 'line 1: Hello there is no value; text stands in quotes: write "Hello there"'),
        ("[a]\nx = 1\ny = 2\nx = 3", "line 4: x stands here a second time, first in line 2; keep one of the two"),
        ("[a]\nx = 1\n[a]\ny = 3", "line 3: [a] stands here a second time, first in line 1; keep one of the two"),
        ("[a.b]\nx = 1\n[a]\nb = 3", "line 4: b is given already, in another way; keep one of the two"),
        ("x =", "line 1: nothing stands behind the = of 'x ='; a value is a number, true or false"),
        ("x = # 3", "line 1: nothing stands behind the = of 'x = # 3'"),
        ("x = = 1", "line 1: 'x = = 1' has a second =; leave one out"),
        ("x = .5", "line 1: .5 is no number as TOML writes it; write 0.5"),
        ("x = 5.", "line 1: 5. is no number as TOML writes it; write 5.0"),
        ("x = [1, 04]", "line 1: 04 is no number as TOML writes it; write 4"),
        ("x = [10%, 20%]", "line 1: 10% is no number as TOML writes it; rates are fractions: write 0.1"),
        ("x = [0.1 0.2]", "line 1: a , is missing before '0.2]'; values of a list are parted by commas"),
        ("a = 1\nx = [0.1, 0.2\n", "line 2: the [ of 'x = [0.1, 0.2' has no ]; write ] behind the last value"),
        ("x = { a = 1", "line 1: the { of 'x = { a = 1' has no }; write } behind the last value"),
        ("[factors.a\nx = 1", "line 1: '[factors.a' has 1 [ and 0 ]; write as many of both"),
        ("[[points]\nx = 1", "line 1: '[[points]' has 2 [ and 1 ]; write as many of both"),
        ("levels [0.1, 0.2]", "line 1: 'levels [0.1, 0.2]' has no =; a line is a key, = and a value, or a [table]"),
        ("[a]\nlevels: [0.1, 0.2]", "line 2: 'levels: [0.1, 0.2]' has a : behind levels; write = there"),
        ('my title = "t"', "line 1: the key my title has a blank in it; write _ there, or the key in quotes"),
        ("x = 0.5;", "line 1: ';' stands behind a value; leave it out"),
        ("x = 0.5 y = true", "line 1: 'y = true' stands behind a value; begin a new line there, or put # before it"),
        ('x = "C:\\Users\\me"', 'line 1: "C:\\Users\\me" has a \\, which changes what follows it; write / or \\\\'),
        ("[a] b", "line 1: '[a] b' cannot be read; a line is a key, = and a value, or a [table]; a value is"),
    ],
    ids=range(32),
)  # fmt: skip
def test_what_is_no_toml_is_told_in_words(text: str, says: str) -> None:
    assert fault_of(text).startswith(says)


def test_no_slip_is_answered_in_the_words_of_a_parser() -> None:
    """A shipped plan with some characters taken out, put in or changed: a sound table, or one line of ours."""
    source = (ROOT / "experiments" / "plans" / "trade.toml").read_text("utf-8") + '\nm = { a = """\nb""" }\n'
    rng, refused = random.Random(1), 0
    for _ in range(1500):
        text = list(source)
        for _ in range(rng.choice((1, 2, 3))):
            place, sign = rng.randrange(len(text)), rng.choice(["", *"\"'[]{}=,:#\n.%\\x0 -"])
            text[place] = sign + (text[place] if rng.random() < 0.3 else "")
        try:
            parse_toml("".join(text), "p.toml", "plan")
        except InputFault as fault:
            refused += 1
            (line,) = fault.faults
            assert not OF_PARSERS.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", line)) and re.search(r"line \d+", line), line
    assert refused > 300


# --- files that are not there ----------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_told_as_that(tmp_path: Path) -> None:
    tmp_path /= "a folder with so long a name that a value of as many letters would be cut off"
    tmp_path.mkdir()
    (tmp_path / "first.toml").write_text("x = 1", "utf-8")
    (tmp_path / "trade-2.toml").write_text("x = 1", "utf-8")
    for name, hint in (("frist.toml", "first"), ("trade2.toml", "trade-2"), ("mechanism.toml", "mechanisms")):
        said = no_file(tmp_path / name, ("mechanisms", "trade"), "plan")
        assert said.endswith(f"{name}': there is no such file; nearest known name: '{hint}'"), said
    said = no_file(tmp_path / "nothere.toml", ("mechanisms", "trade"), "plan")
    assert "nearest" not in said
    assert said.endswith("write the path of a file that is there, or the name of a shipped plan: mechanisms, trade")
    assert "there is no such file" in no_file(tmp_path / "no" / "folder.toml", (), "plan")


def test_a_scenario_that_is_a_path_is_a_file() -> None:
    for name, hint in (
        ("nothere.toml", "write the path"),
        ("./2026.toml", "'2026'"),
        ("canada-2062.toml", "'canada-2026'"),
    ):
        with pytest.raises(InputFault, match=f"'{re.escape(name)}': there is no such file; .*{hint}"):
            load_scenario(name)


# --- numbers that are none, and pairs the other way round -----------------------------------------------------------


def own(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "own.toml"
    path.write_text(f'extends = "2026"\n{text}\n', "utf-8")
    with pytest.raises(InputFault) as refused:
        load_scenario(path)
    return refused.value.faults


@pytest.mark.parametrize("came", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_is_one_fault(came: str, tmp_path: Path) -> None:
    (fault,) = own(tmp_path, f"[parameters]\ndialogue_ceiling = {came}")
    assert f"dialogue_ceiling = {came}: allowed is a number from 0 to 1" in fault and "write a finite number" in fault


def test_a_pair_the_other_way_round_is_the_pair(tmp_path: Path) -> None:
    faults = own(tmp_path, "[dyad.EU-CN]\ndialogue = { value = 0.4, assumed = 'to see' }")
    assert any("'EU-CN' is not known" in fault and fault.endswith("nearest known name: 'CN-EU'") for fault in faults)


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("1e308", "base = 1e+308 (a number with decimals): allowed is a number of at most 5; correct it"),
        ("-0.1", "base = -0.1 (a number with decimals): allowed is a number of at least 0; correct it"),
        ("'x'", "base = 'x'"),
        ("80", "base = 80"),
    ],
)
def test_limits_are_told_in_words_of_ours(base: str, says: str, tmp_path: Path) -> None:
    faults = own(tmp_path, f"[duties]\nassumed = 'to see'\n[duties.ev]\n\"CN<US\" = {{ base = {base} }}")
    assert any(says in fault for fault in faults), faults
    assert not any("input" in fault or "should be" in fault for fault in faults), faults

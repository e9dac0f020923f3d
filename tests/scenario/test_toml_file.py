"""TOML as editors write it: byte order marks, other encodings, decimal commas."""

from __future__ import annotations

from pathlib import Path

import pytest

from model import InputFault, load_scenario, parse_toml, read_toml

ROOT = Path(__file__).parents[2]


def faults_of(text: str) -> str:
    with pytest.raises(InputFault) as refused:
        parse_toml(text, "p.toml", "plan")
    (fault,) = refused.value.faults
    return fault


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfx = 1\r\n")
    assert read_toml(path, "plan") == ("x = 1\r\n", {"x": 1})
    source = ROOT / "seeds" / "scenarios" / "symmetric.toml"
    (tmp_path / "own.toml").write_bytes(b"\xef\xbb\xbf" + source.read_bytes())
    assert load_scenario(tmp_path / "own.toml").n_quarters == load_scenario("symmetric").n_quarters


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("x = 1".encode("utf-16"), "UTF-16; save it as UTF-8"),
        ('a = 1\nx = "Straße"'.encode("cp1252"), "(line 2); save it as UTF-8"),
    ],
)
def test_other_encodings_are_named(data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(data)
    with pytest.raises(InputFault, match=says.replace("(", r"\(").replace(")", r"\)")):
        read_toml(tmp_path / "x.toml", "plan")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n\nx = 0,5\n", "'p.toml', line 3: 0,5 has a decimal comma; write 0.5"),
        ("t = { x = -0,25 }", "line 1: -0,25 has a decimal comma; write -0.25"),
        ("a = 1\nlevels = [0,5, 1,0]", "line 2: [0,5, 1,0] has decimal commas; write [0.5, 1.0]"),
        ("x = [[1,5, 2], [3, 4]]", "write [1.5, 2]"),
    ],
)
def test_decimal_commas_are_named_with_their_line(text: str, says: str) -> None:
    assert says in faults_of(text)


@pytest.mark.parametrize(
    "text",
    ["x = [1,2,3]", "x = [1, 2, 3]", 'x = "[0,5, 1,0]"', "y = 1 # [0,5, 1,0]", "x = [1,2,\n  3,4]",
     'x = """\n[0,5, 1,0]\n"""', "x = '''[1,2, 3]'''", 'x = ["0,5", "1,0"]', "x = [1,2, 'a']"],
)  # fmt: skip
def test_other_commas_are_none(text: str) -> None:
    assert parse_toml(text, "p.toml", "plan")[0] == text


def test_what_is_no_comma_is_told_as_before() -> None:
    assert faults_of("x = = 1").startswith("'p.toml' is not TOML: ")

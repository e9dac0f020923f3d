"""TOML as editors write it: byte order marks, other encodings, decimal commas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.arrangements.design_plan import load_design
from experiments.classroom.lesson_file import read_lesson
from experiments.design.plan_file import load_plan
from model import InputFault, load_scenario, parse_toml, read_toml
from model.scenario.toml_file import FILES

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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = 1\nx = \u201ct\u201d\n", "line 2: '\\u201c' is a quotation mark of print; write \""),
        ("x\u00a0= 1\n", "line 1: '\\xa0' is a blank of print; write a blank"),
        ("x = [\u22121, 0.1]\n", "line 1: '\\u2212' is a dash of print; write -"),
        ("x = \u20130.5\n", "line 1: '\\u2013' is a dash of print; write -"),
        ("x = [1\uff0c 2]\n", "line 1: '\\uff0c' is a sign of Chinese print; write it as in English"),
        ("x = 1\ry = 2\r", "line 1: '\\r' is an end of a line that no editor of today writes; save the file with"),
        ("n = 1,000\n", "line 1: 1,000 has a comma; write 1000, or 1.000 if that is meant"),
        ("n = 1,000,000 # many\n", "line 1: 1,000,000 has a comma; write 1000000"),
    ],
)
def test_signs_of_print_are_named(text: str, says: str) -> None:
    assert says in faults_of(text)


@pytest.mark.parametrize("sign", "\u201c\u2212\u00a0\uff0c")
def test_signs_of_print_are_welcome_in_texts(sign: str) -> None:
    assert parse_toml(f"# {sign}\nx = '{sign}'\n", "p.toml", "plan")[1] == {"x": sign}


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 301, "0x" + "f" * 4000, "0." + "0" * 5000 + "1"])
def test_a_number_without_end_is_refused_in_our_words(number: str) -> None:
    assert faults_of(f"a = 1\nx = {number}\n") == "'p.toml', line 2: a number has more than 300 digits"
    assert parse_toml(f"x = '{number}' # {number}\n", "p.toml", "plan")[1] == {"x": number}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-be"])
def test_encodings_without_a_mark_are_seen_by_their_zeros(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes("x = 1\n".encode(encoding))
    with pytest.raises(InputFault, match="zero bytes, so it is no text in UTF-8; save it as UTF-8"):
        read_toml(tmp_path / "x.toml", "plan")


def test_a_folder_that_is_named_like_a_file_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "own.toml").mkdir()
    with pytest.raises(InputFault, match=r"own\.toml' is a folder; write the path of a file"):
        load_scenario(tmp_path / "own.toml")


PLAN = 'title = "t"\nquestion = "q"\nscenario = "2026"\n[factors.generosity]\nlevels = [0, 1]\n'
LESSON = '[words.en]\ntitle = "t"\nquestion = "q"\n'
KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "scenario": (load_scenario, 'extends = "2026"\nname = "own"\n'),
    "plan": (load_plan, PLAN),
    "plan to design with": (load_design, PLAN.replace("factors", "levers")),
    "lesson": (read_lesson, LESSON),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wanted", KINDS)
def test_a_file_of_another_kind_is_called_what_it_is(wanted: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(KINDS[kind][1], encoding="utf-8")
    if wanted == kind:
        assert read_toml(path, "plan", kind)[0] == KINDS[kind][1]
        return
    with pytest.raises(InputFault) as refused:
        KINDS[wanted][0](path)
    (fault,) = refused.value.faults
    assert fault == f"'{path}' is a {kind}, and no {wanted}; give it to: detente {FILES[kind][1]} {path}"

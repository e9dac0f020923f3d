"""Who negotiates in a scenario: what is refused, each in one clear line, and what a file of one's own can say."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from made import CODES, scenario_file, scenario_text

from model.faults import InputFault
from model.scenario.governments import parties_of
from model.scenario.scenario import load_scenario

TWO = {"blocs": ["CN", "US"]}
ODD: dict[str, tuple[dict[str, Any], str]] = {
    "one": ({"blocs": ["CN"]}, "blocs = ['CN']: 1 came; allowed are 2 to 6 governments"),
    "seven": ({"blocs": ["CN", "US", "EU", "JP", "KR", "CA", "MX"]}, "7 came; allowed are 2 to 6 governments"),
    "none": ({"blocs": []}, "blocs = []: 0 came"),
    "a text": ({"blocs": "CN, US"}, "allowed is a list of codes"),
    "numbers": ({"blocs": [1, 2]}, "allowed is a list of codes"),
    "twice": ({"blocs": ["CN", "US", "CN"]}, "blocs: CN stands there more than once; leave the others out"),
    "small letters": ({"blocs": ["cn", "US"]}, "blocs: 'cn' is no code; write two to four capitals or digits"),
    "a whole name": ({"blocs": ["CN", "Japan"]}, "blocs: 'Japan' is no code"),
    "a sign": ({"blocs": ["CN", "U-S"]}, "blocs: 'U-S' is no code"),
    "unnamed": ({"blocs": ["CN", "JP"]}, "names.JP is missing; say what it is called"),
    "an empty name": ({"blocs": ["CN", "JP"], "names": {"JP": " "}}, "names.JP = ' ': allowed is a name of 1 to 40"),
    "a name of nobody": ({"names": {"JP": "Japan"}}, "names: 'JP' is none of CN, US, EU"),
    "one name for two": ({"blocs": ["CN", "JP"], "names": {"JP": "China"}}, "names: two are called 'China'"),
    "names in a list": ({"names": ["China"]}, "allowed is a table"),
    "a matrix of numbers": ({"talks": [[0, 1], [1, 0]]}, "allowed is a row a bloc"),
    "laws in a list": ({"laws": ["executive_duties"]}, "allowed is a list a bloc"),
    "a law of nobody": ({**TWO, "laws": {"JP": ["fleet_standard"]}}, "laws: 'JP' is none of CN, US"),
    "an unknown law": ({**TWO, "laws": {"US": ["fleet_standards"]}}, "nearest known name: 'fleet_standard'"),
    "one law of two": (
        {**TWO, "laws": {"CN": ["content_credit"], "US": ["content_credit"]}},
        "laws: CN and US have content_credit; one government can",
    ),
    "a missing row": (
        {"talks": {"CN": ["US"], "US": ["CN"]}},
        'talks.EU is missing; a row a bloc says whom it talks with: EU = ["CN", "US"] for all',
    ),
    "a row of nobody": ({**TWO, "talks": {"CN": ["US"], "US": ["CN"], "JP": []}}, "talks: 'JP' is none of CN, US"),
    "with itself": ({**TWO, "talks": {"CN": ["US", "CN"], "US": ["CN"]}}, "talks.CN: 'CN' is none of US"),
    "one way": (
        {**TWO, "talks": {"CN": ["US"], "US": []}},
        "talks: CN talks with US and US not with CN; write both or neither",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_each_slip_is_one_clear_line(kind: str) -> None:
    raw, says = ODD[kind]
    with pytest.raises(InputFault) as caught:
        parties_of(raw, "scenario made")
    (fault,) = caught.value.faults
    assert says in fault and "\n" not in fault


def test_a_file_with_a_slip_tells_of_nothing_else(tmp_path: Path) -> None:
    path = Path(scenario_file(tmp_path, CODES[:4]))
    text = path.read_text(encoding="utf-8").replace(
        'blocs = ["CN", "US", "EU", "JP"]', 'blocs = ["CN", "US", "CN", "JP"]'
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(path)
    assert len(caught.value.faults) == 1


def slip(text: str, order: tuple[str, ...], kind: str, dice: random.Random) -> tuple[str, str]:
    """A scenario of these governments with one slip, and what is said of it."""
    listed = "blocs = [" + ", ".join(f'"{code}"' for code in order) + "]"
    one, other = dice.sample(order, 2)
    more = ", ".join(f'"{code}"' for code in (*CODES, "MX"))
    rows = ", ".join(f"{code} = {[a for a in order if a != code]}" for code in order if code != one)
    before, after, said = {
        "one": (listed, f'blocs = ["{one}"]', "1 came; allowed are 2 to 6"),
        "seven": (listed, f"blocs = [{more}]", "7 came; allowed are 2 to 6"),
        "twice": (listed, listed.replace(f'"{other}"', f'"{one}"'), f"{one} stands there more than once"),
        "unnamed": (listed, listed.replace("]", ', "XY"]'), "names.XY is missing"),
        "a missing row": (listed, f"{listed}\ntalks = {{ {rows} }}", f"talks.{one} is missing"),
    }[kind]
    assert text.count(before) == 1
    return text.replace(before, after), said


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["one", "seven", "twice", "unnamed", "a missing row"])
def test_whatever_the_file_a_slip_is_one_clear_line(kind: str, seed: int, tmp_path: Path) -> None:
    dice = random.Random(f"{kind} {seed}")
    order = tuple(dice.sample(CODES, dice.randint(2, 5)))
    text, said = slip(scenario_text(order), order, kind, dice)
    path = tmp_path / "made.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(path)
    (fault,) = caught.value.faults
    assert said in fault and "\n" not in fault and str(caught.value).startswith("scenario made: 1 fault")


def test_what_an_added_government_lacks_is_told_in_few_lines_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "more.toml"
    path.write_text(
        'extends = "four-2026"\nname = "more"\ntitle = "T"\ncalibrate = true\n'
        'blocs = ["CN", "US", "EU", "KR", "MX"]\nnames = { MX = "Mexico" }\n',
        encoding="utf-8",
    )
    with pytest.raises(InputFault) as caught:
        load_scenario(path)
    faults = caught.value.faults
    assert [fault.partition(".")[0] for fault in faults] == [
        "parameters", "parameters", "market", "cost", "cost", "duties", "charging", "industry", "zev", "dyad",
    ]  # fmt: skip
    assert faults[2].startswith("market.size, market.ev_share, market.drift.target, market.kwh, market.stock: 4 came")
    assert faults[-1] == "dyad.CN-MX, dyad.US-MX, dyad.EU-MX, dyad.KR-MX: missing; add them"
    assert all(f"{stem}.MX" in faults[0] for stem in ("alpha", "carbon_price")) and "trust_good.KR-MX" in faults[1]


def test_by_default_the_three_talk_with_each_other() -> None:
    parties = parties_of({}, "scenario made")
    assert parties.blocs == ("CN", "US", "EU") and parties.all_talk
    assert list(parties.names.values()) == ["China", "United States", "European Union"]


MISSING = {
    "a number in a list": (
        "size = [4, 4.28, 4.56, 4.84]", "size = [4, 4.28, 4.56]",
        "market.size = [4, 4.28, 4.56]: 3 came; allowed are 4, one for each bloc in the order China, US, EU, Japan",
    ),
    "a duty": ('"CN<JP" = { mfn = 0.1,', '"XX<JP" = { mfn = 0.1,', "duties.ev.XX<JP: 'XX<JP' is not known"),
    "a dyad": ("[dyad.EU-JP]", "[dyad.JP-EU]", "dyad.JP-EU: 'JP-EU' is not known"),
    "a price response": (
        '"alpha.JP" = 0.10285\n', "",
        'parameters.alpha.JP is missing: it has no default; write "alpha.JP" = ...',
    ),
    "a prior": ('"trust_good.US-JP" = 2.56\n', "", "parameters.trust_good.US-JP is missing"),
    "somebody else's": (
        '"alpha.JP" = 0.10285\n', '"alpha.JP" = 0.10285\n"alpha.KR" = 0.1\n',
        "parameters.alpha.KR: KR is not among the governments, CN, US, EU, JP",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", MISSING)
def test_what_a_fourth_government_lacks_is_told(what: str, tmp_path: Path) -> None:
    before, after, says = MISSING[what]
    path = Path(scenario_file(tmp_path, CODES[:4]))
    text = path.read_text(encoding="utf-8")
    assert text.count(before) >= 1
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(path)
    assert any(says in fault for fault in caught.value.faults), caught.value.faults


def extending(tmp_path: Path, base: int, own: int) -> Path:
    below = Path(scenario_file(tmp_path, CODES[:base]))
    text = Path(scenario_file(tmp_path, CODES[:own])).read_text(encoding="utf-8")
    path = tmp_path / "extends.toml"
    path.write_text(f'extends = "{below.name}"\n{text}', encoding="utf-8")
    return path


def test_more_governments_than_in_what_is_extended_need_a_calibration_of_their_own(tmp_path: Path) -> None:
    path = extending(tmp_path, 3, 4)
    with pytest.raises(InputFault, match="whose governments are CN, US, EU; write calibrate = true"):
        load_scenario(path)
    path.write_text("calibrate = true\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_scenario(path).parties.blocs == CODES[:4]


def test_fewer_governments_than_in_what_is_extended_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        load_scenario(extending(tmp_path, 3, 2))
    (fault,) = caught.value.faults
    assert "extends CN-US-EU and leaves out EU" in fault and "without extends" in fault


def test_too_few_governments_are_told_before_anything_is_written_whole(tmp_path: Path) -> None:
    path = extending(tmp_path, 3, 2)
    path.write_text(path.read_text("utf-8").replace('blocs = ["CN", "US"]', 'blocs = ["CN"]'), "utf-8")
    with pytest.raises(InputFault) as caught:
        load_scenario(path)
    assert "1 came; allowed are 2 to 6" in caught.value.faults[0]

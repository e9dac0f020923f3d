"""Tactics, acceptance rules and stances: what comes with the project, the registry, and files of one's own."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import equality
import numpy as np
import pytest

from model import Ensemble
from model.choices import plugins
from model.choices.plugins import Conduct, Moment, PluginFault
from model.choices.tactic_file import TacticFile, load_tactics, stand_in, unload
from model.choices.tactics import (
    ACCEPTANCES,
    NOTHING_OFFERED,
    STANCES,
    TACTICS,
    acceptance_of,
    share_offered,
    stance_of,
)
from model.choices.tactics import tactic_of as chosen
from model.faults import InputFault
from model.negotiation import NegotiationModel
from model.parameters.checked import PARAMETERS, make_parameters
from model.rules import bargaining, trust

OWN = Path(__file__).parents[1] / "data" / "tactics" / "patient.py"


@pytest.fixture
def patient() -> Iterator[TacticFile]:
    file = load_tactics(OWN)
    yield file
    unload(file)


def moment(**fields: Any) -> Moment:
    usual = {
        "time": 0.5, "exponent": 0.5, "offered": 0.0, "trust": 0.6, "tension": 0.4, "dialogue": 0.4, "renewing": 0.0,
        "reservation": 1.0, "best": 5.0,
    }  # fmt: skip
    return Moment(**{**usual, **fields})


def file_of(folder: Path, text: str, name: str = "own.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- what comes with the project ------------------------------------------------------------------------------------


def test_names_are_the_choices_of_the_parameters() -> None:
    for seat in ("cn", "us", "eu"):
        assert PARAMETERS[f"tactic_{seat}"].choices == TACTICS == ("polynomial", "exponential", "hard_line", "matching")
        assert PARAMETERS[f"acceptance_{seat}"].choices == ACCEPTANCES == ("aspiration", "any_gain", "deadline")
    assert PARAMETERS["retaliation_rule"].choices == STANCES == trust.STANCES


def test_default_tactic_is_the_rule_of_the_theory_to_the_last_bit() -> None:
    time = np.linspace(0.0, 1.0, 33)
    for exponent in (0.1, 0.5, 1.0, 4.0):
        share = chosen("polynomial")(moment(time=time, exponent=exponent))
        assert np.array_equal(share, bargaining.concession_share(time, exponent))


@pytest.mark.parametrize("name", TACTICS)
def test_every_tactic_concedes_a_share_and_never_takes_it_back(name: str) -> None:
    for exponent in (0.1, 1.0, 4.0):
        share = chosen(name)(moment(time=np.linspace(0.0, 1.0, 50), exponent=exponent, offered=np.full(50, 0.3)))
        assert np.all((share >= 0.0) & (share <= 1.0)) and np.all(np.diff(share) >= 0.0)
    assert chosen("hard_line")(moment(time=1.0)) == 0.0
    assert chosen("matching")(moment(offered=0.7)) == 0.7
    assert chosen("exponential")(moment(time=1.0)) == 1.0


def test_acceptance_rules() -> None:
    late = moment(time=0.95)
    assert acceptance_of("aspiration")(3.0, 3.0, late) and not acceptance_of("aspiration")(2.9, 3.0, late)
    assert acceptance_of("any_gain")(1.0, 3.0, moment()) and not acceptance_of("any_gain")(0.9, 3.0, late)
    assert acceptance_of("deadline")(1.5, 3.0, late) and not acceptance_of("deadline")(1.5, 3.0, moment())
    assert not acceptance_of("deadline")(0.9, 3.0, late)


def test_stances_are_those_of_rules_trust() -> None:
    generator = np.random.default_rng(3)
    z, seen, left, u = (generator.integers(0, 2, 40) * 1.0, *generator.random((3, 40)))
    for code, name in enumerate(STANCES):
        answer, horizon = stance_of(name, 8.0)
        level, owed = answer(Conduct(z, seen, left, u, 1.0 - z, 0.3, 0.8, 8.0))
        same = trust.next_honoured_level(code, z, u, 0.3, 0.8, seen, left, 8.0, 1.0 - z)
        assert np.array_equal(level, same[0]) and np.array_equal(owed, same[1])
        assert horizon == {"tit_for_tat": 1.0, "contrite": 1.0, "grim": np.inf}.get(name, 8.0)


def test_share_offered() -> None:
    assert share_offered(NOTHING_OFFERED, 1.0, 5.0) == 0.0 and share_offered(3.0, 1.0, 5.0) == 0.5
    assert share_offered(9.0, 1.0, 5.0) == 1.0 and share_offered(9.0, 1.0, 1.0) == 0.0


def test_tactics_do_what_they_say_in_a_run() -> None:
    """A side that never comes down signs less; one that takes any gain signs more."""

    def signed(**settings: Any) -> int:
        return int(Ensemble("2026", 5, 8, parameters=settings).run().summary()["n_treaties"].sum())

    everywhere = ("cn", "us", "eu")
    usual = signed()
    assert signed(**{f"tactic_{b}": "hard_line" for b in everywhere}) < usual
    assert signed(**{f"acceptance_{b}": "any_gain" for b in everywhere}) > usual


# --- the registry ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "says"), [("Patient", "small letters"), ("", "small letters"), ("../x", "small letters"),
                       ("polynomial", "there already"), (7, "small letters")],
)  # fmt: skip
def test_a_name_that_cannot_be_is_refused(name: Any, says: str) -> None:
    with pytest.raises(PluginFault, match=says):
        plugins.tactic(name)(lambda m: m.time)


def test_a_failing_registration_leaves_nothing() -> None:
    with pytest.raises(RuntimeError), plugins.registering("somewhere"):
        plugins.tactic("half_done")(lambda m: m.time)
        raise RuntimeError
    assert "half_done" not in plugins.names("tactic")


# --- a file of one's own --------------------------------------------------------------------------------------------


def test_names_of_a_file_can_be_chosen_while_it_is_loaded(patient: TacticFile) -> None:
    assert patient.names == {"tactic": ("patient",), "acceptance": ("eager",), "stance": ("warn_once",)}
    assert load_tactics(OWN) is patient  # the same text again: nothing to do
    parameters = make_parameters({"tactic_us": "patient", "retaliation_rule": "warn_once"})
    assert parameters.changes() == {"retaliation_rule": "warn_once", "tactic_us": "patient"}
    assert hash(parameters) == hash(pickle.loads(pickle.dumps(parameters)))
    assert "patient" in PARAMETERS["tactic_us"].allowed and PARAMETERS["tactic_us"].choices == TACTICS
    unload(patient)
    with pytest.raises(InputFault, match="needs --tactics FILE"):
        make_parameters({"tactic_us": "patient"})


@pytest.mark.parametrize("scenario", ["2026", "symmetric"])
def test_both_worlds_agree_under_a_file_of_tactics(scenario: str, patient: TacticFile) -> None:
    change = {
        "tactic_cn": "patient", "tactic_eu": "matching", "acceptance_us": "eager", "acceptance_eu": "deadline",
        "retaliation_rule": "warn_once",
    }  # fmt: skip
    assert equality.faults(scenario, range(2), change) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "registers nothing"),
        ("x = 1\ny = 1 / 0\n", "ZeroDivisionError: division by zero (line 2)"),
        ("def f(:\n", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("from model import tactic\n@tactic('a b')\ndef f(m):\n    return m.time\n", "small letters"),
        ("from model import tactic\n@tactic('polynomial')\ndef f(m):\n    return m.time\n", "there already"),
        ("from model import stance\n@stance('x', horizon=-1)\ndef f(c):\n    return 1.0, 0.0\n", "horizon"),
        ("import nowhere_at_all\n", "ModuleNotFoundError"),
        ("#" * 300_000, "bytes: allowed"),
        ("x = '\0'\n", "cannot be loaded"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    before = plugins.registered()
    with pytest.raises(InputFault) as caught:
        load_tactics(file_of(tmp_path, text))
    (fault,) = caught.value.faults
    assert says in fault and "\n" not in fault
    assert plugins.registered() == before


def test_a_file_that_is_not_there_or_no_text_or_changed(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="cannot be read"):
        load_tactics(tmp_path / "none.py")
    (tmp_path / "raw.py").write_bytes(b"\xff\xfe")
    with pytest.raises(InputFault, match="UTF-8"):
        load_tactics(tmp_path / "raw.py")
    with pytest.raises(InputFault, match="has changed"):
        load_tactics(OWN, "0" * 64)


BAD = {
    "np.nan * moment.time": "not finite",
    "2.0 + moment.time": "gave 2.*allowed is 0 to 1",
    "-0.5": "gave -0.5",
    "'late'": "allowed are numbers|one number for each",
    "None": "numbers",
    "[0.1, 0.2, 0.3]": "array of shape|one number for each",
    "moment.nothing": "AttributeError",
    "1 / 0": "ZeroDivisionError",
    "exit(4)": "failed: SystemExit: 4",
}


@pytest.mark.parametrize("returned", BAD)
def test_what_breaks_the_contract_ends_the_run_with_a_sentence(tmp_path: Path, returned: str) -> None:
    text = f"import numpy as np\nfrom model import tactic\n@tactic('bad')\ndef bad(moment):\n    return {returned}\n"
    file = load_tactics(file_of(tmp_path, text))
    try:
        with pytest.raises(InputFault, match=f"tactic 'bad'.*({BAD[returned]})"):
            NegotiationModel("symmetric", 1, 0, narrate=False, tactic_cn="bad").run()
    finally:
        unload(file)


def test_acceptances_and_stances_have_contracts_too(tmp_path: Path) -> None:
    text = """
from model import acceptance, stance
@acceptance('bad')
def bad(worth, hope, moment):
    return worth - hope
@stance('bad')
def worse(conduct):
    return conduct.signal
"""
    file = load_tactics(file_of(tmp_path, text))
    try:
        with pytest.raises(InputFault, match="allowed are truth values"):
            acceptance_of("bad")(1.0, 2.0, moment())
        with pytest.raises(InputFault, match="allowed is a pair"):
            stance_of("bad", 8.0)[0](Conduct(1.0, 1.0, 0.0, 0.5, 1.0, 0.3, 0.8, 8.0))
    finally:
        unload(file)


def test_a_stand_in_can_be_named_and_not_played() -> None:
    stand_in({"tactic": ["unheard_of", "Not a name"], "nonsense": ["x"]})
    try:
        assert make_parameters({"tactic_us": "unheard_of"}).tactic_us == "unheard_of"
        with pytest.raises(InputFault, match="--tactics FILE"):
            chosen("unheard_of")(moment())
        assert "Not a name" not in plugins.names("tactic")
    finally:
        plugins.forget("absent")


def test_what_results_say_of_a_file_has_no_folder(patient: TacticFile) -> None:
    told = patient.told()
    assert told["file"] == "patient.py" and len(told["sha256"]) == 64
    assert dataclasses.asdict(patient)["path"].endswith("patient.py")

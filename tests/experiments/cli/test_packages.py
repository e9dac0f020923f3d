"""``detente package``: numbers of packages in words, and numbers that there are not."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from experiments.cli.main import app
from experiments.cli.packages import in_words
from model import NegotiationModel, package_terms


def called(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["package", *words])
    return result.exit_code, " ".join(result.stdout.split()), " ".join(result.stderr.split())


def test_a_package_in_words_holds_what_its_terms_hold() -> None:
    model = NegotiationModel(scenario="2026", narrate=False)
    for number in (1, 181, 319):
        terms = package_terms(model, "CN-EU", number)
        code, told, _ = called("CN-EU", str(number))
        assert code == 0 and told.startswith(f"Package {number} of CN-EU, scenario 2026:")
        assert ("common charging" in told) == terms["charging"]
        assert ("technology cooperation" in told) == terms["technology"]
        for line, (own, partner) in zip(in_words(terms), (("CN", "EU"), ("EU", "CN")), strict=False):
            assert line.startswith(f"{own}: ") and (f"recognises {partner}'s" in line) == terms[own]["recognition"]
            assert ("assures supply" in line) == terms[own]["supply"]
            if terms[own]["duty"] != "unbound":
                assert f"at {100 * terms[own]['duty_ev']:.0f} % ({terms[own]['duty']})" in line


def test_no_treaty_is_said() -> None:
    assert called("CN-US", "0")[1] == "Package 0 of CN-US, scenario 2026: no treaty"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("CN-UE", "1"), "'CN-UE' is no dyad"),
        (("CN-EU", "100000"), "100000 is no package; the menu of CN-EU has the whole numbers 0"),
        (("CN-EU", "1", "2062"), "2062"),
        (("CN-EU", "1", "--set", "generosty=1"), "'generosity'"),
    ],
)
def test_what_there_is_not_is_refused(words: tuple[str, ...], says: str) -> None:
    code, _, said = called(*words)
    assert code == 2 and says in said and "Traceback" not in said

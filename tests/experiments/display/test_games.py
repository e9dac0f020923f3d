"""Games are told in words, for the side that is in them."""

from __future__ import annotations

from experiments.display.games import A_GAME, FAMILIES, meaning_of
from experiments.display.glossary import GLOSSARY
from model.rules.games import FAMILY_RANKINGS


def test_every_family_of_the_model_has_its_words() -> None:
    assert set(FAMILY_RANKINGS.values()) <= set(FAMILIES)
    assert {f"{name}{A_GAME}" for name in FAMILIES} <= {term.name for term in GLOSSARY}


def test_what_is_the_wrong_way_round_says_so() -> None:
    plain = meaning_of("Stag Hunt")
    assert plain == FAMILIES["Stag Hunt"]
    assert meaning_of("reversed: Stag Hunt") == f"with giving and withholding exchanged, {plain}"


def test_nothing_is_said_of_what_is_no_game() -> None:
    assert meaning_of("Solitaire") == meaning_of("reversed: Solitaire") == ""

"""What holds for the tests of seats: one short game is played once."""

from __future__ import annotations

import pytest
from seated import SHORT, asked_in

from experiments.classroom.game import Game
from experiments.seating.protocol import Question


@pytest.fixture(scope="session")
def questions() -> list[Question]:
    """The questions of the short game."""
    return asked_in()


@pytest.fixture(scope="session")
def by_rules_alone() -> Game:
    """The short game, played by the rules."""
    game = Game(SHORT)
    game.advance()
    return game

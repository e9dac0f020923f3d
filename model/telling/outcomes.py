"""What can come of things, as codes: one table each. Sentences are made of them in ``model.telling``, never read back.

Codes are small whole numbers, so that an array can hold one for every replicate.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final


class TreatyEnd(IntEnum):
    """How a treaty ended (theory 1.17); of several causes in a quarter the first by the order of the tests counts."""

    NONE = 0
    LAPSE = 1  # a side failed its own test in two quarters running
    POLITICS = 2  # a side's leadership no longer stood by it
    NOTICE = 3  # a side left after notice
    SUNSET = 4  # it expired and was not renewed
    NEW_GOVERNMENT = 5  # a new leadership did not take it over
    EXPIRED = 6  # the term of a truce was over and the governments did not renew it


#: Which of the competing ends of a treaty each one is in the tables of results (theory 2.3).
COMPETING_END: Final = {
    TreatyEnd.NONE: "",
    TreatyEnd.LAPSE: "lapse",
    TreatyEnd.POLITICS: "turnover",
    TreatyEnd.NOTICE: "exit",
    TreatyEnd.SUNSET: "sunset",
    TreatyEnd.NEW_GOVERNMENT: "turnover",
    TreatyEnd.EXPIRED: "expiry",
}


class SessionEnd(IntEnum):
    """Why a session of talks ended without a deal."""

    CHANNEL_SHUT = 0
    DEADLINE = 1


class Turn(IntEnum):
    """What a side does when it is its turn at the table."""

    NONE = 0
    NOTHING_TABLED = 1
    TABLED = 2
    ACCEPTED = 3
    REFUSED = 4


class CaseEnd(IntEnum):
    """How a duty case ended, or later what it had added to the duty."""

    SETTLED = 0  # by a treaty or club that binds the duty
    CARRIED_OUT = 1
    DROPPED = 2
    EXPIRED = 3  # a review did not renew the duty
    RENEWED = 4  # it did


class LicencesEnd(IntEnum):
    """Why a bloc gives export licences again that it withheld."""

    PROMISED = 0  # a treaty in force promises them
    DUTY_UNDONE = 1  # the duty is back where it was


class Obstacle(IntEnum):
    """The tests on which cooperation can founder in a quarter of talks, in the order in which a side makes them."""

    OWN_GAIN = 0
    NOT_KEPT = 1
    LEGISLATURE = 2
    NO_ZONE = 3

    @property
    def words(self) -> str:
        """As the summary of a run says it."""
        return ("own gain", "would not keep it", "legislature", "sees nothing the partner would take")[self]


class Refusal(IntFlag):
    """Why an offer was refused; several reasons may hold at once."""

    NONE = 0
    BELOW_LEAST = 1  # less than the least gain for which it signs
    BELOW_HOPE = 2  # less than what it still holds out for
    NOT_KEPT = 4  # it would not keep it at today's trust
    NOT_PASSED = 8  # its legislature would not pass it

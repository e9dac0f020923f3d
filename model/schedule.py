"""One quarter, one page: what happens, in which order.

``World.step`` is ``play_quarter(self)``, for one replicate as for thousands. Within a phase everyone decides on the
state at its start and writes at its end, so the order of agents cannot matter; where order must matter it is a draw.
The order is that of theory 1.20, but for one thing: what is ratified in a quarter enters into force in the next.
"""

from __future__ import annotations

from typing import Protocol


class World(Protocol):
    """What a world promises: one method a phase, each reading and writing the world's own state."""

    def enter_into_force(self) -> None:
        """Treaties ratified last quarter enter into force (1.9)."""

    def see_events(self) -> None:
        """Dated policies, entries, and the quarter's shock to tension (1.12, 1.17)."""

    def renew_costs(self) -> None:
        """Learning, supply contracts, plants, charging networks (1.3, 1.14)."""

    def hold_talks(self) -> None:
        """Whether the official channel is open, and how far the dialogue has come (1.9b)."""

    def assess_impact(self) -> None:
        """In an assessment quarter: what every package and every duty is worth (1.7, 1.21)."""

    def perceive(self) -> None:
        """Errors of perception and moods of legislatures move on (1.8, 1.9)."""

    def move_alone(self) -> None:
        """Duty cases, relief, emergencies; recognition and announcements made alone (1.6a, 1.13, 1.15)."""

    def bargain(self) -> None:
        """Sessions open, packages are tabled and answered (1.8)."""

    def ratify(self) -> None:
        """Legislatures pass or refuse what was agreed (1.9)."""

    def honour_or_withdraw(self) -> None:
        """Each side of a treaty keeps it or does not (1.10)."""

    def put_duties_in_force(self) -> None:
        """Duties follow from treaties, compliance and retaliation (1.6)."""

    def clear_markets(self) -> None:
        """Costs, mixes of origin, prices, shares (1.1-1.3)."""

    def settle_accounts(self) -> None:
        """Who earned what, and what each bloc makes of it (1.4)."""

    def watch_conduct(self) -> None:
        """Signals of conduct, trust, next quarter's retaliation (1.11)."""

    def leave_treaties(self) -> None:
        """Failed tests, exits, sunsets; what tension will remember (1.12, 1.17)."""

    def hold_club(self) -> None:
        """Where zones or clubs are allowed: members leave; in the fourth quarter blocs weigh every coalition (1.19)."""

    def record_quarter(self) -> None:
        """Write the quarter down."""


def play_quarter(world: World) -> None:
    """Play one quarter."""
    # the world outside, and what was signed last quarter
    world.enter_into_force()
    world.see_events()
    world.renew_costs()
    # relations
    world.hold_talks()
    world.assess_impact()
    world.perceive()
    # policy
    world.move_alone()
    world.bargain()
    world.ratify()
    world.honour_or_withdraw()
    world.put_duties_in_force()
    # the economy
    world.clear_markets()
    world.settle_accounts()
    # what the quarter leaves behind
    world.watch_conduct()
    world.leave_treaties()
    world.hold_club()
    world.record_quarter()

"""One quarter, one page: what happens, in which order.

``World.step`` is ``play_quarter(self)``, for one replicate as for thousands. Within a phase everyone decides on the
state at its start and writes at its end, so the order of agents cannot matter; where order must matter it is a draw.
The order is that of theory 1.20, but for one thing: what is ratified in a quarter enters into force in the next.
"""

from __future__ import annotations

from typing import Any


def play_quarter(world: Any) -> None:
    """Play one quarter: each phase is a method of the world that reads and writes the world's own state."""
    # the world outside, and what was signed last quarter
    world.enter_into_force()  # Treaties ratified last quarter enter into force (1.9).
    world.see_events()  # Dated policies, entries, and the quarter's shock to tension (1.12, 1.17).
    world.renew_costs()  # Learning, supply contracts, plants, charging networks (1.3, 1.14).
    # relations
    world.hold_talks()  # Whether the official channel is open, and how far the dialogue has come (1.9b).
    world.assess_impact()  # In an assessment quarter: what every package and every duty is worth (1.7, 1.21).
    world.perceive()  # Errors of perception and moods of legislatures move on (1.8, 1.9).
    # policy
    world.move_alone()  # Duty cases, relief, emergencies; recognition and announcements made alone (1.6a, 1.13, 1.15).
    world.bargain()  # Sessions open, packages are tabled and answered (1.8).
    world.ratify()  # Legislatures pass or refuse what was agreed (1.9).
    world.honour_or_withdraw()  # Each side of a treaty keeps it or does not (1.10).
    world.put_duties_in_force()  # Duties follow from treaties, compliance and retaliation (1.6).
    # the economy
    world.clear_markets()  # Costs, mixes of origin, prices, shares (1.1-1.3).
    world.settle_accounts()  # Who earned what, and what each bloc makes of it (1.4).
    # what the quarter leaves behind
    world.watch_conduct()  # Signals of conduct, trust, next quarter's retaliation (1.11).
    world.leave_treaties()  # Failed tests, exits, sunsets; what tension will remember (1.12, 1.17).
    world.hold_club()  # Where clubs may be: members leave; in the fourth quarter blocs weigh every coalition (1.19).
    world.record_quarter()  # Write the quarter down.

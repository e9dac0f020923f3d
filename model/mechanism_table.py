"""The parameters of mechanisms that are off unless asked for, each with the switch that turns it on.

With every switch here at its default the model is the core, bit for bit (theory M20). How to read a row is said in
``parameter_spec.py``. ``docs/mechanisms.md`` says where each mechanism comes from and what it does to results.
"""

from __future__ import annotations

import dataclasses

from model.parameter_spec import choice, real, switch, whole

__all__ = ["MECHANISM_GROUPS", "Clubs", "Commerce", "Statecraft", "choice", "real", "switch", "whole"]


# Rows are laid out by hand, as in parameter_table.py.
# fmt: off
@dataclasses.dataclass(frozen=True)
class Commerce:
    """optional: prices, credits, content and carbon at the border"""


@dataclasses.dataclass(frozen=True)
class Statecraft:
    """optional: negotiators, conduct and channels"""


@dataclasses.dataclass(frozen=True)
class Clubs:
    """optional: zones, climate clubs and transfers"""
    zero_tariff_zone: bool = switch("1.19", "blocs may form a zone: no duties, recognition inside", False, "S0 Table 2")
    climate_club: bool = switch("1.19", "a zone with a penalty on goods from outside", False, "S1 2(2), Nordhaus 2015")
    club_penalty: float = real(
        .05, 0, .25, "share", "1.19",
        "a climate club's duty on vehicles and cells of outsiders, on top of other duties (tau_club)", "Nordhaus 2015")
    club_exclusive: bool = switch("1.19", "nobody joins a zone or club against a member's will", False, "theory 1.19")
    club_transfers: bool = switch(
        "1.19", "members share a zone's or club's surplus in money, so that leaving pays nobody", False,
        "Eyckmans & Finus 2004")
    club_carbon: bool = switch(
        "1.19", "members of a zone or club share a minimum price on the carbon of making cars", False,
        "S1 2(2), Nordhaus 2015")
    club_carbon_price: float = real(50, 0, 150, "$/t", "1.19", "that price, on top of today's carbon prices")
    club_carbon_embedded: float = real(8, 6, 12, "t", "1.18", "carbon in making an electric car (emb)", "theory 1.18")
    club_carbon_backstop: float = real(
        250, 150, 1000, "$/t", "1.19", "carbon price at which cars are made without carbon; linear abatement")
    club_finance: bool = switch("1.19", "a linkage concession may bring a transfer of green finance", False, "S1 2(4)")
    club_finance_size: float = real(.5, 0, 2, "bn$/yr", "1.19", "that transfer, from the giver's treasury")


# fmt: on
MECHANISM_GROUPS = (Commerce, Statecraft, Clubs)

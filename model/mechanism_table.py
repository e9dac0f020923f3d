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

    pass_through: float = real(0, 0, 1, "-", "1.2",
        "how far the border price keeps its margin under a duty: 0 Bertrand, 1 near-complete pass-through",
        "Fajgelbaum, Goldberg, Kennedy & Khandelwal 2020; Amiti, Redding & Weinstein 2019 for 1")
    local_content: bool = switch("1.18",
        "the US credit stays, with content rules and the set of places they allow", False)
    content_credit: float = real(7.5, 0, 15, "k$", "1.18",
        "US credit per EV where the scenario's own has ended",
        "Inflation Reduction Act 2022, section 13401", "measured")
    content_smoothing: float = real(0.03, 0.005, 0.2, "share", "1.18",
        "width over which a content threshold is smoothed")
    friendshoring: bool = switch("1.18",
        "supply assurance or technology cooperation in force puts the partner in the allowed set", False)
    carbon_border: bool = switch("1.18", "a carbon charge at the border on whole cars", False)
    carbon_coverage_cn: float = real(0, 0, 1, "-", "1.18", "part of a car's embedded emissions that China charges")
    carbon_coverage_us: float = real(0, 0, 1, "-", "1.18", "the same for the US")
    carbon_coverage_eu: float = real(0.6, 0, 1, "-", "1.18",
        "the same for the EU; today 0 for whole cars", "row A15: steel, aluminium and power in a car; assumption")
    carbon_embedded: float = real(8, 6, 12, "t", "1.18", "CO2 embedded in a car")
    carbon_price_cn: float = real(13, 0, 200, "$/t", "1.18",
        "explicit carbon price in China", "Shanghai exchange, 95 CNY on average in 2024", "measured")
    carbon_price_us: float = real(0, 0, 200, "$/t", "1.18", "explicit carbon price in the US (federal: none)")
    carbon_price_eu: float = real(70, 0, 200, "$/t", "1.18",
        "explicit carbon price in the EU", "emissions trading system, 65 EUR on average in 2024", "measured")
    carbon_price_other: float = real(10, 0, 200, "$/t", "1.18", "explicit carbon price in other places of production")
    carbon_implicit_cn: float = real(30, 0, 200, "$/t", "1.18",
        "implicit carbon price of other measures in China", "row A15; assumption")
    carbon_implicit_us: float = real(20, 0, 200, "$/t", "1.18", "the same in the US")
    carbon_implicit_eu: float = real(20, 0, 200, "$/t", "1.18", "the same in the EU")
    carbon_recognition: float = real(0, 0, 1, "-", "1.18",
        "part of an exporter's implicit carbon price that an importer counts")
    carbon_dialogue: bool = switch("1.18",
        "recognition of certificates carries recognition of implicit carbon prices", False)
    carbon_recognition_agreed: float = real(1, 0, 1, "-", "1.18",
        "part of implicit prices that is counted where that is agreed")
    dual_credits: bool = switch("1.1", "China's makers trade credits for a required share of EVs", False)
    dual_credit_scale: float = real(1, 0, 4, "-", "1.1", "multiplies the credits that a combustion car needs")
    dual_credit_floor: float = real(0, 0, 1, "k$", "1.1", "lowest price of a credit for one EV")
    dual_credit_cap: float = real(1.3, 0, 10, "k$", "1.1",
        "highest price of a credit for one EV", "about 3000 CNY a credit and 3 credits a car in 2020 and 2021")
    zev_mandate: bool = switch("1.15", "a share of EVs is required in the US and the EU, under a fine", False)
    zev_mandate_scale: float = real(1, 0, 2, "-", "1.15", "multiplies the required shares")
    zev_fine_us: float = real(20, 0, 40, "k$", "1.15",
        "fine for an EV short of the requirement in the US", "California, Advanced Clean Cars II", "measured")
    zev_fine_eu: float = real(11, 0, 40, "k$", "1.15",
        "the same in the EU", "95 EUR a gram and about 110 grams for a combustion car", "calibrated")
    undertakings: bool = switch("1.19b",
        "a bloc and one automaker may replace a special duty by a minimum price and local production", False)
    undertaking_capacity: float = real(0.2, 0.05, 0.5, "m cars/yr", "1.19b",
        "yearly output over which the outlay for a plant is spread where an automaker has none")
    data_platform: bool = switch("1.16",
        "technology cooperation shares driving data, at a cost in data sovereignty", False)
    data_saving: float = real(0.02, 0, 0.3, "-", "1.16",
        "part of research outlays that shared data save; as much as the core's joint research")
    data_sovereignty_cost: float = real(0.1, 0, 1, "bn$/qtr", "1.16",
        "security cost to each side of sharing data, times tension")


@dataclasses.dataclass(frozen=True)
class Statecraft:
    """optional: negotiators, conduct and channels"""


@dataclasses.dataclass(frozen=True)
class Clubs:
    """optional: zones, climate clubs and transfers"""


# fmt: on
MECHANISM_GROUPS = (Commerce, Statecraft, Clubs)

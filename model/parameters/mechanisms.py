"""The parameters of mechanisms that are off unless asked for, each with the switch that turns it on.

With every switch here at its default the model is the core, bit for bit (theory M20). How to read a row is said in
``spec.py``. ``docs/mechanisms.md`` says where each mechanism comes from and what it does to results.
"""

from __future__ import annotations

import dataclasses

from model.choices.plugins import ACCEPTANCE, TACTIC
from model.choices.tactics import ACCEPTANCES, TACTICS
from model.parameters.spec import MECHANISM, STRUCTURE, choice, real, switch, whole
from model.rules.clubs import COMMITMENTS

__all__ = ["MECHANISM_GROUPS", "Clubs", "Commerce", "Statecraft", "Tactics", "choice", "real", "switch", "whole"]


# Rows are laid out by hand, as in core.py.
# fmt: off
@dataclasses.dataclass(frozen=True)
class Commerce:
    """optional: prices, credits, content and carbon at the border"""

    pass_through: float = real(STRUCTURE, 0, 0, 1, "-", "1.2",
        "how far the border price keeps its margin under a duty: 0 Bertrand, 1 near-complete pass-through",
        "Fajgelbaum, Goldberg, Kennedy & Khandelwal 2020; Amiti, Redding & Weinstein 2019 for 1")
    local_content: bool = switch("1.18",
        "the US credit stays, with content rules and the set of places they allow", False)
    content_credit: float = real(MECHANISM, 7.5, 0, 15, "k$", "1.18",
        "US credit per EV where the scenario's own has ended",
        "Inflation Reduction Act 2022, section 13401", "measured")
    content_smoothing: float = real(MECHANISM, 0.03, 0.005, 0.2, "share", "1.18",
        "width over which a content threshold is smoothed")
    content_minerals_restricted: float = real(STRUCTURE, 0.5, 0, 1, "share", "1.18",
        "part of the minerals from outside the allowed sources that is barred from 2025 on: by restricted entities")
    friendshoring: bool = switch("1.18",
        "supply assurance or technology cooperation in force puts the partner in the allowed set", False)
    carbon_border: bool = switch("1.18", "a carbon charge at the border on whole cars", False)
    carbon_coverage_cn: float = real(MECHANISM, 0, 0, 1, "-", "1.18",
        "part of a car's embedded emissions that China charges")
    carbon_coverage_us: float = real(MECHANISM, 0, 0, 1, "-", "1.18", "the same for the US")
    carbon_coverage_eu: float = real(MECHANISM, 0.6, 0, 1, "-", "1.18",
        "the same for the EU; today 0 for whole cars", "row A15: steel, aluminium and power in a car; assumption")
    carbon_embedded: float = real(STRUCTURE, 8, 6, 12, "t", "1.18", "CO2 embedded in a car")
    carbon_price_cn: float = real(STRUCTURE, 13, 0, 200, "$/t", "1.18",
        "explicit carbon price in China", "Shanghai exchange, 95 CNY on average in 2024", "measured")
    carbon_price_us: float = real(STRUCTURE, 0, 0, 200, "$/t", "1.18",
        "explicit carbon price in the US (federal: none)")
    carbon_price_eu: float = real(STRUCTURE, 70, 0, 200, "$/t", "1.18",
        "explicit carbon price in the EU", "emissions trading system, 65 EUR on average in 2024", "measured")
    carbon_price_other: float = real(STRUCTURE, 10, 0, 200, "$/t", "1.18",
        "explicit carbon price in other places of production")
    carbon_implicit_cn: float = real(STRUCTURE, 30, 0, 200, "$/t", "1.18",
        "implicit carbon price of other measures in China", "row A15; assumption")
    carbon_implicit_us: float = real(STRUCTURE, 20, 0, 200, "$/t", "1.18", "the same in the US")
    carbon_implicit_eu: float = real(STRUCTURE, 20, 0, 200, "$/t", "1.18", "the same in the EU")
    carbon_recognition: float = real(MECHANISM, 0, 0, 1, "-", "1.18",
        "part of an exporter's implicit carbon price that an importer counts")
    carbon_dialogue: bool = switch("1.18",
        "recognition of certificates carries recognition of implicit carbon prices", False)
    carbon_recognition_agreed: float = real(MECHANISM, 1, 0, 1, "-", "1.18",
        "part of implicit prices that is counted where that is agreed")
    dual_credits: bool = switch("1.1", "China's makers trade credits for a required share of EVs", False)
    dual_credit_scale: float = real(MECHANISM, 1, 0, 4, "-", "1.1",
        "multiplies the credits that a combustion car needs")
    dual_credit_floor: float = real(MECHANISM, 0, 0, 1, "k$", "1.1", "lowest price of a credit for one EV")
    dual_credit_cap: float = real(MECHANISM, 1.3, 0, 10, "k$", "1.1",
        "highest price of a credit for one EV", "about 3000 CNY a credit and 3 credits a car in 2020 and 2021")
    zev_mandate: bool = switch("1.15", "a share of EVs is required in the US and the EU, under a fine", False)
    zev_mandate_scale: float = real(MECHANISM, 1, 0, 2, "-", "1.15", "multiplies the required shares")
    zev_fine_us: float = real(MECHANISM, 20, 0, 40, "k$", "1.15",
        "fine for an EV short of the requirement in the US", "California, Advanced Clean Cars II", "measured")
    zev_fine_eu: float = real(MECHANISM, 11, 0, 40, "k$", "1.15",
        "the same in the EU", "95 EUR a gram and about 110 grams for a combustion car", "calibrated")
    undertakings: bool = switch("1.19b",
        "a bloc and one automaker may replace a special duty by a minimum price and local production", False)
    undertaking_capacity: float = real(STRUCTURE, 0.2, 0.05, 0.5, "m cars/yr", "1.19b",
        "yearly output over which the outlay for a plant is spread where an automaker has none")
    data_platform: bool = switch("1.16",
        "technology cooperation shares driving data, at a cost in data sovereignty", False)
    data_saving: float = real(STRUCTURE, 0.02, 0, 0.3, "-", "1.16",
        "part of research outlays that shared data save; as much as the core's joint research")
    data_sovereignty_cost: float = real(STRUCTURE, 0.1, 0, 1, "bn$/qtr", "1.16",
        "security cost to each side of sharing data, times tension")
    third_answer: float = real(MECHANISM, 0, 0, 20, "bn$/yr", "1.6a",
        "what a government would lose by the answer of a third one that watches whom it lets in (watched_by)",
        "canada.csv, 24 January 2026; size an assumption")
    quota_rent_exporter: float = real(MECHANISM, 1, 0, 1, "-", "1.3",
        "part of what licences under a quota are worth that exporting makers keep; the rest is the importer's revenue",
        "Bhagwati 1965; assumption")


@dataclasses.dataclass(frozen=True)
class Statecraft:
    """optional: negotiators, conduct and channels"""

    foresight: bool = switch("1.7", "packages are also valued some quarters ahead", False)
    foresight_quarters: int = whole(MECHANISM, 8, 1, 20, "qtr", "1.7",
        "how far ahead governments with foresight look")
    imitative_tactic: bool = switch("1.8",
        "negotiators also concede in answer to their partner's last concession", False)
    imitation: float = real(MECHANISM, 1, 0, 2, "-", "1.8",
        "own concession per unit of the last one received, in own believed gain",
        "Faratin, Sierra & Jennings 1998 (behaviour-dependent tactics); size an assumption")
    trust_type: bool = switch("1.10",
        "trust is the belief that the partner is a reciprocating type, revised by Bayes' rule", False)
    partial_compliance: bool = switch("1.10",
        "a side keeps the largest part of its duty cut that enforces itself, not all or nothing", False)
    subnational: bool = switch("1.9b", "subnational contacts keep a dialogue alive", False)
    subnational_floor: float = real(MECHANISM, 0.15, 0, 0.3, "-", "1.9b",
        "state of dialogue that subnational contacts sustain")
    track2: bool = switch("1.16", "a joint research consortium (track 2) works beside the official channel", False)
    track2_rise: float = real(MECHANISM, 0.05, 0, 0.2, "1/qtr", "1.16", "growth of joint research per quarter")
    track2_on_perception: float = real(MECHANISM, 0.5, 0, 1, "-", "1.8", "how fast joint research removes misjudgement")
    subnational_breaks_above: float = real(MECHANISM, 0.85, 0.5, 1, "tension", "1.16",
        "tension that breaks up half of subnational work")
    tension_in_subnational: bool = switch("1.12", "high tension breaks up subnational work, by half")
    zev_coordination: bool = switch("1.15",
        "a bloc may announce a zero-emission path because a partner does or is trusted to")
    export_licences: bool = switch("1.6a",
        "who holds export licences that the other needs answers a rise of its duty by withholding them, too", False,
        "events.csv, 4 April and 9 October 2025, paused in November 2025")
    grit: bool = switch("1.15", "wary blocs make unilateral gestures when tension falls", False)
    gesture_hazard: float = real(MECHANISM, 0.05, 0, 0.2, "1/qtr", "1.15", "chance of a gesture where one is possible",
        "Osgood 1962; Lindskold 1978; size an assumption")
    gesture_trust: float = real(MECHANISM, 0.5, 0, 1, "-", "1.15", "trust at which no gesture is needed any more")
    gesture_quarters: int = whole(MECHANISM, 4, 1, 12, "qtr", "1.15", "how long a gesture waits for an answer")
    gesture_weight: float = real(MECHANISM, 1, 0, 3, "qtr", "1.15",
        "evidence of good conduct that a gesture is worth, in quarters of observation")
    turnover: bool = switch("1.17",
        "new governments come at scheduled dates with preferences and trust of their own", False)
    turnover_profit_weight: float = real(MECHANISM, 0.5, 0, 1, "-", "1.17",
        "sd of the log of a new executive's weight on home profits",
        "Goldberg & Maggi 1999 and Ossa 2014 differ by more; assumption")
    turnover_threshold: float = real(MECHANISM, 0.1, 0, 0.3, "S_L", "1.17",
        "sd of a new legislature's ratification threshold")
    turnover_trust: float = real(MECHANISM, 0.3, 0, 1, "-", "1.17",
        "sd of the log of a new government's prior good evidence")


@dataclasses.dataclass(frozen=True)
class Clubs:
    """optional: zones, climate clubs and transfers"""
    zero_tariff_zone: bool = switch("1.19", "blocs may form a zone: no duties, recognition inside", False, "S0 Table 2")
    climate_club: bool = switch("1.19", "a zone with a penalty on goods from outside", False, "S1 2(2), Nordhaus 2015")
    club_penalty: float = real(
        MECHANISM, .05, 0, .25, "share", "1.19",
        "a climate club's duty on vehicles and cells of outsiders, on top of other duties (tau_club)", "Nordhaus 2015")
    club_exclusive: bool = switch("1.19", "nobody joins a zone or club against a member's will", False, "theory 1.19")
    club_transfers: bool = switch(
        "1.19", "members share a zone's or club's surplus in money, so that leaving pays nobody", False,
        "Eyckmans & Finus 2004")
    club_commitment: str = choice("own", COMMITMENTS, "1.19",
        "a member keeps a zone's or club's terms by its own test, or on condition that all members keep them",
        "Reischmann & Oechssler 2018")
    club_carbon: bool = switch(
        "1.19", "members of a zone or club share a minimum price on the carbon of making cars", False,
        "S1 2(2), Nordhaus 2015")
    club_carbon_price: float = real(MECHANISM, 50, 0, 150, "$/t", "1.19",
        "that price; a member adds what its own price is short of it")
    club_carbon_backstop: float = real(
        STRUCTURE, 250, 150, 1000, "$/t", "1.19",
        "carbon price at which cars are made without carbon; linear abatement")
    club_finance: bool = switch("1.19", "a linkage concession may bring a transfer of green finance", False, "S1 2(4)")
    club_finance_size: float = real(MECHANISM, .5, 0, 2, "bn$/yr", "1.19", "that transfer, from the giver's treasury")


@dataclasses.dataclass(frozen=True)
class Tactics:
    """optional: how negotiators concede and accept"""

    tactic_cn: str = choice("polynomial", TACTICS, "1.8", "how China comes down from its best hope in a session",
        "Faratin, Sierra & Jennings 1998; Axelrod 1984", plugs=TACTIC)
    tactic_us: str = choice("polynomial", TACTICS, "1.8", "the same for the US", "as tactic_cn", plugs=TACTIC)
    tactic_eu: str = choice("polynomial", TACTICS, "1.8", "the same for the EU", "as tactic_cn", plugs=TACTIC)
    acceptance_cn: str = choice("aspiration", ACCEPTANCES, "1.8", "which packages on the table China takes",
        "Faratin, Sierra & Jennings 1998; Baarslag et al. 2014", plugs=ACCEPTANCE)
    acceptance_us: str = choice("aspiration", ACCEPTANCES, "1.8", "the same for the US", "as acceptance_cn",
        plugs=ACCEPTANCE)
    acceptance_eu: str = choice("aspiration", ACCEPTANCES, "1.8", "the same for the EU", "as acceptance_cn",
        plugs=ACCEPTANCE)


# fmt: on
MECHANISM_GROUPS = (Commerce, Statecraft, Clubs, Tactics)

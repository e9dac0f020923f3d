"""Every parameter of the core, declared once: default, range, unit, section, meaning, source, status.

How to read a row is said in ``spec.py``; mechanisms that are off unless asked for have their rows in
``mechanisms.py``. Rates are fractions, never percent; money is k$ per vehicle, $/kWh, or bn$; time is quarters.
``checked.py`` turns these rows into the validated ``Parameters``.

The order of the groups and rows here is the order of the documentation and of ``Parameters.key()``.
"""

from __future__ import annotations

import dataclasses

from model.choices.plugins import STANCE
from model.choices.tactics import STANCES
from model.parameters.spec import MEASURE, MECHANISM, STRUCTURE, choice, real, switch, whole
from model.rules.cooperation import REGRETS
from model.rules.trust import MONITORING
from model.rules.withdrawal import ANSWERS, DEVIATIONS

# Official dialogue, by who meets: the ceiling of the state of dialogue (theory 1.9b).
DIALOGUE_CEILINGS = {"none": 0.0, "technical": 0.4, "group": 0.7, "leaders": 1.0}
# Stances towards a partner seen to lapse, in the order of their integer codes in ``rules.trust``.
RETALIATION_RULES = STANCES


# Rows are laid out by hand: what it is and its range on one line, its meaning and source where they fit.
# fmt: off
@dataclasses.dataclass(frozen=True)
class Market:
    """demand, prices, batteries, sourcing and plants"""

    alpha_cn: float = real(STRUCTURE, 0.14, 0.084, 0.196, "1/k$", "1.1",
        "price response of buyers in China (pre-tax price)",
        "own elasticities of 4 to 5, and the import response of -42 % in published work", "calibrated")
    alpha_us: float = real(STRUCTURE, 0.07, 0.042, 0.098, "1/k$", "1.1",
        "price response of buyers in the US", "as alpha_cn", "calibrated")
    alpha_eu: float = real(STRUCTURE, 0.08, 0.048, 0.112, "1/k$", "1.1",
        "price response of buyers in the EU", "as alpha_cn", "calibrated")
    nest_correlation: float = real(STRUCTURE, 0.35, 0, 0.7, "-", "1.1",
        "correlation of tastes within the EV nest; 0 = plain logit",
        "diversion from imports to home makers in published work", "calibrated")
    price_adjustment: float = real(STRUCTURE, 0.5, 0.2, 1, "1/qtr", "1.2",
        "share of the way to the new price equilibrium per quarter")
    supplier_substitution: float = real(STRUCTURE, 0.05, 0.02, 0.2, "1/($/kWh)", "1.3",
        "how strongly automakers follow cell prices")
    origin_substitution: float = real(STRUCTURE, 0.5, 0.1, 2, "1/k$", "1.3",
        "how strongly automakers follow costs across places")
    origin_adjustment: float = real(STRUCTURE, 0.2, 0, 1, "1/qtr", "1.3",
        "share of the way to the new mix of places per quarter")
    battery_learning_rate: float = real(STRUCTURE, 0.18, 0.09, 0.24, "-", "1.3",
        "fall of battery cost per doubling of experience",
        "BloombergNEF pack prices; Ziegler & Trancik 2021", "measured")
    battery_cost_luck: float = real(STRUCTURE, 0.1, 0, 0.3, "1/sqrt(yr)", "1.3",
        "sd of a year's change of battery costs about the learning curve, in logs; 0: costs follow it exactly",
        "0.10 for batteries in Way, Ives, Mealy & Farmer 2022; 0.09 in pack prices of 2018-2025", "measured")
    host_learning_share: float = real(STRUCTURE, 0.5, 0, 1, "-", "1.3",
        "part of that learning that stays with plants where cells are made; the rest is their owner's everywhere",
        "Levitt, List & Syverson 2013: knowledge stays with the plant; share assumed")
    vehicle_learning_rate: float = real(STRUCTURE, 0.07, 0, 0.15, "-", "1.3",
        "fall of an EV's cost without its battery per doubling of EVs built; spillovers as for cells",
        "Weiss et al. 2012: prices of hybrid cars, 0.07 with 0.02 around it", "calibrated")
    variety_in_trend: float = real(STRUCTURE, 1, 0, 1, "-", "1.1",
        "part of the growth by brands that come on sale that is taken out of the trend",
        "automakers.csv: the years in which brands enter", "calibrated")
    battery_cost_floor: float = real(STRUCTURE, 45, 30, 60, "$/kWh", "1.3", "material cost that learning cannot remove")
    spillover_domestic: float = real(STRUCTURE, 0.33, 0, 1, "-", "1.3",
        "experience gained from output of others of the same bloc",
        "Irwin & Klenow 1994, semiconductors", "calibrated")
    spillover_foreign: float = real(STRUCTURE, 0.33, 0, 1, "-", "1.3",
        "experience gained from output in other blocs", "Irwin & Klenow 1994, semiconductors", "calibrated")
    spillover_cooperation: float = real(STRUCTURE, 0.66, 0.33, 1, "-", "1.16",
        "the same between two blocs that cooperate in technology")
    contract_bargaining_weight: float = real(STRUCTURE, 0.4, 0, 1, "-", "1.3",
        "supplier's weight in bargaining over its margin")
    contract_length: int = whole(STRUCTURE, 4, 1, 12, "qtr", "1.3", "quarters between re-openings of a supply contract")
    plant_cost: float = real(STRUCTURE, 2, 0.5, 5, "bn$", "1.3", "outlay for a plant abroad")
    plant_lag: int = whole(STRUCTURE, 8, 4, 12, "qtr", "1.3", "quarters from the decision to the first car")
    plant_hazard_max: float = real(STRUCTURE, 0.10, 0, 0.5, "1/qtr", "1.3",
        "highest chance per quarter of starting a plant")
    plant_hurdle_rate: float = real(STRUCTURE, 0.10, 0.05, 0.2, "1/yr", "1.3", "return that a plant must earn")
    plant_hazard_scale: float = real(STRUCTURE, 0.25, 0.1, 2, "bn$", "1.3",
        "net present value at which the chance of starting turns")


@dataclasses.dataclass(frozen=True)
class Welfare:
    """what governments count"""

    ice_margin_cn: float = real(STRUCTURE, 1, 0, 6, "k$", "1.4",
        "home makers' margin on a combustion car sold in China")
    ice_margin_us: float = real(STRUCTURE, 3, 0, 6, "k$", "1.4",
        "home makers' margin on a combustion car sold in the US")
    ice_margin_eu: float = real(STRUCTURE, 2, 0, 6, "k$", "1.4",
        "home makers' margin on a combustion car sold in the EU")
    executive_profit_weight: float = real(STRUCTURE, 0.3, 0, 1.5, "-", "1.5",
        "extra weight of home profits for the executive (1/a)",
        "Grossman & Helpman 1994; Goldberg & Maggi 1999; Ossa 2014")
    legislature_profit_weight: float = real(STRUCTURE, 0.6, 0, 2, "-", "1.9",
        "the same for the legislature, usually the larger", "Milner & Rosendorff 1997; assumption")
    public_funds_cost: float = real(STRUCTURE, 0.2, 0, 0.5, "-", "1.4",
        "cost of raising one dollar of public money, beyond the dollar")
    social_cost_of_carbon: float = real(STRUCTURE, 100, 30, 200, "$/t", "1.4",
        "value of one tonne of CO2 avoided",
        "Nordhaus 2017; US EPA 2023 and Rennert et al. 2022 lie near the top of the range")
    carbon_share_cn: float = real(STRUCTURE, 0.20, 0.05, 1, "-", "1.4",
        "share of world climate damage that China counts", "Nordhaus 2017; assumption")
    carbon_share_us: float = real(STRUCTURE, 0.15, 0.05, 1, "-", "1.4",
        "the same for the US", "Nordhaus 2017; assumption")
    carbon_share_eu: float = real(STRUCTURE, 0.15, 0.05, 1, "-", "1.4",
        "the same for the EU; 1 in all three = cosmopolitan", "Nordhaus 2017; assumption")
    emissions_saved_per_ev_cn: float = real(STRUCTURE, 16, 9, 24, "t", "1.4",
        "CO2 that one more EV sold in China saves over its life",
        "ICCT 2021 life-cycle savings times distance and lifetime", "calibrated")
    emissions_saved_per_ev_us: float = real(STRUCTURE, 48, 20, 65, "t", "1.4",
        "the same in the US", "as emissions_saved_per_ev_cn", "calibrated")
    emissions_saved_per_ev_eu: float = real(STRUCTURE, 40, 20, 52, "t", "1.4",
        "the same in the EU", "as emissions_saved_per_ev_cn; ICCT 2025", "calibrated")
    jobs_value: float = real(STRUCTURE, 1, 0, 3, "k$", "1.4", "value of one more vehicle built at home, beyond profits")
    security_scale: float = real(STRUCTURE, 1, 0, 2, "-", "1.4",
        "multiplies the calibrated cost of depending on imports")
    security_convexity: float = real(STRUCTURE, 10, 0, 40, "k$", "1.4", "growth of that cost with the import share")
    technology_security_cost: float = real(STRUCTURE, 0.3, 0, 2, "bn$/qtr", "1.16",
        "leader's cost of sharing technology")


@dataclasses.dataclass(frozen=True)
class Standards:
    """recognition, charging and zero-emission announcements"""

    homologation_cost: float = real(STRUCTURE, 1.5, 0.5, 3, "k$", "1.13",
        "cost per car of meeting another bloc's rules")
    recognition_saving: float = real(STRUCTURE, 0.6, 0.3, 0.9, "-", "1.13",
        "share of that cost that recognition removes")
    model_ramp: int = whole(STRUCTURE, 6, 1, 12, "qtr", "1.13",
        "quarters until a new model is on sale everywhere abroad")
    model_ramp_recognised: int = whole(STRUCTURE, 3, 1, 12, "qtr", "1.13", "the same under recognition")
    certification_outlay: float = real(STRUCTURE, 10, 0, 50, "m$", "1.13", "outlay per new model and foreign market")
    certification_outlay_recognised: float = real(STRUCTURE, 4, 0, 50, "m$", "1.13", "the same under recognition")
    recognition_autonomy_cost: float = real(STRUCTURE, 0.02, 0, 0.1, "k$", "1.13",
        "lost regulatory autonomy per new car sold")
    adaptation_cost: float = real(STRUCTURE, 0.3, 0, 0.8, "k$", "1.14",
        "cost per foreign car of another charging interface")
    network_elasticity: float = real(STRUCTURE, 0.15, 0.05, 0.4, "-", "1.14",
        "demand gained from charging points, per log point",
        "Li, Tong, Xing & Zhou 2017; Li 2023 as an upper bound")
    charger_saving: float = real(STRUCTURE, 0.10, 0, 0.25, "-", "1.14", "fall of charger cost with a common interface")
    charger_foreign_share: float = real(STRUCTURE, 0.25, 0, 0.5, "-", "1.14",
        "share of chargers bought from the partner's makers")
    standards_setup_cost: float = real(STRUCTURE, 0.2, 0, 1, "bn$", "1.14",
        "one-off cost to each side of a common interface")
    unilateral_recognition_rate: float = real(MECHANISM, 0.25, 0, 1, "1/yr", "1.13",
        "chance of recognising alone within a year in which that pays")
    zev_demand_shift: float = real(STRUCTURE, 0.3, 0, 0.8, "-", "1.15", "demand shift of a full phase-out announcement")
    zev_ramp: int = whole(STRUCTURE, 16, 1, 40, "qtr", "1.15", "quarters until an announcement has its full effect")
    zev_hesitation: float = real(MECHANISM, 0.7, 0, 5, "bn$/qtr", "1.15",
        "gain over which announcing turns from unlikely to likely; 0: announced as soon as it pays",
        "stakes of 2.4 bn$ a quarter (China, US 2026) misjudged by half, as any (perception_noise): a logistic")
    zev_cost: float = real(STRUCTURE, 20, 0, 100, "bn$/qtr", "1.15", "cost per squared shortfall of the EV share")


@dataclasses.dataclass(frozen=True)
class Valuing:
    """impact assessments, supply and linkage stakes, issues on the table"""

    hybrids_spared: float = real(STRUCTURE, 1, 0, 1, "-", "1.6",
        "part of a special duty on battery cars that plug-in hybrids are spared; 0: all EVs pay it",
        "EU 2024/2754: the duty is on battery cars alone", "measured")
    coverage_elasticity: float = real(STRUCTURE, 2, 0, 6, "-", "1.6",
        "fall of the share of battery cars in an exporter's EVs with a special duty on them, in logs of 1 + duty",
        "Dataforce: EVs from China in the EU 2024 and 2025; from .94 to .65", "calibrated")
    assessment_interval: int = whole(MECHANISM, 4, 1, 8, "qtr", "1.21", "quarters between impact assessments")
    retaliation_ratio: float = real(MECHANISM, 0.5, 0, 1, "-", "1.6",
        "size of an answer relative to the rise it answers")
    supply_restricted_share: float = real(STRUCTURE, 0.25, 0.05, 0.5, "-", "1.7",
        "share of time in which supply would be restricted")
    supply_severity: float = real(STRUCTURE, 0.01, 0, 0.03, "-", "1.7",
        "share of car output lost while supply is restricted")
    supply_value_added: float = real(STRUCTURE, 10, 5, 15, "k$", "1.7", "value added of one car")
    supply_leverage: float = real(STRUCTURE, 0.3, 0, 0.8, "-", "1.7",
        "giver's lost leverage, as a share of the receiver's gain")
    supply_scale: float = real(STRUCTURE, 1, 0, 4, "-", "1.7", "multiplies the value and the cost of supply assurance")
    linkage_scale: float = real(STRUCTURE, 1, 0, 4, "-", "1.7", "multiplies the scenario's linkage stakes")
    activity_threshold: float = real(MEASURE, 0.02, 0, 0.05, "bn$/yr", "2.1",
        "an issue worth less than this to both is inactive")
    regret: str = choice("by_position", REGRETS, "2.1",
        "what a side concedes against its will: what goes beyond the position that it would take alone, or every issue "
        "that costs it something in full", "definition (Keohane 1984)", role=MEASURE)
    tariff_issues: bool = switch("1.7", "duty cuts are on the table")
    supply_issues: bool = switch("1.7", "supply assurance is on the table")
    recognition_issues: bool = switch("1.13", "recognition of certificates is on the table")
    charging_issues: bool = switch("1.14", "a common charging interface is on the table")
    technology_issues: bool = switch("1.16", "technology cooperation is on the table")
    linkage_issues: bool = switch("1.7", "linkage is on the table")
    unilateral_duties: bool = switch("1.6a",
        "blocs move special duties on their own after the scenario's history")


@dataclasses.dataclass(frozen=True)
class Talks:
    """perception, bargaining and ratification"""

    perception_noise: float = real(MECHANISM, 0.5, 0, 2, "-", "1.8",
        "sd of misjudging an issue, relative to its true stake")
    perception_persistence: float = real(MECHANISM, 0.95, 0.8, 0.99, "-", "1.8",
        "autocorrelation of misjudgement per quarter")
    dialogue_on_perception: float = real(MECHANISM, 1, 0, 2, "-", "1.8", "how fast dialogue removes misjudgement")
    session_quarters: int = whole(MECHANISM, 2, 1, 16, "qtr", "1.8",
        "quarters until a session closes without agreement",
        "events.csv: talks since 2018 were given 90 days, and as long again (December 2018, May and August 2025)")
    rounds_per_quarter: int = whole(MECHANISM, 4, 2, 8, "rounds", "1.8", "offers per quarter, alternating")
    concession_exponent_cn: float = real(MECHANISM, 0.5, 0.1, 4, "-", "1.8",
        "China's concessions over time: below 1 late, above 1 early",
        "Faratin, Sierra & Jennings 1998; assumption")
    concession_exponent_us: float = real(MECHANISM, 0.5, 0.1, 4, "-", "1.8",
        "the same for the US", "as concession_exponent_cn")
    concession_exponent_eu: float = real(MECHANISM, 0.5, 0.1, 4, "-", "1.8",
        "the same for the EU", "as concession_exponent_cn")
    reservation_fraction: float = real(MECHANISM, 0.05, 0, 0.2, "S", "1.8",
        "gain below which nobody signs, relative to the stakes")
    session_pause: int = whole(MECHANISM, 4, 0, 8, "qtr", "1.8",
        "quarters between a failed session or ratification and the next")
    ratification_slope: float = real(MECHANISM, 6, 2, 12, "-", "1.9",
        "how sharply the chance of ratification follows the gain")
    ratification_threshold_cn: float = real(MECHANISM, 0, -0.1, 0.4, "S_L", "1.9", "gain that ratifiers in China want")
    ratification_threshold_us: float = real(MECHANISM, 0.15, -0.1, 0.4, "S_L", "1.9",
        "gain that ratifiers in the US want for duties")
    ratification_threshold_eu: float = real(MECHANISM, 0.10, -0.1, 0.4, "S_L", "1.9",
        "gain that ratifiers in the EU want")
    ratification_threshold_us_recognition: float = real(MECHANISM, 0.35, -0.1, 0.6, "S_L", "1.9",
        "the same in the US for packages with recognition")
    ratification_persistence: float = real(MECHANISM, 0.9, 0, 0.98, "-", "1.9",
        "autocorrelation of the ratifiers' mood per quarter")
    anticipate_ratification: bool = switch("1.9",
        "negotiators sign only what their own legislature would rather pass")


@dataclasses.dataclass(frozen=True)
class Clocks:
    """instruments, their terms and lags, and reviews of duties"""

    clocks: bool = switch("1.9",
        "truces, agreements and recognition have their own votes, lags and ends; duties of cases expire")
    truce_quarters: int = whole(MECHANISM, 4, 1, 16, "qtr", "1.17",
        "term of a truce, and for which whatever expires is renewed",
        "events.csv: Busan, October 2025, for a year; others from 90 days to two years")
    truce_renewal: float = real(MECHANISM, 0.7, 0, 1, "-", "1.7",
        "chance that governments expect of a truce to be renewed when its term ends",
        "events.csv: four of five dated truces since 2018 were, (4 + 1) / (5 + 2)")
    agreement_lag: int = whole(MECHANISM, 1, 1, 8, "qtr", "1.9",
        "quarters from signature to entry into force of an agreement, at least", "events.csv: Phase One, January 2020")
    agreement_lag_more: int = whole(MECHANISM, 3, 0, 8, "qtr", "1.9",
        "by how many quarters it may take longer", "events.csv: deal of the EU and the US, July 2025 to July 2026")
    recognition_lag: int = whole(MECHANISM, 2, 1, 8, "qtr", "1.9", "the same of recognition and of an open market",
        "EU-US agreement on mutual recognition, May to December 1998, from memory")
    recognition_lag_more: int = whole(MECHANISM, 4, 0, 8, "qtr", "1.9", "by how many quarters it may take longer")
    review_quarters: int = whole(MECHANISM, 20, 4, 80, "qtr", "1.6a",
        "quarters after which the duty of a case expires unless a review renews it",
        "sunset reviews: WTO Anti-Dumping Agreement art. 11.3, SCM Agreement art. 21.3")


@dataclasses.dataclass(frozen=True)
class Conduct:
    """compliance, monitoring, retaliation, trust and exit"""

    discount_factor: float = real(STRUCTURE, 0.98, 0.95, 0.99, "1/qtr", "1.10", "weight of the next quarter")
    repudiation_hazard: float = real(MECHANISM, 0.03, 0, 0.08, "1/qtr", "1.10",
        "chance that a successor repudiates a treaty", "one turnover in 16 quarters, half of which repudiate")
    detection_lag: int = whole(MECHANISM, 1, 1, 4, "qtr", "1.10", "quarters until a lapse is answered")
    deviation: str = choice("best", DEVIATIONS, "1.10",
        "what a side weighs against honouring: the best withdrawal, whole or in part, or that of everything alone",
        "second edition, F11; answers in proportion: WTO DSU art. 22.4")
    retaliation_rule: str = choice("generous", RETALIATION_RULES, "1.11",
        "stance towards a partner seen to lapse", "Axelrod 1984; Molander 1985; Nowak & Sigmund 1992", plugs=STANCE)
    generosity: float = real(MECHANISM, 0.3, 0, 1, "-", "1.11", "chance of honouring in spite of a bad signal")
    proportional_response: float = real(MECHANISM, 0.8, 0.5, 0.95, "-", "1.11", "size of a proportional answer")
    punishment_quarters: int = whole(MECHANISM, 8, 1, 40, "qtr", "1.11", "length of a k-quarter punishment")
    false_alarm: float = real(MECHANISM, 0.15, 0, 0.35, "-", "1.11",
        "chance that honest conduct looks like a lapse, without dialogue")
    missed_violation: float = real(MECHANISM, 0.15, 0, 0.35, "-", "1.11",
        "chance that a lapse is not seen, without dialogue")
    published_error: float = real(MECHANISM, 0, 0, 0.05, "-", "1.11",
        "chance that a published act (duty, access, certificate, charging) is misread, without dialogue",
        "second edition, section 4: customs law is published; range an assumption")
    monitoring: str = choice("by_issue", MONITORING, "1.11",
        "what can be misread: conduct behind the border alone, or every act alike",
        "second edition, F6; theory 1.11 for the second")
    answers: str = choice("equivalent", ANSWERS, "1.11",
        "what an answer suspends: what is worth as much as was withheld, or all duty and supply concessions; "
        "only the latter is itself answered, and only it goes with deviation = everything",
        "WTO DSU art. 22.4; theory 1.11 for the second")
    consultation_quarters: int = whole(MECHANISM, 1, 0, 4, "qtr", "1.11",
        "talks before concessions are suspended, while the channel is open", "WTO DSU art. 4.7: 60 days")
    suspension_quarters: int = whole(MECHANISM, 2, 1, 8, "qtr", "1.11",
        "least length of a suspension", "second edition, section 4; assumption")
    dialogue_on_monitoring: float = real(MECHANISM, 1, 0, 2, "-", "1.11", "how fast dialogue removes monitoring error")
    trust_memory: float = real(MECHANISM, 0.95, 0.85, 1, "1/qtr", "1.11",
        "weight of last quarter's evidence on conduct")
    trust_good_cn_us: float = real(MECHANISM, 2, 0.1, 20, "-", "1.11", "prior evidence of good conduct, China and US")
    trust_bad_cn_us: float = real(MECHANISM, 2, 0.1, 20, "-", "1.11", "prior evidence of bad conduct, China and US")
    trust_good_cn_eu: float = real(MECHANISM, 2.5, 0.1, 20, "-", "1.11", "prior evidence of good conduct, China and EU")
    trust_bad_cn_eu: float = real(MECHANISM, 1.5, 0.1, 20, "-", "1.11", "prior evidence of bad conduct, China and EU")
    trust_good_us_eu: float = real(MECHANISM, 4, 0.1, 20, "-", "1.11", "prior evidence of good conduct, US and EU")
    trust_bad_us_eu: float = real(MECHANISM, 1, 0.1, 20, "-", "1.11", "prior evidence of bad conduct, US and EU")
    exit_cost: float = real(MECHANISM, 0.1, 0, 1, "S", "1.17", "gain from leaving a treaty below which nobody leaves")
    exit_notice: int = whole(MECHANISM, 2, 0, 8, "qtr", "1.17", "notice before leaving")
    cooling_off: int = whole(MECHANISM, 4, 0, 12, "qtr", "1.17", "quarters without talks after a treaty ends")


@dataclasses.dataclass(frozen=True)
class Relations:
    """tension and dialogue"""

    tension_persistence: float = real(MECHANISM, 0.9, 0.8, 0.97, "-", "1.12", "autocorrelation of tension per quarter")
    tension_volatility: float = real(MECHANISM, 0.3, 0, 1, "-", "1.12", "sd of the quarterly shock to latent tension")
    tension_jump_rate: float = real(MECHANISM, 0.04, 0, 0.2, "1/qtr", "1.12", "chance of a crisis")
    tension_jump_mean: float = real(MECHANISM, 1, 0, 3, "-", "1.12", "mean size of a crisis in latent tension")
    cooperation_on_tension: float = real(MECHANISM, 0.05, 0, 0.3, "-", "1.12",
        "relief from cooperation, per unit of depth")
    violation_on_tension: float = real(MECHANISM, 0.15, 0, 0.5, "-", "1.12", "rise from a violation")
    dialogue_on_tension: float = real(MECHANISM, 0.03, 0, 0.2, "-", "1.12", "relief from dialogue")
    tension_mean_cn_us: float = real(MECHANISM, -0.2, -3, 3, "logit", "1.12",
        "mean latent tension, China and US, before jumps")
    tension_mean_cn_eu: float = real(MECHANISM, -0.8, -3, 3, "logit", "1.12", "the same, China and EU")
    tension_mean_us_eu: float = real(MECHANISM, -2, -3, 3, "logit", "1.12", "the same, US and EU")
    tension_closes_channel: bool = switch("1.12", "high tension closes the official channel")
    tension_in_security: bool = switch("1.12",
        "tension raises the cost of dependence and of sharing technology")
    tension_in_exit: bool = switch("1.12", "tension raises the chance that a treaty is repudiated")
    tension_in_emergency: bool = switch("1.6a", "tension raises the chance of an emergency duty")
    tension_in_opening: bool = switch("1.6a", "tension raises the chance that a duty case is opened")
    dialogue_ceiling: float = real(MECHANISM, 0.4, 0, 1, "-", "1.9b",
        "highest state of dialogue, set by who meets", aliases=DIALOGUE_CEILINGS)
    dialogue_rise: float = real(MECHANISM, 0.10, 0, 0.5, "1/qtr", "1.9b", "rise of dialogue while the channel is open")
    dialogue_fall: float = real(MECHANISM, 0.20, 0, 1, "1/qtr", "1.9b", "fall of dialogue while the channel is closed")
    channel_closes_above: float = real(MECHANISM, 0.85, 0.5, 1, "tension", "1.9b", "tension that closes the channel")
    channel_opens_below: float = real(MECHANISM, 0.70, 0.3, 1, "tension", "1.9b",
        "tension that opens it again, usually lower")


@dataclasses.dataclass(frozen=True)
class Unilateral:
    """investigations, threats and emergency duties"""

    opening_hazard: float = real(MECHANISM, 0.25, 0, 0.6, "1/yr", "1.6a",
        "highest chance of opening an investigation within a year",
        "assumption: an earlier fit's median is kept, since the record does not narrow it under these rules")
    opening_slope: float = real(MECHANISM, 2, 0, 6, "-", "1.6a", "how sharply that chance follows the gain")
    petition_weight: float = real(STRUCTURE, 0.5, 0, 2, "-", "1.6a",
        "weight of the home industry's gain in opening",
        "Bown & Crowley 2013; Blonigen & Prusa 2003; assumption")
    opening_tension_weight: float = real(MECHANISM, 2, 0, 6, "-", "1.6a", "weight of tension in opening")
    duty_move_threshold: float = real(MECHANISM, 0.02, 0, 0.1, "S", "1.6a", "gain below which a duty is left alone")
    investigation_quarters: int = whole(MECHANISM, 4, 2, 6, "qtr", "1.6a",
        "length of an investigation, during which it is a threat")
    duty_step: float = real(MECHANISM, 0.10, 0.05, 0.25, "-", "1.6a", "step of the duties compared, ad valorem")
    emergency_hazard: float = real(MECHANISM, 0.01, 0, 0.05, "1/qtr", "1.6a",
        "chance of an emergency duty, times tension")


# fmt: on
CORE_GROUPS = (Market, Welfare, Standards, Valuing, Talks, Clocks, Conduct, Relations, Unilateral)

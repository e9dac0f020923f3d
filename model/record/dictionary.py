"""Every column of the record and of the summary, with its unit and its meaning."""

from __future__ import annotations

from typing import Final

import pandas as pd

from model.market.border import MECHANISMS

# table -> column -> (unit, meaning). A column that is recorded and not declared here is a fault, and the reverse.
COLUMNS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "bloc": {
        "ev_share": ("share", "EVs among new cars sold in the bloc"),
        "ev_sales": ("m cars/qtr", "EVs sold in the bloc"),
        "ev_built": ("m cars/qtr", "EVs built in the bloc"),
        "price": ("k$", "sales-weighted mean EV price before tax"),
        "consumer_surplus": ("bn$/qtr", "value of EVs to buyers"),
        "home_profit": ("bn$/qtr", "profits of automakers and suppliers with their home in the bloc"),
        "revenue": ("bn$/qtr", "duties collected on vehicles and cells, and a club's carbon price"),
        "subsidies": ("bn$/qtr", "purchase subsidies and charging budget paid"),
        "climate": ("bn$/qtr", "the bloc's part of the climate benefit of EVs sold anywhere, against the start"),
        "jobs": ("bn$/qtr", "value put on vehicles built in the bloc"),
        "security": ("bn$/qtr", "security cost of depending on other blocs"),
        "welfare": ("bn$/qtr", "social flow W"),
        "payoff": ("bn$/qtr", "executive's flow U: welfare with extra weight on home profits"),
        "announced": ("0/1", "a zero-emission path stands"),
        "announced_harmony": ("0/1", "it was announced in the run because it pays the bloc alone: no cooperation"),
        "chargers": ("m points", "public charging points"),
        "credit_price": ("k$", "price of a credit for an EV where a share of EVs is required (optional)"),
        "in_club": ("0/1", "the bloc is a member of a zone or club at the end of the quarter"),
        "club_payment": ("bn$/qtr", "money received from fellow members, paid if negative"),
    },
    "dyad": {
        "depth": ("share", "depth of cooperation D"),
        "depth_contested": ("share", "depth with harmony left out"),
        "tension": ("share", "tension, 0 to 1"),
        "dialogue": ("share", "state of the official dialogue"),
        "track2": ("share", "state of joint research beside the official channel"),
        "gesture": ("0/1", "a unilateral gesture stands"),
        "channel_open": ("0/1", "the official channel is open"),
        "session": ("0/1", "a session of talks is open"),
        "treaty": ("0/1", "a treaty is in force"),
        "package": ("index", "package in force on the dyad's menu, 0 = none"),
        "kept": ("sides", "sides that honour the treaty this quarter, 0 to 2"),
        "gain_first": ("bn$/qtr", "what the first bloc gains over no treaty"),
        "gain_second": ("bn$/qtr", "what the second bloc gains over no treaty"),
        "joint_gain": ("bn$/qtr", "both gains together"),
        "attainable_gain": ("bn$/qtr", "largest joint gain that a package of the full menu gives without a loser"),
        "gain_share": (
            "share",
            "joint gain over the attainable one, below 0 at a loss; not a number where that is next to none",
        ),
        "promise": ("share", "share that the treaty of the start gives if both keep it; 0 if one-sided or at a loss"),
        "both_concede": ("0/1", "each side keeps a concession that it would not make alone"),
        "reciprocity": ("share", "smaller over larger gain, 0 where one loses"),
        "tariff_cut": ("0/1", "an active duty is cut, not only bound"),
        "kept_duty_first": ("share", "cut of its duty that the first side keeps, of the way to its floor"),
        "kept_duty_second": ("share", "the same of the second side"),
        "kept_supply_first": ("share", "assurance of supply that the first side keeps, 0 to 1"),
        "kept_supply_second": ("share", "the same of the second side"),
        "kept_recognition_first": ("share", "recognition by treaty that the first side keeps, 0 to 1"),
        "kept_recognition_second": ("share", "the same of the second side"),
        "kept_linkage_first": ("share", "concession outside the sector that the first side keeps, 0 to 1"),
        "kept_linkage_second": ("share", "the same of the second side"),
        "kept_charging": ("share", "common charging interface that both keep, 0 to 1"),
        "kept_technology": ("share", "technology cooperation that both keep, 0 to 1"),
        "depth_inherited": ("share", "depth of the treaty that was in force at the start, until another one is signed"),
        "depth_duties": ("share", "part of the depth agreed in the run that is duties"),
        "depth_recognition": ("share", "part of it that is recognition"),
        "depth_joint": ("share", "part of it that is supply, charging and technology"),
        "duty_first": ("share", "duty that the first side applies to the second's EVs"),
        "duty_second": ("share", "duty that the second side applies to the first's EVs"),
        "ev_trade": ("1000 cars/qtr", "EVs that the two sell each other, by where they are built"),
        "game_first": ("code", "family of the first bloc's side of the 2x2 game"),
        "game_second": ("code", "family of the second bloc's side"),
        "club": ("0/1", "both are members of one zone or club at the end of the quarter"),
    },
    "directed": {
        "duty_ev": ("share", "duty applied on EVs (importer<exporter)"),
        "duty_battery": ("share", "duty applied on cells"),
        "no_treaty_duty_ev": ("share", "duty on EVs if no treaty were in force: MFN and special"),
        "special_ev": ("share", "EV duty above MFN without a treaty"),
        "investigation": ("quarters", "quarters that a duty case still runs"),
        "trust": ("share", "the importer's belief that the exporter honours in a quarter, or by type: ever"),
        "recognises": ("0/1", "the importer recognises the exporter's certificates, by treaty or alone"),
        "vehicle_imports": ("share", "part of the importer's car market built by the exporter's EV plants"),
        "cell_imports": ("share", "part of the importer's car market built there on the exporter's cells"),
        **{one.column[0]: one.column[1:] for one in MECHANISMS if one.column[0]},
    },
    "automaker": {
        "sales": ("m cars/qtr", "EVs sold in all markets"),
        "profit": ("bn$/qtr", "profit on EVs in all markets"),
        "share_cn": ("share", "part of China's EV sales"),
        "share_us": ("share", "part of US EV sales"),
        "share_eu": ("share", "part of EU EV sales"),
        "plants": ("count", "blocs in which it has a plant"),
    },
    "supplier": {
        "cell_cost": ("$/kWh", "cost of cells before the contract margin"),
        "cells": ("GWh/qtr", "cells delivered"),
        "profit": ("bn$/qtr", "contract margins earned"),
        "share": ("share", "part of all cells delivered"),
    },
}


SUMMARY: Final[dict[str, tuple[str, str]]] = {
    "dyad": ("name", "pair of blocs"),
    "mean_depth": ("share", "mean depth over the horizon: the area under the depth curve"),
    "mean_depth_contested": ("share", "the same with harmony left out"),
    "depth_ceiling": ("share", "largest depth that the issues on the table allow"),
    "depth_inherited": ("share", "part of the mean depth that is the treaty in force at the start"),
    "depth_duties": ("share", "part of it that is duties agreed in the run"),
    "depth_recognition": ("share", "part of it that is recognition agreed in the run"),
    "depth_joint": ("share", "part of it that is supply, charging and technology agreed in the run"),
    "joint_gain": ("bn$/yr", "mean gain of both over no treaty"),
    "attainable_gain": ("bn$/yr", "mean of the largest joint gain that can be had with neither side losing"),
    "gain_share": ("share", "joint gain over the attainable one, below 0 at a loss; not a number below 0.01 bn$/yr"),
    "gain_first": ("bn$/yr", "mean gain of the first bloc"),
    "gain_second": ("bn$/yr", "mean gain of the second bloc"),
    "ev_share_first": ("share", "EVs among new cars sold in the first bloc, mean over the horizon"),
    "ev_share_second": ("share", "the same in the second bloc"),
    "final_ev_share_first": ("share", "EVs among new cars sold in the first bloc in the last quarter"),
    "final_ev_share_second": ("share", "the same in the second bloc"),
    "co2_saved_first": ("Mt CO2/yr", "lifetime emissions that the EVs sold in the first bloc in a year save, mean"),
    "co2_saved_second": ("Mt CO2/yr", "the same in the second bloc"),
    "consumer_surplus_first": ("bn$/yr", "value of EVs to buyers in the first bloc, mean"),
    "consumer_surplus_second": ("bn$/yr", "the same in the second bloc"),
    "home_profit_first": ("bn$/yr", "profits of the firms at home in the first bloc, mean"),
    "home_profit_second": ("bn$/yr", "the same in the second bloc"),
    "jobs_first": ("bn$/yr", "value put on vehicles built in the first bloc, mean"),
    "jobs_second": ("bn$/yr", "the same in the second bloc"),
    "price_first": ("k$", "mean EV price before tax in the first bloc, mean over the horizon"),
    "price_second": ("k$", "the same in the second bloc"),
    "duty_first": ("share", "duty that the first side applies to the second's EVs, mean"),
    "duty_second": ("share", "duty that the second side applies to the first's EVs, mean"),
    "ev_trade": ("1000 cars/yr", "EVs that the two sell each other, mean"),
    "kept_duty_first": ("share", "cut of its duty that the first side keeps, of the way to its floor, mean"),
    "kept_duty_second": ("share", "the same of the second side"),
    "kept_supply_first": ("share", "assurance of supply that the first side keeps, mean"),
    "kept_supply_second": ("share", "the same of the second side"),
    "kept_recognition_first": ("share", "recognition by treaty that the first side keeps, mean"),
    "kept_recognition_second": ("share", "the same of the second side"),
    "kept_linkage_first": ("share", "concession outside the sector that the first side keeps, mean"),
    "kept_linkage_second": ("share", "the same of the second side"),
    "kept_charging": ("share", "common charging interface that both keep, mean"),
    "kept_technology": ("share", "technology cooperation that both keep, mean"),
    "emerged": ("true/false", "cooperation began that was not there from the start"),
    "first_emergence": ("quarter", "index of the quarter in which it did, -1 if none"),
    "emergence_label": ("quarter", "its label, empty if none"),
    "inherited": ("true/false", "the treaty that is there before anybody acts is cooperation if it is kept"),
    "kept": ("true/false", "cooperation was there from the start, and lasted until the end"),
    "deepened": ("true/false", "it was, and over some year 0.1 more of the attainable gain was realised than promised"),
    "lost": ("true/false", "it was, and ended"),
    "regained": ("true/false", "it was, ended, and began again"),
    "time_cooperating": ("share", "quarters in the cooperation state, of all"),
    "n_spells": ("count", "spells of cooperation"),
    "longest_spell": ("quarters", "longest spell"),
    "durable": ("true/false", "a spell of 12 quarters or more"),
    "collapsed": ("true/false", "a spell ended before the horizon"),
    "emerged_by_depth": ("true/false", "first edition's measure: mean depth of 0.5 with a duty cut, at least once"),
    "durable_by_depth": ("true/false", "first edition's measure: 12 quarters of that"),
    "treaty_quarters": ("quarters", "quarters with a treaty in force"),
    "club_quarters": ("quarters", "quarters with both in one zone or club"),
    "n_treaties": ("count", "treaties and upgrades ratified"),
    "n_lapses": ("count", "side-quarters in which a treaty was not honoured"),
    "final_depth": ("share", "depth in the last quarter"),
    "mean_tension": ("share", "mean tension"),
    "hollow": ("true/false", "emerged although both together lost by it"),
    "game": ("name", "most frequent game of the package on the table"),
    "game_at_start": ("name", "game of the package on the table in the first quarter"),
    "game_at_end": ("name", "the same in the last quarter"),
    "blocking": ("words", "commonest obstacle met in sessions: side and test"),
}


def dictionary() -> pd.DataFrame:
    """Every column of ``tables()`` and of ``summary()``, in their order: table, column, unit, meaning.

    ``design_point`` and ``replicate`` stand in the summary of an ensemble alone.
    """
    entities = {
        "bloc": "CN, US or EU",
        "dyad": "pair of blocs",
        "directed": "importer<exporter",
        "automaker": "automaker",
        "supplier": "supplier of cells",
    }
    rows = []
    for table, columns in COLUMNS.items():
        rows.append((table, "quarter", "index", "quarter, 0 the first of the scenario"))
        rows.append((table, "label", "quarter", "its label, as in 2026Q4"))
        rows.append((table, "entity", "name", f"what the row is about: {entities[table]}"))
        rows += [(table, name, *about) for name, about in columns.items()]
    rows.append(("summary", "design_point", "index", "set of parameters, in the order in which they were given"))
    rows.append(("summary", "replicate", "index", "number of the replicate: the same luck at every design point"))
    rows += [("summary", name, *about) for name, about in SUMMARY.items()]
    return pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"])

"""Scenarios of any two to six governments, made for tests: alike, or each with numbers of its own."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import combinations, permutations
from pathlib import Path

from model.vocabulary import LAWS_OF_THREE

CODES = ("CN", "US", "EU", "JP", "KR", "CA")
NAMES = {"JP": "Japan", "KR": "Korea", "CA": "Canada"}
QUARTERS = 12
AT_HOME = 0.5  # of a market, that its own two makers have together


def scenario_text(order: Sequence[str], differ: bool = True, extra: str = "") -> str:
    """A scenario of these governments in this order; what is a government's stays its own whatever the order is.

    differ: every government, pair and direction has numbers of its own; otherwise all have the same.
    """
    n, own = len(order), sorted(order, key=CODES.index)

    def of(*codes: str) -> float:
        """1, or more for whoever comes later in ``CODES``; alike for both ways to name a pair."""
        return 1.0 + 0.07 * sum(CODES.index(code) for code in codes) * differ

    def to(importer: str, exporter: str) -> float:
        """The same of a direction."""
        return 1.0 + 0.05 * (CODES.index(importer) + 0.5 * CODES.index(exporter)) * differ

    def each(number: float) -> str:
        return "[" + ", ".join(f"{number * of(code):.6g}" for code in order) + "]"

    def share(maker: str, market: str) -> float:
        return AT_HOME / 2 if maker == market else (1.0 - AT_HOME) / (2 * (n - 1))

    lines = [
        'name = "made"', 'title = "Made for a test"', 'first_quarter = "2026Q1"',
        f'last_quarter = "{2026 + (QUARTERS - 1) // 4}Q{(QUARTERS - 1) % 4 + 1}"',
        "blocs = [" + ", ".join(f'"{code}"' for code in order) + "]",
        "names = { " + ", ".join(f'{code} = "{NAMES[code]}"' for code in own if code in NAMES) + " }",
        "laws = { " + ", ".join(f"{code} = {list(row)}" for code, row in LAWS_OF_THREE.items() if code in order) + " }",
        extra,
        "[parameters]", 'assumed = "made for a test"',
    ]  # fmt: skip
    for stem, number in (
        ("alpha", 0.085), ("ice_margin", 2), ("carbon_share", 0.15), ("emissions_saved_per_ev", 24),
        ("concession_exponent", 0.5),
        ("ratification_threshold", 0.1), ("carbon_coverage", 0.3), ("carbon_price", 20), ("carbon_implicit", 10),
    ):  # fmt: skip
        lines += [f'"{stem}.{code}" = {number * of(code):.6g}' for code in own]
    for pair in combinations(own, 2):
        name = "-".join(pair)
        lines += [f'"trust_good.{name}" = {2 * of(*pair):.6g}', f'"trust_bad.{name}" = {2.5 / of(*pair):.6g}']
        lines.append(f'"tension_mean.{name}" = {-1 * of(*pair):.6g}')
    lines += [
        "[market]", f"size = {each(4)}", f"ev_share = {each(0.3)}", f"kwh = {each(60)}",
        f"drift = {{ target = {each(0.5)}, quarters = 20 }}", 'assumed = "made for a test"',
    ]  # fmt: skip
    for code in own:
        for k in (1, 2):
            shares = ", ".join(f"{market} = {share(code, market):.12g}" for market in order)
            lines += [
                f'[automaker."{code} {k}"]', f'home = "{code}"', f"share = {{ {shares} }}",
                f'plants = ["{code}"]', 'assumed = "made for a test"',
            ]  # fmt: skip
    freight = ", ".join("[" + ", ".join("0" if a == b else f"{to(b, a):.6g}" for b in order) + "]" for a in order)
    lines += [
        "[cost]", f"vehicle = {each(24)}",
        "place = [" + ", ".join(f"{0.9 + 0.1 * of(code):.6g}" for code in order) + ", 1]",
        f"freight = [{freight}, [" + ", ".join(["1"] * n) + "]]", 'assumed = "made for a test"',
        "[batteries]", 'freight = { value = 5, assumed = "made for a test" }',
    ]  # fmt: skip
    for code in own:
        lines += [
            f'[supplier."{code} cells"]', f'home = "{code}"', f"share = {1 / n!r}", f"cost = {95 / of(code):.6g}",
            "experience = 800", "minerals = 0.5", f"place_tie = {{ {code} = 1 }}", 'assumed = "made for a test"',
        ]  # fmt: skip
    lines += ["[duties]", f"other_ev = {each(0.1)}", f"other_battery = {each(0.05)}", 'assumed = "made for a test"']
    for good, mfn, base in (("ev", 0.1, 0.25), ("battery", 0.05, 0.15)):
        lines.append(f"[duties.{good}]")
        for i, j in permutations(own, 2):
            lines.append(f'"{i}<{j}" = {{ mfn = {mfn}, base = {base * to(i, j):.6g}, floor = 0 }}')
    abroad = f"{0.5 / (n - 1):.12g}"
    ice = ", ".join("[" + ", ".join("0.5" if home == market else abroad for home in order) + "]" for market in order)
    lines += [
        "[charging]", f"points = {each(0.8)}", f"budget = {each(3)}", f"unit_cost = {each(12)}",
        'assumed = "made for a test"',
        "[industry]", f"cars_built = {each(15)}", f"ice_share = [{ice}]", 'assumed = "made for a test"',
        "[zev]", f"required = {each(0.5)}", 'assumed = "made for a test"',
    ]  # fmt: skip
    for a, b in combinations(order, 2):
        linkage = ", ".join(
            f"{x} = {{ worth = {0.3 * of(y):.6g}, cost = {0.15 * of(x):.6g} }}" for x, y in ((a, b), (b, a))
        )
        lines += [
            f"[dyad.{a}-{b}]", f"regime_distance = {min(1.0, 0.6 * of(a, b)):.6g}", "dialogue = 0.4",
            f'supply_by = ["{a}", "{b}"]', f"linkage_by = {{ {linkage} }}", 'assumed = "made for a test"',
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def scenario_file(folder: Path, order: Sequence[str], differ: bool = True, extra: str = "") -> str:
    """The path of such a scenario, written into a folder."""
    path = folder / f"{'-'.join(order)}{'' if differ else '-alike'}{zlib.crc32(extra.encode()) if extra else ''}.toml"
    path.write_text(scenario_text(order, differ, extra), encoding="utf-8")
    return str(path)

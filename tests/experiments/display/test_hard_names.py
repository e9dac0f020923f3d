"""Every kind of figure with names as long as people give them: all is seen, nothing lies over anything."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn import faults_of, seen
from emulated import made_up_emulator
from matplotlib.figure import Figure
from sample_runs import ARMS, PLAN, small_plan, stored
from thinned import one_in

from experiments.arrangements.figures import arrangements_figure
from experiments.bench.show import figure as bench_figure
from experiments.display import looks
from experiments.display.figure_style import own_style, row_names
from experiments.emulation.emulator import Emulator
from experiments.emulation.figures import held_out_figure
from experiments.findings.findings import find
from experiments.league.figures import league_figure
from experiments.league.table import GENERATIONS
from experiments.report import headline_figures, report_figures
from experiments.report.figures import arms_figure, run_figure
from experiments.seating.figures import arena_figure
from experiments.sensitivity.figures import sensitivity_figure
from experiments.sensitivity.screening import CHANCE, OUTCOMES

BLOCS = ("CN", "US", "EU", "KR")
DYADS = tuple("-".join(pair) for pair in combinations(BLOCS, 2))
NAMES = (
    "as it is",
    "the whole treaty as it was proposed in Geneva",
    "no standing dialogue between regulators",
    "truces of 16 quarters, answers tit for tat, zone of zero tariffs",
    "neither dialogue nor duties, monitoring only",
    "no_linkage",
)
TITLE = "Which term, which answer and which package keeps the worst-off from losing in all worlds that fit the record?"


def arrangements() -> Figure:
    rows = [
        {"name": name, "design": n, "worst_off": [n - 2.0, n - 3.0, n - 1.0], "in_default": [n - 2.2],
         "better": 0.1 * n, "worse": 0.3}
        for n, name in enumerate(NAMES)
    ]  # fmt: skip
    told = {"candidates": rows, "robust": NAMES[3], "rows": 32, "race": {"replicates": 64}, "title": TITLE}
    return arrangements_figure(told)


def arena() -> Figure:
    ends = {f"{name}{end}": [n + 0.3 * k for n in range(len(NAMES) * len(BLOCS))]
            for name in ("gain_lead", "percentile") for k, end in ((0, ""), (-1, "_low"), (1, "_high"))}  # fmt: skip
    table = pd.DataFrame({"agent": np.repeat(NAMES, len(BLOCS)), "seat": BLOCS * len(NAMES), **ends})
    return arena_figure(SimpleNamespace(table=table, cloud=range(200)))  # type: ignore[arg-type]


def league() -> Figure:
    lead = np.linspace(1.0, -1.0, len(NAMES))
    ranking = pd.DataFrame({"name": NAMES, "own_lead": lead, "own_lead_low": lead - 0.3, "own_lead_high": lead + 0.3})
    shares = np.linspace(np.full(len(NAMES), 1 / len(NAMES)), np.arange(len(NAMES)) / 15, GENERATIONS)
    players = [SimpleNamespace(name=name) for name in NAMES]
    return league_figure(SimpleNamespace(ranking=ranking, shares=shares, plan=SimpleNamespace(players=players)))  # type: ignore[arg-type]


def sensitivity() -> Figure:
    groups = [*(("mechanism", name) for name in NAMES), ("input", "dialogue_on_monitoring"), (CHANCE, "chance")]
    rows = [{"outcome": outcome, "dyad": dyad, "kind": kind, "group": group, "total": 0.4, "total_low": 0.3,
             "total_high": 0.6, "first": 0.2}
            for outcome in OUTCOMES for dyad in DYADS[:3] for kind, group in groups]  # fmt: skip
    plan = SimpleNamespace(difference=None)
    return sensitivity_figure(SimpleNamespace(sobol=pd.DataFrame(rows), plan=plan))  # type: ignore[arg-type]


def emulator() -> Figure:
    told = made_up_emulator() | {"title": TITLE, "tested": [[0.2, 0.3, 0.4], [0.6, 0.7, 0.5]]}
    for one in told["outputs"]:
        one |= {"held_out": {"r2": 0.9}, "times": 100.0, "unit": "% of runs", "tested": [0.2, 0.6]}
    return held_out_figure(Emulator(told))


def bench() -> Figure:
    seconds = {"8": 0.1, "64": 0.5, "256": 1.9, "2048": 15.0}
    return bench_figure({
        "runs_per_second_by_lanes": {"1": 3.0, "8": 20.0, "64": 90.0, "1024": 120.0, "4096": 110.0},
        "worlds": {"mesa_ms": 300.0}, "phases": {f"phase_{n}_of_bargaining": 0.3 / (n + 1) for n in range(8)},
        "growth": {what: {"seconds": seconds, "exponent": 0.98} for what in ("replicates", "quarters", "makers")},
        "memory": {"after_each_block_mb": [300.0] * 20, "block_replicates": 512},
    })  # fmt: skip


def four_governments() -> Figure:
    """A run of six pairs; every one of them is at the table in its second half."""
    quarters = range(40)
    times = {"quarter": quarters, "label": [f"{2026 + q // 4}Q{q % 4 + 1}" for q in quarters]}
    late = [q >= len(quarters) // 2 for q in quarters]

    def of(entities: Any, **columns: Any) -> pd.DataFrame:
        return pd.concat([pd.DataFrame({"entity": name, **times, **columns}) for name in entities])

    return run_figure({
        "dyad": of(DYADS, depth=1.0 * np.array(late), depth_contested=0.5, treaty=late),
        "directed": of((f"{a}<{b}" for a, b in permutations(BLOCS, 2)), duty_ev=0.3, no_treaty_duty_ev=0.9),
        "bloc": of(BLOCS, ev_share=np.linspace(0.2, 0.9, len(quarters))),
    }, f"{TITLE} Replicate 0")  # fmt: skip


DRAWS = (arrangements, arena, league, sensitivity, emulator, bench, four_governments)


# One in three: every figure is drawn in one style or two, and every style is met.
@pytest.mark.parametrize(("draw", "style"), one_in(3, product(DRAWS, looks.STYLES)))
def test_all_is_seen_and_nothing_lies_over_anything(draw: Callable[[], Figure], style: str) -> None:
    with looks.looking(style), own_style():
        figure = draw()
        figure.draw_without_rendering()
        faults, sizes = faults_of(figure), {text.get_fontsize() for text in seen(figure)}
        plt.close(figure)
        assert faults == [] and min(sizes) >= looks.style().small


LONG = (
    PLAN.replace('"dialogue"', '"standing dialogue between regulators"')
    .replace('["none", "group"]', '["none", "group", "leaders"]')
    .replace('["off", "on the table"]', '["off the table", "on the negotiating table"]')
)


ARMS_LONG = ARMS.replace("no dialogue", NAMES[2]).replace("no tariffs", NAMES[3])


@pytest.mark.parametrize(("text", "style"), one_in(3, product([LONG, ARMS_LONG], ["slide", "paper"])))
def test_figures_of_a_plan_keep_its_names_apart(text: str, style: str, tmp_path: Path) -> None:
    plan = small_plan(tmp_path, text).with_replicates(3)
    findings = find(plan, stored(tmp_path / "results", plan))
    dyads = list(dict.fromkeys(findings.cells["dyad"]))
    draws: list[Callable[[], Figure | None]] = [
        lambda: headline_figures.plan_figure(findings),
        lambda: headline_figures.worth_figure(findings),
        lambda: report_figures.response_map(findings.cells, plan, dyads),
    ]
    if len(findings.arms):
        draws.append(lambda: arms_figure(findings.arms, "core", TITLE))
    for draw in draws:
        with looks.looking(style), own_style():
            if (figure := draw()) is None:
                continue
            figure.draw_without_rendering()
            faults = faults_of(figure)
            rows = [[label.get_text() for label in axis.get_yticklabels()] for axis in figure.axes]
            plt.close(figure)
            assert faults == []
            assert all(len(set(row)) == len(row) for row in rows if any(row)), "no two rows have one name"


def test_a_long_name_loses_its_middle() -> None:
    label = "standing dialogue between regulators: "
    assert row_names([f"{label}group", f"{label}leaders"], 20, 2) == [
        "standing dialogue …\nregulators: group",
        "standing dialogue …\nregulators: leaders",
    ]
    crossed = [f"{label}{talks}, duties: {duties} the table" for talks in ("none", "group") for duties in ("on", "off")]
    told = row_names(crossed, 28, 1)
    assert len(set(told)) == 4 and max(map(len, told)) <= 28
    assert row_names(["short", ""], 20, 1) == ["short", " "]
    assert row_names([f"{label}none"], 60, 1) == [f"{label}none"]


def test_six_pairs_stand_in_two_lines() -> None:
    with looks.looking("slide"), own_style():
        figure = four_governments()
        figure.draw_without_rendering()
        titled = [axis for axis in figure.axes if axis.get_title()]
        assert [axis.get_title() for axis in titled][:2] == ["China–US", "China–EU"] and len(titled) == len(DYADS)
        assert len({round(axis.get_position().x0, 2) for axis in titled}) == 3
        plt.close(figure)

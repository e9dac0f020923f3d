"""One HTML file that tells what a sweep found: tables, figures, warnings, the plan and the manifest.

It needs no network and no other file. Estimands come in the order of theory 2.2, each with a sentence that says how
to read it. Figures are also kept as files beside it, for slides and papers.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any, Final

import pandas as pd

from experiments import report_figures, warnings_of
from experiments.design import SAMPLED, Plan
from experiments.estimates import mean_interval
from experiments.figures import plan_figure, saver
from experiments.findings import Findings, find, interval, signed
from experiments.plan_file import plan_of
from experiments.results import Results
from experiments.sensitivities import definitions, sensitivity_table
from experiments.survival import treaty_ends
from model import load_scenario

# Cells beyond this are left to the files; nobody reads them on a page.
MOST_ROWS: Final = 120
PAGE: Final = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>
body { font: 16px/1.5 Georgia, serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
h1, h2, th, .lead, figcaption { font-family: Arial, Helvetica, sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font: 14px/1.35 Arial, Helvetica, sans-serif; margin: .8rem 0; }
th, td { padding: .2rem .7rem .2rem 0; text-align: left; border-bottom: 1px solid #ddd; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 1rem 0; } img { width: 100%; } figcaption, .how { color: #444; font-size: .92rem; }
.warn { border-left: 5px solid #D55E00; background: #fdf3ec; padding: .5rem 1rem; }
.wide { overflow-x: auto; } pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; font-size: 13px; }
@media print { body { max-width: none; } details { display: none; } figure { break-inside: avoid; } }
</style></head><body>
$body
</body></html>
""")


def write_report(folder: str | Path) -> Path:
    """Write ``report.html`` and ``figures/`` into a results folder; the path of the page.

    Raises:
        InputFault: the folder holds no results that can be read.
    """
    results = Results.open(folder)
    page = _Page(results, plan_of(results.manifest))
    return results.write_text("report.html", page.text())


class _Page:
    """Collects the parts of the page in their order."""

    def __init__(self, results: Results, plan: Plan) -> None:
        self.results, self.plan = results, plan
        self.findings: Findings = find(plan, results)
        self.n_quarters = load_scenario(plan.scenario).n_quarters
        self.names = [factor.name for factor in plan.factors] if plan.design not in SAMPLED else []
        self.runs = results.read([*self.names, *RUN_COLUMNS])
        own = [point.index for point in plan.cells]
        self.runs = self.runs[self.runs["design_point"].isin(own)]
        self.dyads = [str(dyad) for dyad in dict.fromkeys(self.findings.cells["dyad"])]
        self.leading = plan.factors[0] if self.names else None
        self.parts: list[str] = []

    def text(self) -> str:
        """The whole page."""
        self._head()
        self._depth()
        self._emergence()
        self._ends()
        self._gains()
        self._games()
        self._definitions()
        self._back_matter()
        return PAGE.substitute(title=html.escape(self.plan.title), body="\n".join(self.parts))

    # --- parts of the page ------------------------------------------------------------------------------

    def _head(self) -> None:
        plan, told = self.plan, self.results.manifest
        self._add(f"<h1>{esc(plan.title)}</h1>", f'<p class="lead">{esc(plan.question)}</p>')
        if plan.hypothesis:
            self._add(f"<p><b>Expected beforehand:</b> {esc(plan.hypothesis)}</p>")
        self._say(
            f"Scenario {plan.scenario}, {len(plan.points)} design points ({plan.design.replace('_', ' ')}), "
            f"{self.findings.n_runs} runs that share their luck across design points; {self.findings.n_failed} failed; "
            f"the sweep is {told['state']}. Brackets hold 95 % intervals over replicates. Everything here is a "
            "statement about this model under its assumptions, not a forecast."
        )
        words = warnings_of.warnings_of(self.findings, self.runs, told)
        if words:
            self._add('<div class="warn"><b>Before you quote this</b><ul>')
            self._add(*(f"<li>{esc(sentence)}</li>" for sentence in words), "</ul></div>")
        self._add("<h2>In plain words</h2>", f"<p>{esc(self.findings.reading)}</p>")

    def _depth(self) -> None:
        self._heading(
            "1. How deep, and what is it worth?",
            "Mean depth is the area under the depth curve: 0 is no treaty, 1 is everything on the table honoured "
            "in every quarter; more on the table raises the ceiling: where ceilings differ, compare gains.",
        )
        self._figure("findings", "What the design changes.", self._main_figure)
        cells = self.findings.cells
        if len(cells) <= MOST_ROWS:
            self._table(self._cells_table(cells))
        else:
            self._say(f"{len(cells)} rows of cells are in cells.parquet.")
        if len(self.findings.effects):
            self._table(_effects_table(self.findings))
        if len(self.findings.associations):
            self._table(_associations_table(self.findings.associations))
        if len(self.findings.precision):
            self._say("Intervals of the stop rule, which hold what they promise although it was decided when to stop:")
            self._table(_numbers(self.findings.precision))
        self._figure(
            "response-map", "Mean depth over two factors, averaged over the others.",
            lambda: report_figures.response_map(cells, self.plan, self.dyads),
        )  # fmt: skip
        self._figure(
            "depth-over-time", "Median depth; the ribbons hold eight runs in ten.",
            lambda: report_figures.depth_figure(self._series("dyad"), self.leading, self.dyads),
        )  # fmt: skip
        self._figure(
            "duties-over-time", "Median duties of all kept runs; the ribbons hold eight runs in ten.",
            lambda: report_figures.duties_figure(self._series("directed"), self.dyads),
        )  # fmt: skip

    def _emergence(self) -> None:
        self._heading(
            "2 to 4. Does cooperation emerge, when, and does it last?",
            "Emergence is the first quarter of a spell with depth of at least one half, both gain and a duty is cut; "
            "durable is a spell of 12 quarters. The curve falls as runs get there; runs that never do are counted as "
            "still waiting at the horizon. The restricted mean is the average wait up to the horizon.",
        )
        rows = []
        for dyad in self.dyads if "first_emergence" in self.runs else ():
            own = self.runs[self.runs["dyad"] == dyad]
            for _number, label, part in report_figures.by_level(own, self.leading):
                rows.append({"dyad": dyad, "runs": label, **_waiting(part, self.n_quarters)})
        self._table(pd.DataFrame(rows))
        self._figure(
            "emergence",
            "Time to emergence (Kaplan-Meier). Greenwood's band counts every run as independent; cells share their "
            "luck, so it is a little narrow: the intervals of the table are over replicates.",
            lambda: report_figures.emergence_figure(self.runs, self.leading, self.n_quarters, self.dyads),
        )  # fmt: skip

    def _ends(self) -> None:
        if "treaty_from" not in self.runs:
            return
        self._heading(
            "5. How do first treaties end?",
            "Lapse (a side fails its own test), turnover (a successor repudiates), exit after notice, sunset: each "
            "share has ended by that cause by the horizon; with those still in force they add to one.",
        )
        table = treaty_ends(self.runs, self.n_quarters)
        if table.empty:
            self._say("No treaty came into force, or none ended.")
            return
        last = table.groupby(["dyad", "cause"], sort=False).tail(1)
        shown = last.assign(share=[_share(row) for _, row in last.iterrows()])[["dyad", "cause", "share", "n"]]
        self._table(shown.rename(columns={"n": "treaties", "share": "ended by the horizon"}))

    def _gains(self) -> None:
        if "gain_first" not in self.runs:
            return
        self._heading("6. Who gains?", "Mean gain over no treaty, bn$ a year, averaged over the runs of all cells.")
        sides = []
        for dyad in self.dyads:
            own = self.runs[self.runs["dyad"] == dyad]
            for bloc, column in zip(dyad.split("-"), ("gain_first", "gain_second"), strict=True):
                sides.append({"dyad": dyad, "bloc": bloc, "gain, bn$ a year": signed(float(own[column].mean()))})
        self._table(pd.DataFrame(sides))

    def _games(self) -> None:
        if "game" in self.runs:
            self._heading("7. Which games are played?", "The most frequent game of each run, by dyad; shares of runs.")
            counts = self.runs.groupby("dyad", observed=True)["game"].value_counts(normalize=True)
            top = counts.groupby(level=0, observed=True, sort=False).head(4).reset_index()
            top = top[top["proportion"] > 0]
            self._table(top.assign(proportion=[f"{x:.2f}" for x in top["proportion"]]))
        self._figure(
            "game-map",
            "The last package on the table of each run. In the shaded square both are tempted less than they fear "
            "to be left; right or above a side would leave anyway; below zero it would give alone. Points beyond "
            "the scale stand at its edge.",
            lambda: report_figures.game_map(self.runs, self.leading, self.dyads),
        )

    def _definitions(self) -> None:
        if "onset_d50_w4" not in self.runs:
            return
        self._heading(
            "How much hangs on the definition?",
            "Share of runs in which cooperation emerges (and is durable), when depth must reach another threshold over "
            "another window. The definition, 0.5 over 4 quarters, was fixed before the runs.",
        )
        table = sensitivity_table(self.runs, ["dyad"])
        table["shown"] = [
            f"{a:.2f} ({b:.2f})" for a, b in zip(table["emergence_rate"], table["durable_share"], strict=True)
        ]
        wide = table.pivot(index=["dyad", "threshold"], columns="window", values="shown")
        wide.columns = [f"{window} quarters" for window in wide.columns]
        self._table(wide.loc[self.dyads].reset_index())
        assert len(table) == len(definitions()) * len(self.dyads)

    def _back_matter(self) -> None:
        told = self.results.manifest
        if self.findings.corners:
            self._heading("The same in every run", "Where nothing varies, there is nothing to estimate.")
            self._add("<ul>", *(f"<li>{esc(sentence)}</li>" for sentence in self.findings.corners), "</ul>")
        self._add(
            "<h2>Where this comes from</h2>",
            f"<details><summary>The plan</summary><pre>{esc(told['plan_text'])}</pre></details>",
        )
        words = "".join(f"<tr><td>{esc(name)}</td><td>{esc(text)}</td></tr>" for name, text in told["columns"].items())
        self._add(f"<details><summary>What the columns mean</summary><table>{words}</table></details>")
        short = {key: value for key, value in told.items() if key not in LONG}
        self._add(f"<details><summary>The manifest</summary><pre>{esc(json.dumps(short, indent=1))}</pre></details>")

    # --- pieces -----------------------------------------------------------------------------------------

    def _main_figure(self) -> Any:
        return plan_figure(self.findings)

    def _series(self, table: str) -> pd.DataFrame:
        return self.results.read_series(table)

    def _add(self, *parts: str) -> None:
        self.parts.extend(parts)

    def _say(self, words: str) -> None:
        self._add(f"<p>{esc(words)}</p>")

    def _heading(self, title: str, how: str) -> None:
        self._add(f"<h2>{esc(title)}</h2>", f'<p class="how">{esc(how)}</p>')

    def _table(self, frame: pd.DataFrame) -> None:
        if frame.empty:
            return
        numeric = [_looks_numeric(frame[name]) for name in frame]
        head = "".join(_cell("th", str(name), is_n) for name, is_n in zip(frame, numeric, strict=True))
        body = "".join(
            "<tr>" + "".join(_cell("td", str(x), is_n) for x, is_n in zip(row, numeric, strict=True)) + "</tr>"
            for row in frame.itertuples(index=False)
        )
        self._add(f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>')

    def _figure(self, name: str, caption: str, draw: Callable[[], Any]) -> None:
        """Keep a figure as a file and put it into the page; nothing where there is nothing to draw."""
        figure = report_figures.drawn(draw)
        if figure is None:
            return
        path = self.results.write_figure(f"figures/{name}.svg", saver(lambda: figure))
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        self._add(
            f'<figure><img alt="{esc(caption)}" src="data:image/svg+xml;base64,{data}">'
            f"<figcaption>{esc(caption)}</figcaption></figure>"
        )

    def _cells_table(self, cells: pd.DataFrame) -> pd.DataFrame:
        rows = []
        for _, cell in cells.iterrows():
            row = {"dyad": cell["dyad"]}
            if len(self.plan.blocks) > 1:
                row["block"] = cell["block"]
            for factor in self.plan.factors if self.names else ():
                row[factor.label] = factor.label_of(cell[factor.name])
            low, high = cell["mean_depth_low"], cell["mean_depth_high"]
            row["depth"] = f"{cell['mean_depth']:.2f} {interval(low, high)} of {cell['depth_ceiling']:.2f}"
            row["gain, bn$/yr"] = signed(cell["joint_gain"])
            for name, words in (("durable_share", "durable"), ("emergence_rate", "emerged")):
                row[words] = f"{cell[name]:.2f} {interval(cell[f'{name}_low'], cell[f'{name}_high'])}"
            rows.append(row)
        return pd.DataFrame(rows)


LONG: Final = ("plan_text", "design_points", "columns", "code")
RUN_COLUMNS: Final = (
    *("block", "dyad", "mean_depth", "mean_depth_contested", "joint_gain", "gain_first", "gain_second"),
    *("emerged", "first_emergence", "durable", "hollow", "game", "treaty_from", "treaty_until", "treaty_end"),
    *("tempted_first", "suffers_first", "tempted_second", "suffers_second"),
    *(f"{kind}_d{round(100 * t):02d}_w{w}" for t, w in definitions() for kind in ("onset", "durable")),
)


def esc(text: object) -> str:
    return html.escape(str(text))


def _cell(tag: str, text: str, is_number: bool) -> str:
    return f'<{tag} class="n">{esc(text)}</{tag}>' if is_number else f"<{tag}>{esc(text)}</{tag}>"


def _looks_numeric(column: pd.Series) -> bool:
    return all(str(value)[:1] in "+-.0123456789" for value in column)


def _waiting(runs: pd.DataFrame, n_quarters: int) -> dict[str, str]:
    """How many emerged and were durable, and the mean wait, with intervals over replicates, which cells share.

    Every run is observed to the horizon, so the restricted mean of Kaplan and Meier is the mean of what was seen.
    """
    has_emerged = runs["first_emergence"] >= 0
    wait = runs["first_emergence"].where(has_emerged, n_quarters).astype(float)
    found = mean_interval(wait.groupby(runs["replicate"]).mean())
    low, high = max(found.low, 0.0), min(found.high, float(n_quarters))
    return {
        "emerged": f"{has_emerged.mean():.2f}",
        "durable": f"{runs['durable'].astype(float).mean():.2f}",
        "mean wait, quarters": f"{found.mean:.1f} {interval(low, high, 1)}",
    }


def _share(row: pd.Series) -> str:
    return f"{row['incidence']:.2f} {interval(row['low'], row['high'])}"


def _effects_table(findings: Findings) -> pd.DataFrame:
    labels = {factor.name: factor for factor in findings.plan.factors}
    digits = {"mean_depth": 3, "joint_gain": 2}
    rows = []
    for _, row in findings.effects.iterrows():
        factor, n = labels[row["factor"]], digits[row["outcome"]]
        rows.append(
            {
                "block": row["block"], "dyad": row["dyad"],
                "factor": f"{factor.label}: {factor.label_of(row['level'])} against {factor.label_of(row['baseline'])}",
                "outcome": str(row["outcome"]).replace("_", " "),
                "effect": f"{signed(row['mean'], n)} {interval(row['low'], row['high'], n, with_sign=True)}",
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame if frame["block"].nunique() > 1 else frame.drop(columns="block")


def _associations_table(associations: pd.DataFrame, most: int = 5) -> pd.DataFrame:
    top = associations.groupby(["block", "dyad", "outcome"], sort=False).head(most)
    shown = [f"{signed(r.correlation)} {interval(r.low, r.high, 2, with_sign=True)}" for r in top.itertuples()]  # type: ignore[arg-type]
    table = top.assign(**{"rank correlation": shown}, outcome=top["outcome"].str.replace("_", " "))
    return table[["dyad", "outcome", "factor", "rank correlation", "n"]]


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with its numbers short."""
    return frame.map(lambda x: f"{x:.4g}" if isinstance(x, float) else x)

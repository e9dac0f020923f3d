"""One HTML file that tells what a sweep found: tables, figures, warnings, the plan and the manifest.

It needs no network and no other file. Estimands come in the order of theory 2.2, each with a sentence that says how
to read it. Figures are also kept as files beside it, for slides and papers.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pandas as pd

from experiments.design.plan import Plan
from experiments.display.glossary import GLOSSARY
from experiments.display.words import OF_FLIPS, listed
from experiments.findings import warnings
from experiments.findings.findings import calibration_of, find
from experiments.findings.headline import about, quarters_of, scenarios_in_words
from experiments.findings.sentences import (
    OF_CALIBRATION,
    caption_of,
    caption_of_worth,
    of_sample,
    of_tests,
    others_in_words,
    why_no_ranking,
)
from experiments.findings.tables import Findings
from experiments.report import citing, report_figures, tables
from experiments.report.crossed_tables import crossed_tables
from experiments.report.figures import arms_figure
from experiments.report.headline_figures import has_worth, plan_figure, worth_figure
from experiments.report.html import esc
from experiments.report.sheet import Sheet
from experiments.running.worker_pool import return_freed_memory
from experiments.statistics.stopping import reached_in_words
from experiments.statistics.survival import ended_by_cause
from experiments.store.columns import GAME
from experiments.store.folder import Results
from experiments.store.kept import plan_of

# What of a manifest is too long for a page.
LONG: Final = ("plan_text", "design_points", "columns", "code")
#: Runs from which memory that is free goes back before more are read: it takes a moment, and a million fit into 500 MB.
MANY_RUNS: Final = 200_000
DOWNLOADS: Final = (
    "Every table and figure of this page can be taken from the page itself: CSV and SVG stand beside its caption. "
    "Numbers to the last bit, with their units, for R, Stata, Excel or LaTeX: "
    "<code>detente export RESULTS --to csv</code> (or stata, excel, latex, parquet). Figures in the width of a "
    "journal: <code>detente report RESULTS --style paper --figures pdf</code>. A sealed file that others can check: "
    "<code>detente certify RESULTS</code>. RESULTS is the folder that holds this page."
)


def write_report(folder: str | Path, tell: Callable[[str], None] = lambda words: None) -> Path:  # noqa: ARG005
    """Write ``report.html`` and ``figures/`` into a results folder; the path of the page.

    tell: hears of every figure that could not be drawn; the page says so in its place.

    Raises:
        InputFault: the folder holds no results that can be read.
    """
    results = Results.open(folder)
    results.check_takes_files()
    page = Page(results, plan_of(results), tell)
    return results.write_text("report.html", page.text())


class Page:
    """Collects the parts of the page in their order; reads runs a dyad and a few columns at a time."""

    def __init__(
        self,
        results: Results,
        plan: Plan,
        tell: Callable[[str], None],
        found: Findings | None = None,
        sheet: Sheet | None = None,
    ) -> None:
        self.results, self.plan = results, plan
        self.findings: Findings = find(plan, results) if found is None else found
        self.n_quarters = quarters_of(plan)
        self.dyads = [str(dyad) for dyad in dict.fromkeys(self.findings.cells["dyad"])]
        self.leading = plan.shown[0] if plan.shown else None
        self.sheet = sheet or Sheet(plan.title, results, tell)

    def text(self) -> str:
        """The whole page."""
        self._head()
        self._answer()
        plan = self.plan
        if plan.asks_any("emerged", "durable"):
            self._emergence()
        self._tests()
        if sample := " ".join(of_sample(self.findings)):
            self.sheet.say(sample)
        for how, caption, table, file in crossed_tables(self.findings):
            if how:
                self.sheet.say(how)
            self._compared(caption, table, file)
        if not plan.outcomes:
            self._ends()
            self._gains()
            self._games()
        if plan.asks_any("mean_depth"):
            self._depth()
        self._basis()
        self._back_matter()
        return self.sheet.text()

    def _runs(self, dyad: str, columns: Iterable[str], below: int | None = None) -> pd.DataFrame:
        """A dyad's rows of the design's own points, with what tells the leading factor's levels apart."""
        if self.plan.n_runs >= MANY_RUNS:
            return_freed_memory()
        own = [point.index for point in self.plan.cells]
        wanted = [*([self.leading.name] if self.leading else []), *columns]
        return self.results.read(wanted, own, dyad, below).assign(dyad=dyad)

    # --- parts of the page ------------------------------------------------------------------------------

    def _head(self) -> None:
        plan, told = self.plan, self.results.manifest
        self.sheet.add(f"<h1>{esc(plan.title)}</h1>", f'<p class="lead">{esc(plan.question)}</p>')
        if plan.hypothesis:
            self.sheet.add(f"<p><b>Expected beforehand:</b> {esc(plan.hypothesis)}</p>")
        self.sheet.say(
            f"{scenarios_in_words(plan)}, {len(plan.points)} design points ({plan.design.replace('_', ' ')}), "
            f"{self.findings.n_runs} runs that share their luck across design points; {self.findings.n_failed} failed; "
            f"the sweep is {told['state']}. Brackets hold 95 % intervals over replicates. Everything here is a "
            "statement about this model under its assumptions, not a forecast."
        )
        totals = {dyad: warnings.totals_of(self._runs(dyad, warnings.LOOKED_AT)) for dyad in self.dyads}
        words = warnings.warnings_of(self.findings, totals, told)
        if told["flips"]:
            words = [*told["flips"], OF_FLIPS, *words]
        if words:
            self.sheet.add('<div class="warn"><b>Before you quote this</b><ul>')
            self.sheet.add(*(f"<li>{esc(sentence)}</li>" for sentence in words), "</ul></div>")
        self.sheet.heading("In plain words")
        self.sheet.say(self.findings.reading)
        self.sheet.add('<p><a href="#glossary">What the words mean</a></p>')
        self.sheet.contents()

    def _answer(self) -> None:
        self.sheet.heading(
            "1. Does cooperation emerge, or is it kept, and what is it worth?",
            "A pair cooperates in a quarter if, over a year, at least half of the gain that the two could have "
            "together is realised, neither loses, and each gives something that it would not give alone. It emerges if "
            "it was not there from the start; where the treaty in force before anybody acts is cooperation, it is "
            "inherited, and kept, lost or regained. Shares are of runs; time, gains, duties and trade are means over "
            "all quarters. What each term means stands in the glossary at the end.",
        )
        plan = self.plan
        self.sheet.figure("findings", caption_of(plan), lambda: plan_figure(self.findings))
        if has_worth(self.findings):
            self.sheet.figure("worth", caption_of_worth(plan), lambda: worth_figure(self.findings))
        for number, reference in enumerate(self.plan.references[1:], 2):
            draw = functools.partial(arms_figure, self.findings.arms, reference, self.plan.title)
            self.sheet.figure(f"arms-{number}", f"Differences from {reference}.", draw)
        cells = self.findings.cells
        self.sheet.table("Every cell: means, shares of runs and their intervals.", tables.cells(self.findings), "cells")
        self._definitions()
        self._compared(
            f"Paired differences, replicate by replicate, {others_in_words(plan)}.",
            tables.effects(plan, self.findings.effects),
        )
        if len(self.findings.arms):
            self._compared("Every arm, replicate by replicate.", tables.arms(plan, self.findings.arms), "arms")
        if len(self.findings.contrasts):
            own = self.findings.contrasts.rename(columns={"contrast": "factor"})
            self._compared("The contrasts of the plan.", tables.effects(plan, own), "contrasts")
        if len(self.findings.associations):
            self.sheet.table(
                "Rank correlations of the factors with time cooperating and gain, the strongest of each dyad. Their "
                "brackets hold 95 % intervals over design points, one factor at a time.",
                tables.associations(plan, self.findings.associations),
            )
        if why := why_no_ranking(self.findings):
            self.sheet.say(why)
        if len(self.findings.precision):
            assert plan.precision is not None
            self.sheet.say(
                f"{reached_in_words(self.findings.precision, plan.precision)} These intervals hold what they promise, "
                "although it was decided on the way when to stop."
            )
            self.sheet.table(
                "The precision that was reached.", tables.precision(plan, self.findings.precision), "precision"
            )
        self.sheet.figure(
            "response-map", "Time cooperating over two factors, averaged over the others; share of all quarters.",
            lambda: report_figures.response_map(cells, plan, self.dyads) if plan.asks_any("time_cooperating") else None,
        )  # fmt: skip

    def _depth(self) -> None:
        self.sheet.heading(
            "Of what does it consist?",
            "Mean depth is the weighted share of what could be conceded that is kept: 0 is no treaty, 1 is everything "
            "on the table honoured in every quarter. It says what cooperation consists of, not whether there is any: "
            "more on the table raises its ceiling, so where ceilings differ, compare gains. Its parts add to it: the "
            "treaty that was in force at the start, for as long as no other is signed, and of what was agreed in the "
            "run duties, recognition, and the rest.",
        )
        self.sheet.table("Depth of cooperation and its parts.", tables.depth(self.findings), "cells")
        n_kept = min(self.plan.outputs.replicates, self.plan.replicates)
        kept = f" over the first {n_kept} replicates of every cell" if n_kept > 1 else " of the first replicate"
        self.sheet.figure(
            "cooperation-over-time",
            f"Share of runs that cooperate, by calendar year{kept}; bars: 95 % intervals, of each of more than two "
            "levels in years of its own.",
            lambda: report_figures.cooperation_figure(self._series("dyad"), self.leading, self.dyads),
        )  # fmt: skip
        self.sheet.figure(
            "duties-over-time", f"Mean duties by calendar year{kept}, all levels together; bars: 95 % intervals.",
            lambda: report_figures.duties_figure(self._series("directed"), self.dyads),
        )  # fmt: skip

    def _emergence(self) -> None:
        self.sheet.heading(
            "2 to 4. When does cooperation emerge, and does it last?",
            "Cooperation emerges in the first quarter of a spell of it that was not there from the start; what was "
            "inherited does not emerge, so those runs wait to the end here. It is durable if a spell lasts 12 quarters "
            "or more. Shares of runs, and the restricted mean: the average wait, in which runs "
            "that never get there count as waiting up to the horizon. Averages over all cells of a level; "
            "intervals over replicates, for shares Wilson's with as many runs as cells with common luck are worth.",
        )
        rows, curves = [], []
        for dyad in self.dyads:
            own = self._runs(dyad, ["first_emergence", "durable"])
            if "first_emergence" not in own:
                return
            for number, label, part in report_figures.by_level(own, self.leading):
                rows.append({"dyad": dyad, "runs": label, **tables.waiting(part, self.n_quarters)})
                curve = tables.still_waiting(part, self.n_quarters)
                curves.append(curve.assign(dyad=dyad, number=number, label=label))
        self.sheet.table("Runs in which cooperation emerges and lasts, and the wait for it.", pd.DataFrame(rows))
        drawn = pd.concat(curves, ignore_index=True)
        self.sheet.figure(
            "emergence",
            "Time to emergence (Kaplan-Meier), over all cells of a level; bars: 95 % intervals over replicates.",
            lambda: report_figures.emergence_figure(drawn, self.n_quarters, self.dyads),
        )  # fmt: skip

    def _tests(self) -> None:
        found = self.findings.tests
        if found.empty:
            return
        n_tests = int(found.groupby(["test", "outcome"])["p_value"].size().max())
        self.sheet.heading(
            "Do rates and times differ beyond luck?",
            "Rates by McNemar's exact test: of the replicates, only those count that end differently under the two "
            "settings (how many for the one : for the other). Times to emergence by the log-rank test, which is "
            "conservative where arms share their luck. A pair of cells is told apart at 5 % after Holm's correction "
            f"for all {n_tests} comparisons of this plan, so it may not be where a single interval above leaves zero "
            "out. Every single test is in tests.parquet.",
        )
        if words := of_tests(self.plan, found):
            self.sheet.say(words)
        self.sheet.table("Tests of rates and times between settings.", tables.tests(self.findings), "tests")

    def _ends(self) -> None:
        columns = ("treaty_from", "treaty_until", "treaty_end")
        runs = (self._runs(dyad, columns) for dyad in self.dyads)
        by_dyad = [ended_by_cause(own, self.n_quarters) for own in runs if "treaty_from" in own]
        if not by_dyad:
            return
        self.sheet.heading(
            "5. How do first treaties end?",
            "Lapse (a side fails its own test), turnover (a successor repudiates), exit after notice, sunset: which "
            "share of first treaties ends by which cause before the horizon, counted from the quarter in which they "
            "come into force (Aalen-Johansen: one in force when its run ends is censored); with those still in force "
            "they add to one. Intervals over replicates, by a jackknife, because cells share their luck.",
        )
        found = [table for table in by_dyad if len(table)]
        if not found:
            self.sheet.say("No treaty came into force, or none ended.")
            return
        self.sheet.table("How first treaties end.", tables.ends(pd.concat(found, ignore_index=True)))

    def _gains(self) -> None:
        if self.findings.blocs.empty:
            return
        self.sheet.heading(
            "6. Who gains, and how electric do the markets become?",
            "A bloc's gain over no treaty is that from both of its dyads. EV shares are of new cars sold in the bloc. "
            "Emissions saved are those over the lives of the electric cars that are sold there in a year.",
        )
        self.sheet.table("Gain, EV share and emissions saved of every bloc.", tables.blocs(self.findings), "blocs")
        told = self.findings.bloc_effects
        if len(told):
            own = tables.effects(self.plan, told, of="bloc")
            self._compared("What makes a difference to a bloc, replicate by replicate.", own, "bloc_effects")

    def _games(self) -> None:
        rows, changes = [], []
        for dyad in self.dyads:
            own = self._runs(dyad, ["game", "game_at_start", "game_at_end"])
            if "game" in own:
                rows.append(tables.games(own).assign(dyad=dyad))
            if "game_at_end" in own:
                changes.append(f"{tables.changed_games(own):.2f} in {dyad}")
        if rows:
            self.sheet.heading(
                "7. Which games are played, before and after?",
                "Shares of runs by the game of the package in force or on the table: in the first quarter, in most "
                "quarters and in the last one. Named is what the first bloc's choice between keeping and breaking the "
                "package looks like to it, then the second's: in a Prisoner's Dilemma breaking pays whatever the other "
                "does although both would rather keep; in a Stag Hunt keeping pays if the other keeps; in Deadlock one "
                "would rather have nothing; in Concord and Harmony keeping pays anyway; in a tie outcomes are worth "
                "the same.",
            )
            table = pd.concat(rows, ignore_index=True)
            self.sheet.table("Games, as shares of runs.", table[["dyad", *(name for name in table if name != "dyad")]])
        if changes:
            self.sheet.say(f"Share of runs that end in another game than they began in: {listed(changes)}.")
        n_cells = max(1, len(self.plan.cells))
        below = max(1, report_figures.MOST_POINTS * len(self.leading.levels if self.leading else "x") // n_cells)
        some = pd.concat([self._runs(dyad, GAME, below) for dyad in self.dyads], ignore_index=True)
        self.sheet.figure(
            "game-map",
            "Where the last packages on the table lie: the darker, the more runs. Across and up: what a side gains by "
            "leaving, over what it loses by being left. In the marked field both fear more than tempts them; right or "
            "above a side would leave anyway; below zero it would give alone. What is beyond the scale stands at its "
            "edge; runs in which a side would lose nothing by being left have no place here.",
            lambda: report_figures.game_map(some, self.leading, self.dyads),
        )

    def _definitions(self) -> None:
        """Beside the shares: how much they hang on the definition."""
        if self.findings.definitions.empty:
            return
        self.sheet.say(
            f"How much hangs on the definition? {about(self.plan)} Half of the attainable gain over 4 quarters was "
            "fixed before any run.",
        )
        self.sheet.table(
            "The same shares when another share of the attainable gain must be realised over another window.",
            tables.definitions(self.findings.definitions),
            "definitions",
        )

    def _basis(self) -> None:
        self.sheet.heading(
            "What do the results rest on?",
            f"Calibrated at the start of {scenarios_in_words(self.plan).lower()} with the plan's settings. "
            f"{OF_CALIBRATION}",
        )
        self.sheet.table("What was calibrated at the start.", tables.basis(calibration_of(self.plan)))

    def _back_matter(self) -> None:
        told = self.results.manifest
        if self.findings.corners:
            self.sheet.heading(
                "The same in every run",
                "No run of these groups ended otherwise. Where that is so by construction there is nothing to "
                "estimate; where it is not, the intervals say what so many runs can tell.",
            )
            self.sheet.add("<ul>", *(f"<li>{esc(sentence)}</li>" for sentence in self.findings.corners), "</ul>")
        self._cited()
        self.sheet.heading("Where this comes from")
        self.sheet.add(
            f'<details class="back"><summary>The plan</summary><pre>{esc(told["plan_text"])}</pre></details>',
        )
        words = "".join(f"<tr><td>{esc(name)}</td><td>{esc(text)}</td></tr>" for name, text in told["columns"].items())
        self.sheet.add(
            '<details class="back"><summary>What the columns mean</summary><div class="wide">'
            f'<table class="words">{words}</table></div></details>',
        )
        terms = "".join(f"<tr><td><b>{esc(own.name)}</b></td><td>{esc(own.meaning)}</td></tr>" for own in GLOSSARY)
        self.sheet.add(
            '<details id="glossary"><summary>Glossary</summary><div class="wide">'
            f'<table class="words">{terms}</table></div></details>',
        )
        short = {key: value for key, value in told.items() if key not in LONG}
        shown = esc(json.dumps(short, indent=1))
        self.sheet.add(f'<details class="back"><summary>The manifest</summary><pre>{shown}</pre></details>')

    def _cited(self) -> None:
        """How to cite these results, and where they are to be had as numbers."""
        self.sheet.heading("How to cite, and downloads")
        words, entry = citing.sentence(self.plan, self.results), citing.bibtex(self.plan, self.results)
        self.sheet.add(f"<p>{esc(words)}</p>", f"<details><summary>BibTeX</summary><pre>{esc(entry)}</pre></details>")
        self.sheet.add(f"<p>{DOWNLOADS}</p>")

    # --- pieces -----------------------------------------------------------------------------------------

    def _series(self, table: str) -> pd.DataFrame:
        return self.results.read_series(table)

    def _compared(self, caption: str, frame: pd.DataFrame, file: str = "effects") -> None:
        if len(frame):
            self.sheet.table(caption, frame, file)

"""Tables for a paper: LaTeX takes them, and they say what the report says; so do the tables of numbers."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import detente
from thinned import one_in

from experiments.export.latex import Shown, as_latex, escaped
from experiments.export.tables import Export
from experiments.report.page import write_report

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
# The table of numbers that holds what a table of the report shows; others have the name of its file.
HOLDS = {"When does": ("waiting",), "How do first": ("treaty_ends",), "Which games": ("games",),
         "What do the results": ("calibration",), "Does cooperation": ("associations",)}  # fmt: skip


def numbers_of(frame: pd.DataFrame) -> set[str]:
    """Every number of a table as texts with none to four digits, as it is and in percent."""
    told = set()
    for name in frame:
        if pd.api.types.is_numeric_dtype(frame[name]):
            for value in frame[name].dropna().unique():
                told |= {f"{abs(times * value):.{n}f}" for times in (1, 100) for n in range(5)}
    return told


@pytest.mark.parametrize("plan", one_in(2, ("crossed", "arms", "assumed", "sampled", "precise")))
def test_every_number_of_the_report_is_in_the_tables(whole: dict[str, Export], plan: str) -> None:
    out = whole[plan]
    by_name = {own.name: own.frame for own in out.tables}
    shown = Shown(out.results, out).tables
    assert len(shown) > 5
    for heading, _, file, frame in shown:
        over = ("blocs_over_points",) if file == "blocs" and "blocs_over_points" in by_name else (file,)
        names = over if file else next(names for begin, names in HOLDS.items() if heading.startswith(begin))
        there = set().union(*(numbers_of(by_name[name]) for name in names))
        labels = {"dyad", "block", "compared", "runs", "game", "end", "factor", "effect of", "assumption", "outcome"}
        labels |= {"importer < exporter", "bloc", *(factor.label for factor in out.findings.plan.shown)}
        if "games" in names:
            # The report adds up what is rare; here every game has its share, and they add to one.
            shares = by_name["games"].groupby("dyad")[["first_quarter", "mostly", "last_quarter"]].sum()
            np.testing.assert_allclose(shares, 1.0)
        is_sum = frame["game"].str.contains("other game") if "game" in frame else pd.Series(False, frame.index)
        seen = 0
        for name in (name for name in frame if name not in labels):
            for text in frame[name][~is_sum].astype(str):
                # Corrected p-values below a thousandth, and the number of an unknown interval, are words.
                told = [found.lstrip("+-") for found in NUMBER.findall(re.sub(r"p < 0\.001|CO2", "", text))]
                assert [number for number in told if number not in there] == [], (heading, name, text)
                seen += len(told)
        assert seen, heading


@pytest.mark.slow
def test_the_tables_are_those_of_the_page(results: dict[str, Path], whole: dict[str, Export]) -> None:
    page = write_report(results["crossed"]).read_text("utf-8")
    shown = Shown(whole["crossed"].results, whole["crossed"]).tables
    assert page.count("<table><tr>") == len(shown)


@pytest.mark.parametrize("plan", ("crossed", "arms"))
def test_latex_takes_every_table(results: dict[str, Path], plan: str, tmp_path: Path) -> None:
    folder = tmp_path / "tex"
    assert detente("export", results[plan], "--to", "latex", "--out", folder)[0] == 0
    files = sorted(folder.glob("*.tex"))
    assert len(files) > 5
    for file in files:
        text = file.read_text("utf-8")
        rows = re.search(r"\\midrule\n(.*?)\n\\(?:bottomrule|end\{longtable)", text, re.DOTALL)
        assert rows is not None
        kinds = re.search(r"\\begin\{(?:tabular|longtable)\}\{([lr]+)\}", text)
        assert kinds is not None
        body = [row for row in rows[1].split("\n") if row.endswith(r"\\") and " & " in row]
        assert body and all(len(re.findall(r"(?<!\\)&", row)) == len(kinds[1]) - 1 for row in body)
        assert "Scenario until-2030.toml; 3 replicates" in text and r"95 \%" in text
    readme = (folder / "README.txt").read_text("utf-8")
    assert r"\usepackage{booktabs}" in readme
    uses = "".join(re.findall(r"\\usepackage\{\w+\}", readme))
    if (latex := shutil.which("pdflatex")) is None:
        pytest.skip("no TeX is installed; the structure was looked at")
    inputs = "\n".join(rf"\input{{{file.stem}}}\clearpage" for file in files)
    (folder / "all.tex").write_text(
        rf"\documentclass{{article}}{uses}\begin{{document}}{inputs}\end{{document}}", "utf-8"
    )
    run = subprocess.run(
        [latex, "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=folder, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:]
    assert (folder / "all.pdf").stat().st_size > 10_000


def test_what_latex_would_read_as_its_own_is_escaped() -> None:
    assert escaped(r"100 % & _a_ #1 {x} $5 \ ^ ~ [0, 1]") == (
        r"100 \% \& \_a\_ \#1 \{x\} \$5 \textbackslash{} \textasciicircum{} \textasciitilde{} {[}0, 1{]}"
    )


def test_a_long_table_goes_over_pages_and_a_wide_one_is_scaled() -> None:
    long = as_latex(pd.DataFrame({"a": np.arange(41).astype(str)}), "Long", "x")
    assert r"\begin{longtable}{r}" in long and long.count(r"\midrule") == 2
    short = as_latex(pd.DataFrame({"a": ["x"]}), "Short", "x")
    assert r"\begin{tabular}{l}" in short and "resizebox" not in short
    assert r"\resizebox{\textwidth}" in as_latex(pd.DataFrame({"a": ["x" * 90]}), "Wide", "x")

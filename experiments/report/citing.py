"""How results and the program that made them are cited: a sentence and an entry for BibTeX."""

from __future__ import annotations

from typing import Final

from experiments.design.plan import Plan
from experiments.store.folder import Results

AUTHORS: Final = "The Détente authors"
TITLE: Final = "Détente: an agent-based model of three blocs negotiating the trade in electric cars and batteries"
DIGEST_LETTERS: Final = 16  # enough to tell any two results apart


def sentence(plan: Plan, results: Results) -> str:
    """What a reader needs to find the same numbers: program, version, plan, runs, root seed and digest."""
    return f"{AUTHORS} ({_year(results)}). {TITLE}. Version {_version(results)}. {_what(plan, results)}."


def bibtex(plan: Plan, results: Results) -> str:
    """The same for a list of references; braces keep its capitals."""
    year = _year(results)
    return (
        f"@software{{detente_{year},\n  author = {{{{{AUTHORS}}}}},\n  title = {{{{{TITLE}}}}},\n"
        f"  year = {{{year}}},\n  version = {{{_version(results)}}},\n  note = {{{_what(plan, results)}}}\n}}"
    )


def _version(results: Results) -> str:
    return str(results.manifest["versions"]["detente"])


def _year(results: Results) -> str:
    told = results.manifest
    return str(told.get("finished") or told["started"])[:4]


def _what(plan: Plan, results: Results) -> str:
    """The results; those of a sweep that is not finished have no digest to be told apart by."""
    told = results.manifest
    runs = f"{told['n_runs']} runs, " if "n_runs" in told else ""
    digest = f"digest {told['digest'][:DIGEST_LETTERS]}" if told.get("digest") else "not finished"
    return f'Results of the plan "{plan.title}": {runs}root seed {told["root_seed"]}, {digest}'

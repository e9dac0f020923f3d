"""How results and the program that made them are cited: a sentence and an entry for BibTeX."""

from __future__ import annotations

from typing import Final

from experiments.design.plan import Plan
from experiments.store.folder import Results

AUTHORS: Final = "The Détente authors"
TITLE: Final = "Détente: an agent-based model of three blocs negotiating the trade in electric cars and batteries"
DIGEST_LETTERS: Final = 16  # enough to tell any two results apart


def sentence(plan: Plan, results: Results) -> str:
    """What a reader needs to find the same numbers: program, version, plan, runs, root seed, digest."""
    return f"{AUTHORS} ({_year(results)}). {TITLE}. {_what(plan, results)}."


def bibtex(plan: Plan, results: Results) -> str:
    version = results.manifest["versions"]["detente"]
    return (
        f"@software{{detente_{_year(results)},\n  author = {{{{{AUTHORS}}}}},\n  title = {{{{{TITLE}}}}},\n"
        f"  year = {{{_year(results)}}},\n  version = {{{version}}},\n  note = {{{_what(plan, results)}}}\n}}"
    )


def _year(results: Results) -> str:
    told = results.manifest
    return str(told.get("finished") or told["started"])[:4]


def _what(plan: Plan, results: Results) -> str:
    told = results.manifest
    digest = f", digest {told['digest'][:DIGEST_LETTERS]}" if told.get("digest") else f", {told['state']}"
    return (
        f'Version {told["versions"]["detente"]}. Results of the plan "{plan.title}": {told["n_runs"]} runs, '
        f"root seed {told['root_seed']}{digest}"
    )

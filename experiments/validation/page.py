"""The validation in words: on the screen, as a page of the documentation, as JSON and CSV."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from experiments.display.console import head, prose, say
from experiments.display.grids import Grid
from experiments.hindcast.page import markdown
from experiments.validation.rows import LONG, RUN_WORDS, SHORT, Row, between, cells, number
from experiments.validation.validate import Validation


def table(rows: list[Row]) -> pd.DataFrame:
    """The page's table."""
    return pd.DataFrame([cells(row) for row in rows])


def tell(console: Console, found: Validation) -> None:
    """Print a line a row, then every miss aloud."""
    grid = Grid("", ["effect"], ["published", "model", ""])
    for row in found.rows:
        own = cells(row)
        figures = " / ".join(own[words] for words in RUN_WORDS if own[words])
        grid.row(own["effect"], own["published"], figures, "meets" if row.meets else "MISSES")
    grid.show(console)
    n_met = sum(row.meets for row in found.rows)
    prose(console, f"{n_met} of {len(found.rows)} meet what is published. Two figures: short run / long run.")
    head(console, "Misses, and the rule suspected")
    for suspect in dict.fromkeys(row.effect.suspect for row in found.rows if not row.meets):
        same = [row for row in found.rows if row.effect.suspect == suspect and not row.meets]
        misses = "; ".join(f"{row.effect.title}, {row.verdict.removeprefix('MISSES: ')}" for row in same)
        prose(console, f"{misses[:1].upper()}{misses[1:]}: {suspect}.")
    say(console, "\nHow each is computed: docs/validation.md")


def paragraphs(found: Validation) -> str:
    """A paragraph a row: how it is computed, who says what, and what is at fault."""
    return "\n\n".join(_paragraph(row, found) for row in found.rows)


def _paragraph(row: Row, found: Validation) -> str:
    key, sign, said = row.effect.key, row.effect.has_sign, row.published
    text = [f"**{row.effect.title[:1].upper()}{row.effect.title[1:]}: {row.verdict}.** {row.effect.how}"]
    value = "" if said.value is None else f"{number(said.value, sign)}, "
    text.append(f"Published: {value}{between(said.low, said.high, sign)}.")
    if key in found.luck:
        text[-1] = f"The record: {value}four fifths of histories {between(said.low, said.high)}."
        text.append(f"The model, 95 % for the luck of {found.n_replicates} runs: {between(*found.luck[key])}.")
    if key in found.alphas[0]:
        run = row.effect.runs[-1]
        low, high = (number(ends[key][run], sign) for ends in found.alphas)
        text.append(f"With the price responses at the low end of their declared range {low}, at the high end {high}.")
    others = [f"{name}: {number(x, sign)}" for name, x in found.others.items() if _belongs(name, key)]
    if others:
        text.append(f"Beside it: {'; '.join(others)}.")
    if not row.meets:
        text.append(f"Suspect: {row.effect.suspect}.")
    text.append(f"Source ({said.confidence} confidence): {'; '.join(_plain(source) for source in said.sources)}.")
    return " ".join(text)


def _belongs(name: str, key: str) -> bool:
    """Whether a figure beside the rows is one of this effect."""
    return name == key or name.startswith((f"{key} ", f"{key},"))


def _plain(source: str) -> str:
    """A source with its address as a link that Markdown knows."""
    words = [f"<{word}>" if word.startswith("http") else word for word in source.split()]
    return " ".join(words)


def blocks(found: Validation) -> dict[str, str]:
    """The generated parts of docs/validation.md, by name."""
    n_met = sum(row.meets for row in found.rows)
    few = f"{found.n_rows} rows of the assumption sample `{found.plan.digest[:16]}`, {found.n_replicates} runs."
    return {
        "count": f"{n_met} of {len(found.rows)} rows meet what is published. {few}",
        "rows": markdown(table(found.rows)),
        "paragraphs": paragraphs(found),
    }


def records(rows: list[Row]) -> list[dict[str, Any]]:
    """A record a row, for other programs; None for what is not known."""

    def known(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    return [
        {
            "effect": row.effect.key,
            "title": row.effect.title,
            "published_low": known(row.published.low),
            "published_high": known(row.published.high),
            "published": row.published.value,
            "confidence": row.published.confidence,
            "source": "; ".join(row.published.sources),
            "short_run": known(row.figure[SHORT]),
            "long_run": known(row.figure[LONG]),
            "speaks_of": " and ".join(RUN_WORDS[run] for run in row.effect.runs),
            "short_run_low": known(row.low[SHORT]),
            "short_run_high": known(row.high[SHORT]),
            "long_run_low": known(row.low[LONG]),
            "long_run_high": known(row.high[LONG]),
            "sample_rows": row.n_rows,
            "meets": row.meets,
            "verdict": row.verdict,
            "suspect": "" if row.meets else row.effect.suspect,
        }
        for row in rows
    ]


def as_json(found: Validation) -> str:
    """Everything that a program may want to know."""
    whole = {
        "rows": records(found.rows),
        "luck": {key: list(ends) for key, ends in found.luck.items()},
        "beside": found.others,
        "sample": {"declaration": found.plan.digest, "rows": found.n_rows},
        "replicates": found.n_replicates,
    }
    return json.dumps(whole, indent=1, allow_nan=False) + "\n"

"""The tables of a hindcast in words: on the screen, as a page that needs no network, and in docs/hindcast.md."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable
from pathlib import Path as File
from typing import Final

import pandas as pd
from rich.console import Console

from experiments.display.console import head, prose
from experiments.display.grids import Grid
from experiments.hindcast.fit import learned
from experiments.hindcast.forecast import Sealed
from experiments.hindcast.plan import HindcastPlan
from experiments.hindcast.scores import MODEL
from experiments.report.html import PAGE

MISSING: Final = ""
HEAD: Final = {
    "quantity": "what",
    "forecaster": "who",
    "n": "n",
    "crps": "CRPS",
    "log_score": "log score",
    "brier": "Brier",
    "in_50": "in 50 %",
    "in_90": "in 90 %",
    "verdict": "the model is",
}


def shown(short: pd.DataFrame) -> pd.DataFrame:
    """The table in short with numbers as words; scores that a quantity has not are empty."""
    rows = []
    for _, row in short.iterrows():
        new = {}
        for name, words in HEAD.items():
            value = row.get(name)
            if isinstance(value, float):
                percent = name.startswith("in_")
                text = MISSING if value != value else (f"{100 * value:.0f} %" if percent else f"{value:.3f}")
            else:
                text = MISSING if value is None else str(value)
            new[words] = text
        rows.append(new)
    return pd.DataFrame(rows)


def tell(console: Console, short: pd.DataFrame, bars: dict[str, tuple[bool, str]]) -> None:
    """Print the scores and the bars."""
    names = [str(name) for name in shown(short)]
    table = Grid("Scores of the forecast; lower is better", names[:2], names[2:], is_grouped=True)
    for row in shown(short).itertuples(index=False):
        cells = [str(cell) for cell in row]
        table.row(*cells, style="bold" if cells[1] == MODEL else "")
    table.show(console)
    head(console, "Bars")
    for words, (met, figure) in bars.items():
        prose(console, f"{'met   ' if met else 'MISSED'}  {words}: {figure}", indent=2)


def markdown(table: pd.DataFrame) -> str:
    """A table for a page in Markdown."""
    lines = ["| " + " | ".join(map(str, table)) + " |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in table.itertuples(index=False)]
    return "\n".join(lines)


def bars_table(bars: dict[str, tuple[bool, str]]) -> pd.DataFrame:
    """The bars as a table."""
    rows = [{"bar": words, "met": "yes" if met else "no", "by": figure} for words, (met, figure) in bars.items()]
    return pd.DataFrame(rows)


def detail(continuous: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """The model's forecast of one quantity, number by number."""
    own = continuous[(continuous["quantity"] == quantity) & (continuous["forecaster"] == MODEL)]
    return pd.DataFrame(
        {
            "of": own["entity"],
            "year": own["year"],
            "observed": [f"{x:.3f}" for x in own["observed"]],
            "median": [f"{x:.3f}" for x in own["median"]],
            "90 % band": [f"{a:.3f} to {b:.3f}" for a, b in zip(own["low"], own["high"], strict=True)],
            "inside": ["yes" if x else "no" for x in own["in_90"]],
        }
    )


def duty_detail(chances: pd.DataFrame) -> pd.DataFrame:
    """Chances that the model and the base rates gave to what each duty did, summed up over the years by dyad."""
    own = chances[chances["quantity"] == "duty moves"]
    wide = own.pivot_table(index="entity", columns="forecaster", values="probability", sort=False)
    rows = {"duty": list(wide.index)}
    rows |= {f"mean chance given by {name}": [f"{x:.2f}" for x in wide[name]] for name in wide}
    return pd.DataFrame(rows)


def fit_table(sample: pd.DataFrame, plan: HindcastPlan) -> pd.DataFrame:
    """What the fit made of every free parameter: prior and posterior."""
    rows = []
    priors = {**plan.free, "price_sd": plan.discrepancy.price_sd}
    found = learned(plan, sample)
    narrower = dict(zip(found["parameter"], found["narrower"], strict=True))
    for name in sample:
        low, middle, high = sample[name].quantile([0.05, 0.5, 0.95])
        prior = f"{priors[name].low:g} to {priors[name].high:g}" if name in priors else "see the declaration"
        less = f"{max(100 * narrower[name], 0.0):.0f} %" if name in narrower else ""
        rows.append({"parameter": name, "prior": prior, "posterior median": f"{middle:.3g}",
                     "90 % of the sample": f"{low:.3g} to {high:.3g}", "narrower by": less})  # fmt: skip
    return pd.DataFrame(rows)


def target_table(near: pd.DataFrame) -> pd.DataFrame:
    """How near the fit came to its targets."""
    return pd.DataFrame(
        {
            "target": near["target"],
            "recorded": [f"{x:g}" for x in near["recorded"]],
            "90 % of the prior": [
                f"{a:.2f} to {b:.2f}" for a, b in zip(near["prior_low"], near["prior_high"], strict=True)
            ],
            "posterior mean": [f"{x:.2f}" for x in near["sample_mean"]],
        }
    )


def blocks(
    plan: HindcastPlan,
    sealed: Sealed,
    sample: pd.DataFrame,
    near: pd.DataFrame,
    short: pd.DataFrame,
    bars: dict[str, tuple[bool, str]],
    continuous: pd.DataFrame,
    chances: pd.DataFrame,
) -> dict[str, str]:
    """The generated parts of docs/hindcast.md, by name."""
    origin = f"Declaration `{plan.digest[:16]}`, posterior sample `{sealed.posterior[:16]}`."
    return {
        "origin": origin,
        "scores": markdown(shown(short)),
        "bars": markdown(bars_table(bars)),
        "ev shares": markdown(detail(continuous, "EV shares")),
        "prices": markdown(detail(continuous, "pack prices, log")),
        "duties": markdown(detail(continuous, "EV duties")),
        "moves": markdown(duty_detail(chances)),
        "fit": markdown(fit_table(sample, plan)),
        "targets": markdown(target_table(near)),
    }


def page(plan: HindcastPlan, parts: Iterable[tuple[str, str, pd.DataFrame]], figures: dict[str, File]) -> str:
    """One HTML file: figures first, then tables with a sentence on how to read each."""
    body = [
        f"<h1>{html.escape(plan.title)}</h1>",
        f'<p class="lead">Fitted to {plan.fit_first}-{plan.fit_last}, sealed, then scored on {plan.score_first}-'
        f"{plan.score_last}. Lower scores are better.</p>",
    ]
    for name, path in figures.items():
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        words = name.replace("-", " ")
        body.append(
            f'<figure><img alt="{words}" src="data:image/png;base64,{data}"><figcaption>{words}</figcaption></figure>'
        )
    for title, how, table in parts:
        body += [f"<h2>{html.escape(title)}</h2>", f'<p class="how">{html.escape(how)}</p>']
        body.append(f'<div class="wide">{table.to_html(index=False, border=0)}</div>')
    return PAGE.substitute(title=html.escape(plan.title), body="\n".join(body))

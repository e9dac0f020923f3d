"""The bare page that reports are written on, and the few tags that tables need."""

from __future__ import annotations

import html
from string import Template
from typing import Final

import pandas as pd

PAGE: Final = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>
body { font: 16px/1.5 Georgia, serif; max-width: 66rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
h1, h2, th, .lead, figcaption { font-family: Arial, Helvetica, sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font: 14px/1.35 Arial, Helvetica, sans-serif; margin: .8rem 0; }
th, td { padding: .2rem .9rem .2rem 0; text-align: left; border-bottom: 1px solid #ddd; vertical-align: top; }
td { white-space: nowrap; } .words td { white-space: normal; } summary { cursor: pointer; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; } img { width: 100%; min-width: 42rem; } figcaption, .how { color: #444; font-size: .92rem; }
.caption { margin: 1.2rem 0 .2rem; color: #444; font: .92rem/1.4 Arial, Helvetica, sans-serif; }
a.take { font: .8rem Arial, Helvetica, sans-serif; margin-left: .4rem; } nav h2 { margin-top: 1rem; }
nav ul { margin: .3rem 0; padding-left: 1.2rem; font: .95rem/1.6 Arial, Helvetica, sans-serif; }
.warn { border-left: 5px solid #D55E00; background: #fdf3ec; padding: .5rem 1rem; }
.wide { overflow-x: auto; } pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; font-size: 13px; }
@media print { a.take { display: none; }
  body { max-width: none; font-size: 13px; } table { font-size: 10.5px; } .back { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; } tr, figure { break-inside: avoid; }
  h2, .how { break-after: avoid; } .wide { overflow: visible; } img { min-width: 0; }
  th, td { padding-right: .5rem; } }
</style></head><body>
$body
</body></html>
""")


def esc(text: object) -> str:
    return html.escape(str(text))


def cell(tag: str, text: str, is_number: bool) -> str:
    return f'<{tag} class="n">{esc(text)}</{tag}>' if is_number else f"<{tag}>{esc(text)}</{tag}>"


def looks_numeric(column: pd.Series) -> bool:
    return all(str(value)[:1] in "+-.0123456789" for value in column)

"""Words that the model borrows from economics, statistics and politics: a part of the glossary."""

from __future__ import annotations

from typing import Final

#: (name, meaning)
BORROWED: Final = (
    (
        "consumer surplus",
        "What buyers would have paid for their cars beyond what they did pay. Lower prices and more to choose from "
        "raise it; it is a part of what a government gains.",
    ),
    (
        "lapse",
        "A quarter in which a side does not keep a treaty that is in force: it holds back its part and takes what the "
        "partner gives. The treaty stays; the partner may answer, and trusts less.",
    ),
    (
        "logit",
        "A share written as a number that may be as large or small as one likes: 0 is 50 %, -2 is 12 %, 2 is 88 %. "
        "Usual tension is set in it.",
    ),
    ("pass-through", "The part of a duty that shows in the price with duty; what is left, exporters bear."),
    (
        "percentile",
        "Where a game lies in its cloud: the share of runs in which the bloc gains less. Half of those in which it "
        "gains the same count too.",
    ),
    (
        "sealed forecast",
        "A forecast of quarters that nobody knows yet, in a file with a digest of its content: one changed digit, and "
        "it no longer agrees.",
    ),
    (
        "prior, posterior",
        "The range in which a number was thought to lie before it was held against the record; and afterwards.",
    ),
    ("quota", "So many cars a year on better terms than the rest; beyond them the usual terms hold."),
    ("sunset", "The quarter in which a treaty ends by itself unless both sides renew it."),
    ("win-set", "All packages that a side's legislature would pass. A deal lies where both win-sets meet."),
)

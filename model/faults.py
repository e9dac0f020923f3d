"""What is wrong with something that came from outside, said once: what came, what is allowed, the nearest name."""

from __future__ import annotations

import datetime
import numbers
import operator
from collections.abc import Iterable, Mapping
from typing import Any, Final

#: Characters of a value that a message shows.
MOST_SHOWN: Final = 80
MOST_EXACT: Final = 2.0**53  # whole numbers below it are floats to the last digit
#: What kinds of values are called, by their types; a switch before the whole number that Python takes it for.
KINDS: Final[Mapping[type | tuple[type, ...], str]] = {
    bool: "true or false",
    numbers.Integral: "a whole number",
    numbers.Real: "a number with decimals",
    str: "text in quotes",
    dict: "a table",
    (list, tuple): "a list",
    (datetime.date, datetime.time): "a date or time",
    type(None): "nothing",
}
#: What code of a user's own may fail with: also what would end the whole program, in silence. Not Ctrl-C.
OWN_FAILURES: Final = (Exception, SystemExit)
# A name is told as the one that was meant where no more than half of the letters of both differ.
LEAST_ALIKE: Final = 0.5


def shown(came: object, most: int = MOST_SHOWN) -> str:
    """A value as in code, on one line and cut where it is long; there is nothing that cannot be shown."""
    try:
        text = " ".join(repr(came).split())
    except ValueError:  # Python writes no number of more than 4,300 digits
        what = "" if isinstance(came, int) else f"{kind_of(came)} with "
        return f"{what}a number of thousands of digits"
    return text if len(text) <= most else f"{text[:most]}..."


def kind_of(came: object) -> str:
    """What kind of value something is, in words; of a class of somebody's own its name."""
    return next(
        (words for types, words in KINDS.items() if isinstance(came, types)), f"a value of class {type(came).__name__}"
    )


def described(came: object, most: int = MOST_SHOWN) -> str:
    """A value as ``shown``, with its kind."""
    return f"{shown(came, most)} ({kind_of(came)})"


def whole_number(came: Any) -> int | None:
    """A whole number, Python's or NumPy's, as an int; None for anything else: a switch, a text and 3.0 are none."""
    try:
        return None if isinstance(came, bool) else operator.index(came)
    except TypeError:
        return None


class InputFault(ValueError):
    """Everything that is wrong with an input, one line a fault, in the order of the input; the same line once."""

    def __init__(self, faults: Iterable[str], subject: str = "input") -> None:
        self.faults: tuple[str, ...] = tuple(dict.fromkeys(faults))
        self.subject = subject
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n".join([f"{subject}: {count}", *(f"  - {fault}" for fault in self.faults)]))

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt from their message by default; worker processes must get the faults back.
        return (type(self), (self.faults, self.subject))


#: What is allowed where the form of a value is wrong, by the code of the fault; places are filled with its limits.
FORMS: Final[Mapping[str, str]] = {
    "less_than_equal": "a number of at most {le:g}",
    "less_than": "a number below {lt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "greater_than": "a number above {gt:g}",
    "finite_number": "a finite number",
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "a whole number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    "string_type": "text in quotes",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a table"),
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "literal_error": "{expected}",
}


def of_form(fault: Mapping[str, Any]) -> str:
    """What came, what is allowed and what to do, of a fault that a checker of forms found: its ``type``, ``input``,
    ``msg`` and limits (``ctx``), as Pydantic has them.
    """
    came, allowed = fault["input"], FORMS.get(fault["type"])
    if allowed is None:  # a check of our own has words of its own
        words = str(fault["msg"]).removeprefix("Value error, ")
        return f"{shown(came)}: {words[:1].lower()}{words[1:]}; correct it"
    remedy = "correct it"
    if allowed == "a whole number":
        try:
            is_whole = float(came) == int(float(came)) and abs(float(came)) < MOST_EXACT
            remedy = f"write {int(float(came))}" if is_whole else "write one"
        except (TypeError, ValueError, OverflowError):
            remedy = "write one, such as 3"
    limits = fault.get("ctx") or {}
    # What was to be read from text has no quotes of its own, as on a command line.
    told = shown(came) if fault["type"].endswith("_parsing") else described(came)
    return f"{told}: allowed is {allowed.format(**limits)}; {remedy}"


def nearest(name: object, known: Iterable[str], least: float = LEAST_ALIKE) -> str:
    """The known name nearest to ``name`` as a hint for a message, or an empty string where none is as much ``alike``.

    A hint reads ``nearest known name: 'price_adjustment'``.
    """
    came = name.lower() if isinstance(name, str) else ""
    turned = "-".join(reversed(came.split("-")))  # EU-CN is the pair CN-EU
    near, _, meant = max(
        (
            (1.0 if one.lower() == turned else alike(came, one.lower()), [*map(operator.eq, came, one.lower())], one)
            for one in known
        ),
        default=(0.0, [], ""),
    )  # of two as near, the one that begins alike for longer
    return f"nearest known name: '{meant}'" if came and near >= least else ""


def alike(one: str, other: str) -> float:
    """How alike two names are, 1 for the same and 0 where no letter is shared: edits against letters of both.

    A letter added or left out is one edit, one in another's place two, and two neighbours swapped one.
    Source: Damerau 1964, as optimal string alignment.
    """
    before, row = list(range(len(other) + 1)), list(range(len(other) + 1))
    for i, letter in enumerate(one):
        last, before, row = before, row, [i + 1]
        for j, at in enumerate(other):
            row.append(before[j] if letter == at else 1 + min(before[j + 1], row[j]))
            if i and j and letter == other[j - 1] and at == one[i - 1]:
                row[-1] = min(row[-1], last[j - 1] + 1)
    return 1.0 - row[-1] / max(1, len(one) + len(other))

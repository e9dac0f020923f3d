"""``docs/odd.md``, the ODD+D description of the model: its generated parts, and what it fails to describe.

Prose and equations of the page are written by hand. Between marks stand tables made from the code (``blocks``);
``python -m experiments.catalogue.odd_page`` puts them in again, and says what is missing. ``faults`` is what tests ask:
every rule, parameter, phase, stream, column and state variable of the code is described, and nothing that is no more.

How the page is written: one section a file of rules, its heading naming the file; its equations name the functions,
its text the parameters it reads, each in backticks, numbers with their symbol behind: `` `generosity` (g) ``. A stem
with a star, `` `alpha_*` (α) ``, names the parameters of all blocs or dyads.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from experiments.catalogue.odd_facts import SUFFIXES, Facts, known_facts, named_by
from experiments.catalogue.parameters_page import groups, range_in_words, value_in_words
from experiments.display.words import END, START, part_of, renewed

PAGE: Final = Path(__file__).parents[2] / "docs" / "odd.md"
COMMAND: Final = "python -m experiments.catalogue.odd_page"
#: Headings of the protocol (Grimm et al. 2020) with the questions on decisions (Müller et al. 2013), in their order.
ELEMENTS: Final = (
    *("Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling"),
    *("Design concepts", "Theoretical and empirical background", "Basic principles", "Emergence"),
    *("Individual decision making", "Adaptation and objectives", "Learning", "Individual sensing"),
    *("Individual prediction", "Interaction", "Collectives", "Heterogeneity", "Stochasticity", "Observation"),
    *("Initialisation", "Implementation details", "Input data", "Submodels"),
)
SCHEDULE: Final = "Process overview and scheduling"
STATE: Final = "Entities, state variables and scales"
SUBMODELS: Final = "Submodels"
LEAST_WORDS: Final = 5  # letters of a meaning
PAGES_KEPT: Final = 4  # pages whose sections are remembered
TABLES: Final = {
    "bloc": "Blocs, a row a quarter and bloc",
    "dyad": "Dyads, a row a quarter and pair of blocs",
    "directed": "Directed dyads, a row a quarter, importer and exporter",
    "automaker": "Automakers, a row a quarter and automaker",
    "supplier": "Battery suppliers, a row a quarter and supplier",
    "summary": "Summary, a row a run and dyad",
    "runs": "What a sweep adds to the summary of every run (units in the words)",
}


class Section(NamedTuple):
    """A heading with the hand-written text under it, up to the next heading of its own or a higher level."""

    level: int
    title: str
    body: str


def by_hand(text: str) -> str:
    """A page without its generated parts."""
    return re.sub(r"<!-- (.+?):start -->.*?<!-- \1:end -->", "", text, flags=re.DOTALL)


@functools.lru_cache(maxsize=PAGES_KEPT)
def sections(text: str) -> tuple[Section, ...]:
    """The sections of a page in their order; what looks like a heading within a fence is none."""
    lines, heads, fenced = by_hand(text).splitlines(), [], False
    for number, line in enumerate(lines):
        fenced ^= line.startswith("```")
        if not fenced and (found := re.fullmatch(r"(#+) (.+)", line)):
            heads.append((number, len(found[1]), found[2]))
    return tuple(
        Section(level, title, "\n".join(lines[number + 1 : next((n for n, own, _ in heads[k:] if own <= level), None)]))
        for k, (number, level, title) in enumerate(heads, 1)
    )


def named(body: str) -> list[str]:
    """Everything in backticks, in order; fences are left out."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", body, flags=re.DOTALL | re.MULTILINE))


@functools.lru_cache(maxsize=PAGES_KEPT)
def submodels(text: str) -> tuple[Section, ...]:
    """The sections under the heading of submodels, one level below it."""
    own = sections(text)
    start = next((k for k, section in enumerate(own) if section.title.endswith(SUBMODELS)), len(own))
    found = []
    for section in own[start + 1 :]:
        if section.level <= own[start].level:
            break
        if section.level == own[start].level + 1:
            found.append(section)
    return tuple(found)


def of_rules(text: str, file: str) -> list[Section]:
    """The sections of submodels whose heading names a file of rules."""
    return [section for section in submodels(text) if f"`rules/{file}.py`" in section.title]


def number(section: Section) -> str:
    """The number in front of a heading."""
    return section.title.partition(" ")[0]


def parameters_of(body: str) -> set[str]:
    """The parameters that a text names."""
    return {name for word in named(body) for name in named_by(word)}


def symbols(text: str) -> dict[str, list[str]]:
    """Parameter -> the symbols that submodels give it behind its name, first come first."""
    found: dict[str, list[str]] = {}
    for section in submodels(text):
        for word, symbol in re.findall(r"`([a-z0-9_*]+)`\s\(([^()\s]+)\)", section.body):
            for name in named_by(word):
                found.setdefault(name, [])
                found[name] += [symbol] if symbol not in found[name] else []
    return found


# --- generated parts ------------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines of a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(name: str) -> str:
    return f"`{name}`"


def blocks(text: str, facts: Facts) -> dict[str, str]:
    """The generated parts of the page, by name; symbols and places of parameters are those that its text gives."""
    phases = [(str(n), code(phase.name), phase.part, phase.says) for n, phase in enumerate(facts.phases, 1)]
    streams = [
        (
            code(name),
            str(own.code),
            own.law,
            ", ".join(own.shape) or "one number",
            own.use,
            "<br>".join(map(code, files)),
        )
        for name, own in facts.streams.items()
        for files in [facts.drawn_in[name]]
    ]
    rules = [
        (
            code(f"rules/{file}.py"),
            own.says.rstrip("."),
            str(len(own.functions)),
            ", ".join(map(number, of_rules(text, file))),
        )
        for file, own in facts.rules.items()
    ]
    constants = [
        (code(name), value, f"`rules/{file}.py`", meaning)
        for file, own in facts.rules.items()
        for name, value, meaning in own.constants
    ]
    mechanisms = [
        (own.name, "core" if own.is_core else "optional", settings, own.rules)
        for own in facts.mechanisms
        for settings in ["<br>".join(f"`{name} = {value_in_words(value)}`" for name, value in own.on.items())]
    ]
    unused = [
        (
            code(f"rules/{file}.py"),
            ", ".join(code(name) for name in facts.rules[file].functions if (file, name) in facts.unused),
        )
        for file in dict.fromkeys(file for file, _ in sorted(facts.unused))
    ]
    return {
        "phases": table(("", "Phase", "Part of the quarter", "What happens"), phases),
        "streams": table(("Stream", "Code", "Law", "Shape a quarter", "What it decides", "Read in"), streams),
        "columns": "\n\n".join(columns(facts)),
        "scenarios": table(
            ("Scenario", "Title", "First quarter", "Last"), [(code(s[0]), *s[1:]) for s in facts.scenarios]
        ),
        "rules": table(("File", "Subject", "Public functions", "Section"), rules),
        "parameters": "\n\n".join(parameters(text)),
        "constants": table(("Name", "Value", "File", "Meaning"), constants),
        "mechanisms": table(("Mechanism", "Kind", "On", "Rules (theory)"), mechanisms),
        "not in a run": table(("File", "Functions"), unused) if unused else "None: a run calls all of them.",
    }


def columns(facts: Facts) -> Iterator[str]:
    """A table for every table of the record and for what comes of runs."""
    for name, title in TABLES.items():
        own = [row for row in facts.columns if row[0] == name]
        has_units = any(unit for _, _, unit, _ in own)
        head = ("Column", "Unit", "Meaning") if has_units else ("Column", "Meaning")
        rows = [(code(column), *((unit,) if has_units else ()), meaning) for _, column, unit, meaning in own]
        yield f"**{title}** (`{name}`)\n\n{table(head, rows)}"


def parameters(text: str) -> Iterator[str]:
    """A table for every group of parameters, with the symbols and the submodels of the page."""
    from model import PARAMETERS

    known, places = symbols(text), [(number(section), parameters_of(section.body)) for section in submodels(text)]
    for group, names in groups():
        rows = []
        for name in names:
            spec = PARAMETERS[name]
            where = [place for place, own in places if name in own]
            cells = (" ".join(known.get(name, [])), value_in_words(spec.default), range_in_words(name), spec.unit)
            rows.append((code(name), *cells, spec.meaning, spec.status, ", ".join(where)))
        head = ("Name", "Symbol", "Default", "Range", "Unit", "Meaning", "Status", "Submodels")
        yield f"**{group[0].upper()}{group[1:]}**\n\n{table(head, rows)}"


# --- what the page fails to describe --------------------------------------------------------------------------------


def faults(text: str, facts: Facts) -> list[str]:
    """What the page lacks, has twice, has in the wrong order, or says of things that are no more; empty: nothing."""
    return [
        *_protocol(text),
        *_schedule(text, facts),
        *_rules(text, facts),
        *_parameters(text, facts),
        *_names(text, facts),
        *_blocks(text, facts),
    ]


def _protocol(text: str) -> Iterator[str]:
    titles = [re.sub(r"^[\d.]+ ", "", section.title) for section in sections(text)]
    there = [title for title in titles if title in ELEMENTS]
    for element in ELEMENTS:
        if element not in there:
            yield f"element {element!r} of the protocol has no heading"
    if len(there) == len(ELEMENTS) and there != list(ELEMENTS):
        yield "elements of the protocol are out of order or there twice"


def _schedule(text: str, facts: Facts) -> Iterator[str]:
    told = re.findall(r"^\d+\. `(\w+)`", _body(text, SCHEDULE), flags=re.MULTILINE)
    order = [phase.name for phase in facts.phases]
    for name in order:
        if name not in told:
            yield f"phase {name} is not told of under {SCHEDULE!r}"
    for name in told:
        if name not in order:
            yield f"phase {name} is told of and is none"
    if set(told) == set(order) and told != order:
        yield f"phases are out of order: told {', '.join(told)}; played {', '.join(order)}"
    rows = set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| (`.+?) \|", _body(text, STATE), flags=re.MULTILINE))))
    yield from (f"state variable {name} has no row under {STATE!r}" for name in facts.state if name not in rows)
    yield from (f"row {name} under {STATE!r} is no state variable" for name in sorted(rows - set(facts.state)))


def _body(text: str, element: str) -> str:
    return next((section.body for section in sections(text) if section.title.endswith(element)), "")


def _rules(text: str, facts: Facts) -> Iterator[str]:
    for file, own in facts.rules.items():
        found = of_rules(text, file)
        if len(found) != 1:
            yield f"rules/{file}.py has {len(found)} sections of submodels; one is wanted"
            continue
        for name in own.functions:
            if not re.search(rf"\b{name}\b", found[0].body):
                yield f"rules/{file}.py: function {name} is not named in its section"
        if "*Source:*" not in found[0].body:
            yield f"rules/{file}.py: its section names no source"
        for name, _, meaning in own.constants:
            if len(meaning) < LEAST_WORDS:
                yield f"rules/{file}.py: nothing is said of the number {name}"
    for section in submodels(text):
        for file in re.findall(r"`rules/(\w+)\.py`", section.title):
            if file not in facts.rules:
                yield f"section {section.title!r} is about a file of rules that is none"


def _parameters(text: str, facts: Facts) -> Iterator[str]:
    named_in = {file: parameters_of("\n".join(s.body for s in of_rules(text, file))) for file in facts.rules}
    anywhere = {name for section in submodels(text) for name in parameters_of(section.body)}
    known = symbols(text)
    for name, spec in facts.parameters.items():
        if name not in anywhere:
            yield f"parameter {name} is named in no submodel"
            continue
        for file in sorted(facts.readers.get(name, ())):
            if name not in named_in.get(file, ()):
                yield f"parameter {name} is handed to rules/{file}.py and not named in its section"
        given = known.get(name, [])
        if spec.kind in ("float", "int") and len(given) != 1:
            yield f"parameter {name} has {len(given)} symbols ({', '.join(given) or 'none'}); one is wanted"
    stems: dict[str, set[str]] = {}
    for name, given in known.items():
        for symbol in given:
            stems.setdefault(symbol, set()).add(
                next((name[: -len(s) - 1] for s in SUFFIXES if name.endswith(f"_{s}")), name)
            )
    for symbol, own in stems.items():
        if len(own) > 1:
            yield f"symbol {symbol} stands for {' and '.join(sorted(own))}"


def _names(text: str, facts: Facts) -> Iterator[str]:
    words = named(by_hand(text))
    yield from (f"stream {name} is named in no process" for name in facts.streams if name not in words)
    for where, column, unit, meaning in facts.columns:
        if len(meaning.strip()) < LEAST_WORDS or not (unit.strip() or where == "runs"):
            yield f"column {column} of {where} has no meaning or no unit"
        if where not in TABLES:
            yield f"table {where} of the record has no title on the page"
    for word in dict.fromkeys(words):
        if re.fullmatch(r"[\w./-]+\.(py|toml|md|csv|json)", word):
            if not any(file == word or file.endswith(f"/{word}") for file in facts.files):
                yield f"file {word} is no more"
        elif re.fullmatch(r"[a-z_][a-z0-9_]*", word) and word not in facts.words and word not in facts.parameters:
            yield f"name {word} is not in the code"
        elif word.endswith("_*") and not named_by(word):
            yield f"name {word} stands for no parameters"


def _blocks(text: str, facts: Facts) -> Iterator[str]:
    wanted: Mapping[str, str] = blocks(text, facts)
    for name, part in wanted.items():
        if START.format(name) not in text or END.format(name) not in text:
            yield f"generated part {name!r} has no marks"
        elif part_of(text, name) != part:
            yield f"generated part {name!r} is stale; write it anew: {COMMAND}"
    for name in re.findall(r"<!-- (.+?):start -->", text):
        if name not in wanted:
            yield f"marks {name!r} have nothing to stand between them"


def main(words: Sequence[str]) -> int:
    """Write the generated parts anew (``--check``: do not), and say what is missing; 2 where something is."""
    if any(word != "--check" for word in words):
        sys.stderr.write(f"{' '.join(words)}: allowed is --check or nothing: {COMMAND} [--check]\n")
        return 2
    facts, text = known_facts(), PAGE.read_text("utf-8")
    if "--check" not in words:
        text = renewed(text, blocks(text, facts))
        PAGE.write_text(text, "utf-8")
    found = faults(text, facts)
    sys.stdout.write("".join(f"{fault}\n" for fault in found) or f"{PAGE.name} describes the code\n")
    return 2 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

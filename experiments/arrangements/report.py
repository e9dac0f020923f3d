"""A study of arrangements on screen and in files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.arrangements.design_plan import DesignPlan
from experiments.arrangements.objectives import in_words
from experiments.arrangements.study import AS_IT_IS, NO_SIGN, seed_of
from experiments.display.console import head, prose
from experiments.display.grids import Grid
from experiments.display.streams import kept_on
from experiments.display.words import renewed
from experiments.store.files import check_document as check_page
from experiments.store.files import write_figure, write_whole
from model import scenario_names

if TYPE_CHECKING:
    from rich.console import Console

NAME: Final = "arrangements"
REPLAY: Final = "replay"
SAMPLE: Final = "sample.csv"
DOCUMENT: Final = Path("docs") / "design_a_treaty.md"
PICTURE: Final = Path("figures") / "arrangements.png"  # beside the page
PART: Final = "study"  # the part of the page that a study writes
MOST_WORLDS: Final = 0.8  # the share of the sample in which an arrangement must do better to be called robust


def write_design(told: Mapping[str, Any], plan: DesignPlan, folder: Path) -> str:
    """Write what is known, tables, the plan that replays each arrangement, the figure; why there is no figure."""
    text = json.dumps(told, indent=1, allow_nan=False)
    _write(folder / f"{NAME}.json", text + "\n")
    _write(folder / f"{REPLAY}.toml", "".join(_replay(told, plan)))
    # The rows themselves: drawn ones would be others with another root seed.
    own = zip(plan.assumed.rows, plan.assumed.weights, strict=True)
    _table(folder / SAMPLE, [{**row, "weight": weight} for row, weight in own])
    _table(folder / "designs.csv", _designs(told))
    _table(folder / "pareto.csv", _pareto(told))
    _table(folder / "worlds.csv", _worlds(told))

    return kept_on(lambda: _draw(told, folder / f"{NAME}.png"), "The figure")


def _draw(told: Mapping[str, Any], file: Path) -> None:
    from experiments.arrangements.figures import arrangements_figure
    from experiments.display.figure_style import saver

    write_figure(file, saver(lambda: arrangements_figure(told)))


def check_document() -> None:
    """Refuse to put a study into a page that is not there.

    Raises:
        InputFault: this is no checkout of the project, or its page cannot be written.
    """
    check_page(DOCUMENT, DOCUMENT.parent / PICTURE)


def document(told: Mapping[str, Any]) -> None:
    """Put the table, the sentences and the figure of a study into the page of this checkout."""
    _write(DOCUMENT, renewed(DOCUMENT.read_text(encoding="utf-8"), {PART: "\n".join(_part(told))}))
    _draw(told, DOCUMENT.parent / PICTURE)


def _part(told: Mapping[str, Any]) -> Iterator[str]:
    """What a study says, line by line in Markdown."""
    yield f"`detente design {told['plan']} --document` wrote this part. {_work(told)}\n"
    yield "| arrangement | worst-off, sample, bn$ a year | 95 % | regret | worst-off, scenario | better in | worse in |"
    yield "|---|---|---|---|---|---|---|"
    for one in told["candidates"]:
        star = " *" if one["name"] == told["robust"] else ""
        yield f"| {' | '.join([one['name'] + star, *_cells(one)])} |"
    yield f"\n![What each arrangement gives the worst-off, and where it beats today's]({PICTURE.as_posix()})\n"
    yield f"| lever | {' | '.join(one['name'] for one in told['candidates'])} |"
    yield f"|---{'|---' * len(told['candidates'])}|"
    for lever in told["levers"]:
        levels = (_level(one["levers"][lever["name"]]) for one in told["candidates"])
        yield f"| {lever['label']} | {' | '.join(levels)} |"
    verdict, *rest = findings(told)
    yield f"\n**{verdict}** {' '.join(rest)} {_of_race(told['race'])}"


def _write(path: Path, text: str) -> None:
    write_whole(path, lambda own: own.write_text(text, encoding="utf-8"))


def _table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    def write(own: Path) -> None:
        with own.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)

    write_whole(path, write)


def _designs(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "design": k, "front": one["front"], **one["levers"],
            **dict(zip(told["objectives"], one["objectives"], strict=True)),
        }
        for k, one in enumerate(told["designs"])
    ]  # fmt: skip


def _pareto(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    named = ("regret", "better", "worse")
    return [
        {
            "name": one["name"], "design": one["design"], **one["levers"],
            **dict(zip(told["objectives"], one["objectives"], strict=True)),
            **dict(zip(("worst_off_mean", "worst_off_low", "worst_off_high"), one["worst_off"], strict=True)),
            **dict(zip(("default_mean", "default_low", "default_high"), one["in_default"], strict=True)),
            **{f"{name}_over_sample": one[name] for name in named}, "is_robust_choice": one["name"] == told["robust"],
        }
        for one in told["candidates"]
    ]  # fmt: skip


def _worlds(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = [one["name"] for one in told["candidates"]]
    columns = zip(*(one["by_world"] for one in told["candidates"]), strict=True)
    return [{"row": row, **dict(zip(names, values, strict=True))} for row, values in enumerate(columns, -1)]


def _replay(told: Mapping[str, Any], plan: DesignPlan) -> Iterator[str]:
    """A plan for ``detente sweep``: each arrangement an arm, compared with that as it is, in the same worlds."""
    base = plan.base

    def line(name: str, value: object) -> str:
        return f"{name} = {json.dumps(value, ensure_ascii=False)}\n"

    yield "# Written by detente design: the arrangements that raced, to be played by detente sweep.\n"
    if "arithmetic" in told:
        yield f"# The same to the bit where the environment has DETENTE_ARITHMETIC={told['arithmetic']}.\n"
    yield line("title", f"{base.title}: the arrangements")
    yield line("question", base.question)
    yield line("scenario", base.scenario if base.start in scenario_names() else base.start)
    # The first round of the race again, to the bit.
    yield line("replicates", plan.rules.replicates)
    yield f"root_seed = {seed_of(base.root_seed, 1)}\n"
    yield line("design", "list")
    yield line("reference", [AS_IT_IS])
    yield line("outcomes", ["joint_gain", "durable", "gain", "co2_saved"])
    if base.settings:
        yield "\n[settings]\n"
        yield from (line(name, value) for name, value in base.settings.items())
    for one in told["candidates"]:
        yield "\n[[points]]\n"
        yield line("name", one["name"])
        yield from (line(name, value) for name, value in one["sets"].items())
    yield "\n[assumptions]\n"
    yield line("sample", SAMPLE)
    yield line("replicates", plan.rules.replicates)


def show(console: Console, told: Mapping[str, Any]) -> None:
    """Print the arrangements that raced, the robust choice with its price, and where it fails."""
    race = told["race"]
    head(console, told["title"], ": which arrangement would hold", is_first=True)
    prose(console, _work(told))
    table = Grid("", ("arrangement",), ("worst-off,\nsample", "its 95 %", "regret", "scenario", "better", "worse"))
    for one in told["candidates"]:
        star = " *" if one["name"] == told["robust"] else ""
        table.row(one["name"] + star, *_cells(one))
    table.show(console)
    more = [name for name in told["objectives"] if name not in ("worst_off", "regret")]
    for name in more:
        place, (words, unit) = told["objectives"].index(name), in_words(name)
        said = ", ".join(f"{one['name']} {_number(one['objectives'][place])}" for one in told["candidates"])
        prose(console, f"{words[0].upper()}{words[1:]} ({unit}): {said}.")
    for one in told["candidates"]:
        prose(console, f"{one['name']}: {_levers(told, one)}.", indent=2)
    prose(console, _of_race(race))
    for sentence in findings(told):
        prose(console, sentence)


def _work(told: Mapping[str, Any]) -> str:
    return (
        f"{len(told['designs']) - 1} designs with {told['search_replicates']} runs in the scenario and in each of "
        f"{told['rows']} worlds of the sample; the best raced over {told['race']['replicates']} runs that the search "
        "had not seen. Gains in bn$ a year; a gain counts in the pairs in which cooperation lasts twelve quarters."
    )


def _cells(one: Mapping[str, Any]) -> list[str]:
    """A candidate's row of the table, after its name."""
    numbers = (_number(one["worst_off"][0]), _between(one["worst_off"]), _number(one["regret"]))
    return [*numbers, _number(one["in_default"][0]), _percent(one["better"]), _percent(one["worse"])]


def _verdict(told: Mapping[str, Any]) -> str:
    """Whether anything beats today's arrangement in enough of the sample, in one sentence."""
    own = next(one for one in told["candidates"] if one["name"] == told["robust"])
    if own["better"] >= MOST_WORLDS:
        return (
            f"The robust choice, {own['name']}, beats today's arrangement in {_percent(own['better'])} of the sample."
        )
    enough = _percent(MOST_WORLDS)
    if beating := [one["name"] for one in told["candidates"] if one["better"] >= MOST_WORLDS]:
        return (
            f"The robust choice, {own['name']}, does not beat today's arrangement in {enough} of the sample; what "
            f"does: {', '.join(beating)}."
        )
    best = max(told["candidates"], key=lambda one: one["better"])
    if best["better"] == 0.0:
        return "Nothing beats today's arrangement in any row of the sample."
    return (
        f"Nothing beats today's arrangement in {enough} of the sample: the nearest, {best['name']}, gives the "
        f"worst-off more in {_percent(best['better'])} of it and less in {_percent(best['worse'])}."
    )


def findings(told: Mapping[str, Any]) -> Iterator[str]:
    """Whether anything is better than today's, the robust choice, its price, and where it fails, in sentences."""
    name = told["robust"]
    own = next(one for one in told["candidates"] if one["name"] == name)
    yield _verdict(told)
    if all(one["regret"] is not None and abs(one["regret"] - own["regret"]) < NO_SIGN for one in told["candidates"]):
        yield (
            f"All tie: the worst-off misses {_number(own['regret'])} bn$ a year at most in nine tenths of the sample, "
            "whichever of them is chosen, so the levers that were tried decide nothing here."
        )
        return
    yield (
        f"{name} has the least regret (*), and has it in {100 * told['sure']:.0f} of 100 draws of the runs: in nine "
        f"tenths of the sample the worst-off misses {_number(own['regret'])} bn$ a year at most against the best there."
    )
    if told["best_in_default"] == name:
        yield f"It has no price: in the scenario itself, too, nothing gives the worst-off more than {name}."
    elif _number(told["price"][0]) == _number(0.0):
        rival = told["best_in_default"]
        yield f"It has no price that shows: in the scenario itself {rival} is as good to the last digit."
    else:
        yield (
            f"Its price: in the scenario itself {told['best_in_default']} gives the worst-off "
            f"{_number(told['price'][0])} bn$ a year more ({_between(told['price'])})."
        )
    fails = told["fails"]
    if fails["share"] is not None and name != AS_IT_IS:
        yield (
            f"{name} gives the worst-off no more than today's arrangement in {_percent(fails['share'])} of the rows: "
            f"{_boxes(fails)}."
        )


def _boxes(fails: Mapping[str, Any]) -> str:
    said = [
        f"mostly where {' and '.join(f'{name} is {limit}' for name, limit in box['limits'].items())} (it fails in "
        f"{_percent(box['density'])} of the {box['n']} rows there, which are {_percent(box['coverage'])} of its "
        f"failures; where failures are dealt out by chance, a search does as well with p = {box['p_value']:.2f})"
        for box in fails["boxes"]
    ]
    return "; ".join(said) or str(fails["why"])


def _of_race(race: Mapping[str, Any]) -> str:
    first = race["order"][0]
    if race["is_known"]:
        return f"First by the leading objective is {first}, at a confidence of {100 * race['confidence']:.0f} %."
    open_to = [name for name, sure in zip(race["order"][1:], race["is_above"], strict=True) if not sure]
    return (
        f"Which is first is not known at {100 * race['confidence']:.0f} % when the budget of the race ends: {first} "
        f"leads; not told apart from the one before: {', '.join(open_to) or 'none'}."
    )


def _levers(told: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    labels = {lever["name"]: lever["label"] for lever in told["levers"]}
    return "; ".join(f"{labels[name]}: {_level(value)}" for name, value in one["levers"].items())


def _level(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:z.3f}"


def _between(values: Sequence[float | None]) -> str:
    return f"{_number(values[1])} to {_number(values[2])}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"

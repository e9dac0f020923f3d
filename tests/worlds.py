"""Played worlds that tests share, and the few things tests do to worlds: look inside, stack, permute luck.

A run is deterministic in its arguments, so a world that was played once can be looked at by many tests. Tests that
go on playing must build their own ``NegotiationModel``.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from model.assessment import nodes
from model.assessment.costs import Situation
from model.assessment.nodes import level_duties
from model.choices.plugins import Moment
from model.draws import STREAMS, Draws
from model.negotiation import NegotiationModel
from model.packages.sums import Flows, chosen_flows
from model.packages.view import View
from model.phases import treaties
from model.rules import bargaining
from model.state import first_state
from model.world import World

SCENARIOS = ("2018", "2026", "2026-open-access", "symmetric")
DATED = SCENARIOS[:3]

#: Nothing is on the table and nobody moves alone: the economy without negotiation.
NOTHING_ON_THE_TABLE = {
    "tariff_issues": False, "supply_issues": False, "recognition_issues": False, "charging_issues": False,
    "technology_issues": False, "linkage_issues": False,
}  # fmt: skip
#: The tension pathways of theory 1.12 and 1.6a, all off.
NO_PATHWAYS = {
    "tension_closes_channel": False, "tension_in_security": False, "tension_in_exit": False,
    "tension_in_emergency": False, "tension_in_opening": False, "tension_in_subnational": False,
}  # fmt: skip

#: What an issue of a dyad becomes when its two sides change places.
ISSUE_FLIPPED = np.array([1, 0, 3, 2, 5, 4, 7, 6, 8, 9])


# Files that share a process share them; one takes two megabytes.
@functools.lru_cache(maxsize=256)
def _played(scenario: str, replicate: int, root_seed: int, quarters: int, items: tuple[tuple[str, Any], ...]) -> Any:
    world = NegotiationModel(scenario, root_seed=root_seed, replicate=replicate, narrate=False, **dict(items))
    for _ in range(min(quarters, world.n_quarters)):
        world.step()
    return world


def played(
    scenario: str = "2026", replicate: int = 0, root_seed: int = 1, quarters: int = 1000, **parameters: Any
) -> NegotiationModel:
    """A world after so many quarters (all by default); do not change it."""
    return _played(scenario, replicate, root_seed, quarters, tuple(sorted(parameters.items())))


def series(world: NegotiationModel | World, table: str, column: str) -> np.ndarray:
    """(entity, quarter) one column of the record; (R, entity, quarter) of many lanes."""
    return world.recorder.series(table, column)


def same_record(one: NegotiationModel | World, other: NegotiationModel | World, quarters: int = 1000) -> list[str]:
    """The columns of the record that differ by any bit in the first so many quarters."""
    return [
        f"{table}.{column}"
        for table, columns in one.recorder.frames[0].items()
        for column in columns
        if not np.array_equal(series(one, table, column)[..., :quarters], series(other, table, column)[..., :quarters])
    ]


@functools.lru_cache(maxsize=64)
def _growing(scenario: str, replicate: int, items: tuple[tuple[str, Any], ...]) -> NegotiationModel:
    return NegotiationModel(scenario, root_seed=1, replicate=replicate, narrate=False, **dict(items))


def ever_differ(
    scenario: str, replicate: int, one: Mapping[str, Any], other: Mapping[str, Any], apart_from: Sequence[str] = ()
) -> bool:
    """Whether two runs differ by any bit in a column of the record, whenever; they are played until they do."""
    first = _growing(scenario, replicate, tuple(sorted(one.items())))
    second = NegotiationModel(scenario, root_seed=1, replicate=replicate, narrate=False, **other)
    for t in range(second.n_quarters):
        second.step()
        if len(first.recorder.frames) == t:
            first.step()
        mine, theirs = (world.recorder.frames[t] for world in (first, second))
        for table, columns in mine.items():
            for column, values in columns.items():
                if f"{table}.{column}" not in apart_from and not np.array_equal(values, theirs[table][column]):
                    return True
    return False


def node_duties(world: NegotiationModel) -> np.ndarray:
    """(g, p, 24) the duties in this world now at every node of an assessment, fractions."""
    s = situation(world)
    return level_duties(world.economy, world.parameters, s.special, s.mfn, s.floor)[..., nodes._LEVEL_OF_NODE]


def situation(world: NegotiationModel) -> Situation:
    """What an assessment would take as given in this world now."""
    state, scenario = world.state, world.start
    t = min(state.quarter, world.n_quarters - 1)
    supply = state.supply
    return Situation(
        cells=supply.cells,
        margin=state.margin,
        landed=supply.landed,
        frictions=supply.border.frictions,
        utility=supply.utility,
        duty=state.paid,
        special=state.special,
        mfn=scenario.mfn[t],
        floor=scenario.floor[t],
        origin_tie=state.origin_tie,
        origin_level=state.origin_level,
        subsidy=supply.paid,
        exported_cells=state.books.exported_cells,
        car_cost=state.car_cost,
        charges=supply.border.charges,
        scheme=supply.scheme,
        credit_price=state.credit_price,
    )


def flows_of(world: NegotiationModel, dyad: int, side: int) -> Flows:
    """What every package of a dyad would pay a side, as it is known now."""
    flows: Flows = world.state.insight.mandate.flows[dyad][side]
    return flows


def view_of(world: NegotiationModel, bloc: int, dyad: int) -> View:
    """How a bloc sees a dyad's table now; arrays have a lane axis of one in front."""
    lane = np.array([0])
    flows = tuple(chosen_flows(side, lane) for side in world.world.known().flows[dyad])
    (view,) = world.blocs[bloc].perceive(dyad, lane, flows, [slice(0, 1)])
    return view


def moment_of(world: NegotiationModel, bloc: int, view: View, time: float) -> Moment:
    """What a bloc that sees a table so knows in a session at a time in it (0 to 1)."""
    best = bargaining.best_in_zone(view.own, view.zone, view.reservation)
    moment: Moment = world.blocs[bloc].moment(view.dyad, np.array([0]), view.reservation, best)
    return moment._replace(time=np.array([time]))


def stacked(records: Sequence[Any], once: tuple[str, ...] = ()) -> Any:
    """Arrays, or records of arrays, with a replicate axis in front; fields named in ``once`` stay as they are."""
    first = records[0]
    if first is None or (isinstance(first, tuple) and not first):
        return first
    if dataclasses.is_dataclass(first):
        return type(first)(
            **{
                f.name: getattr(first, f.name)
                if f.name in once
                else stacked([getattr(record, f.name) for record in records], once)
                for f in dataclasses.fields(first)
            }
        )
    return np.stack([np.asarray(record) for record in records])


def start_over(world: NegotiationModel) -> None:
    """Begin a run anew after its luck was changed: the first errors and moods come from the draws."""
    whole = world.world
    start = (whole.scenario, whole.economy, whole.opening, whole.agenda)
    whole.state = first_state(start, whole.parameters, whole.rules, whole.luck, whole.n_lanes)
    treaties.keep_standards(whole)


def dyads_permuted(place: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(d,) where each dyad goes when bloc b goes to ``place[b]``, and whether its sides change places."""
    dyads = list(combinations(range(len(place)), 2))
    where = np.array([dyads.index((min(place[i], place[j]), max(place[i], place[j]))) for i, j in dyads])
    flipped = np.array([place[i] > place[j] for i, j in dyads])
    return where, flipped


def firms_permuted(place: Sequence[int]) -> np.ndarray:
    """(f,) where each of scenario symmetric's two automakers a bloc goes."""
    return np.array([2 * place[f // 2] + f % 2 for f in range(6)])


def luck_permuted(luck: Draws, place: Sequence[int], firm: np.ndarray) -> Draws:
    """The same luck of one lane for other places: what befell bloc b befalls ``place[b]``, and automaker f ``firm[f]``.

    Who tables first is turned where the sides of a dyad change places.
    """
    to, (where, flipped) = np.asarray(place), dyads_permuted(place)
    moved = {}
    for name, stream in STREAMS.items():
        (numbers,) = np.moveaxis(getattr(luck, name), 1, 0)
        for axis, kind in enumerate(stream.shape, 1):
            after = np.empty_like(numbers)
            if kind in ("blocs", "automakers", "dyads"):
                index = {"blocs": to, "automakers": firm, "dyads": where}[kind]
                after[(slice(None),) * axis + (index,)] = numbers
                numbers = after
        if stream.shape[:1] == ("dyads",):
            turned = numbers[:, where[flipped]]
            turned = 1.0 - turned if name == "first_proposer" else turned
            turned = turned[:, :, ::-1] if "sides" in stream.shape else turned
            turned = turned[..., ISSUE_FLIPPED] if "issues" in stream.shape else turned
            numbers[:, where[flipped]] = turned
        moved[name] = numbers[:, None]
    return Draws(**moved)


def other_side(column: str) -> str:
    """The column that says of a dyad's second side what this one says of its first, or the reverse."""
    stem, _, side = column.rpartition("_")
    return f"{stem}_{'second' if side == 'first' else 'first'}"


def assert_permuted(
    one: NegotiationModel,
    other: NegotiationModel,
    place: Sequence[int],
    order: Mapping[str, np.ndarray],
    apart_from: Sequence[str] = (),
) -> None:
    """The second run's record is the first one's with bloc b at ``place[b]``; order: of the other kinds of entities."""
    where, flipped = dyads_permuted(place)
    pairs, names = one.recorder.parties.directed, other.recorder.parties.pair_of
    directed = np.array([names[place[i], place[j]] for i, j in pairs])
    moved_to = {"bloc": np.asarray(place), "dyad": where, "directed": directed, **order}
    for table, columns in one.recorder.frames[0].items():
        for column in columns:
            if column == "package" or column in apart_from:
                continue  # an index on the dyad's own menu
            before, after = series(one, table, column), series(other, table, column)
            moved = after[moved_to[table]]
            if column.endswith(("_first", "_second")):
                moved = np.where(flipped[:, None], series(other, table, other_side(column))[where], moved)
            np.testing.assert_allclose(moved, before, rtol=1e-9, atol=1e-10, err_msg=f"{table}.{column}")

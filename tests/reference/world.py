"""One run: the parties, the order of a quarter, and what is refused."""

from __future__ import annotations

from typing import Any

from of_three import N_BLOCS

from model.draws import draw
from model.numerics import FloatArray
from model.parameters.checked import PARAMETERS, Parameters, make_parameters
from model.start.starting_point import known_scenario, starting_point
from reference import clocks, duties, markets, record, relations, talks, treaties
from reference.bloc import Bloc
from reference.firms import Automaker, BatterySupplier

# Optional mechanisms that are a line or two; all others are refused.
KNOWN = ("imitative_tactic", "partial_compliance", "trust_type")


def refuse_mechanisms(parameters: Parameters) -> None:
    """Raises ``ValueError`` that names every mechanism that is switched on and not known here."""
    on = [
        name
        for name, spec in PARAMETERS.items()
        if spec.group.startswith("optional") and spec.kind == "bool" and not spec.default and name not in KNOWN
        if getattr(parameters, name)
    ]
    # The only number of an optional mechanism that works without a switch.
    on += ["pass_through"] if parameters.pass_through != 0.0 else []
    if on:
        raise ValueError(f"the reference knows the core only; leave out {', '.join(on)}")


class World:
    """A run. ``frames[t][table][column]`` is what quarter t looked like.

    scenario: name or path; root_seed, replicate: the address of the run's luck; change: parameters by flat name.
    Raises ``ValueError`` where a parameter switches on an optional mechanism.
    """

    def __init__(self, scenario: str, root_seed: int, replicate: int, **change: Any) -> None:
        self.scenario = known_scenario(scenario)
        self.parameters = make_parameters({**self.scenario.parameters.changes(), **change})
        refuse_mechanisms(self.parameters)
        _, self.economy, self.opening, self.agenda = starting_point(scenario, self.parameters)
        self.luck = draw(root_seed, replicate, self.scenario.n_quarters, len(self.scenario.automakers))
        self.quarter = 0
        self.blocs = [Bloc(self, index) for index in range(N_BLOCS)]
        self.automakers = [Automaker(self, index) for index in range(len(self.scenario.automakers))]
        self.suppliers = [BatterySupplier(self, index) for index in range(len(self.scenario.suppliers))]
        self.frames: list[dict[str, dict[str, FloatArray]]] = []
        clocks.prepare(self)
        duties.prepare(self)
        relations.prepare(self)
        talks.prepare(self)
        treaties.prepare(self)
        markets.prepare(self)

    def step(self) -> None:
        """Play one quarter. The order is that of the theory, 1.20."""
        # the world outside, and what was signed last quarter
        treaties.enter_into_force(self)
        relations.see_events(self)
        markets.renew_costs(self)
        # relations
        relations.hold_talks(self)
        relations.assess_impact(self)
        relations.perceive(self)
        # policy
        duties.move_alone(self)
        talks.bargain(self)
        talks.ratify(self)
        treaties.honour_or_withdraw(self)
        treaties.put_duties_in_force(self)
        # the economy
        markets.clear_markets(self)
        markets.settle_accounts(self)
        # what the quarter leaves behind
        treaties.watch_conduct(self)
        treaties.leave_treaties(self)
        self.frames.append(record.frame_of(self))
        self.quarter += 1

    def run(self) -> World:
        """Play all quarters that are left."""
        while self.quarter < self.scenario.n_quarters:
            self.step()
        return self

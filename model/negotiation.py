"""The Mesa face: ``NegotiationModel``, a world of one replicate whose blocs and firms are Mesa's agents.

>>> model = NegotiationModel(scenario="2026", root_seed=1, replicate=0)
>>> model.run()
>>> model.summary()
"""

from __future__ import annotations

import copy
import copyreg
import functools
import inspect
import itertools
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import mesa
import numpy as np

from model.agents.automaker import Automaker
from model.agents.battery_supplier import BatterySupplier
from model.agents.bloc import Bloc
from model.faults import InputFault, nearest
from model.mesa_call import arguments
from model.record.recorder import Recorder
from model.start.starting_point import known_scenario
from model.telling.story import Story
from model.world import ToldRun, World, address, no_world


class _Counts(weakref.WeakKeyDictionary[mesa.Model, itertools.count]):
    """Numbers for the agents of each model, from 1; it keeps no model alive."""

    def __getitem__(self, model: mesa.Model) -> itertools.count:
        return self.setdefault(model, itertools.count(1))


# Mesa 3.3 has these in a dictionary that lives as long as the program, and every model that had an agent with it.
if isinstance(kept := getattr(mesa.Agent, "_ids", None), dict):
    mesa.Agent._ids = _Counts(kept)


#: The parties that come with the project, and what they are called where Mesa knows them.
SHIPPED: Final[dict[type, str]] = {Bloc: "MesaBloc", Automaker: "MesaAutomaker", BatterySupplier: "MesaSupplier"}
#: A name of a subclass at least this like one that is read was meant to be it (``alike``, 0 to 1).
NEARLY: Final = 0.8
NO_RESET: Final = (
    "all chance of a run is drawn before its first quarter, from root_seed and replicate; "
    "for other luck make another model: NegotiationModel(replicate=1)"
)
#: Whether this Mesa has scenario objects (3.5 and later), of which a model remembers its own.
HAS_SCENARIOS: Final = "scenario" in inspect.signature(mesa.Model.__init__).parameters


@functools.cache
def mesa_type(party: type) -> type:
    """The class of agents that decide as ``party`` does and that Mesa knows."""
    if issubclass(party, mesa.Agent):
        return party

    def begin(self: Any, world: Any, index: int, model: mesa.Model) -> None:
        mesa.Agent.__init__(self, model)
        party.__init__(self, world, index)  # type: ignore[misc]

    about = {"__init__": begin, "__module__": party.__module__, "party": party}
    return _Enrolled(SHIPPED.get(party, party.__name__), (party, mesa.Agent), about)


class _Enrolled(type):
    """The type of classes that ``mesa_type`` makes; a pickle names the class that such a one was made of."""

    party: type


copyreg.pickle(_Enrolled, lambda made: (mesa_type, (made.party,)))  # type: ignore[arg-type, return-value]


class _Kinds(list[type]):
    """Classes of agents; their base classes count as in it."""

    def __contains__(self, kind: object) -> bool:
        return isinstance(kind, type) and any(issubclass(known, kind) for known in self)


class _ByKind(dict[type, mesa.agent.AgentSet]):
    """Agents by their class; asked for by a base class, such as ``Bloc``, they are those of its subclasses as well."""

    def __getitem__(self, kind: type) -> mesa.agent.AgentSet:
        if kind not in self:
            raise KeyError(kind)
        found = [agent for known, agents in self.items() if issubclass(known, kind) for agent in agents]
        return mesa.agent.AgentSet(found, random=found[0].model.random)

    def __contains__(self, kind: object) -> bool:
        return kind in _Kinds(self)

    def get(self, kind: type, default: Any = None) -> Any:
        """The agents of a class and its subclasses, or the default where there are none."""
        try:
            return self[kind]
        except KeyError:
            return default


class NegotiationModel(ToldRun, mesa.Model):
    """China, the US and the EU negotiate, quarter by quarter, while automakers and suppliers do business.

    scenario: a name in ``seeds/scenarios`` or a path to a TOML file; root_seed and replicate: the address of the run's
    luck; any parameter by its flat name. A whole number given as ``rng`` or ``seed`` becomes the replicate, as does an
    iteration of ``mesa.batch_run``: all chance comes from the address. A scenario object of Mesa's gives its values.
    ``narrate=False`` saves the time of writing the story. ``world_type``: a class of worlds of one's own.

    ``world`` is what is played, with a replicate axis of length one in front of every array; ``state`` is the same
    without that axis. Agents are those of ``bloc_type``, ``automaker_type`` and ``supplier_type`` (of the world's, if
    left alone): subclasses of ``Bloc``, ``Automaker`` and ``BatterySupplier`` whose methods really decide.

    Raises ``InputFault`` (a ``ValueError``) that names every unknown or impossible input at once.
    """

    world: World
    bloc_type: type[Bloc] | None = None
    automaker_type: type[Automaker] | None = None
    supplier_type: type[BatterySupplier] | None = None

    def __init__(
        self,
        scenario: Any = "2026",
        root_seed: int = 20260928,
        replicate: int | None = None,
        narrate: bool = True,
        rng: Any = None,
        world_type: type[World] = World,
        **kwargs: Any,  # parameters; Mesa's SolaraViz knows such inputs by this name only
    ) -> None:
        asked = arguments({"scenario": scenario, "root_seed": root_seed, "replicate": replicate, "rng": rng, **kwargs})
        name = asked.pop("scenario")
        if fault := no_world(world_type):
            raise InputFault([f"world_type = {fault}"], "run")
        root_seed, replicate = address(asked.pop("root_seed"), asked.pop("replicate"))
        if not isinstance(scenario, (str, Path)) and HAS_SCENARIOS:
            mesa.Model.__init__(self, scenario=scenario)
        else:
            mesa.Model.__init__(self, rng=replicate)
        parameters = known_scenario(name).parameters.with_overrides(asked)
        self.root_seed, self.replicate = root_seed, replicate
        self.played = self.world = world_type(name, parameters, root_seed, [replicate], kept=None)
        self.lane = 0
        self._seat_agents()
        self.narrate(Story(self, narrate))
        self.datacollector = mesa.DataCollector(
            model_reporters={name: functools.partial(_latest, name) for name in self.world.recorder.headline},
            agenttype_reporters={
                kind: reporters
                for agents, base, reporters in (
                    (self.blocs, Bloc, {"trust": _trust_in_others}),
                    (self.automakers, Automaker, {"sales": _sales}),
                    (self.suppliers, BatterySupplier, {"cell_cost": _cell_cost}),
                )
                for agent in agents
                for kind in type(agent).__mro__
                if issubclass(kind, base)
            },
        )
        self.running = True

    def _seat_agents(self) -> None:
        world = self.world

        def seated(own: type | None, parties: list[Any]) -> list[Any]:
            # A world may have seated parties of several classes.
            kinds: list[Callable[..., Any]] = [mesa_type(own or type(party)) for party in parties]
            return [kind(world, index, self) for index, kind in enumerate(kinds)]

        world.blocs = seated(self.bloc_type, world.blocs)
        world.automakers = seated(self.automaker_type, world.automakers)
        world.suppliers = seated(self.supplier_type, world.suppliers)
        world.ask_thresholds()

    def narrate(self, story: Story) -> None:
        """Let this story be told from now on."""
        self.teller = story
        self.world.stories = {0: story} if story.is_told else {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A subclass names the types of its parties; one that it misspells would be played without a word."""
        super().__init_subclass__(**kwargs)
        known = [name for name in NegotiationModel.__annotations__ if name.endswith("_type")]
        hints = {name: nearest(name, known, NEARLY) for name in vars(cls) if name not in known}
        if faults := [f"{name} is not read; {hint}" for name, hint in hints.items() if hint]:
            raise InputFault(faults, f"class {cls.__name__}")

    def __copy__(self) -> Self:
        """A copy that goes on by itself: with its parts shared, to play it would be to play the original."""
        return copy.deepcopy(self)

    def reset_rng(self, rng: Any = None) -> None:
        """Refused: a run's luck is drawn before its first quarter, from its address.

        Raises ``InputFault``, always.
        """
        raise InputFault([f"reset_rng({rng!r}): {NO_RESET}"], "run")

    def reset_randomizer(self, seed: Any = None) -> None:
        """Refused, as ``reset_rng`` is.

        Raises ``InputFault``, always.
        """
        raise InputFault([f"reset_randomizer({seed!r}): {NO_RESET}"], "run")

    @property
    def agent_types(self) -> list[type]:
        """The classes of the agents; ``Bloc in model.agent_types`` is true of its subclasses as well."""
        return _Kinds(self._agents_by_type)

    @property
    def agents_by_type(self) -> Any:
        """The agents by their class; ``model.agents_by_type[Bloc]`` has those of its subclasses as well."""
        return _ByKind(self._agents_by_type)

    # --- what is played ---------------------------------------------------------------------------------------------

    @property
    def recorder(self) -> Recorder:
        """The record of the run."""
        return self.world.recorder

    @property
    def blocs(self) -> list[Any]:
        """The governments, in the order of ``BLOCS``."""
        return self.world.blocs

    @property
    def automakers(self) -> list[Any]:
        """The automakers, in the order of the scenario."""
        return self.world.automakers

    @property
    def suppliers(self) -> list[Any]:
        """The battery suppliers, in the order of the scenario."""
        return self.world.suppliers

    @property
    def quarter_label(self) -> str:
        """The quarter being played, e.g. 2026Q4."""
        return self.world.scenario.quarter_label(self.world.state.quarter)

    # --- playing ----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Play one quarter; after the last one, do nothing."""
        if self.running:
            self.world.step()
            self.datacollector.collect(self)
        self.running = self.world.state.quarter < self.n_quarters

    def run(self) -> Self:
        """Play all quarters that are left."""
        while self.running:
            self.step()
        return self


# --- what Mesa's data collector reads; functions by name, so that a model can be pickled ----------------------------


def _latest(name: str, model: NegotiationModel) -> float:
    return model.recorder.latest(name)


def _trust_in_others(agent: Any) -> list[float]:
    return [float(agent.trust(other)[0]) for other in agent.world.blocs]


def _sales(agent: Any) -> float:
    return float(np.add.accumulate(agent.world.booked().sales[0, :, agent.index])[-1])


def _cell_cost(agent: Any) -> float:
    return float(agent.world.state.cell_cost[0, agent.index])

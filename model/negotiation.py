"""The readable world: ``NegotiationModel``, a Mesa model that plays a quarter by asking its agents.

>>> model = NegotiationModel(scenario="2026", root_seed=1, replicate=0)
>>> model.run()
>>> model.summary()
"""

from __future__ import annotations

import functools
import itertools
import weakref
from typing import Any

import mesa
import pandas as pd

from model.agenda import brands_on_sale
from model.agents.automaker import Automaker
from model.agents.battery_supplier import BatterySupplier
from model.agents.bloc import Bloc
from model.draws import draw
from model.mesa_call import arguments
from model.parameters import make_parameters
from model.phases.duties import Duties
from model.phases.frame import frame_of
from model.phases.industry import Industry
from model.phases.relations import Relations
from model.phases.talks import Talks
from model.record import Recorder
from model.schedule import play_quarter
from model.starting_point import known_scenario, starting_point
from model.state import first_state
from model.story import Story


class _Counts(weakref.WeakKeyDictionary[mesa.Model, itertools.count]):
    """Numbers for the agents of each model, from 1; it keeps no model alive."""

    def __getitem__(self, model: mesa.Model) -> itertools.count:
        return self.setdefault(model, itertools.count(1))


# Mesa 3.3 has these in a dictionary that lives as long as the program, and every model that had an agent with it.
if isinstance(kept := getattr(mesa.Agent, "_ids", None), dict):
    mesa.Agent._ids = _Counts(kept)


def _trust(bloc: Bloc) -> list[float]:
    return [float(bloc.trust(other)) for other in bloc.model.blocs]


def _sales(maker: Automaker) -> float:
    return float(maker.model.sales_of(maker.index))


def _cell_cost(supplier: BatterySupplier) -> float:
    return float(supplier.model.state.cell_cost[supplier.index])


class NegotiationModel(Industry, Relations, Talks, Duties, mesa.Model):
    """China, the US and the EU negotiate, quarter by quarter, while automakers and suppliers do business.

    scenario: a name in ``seeds/scenarios`` or a path to a TOML file; root_seed and replicate: the address of the run's
    luck; any parameter by its flat name. ``narrate=False`` saves the time of writing the story. What Mesa's tools hand
    over counts too: ``rng`` or ``seed``, a whole number, is the replicate where none is given, as is the iteration of
    ``mesa.batch_run``; a scenario object of Mesa's gives its values by name. Worlds can be pickled and copied half-way.

    Raises ``InputFault`` (a ``ValueError``) that names every unknown or impossible input at once.
    """

    bloc_type: type[Bloc] = Bloc  # who governs: a subclass may let people decide

    def __init__(
        self,
        scenario: Any = "2026",
        root_seed: int = 20260928,
        replicate: int | None = None,
        narrate: bool = True,
        rng: Any = None,
        **kwargs: Any,  # parameters; Mesa's SolaraViz knows such inputs by this name only
    ) -> None:
        asked = arguments({"scenario": scenario, "root_seed": root_seed, "replicate": replicate, "rng": rng, **kwargs})
        scenario, root_seed, replicate = (asked.pop(name) for name in ("scenario", "root_seed", "replicate"))
        super().__init__(rng=replicate)
        self.scenario = known_scenario(scenario)
        self.parameters = make_parameters({**self.scenario.parameters.changes(), **asked})
        _, self.economy, self.opening, self.agenda = starting_point(scenario, self.parameters)
        self.root_seed, self.replicate = root_seed, replicate
        self.n_quarters = self.scenario.n_quarters
        self.luck = draw(root_seed, replicate, self.n_quarters, len(self.scenario.automakers))
        self.state = first_state(self.scenario, self.parameters, self.economy, self.opening, self.agenda)
        self.blocs = [self.bloc_type(self, index) for index in range(3)]
        self.automakers = [Automaker(self, index) for index in range(len(self.scenario.automakers))]
        self.suppliers = [BatterySupplier(self, index) for index in range(len(self.scenario.suppliers))]
        self.brands_abroad = brands_on_sale(self.scenario)
        self.recorder = Recorder(self.scenario, self.parameters, self.agenda, self.economy)
        self.teller = Story(self, narrate)
        self.prepare_industry()
        self.prepare_relations()
        self.prepare_club()
        self.keep_standards()
        self.datacollector = mesa.DataCollector(
            model_reporters={name: functools.partial(self.recorder.latest, name) for name in self.recorder.headline},
            agenttype_reporters={
                self.bloc_type: {"trust": _trust},
                Automaker: {"sales": _sales},
                BatterySupplier: {"cell_cost": _cell_cost},
            },
        )
        self.running = True

    def step(self) -> None:
        """Play one quarter; after the last one, do nothing."""
        if self.state.quarter >= self.n_quarters:
            self.running = False
            return
        play_quarter(self)
        self.datacollector.collect(self)
        self.state.quarter += 1
        if self.state.quarter >= self.n_quarters:
            self.running = False

    def run(self) -> NegotiationModel:
        """Play all quarters that are left."""
        while self.running:
            self.step()
        return self

    def record_quarter(self) -> None:
        """Write the quarter down."""
        self.recorder.ceiling = self.depth_ceiling()
        self.recorder.add(frame_of(self))

    @property
    def quarter_label(self) -> str:
        """The quarter being played, e.g. 2026Q4."""
        return self.scenario.quarter_label(self.state.quarter)

    @property
    def story(self) -> list[Any]:
        """What happened, one line an event."""
        return self.teller.lines

    def lobbies(self, dyad: int, package: int) -> list[tuple[float, str]]:
        """The stake of every firm in a package, bn$ a year, signed, and its name (1.5)."""
        firms: list[Automaker | BatterySupplier] = [*self.automakers, *self.suppliers]
        return [(firm.lobby(dyad, package), firm.name) for firm in firms]

    def summary(self) -> pd.DataFrame:
        """One row a dyad: what came of the run."""
        return self.recorder.summary(self.diagnosis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tidy record, a data frame for each kind of entity."""
        return self.recorder.tables()

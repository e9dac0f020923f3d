"""What parameters say of relations before anything has happened: usual tension, prior trust."""

from __future__ import annotations

import numpy as np

from model.numerics import FloatArray, FloatLike
from model.parameters.checked import Parameters
from model.rules import compliance
from model.rules import tension as tension_rules
from model.rules import trust as trust_rules
from model.scenario.scenario import Scenario


def mean_tension(
    parameters: Parameters, dialogue: FloatLike | None = None, crises: FloatLike | None = None
) -> FloatArray:
    """(..., d) long-run mean of latent tension with jumps and a dialogue at its ceiling (theory 1.12).

    dialogue, crises: (..., 1) or scalar, another ceiling and another rate of jumps than those of the run.
    """
    return tension_rules.mean_latent(
        parameters.tension_mean,
        parameters.tension_jump_rate if crises is None else crises,
        parameters.tension_jump_mean,
        parameters.tension_persistence,
        parameters.dialogue_on_tension,
        parameters.dialogue_ceiling if dialogue is None else dialogue,
    )


def usual_tension(scenario: Scenario, parameters: Parameters) -> FloatArray:
    """(d,) the same with the scenario's own dialogue: where runs begin.

    What has been until now does not hang on which dialogue there will be, so that arms of an experiment begin alike.
    """
    return mean_tension(parameters, scenario.parameters.dialogue_ceiling)


def prior_evidence(parameters: Parameters) -> tuple[FloatArray, FloatArray]:
    """(b, b) prior good and bad evidence of each bloc on each other one (theory 1.11); the diagonal is one."""
    parties = parameters.parties
    good, bad = np.ones((2, parties.n_blocs, parties.n_blocs))
    for dyad, (first, second) in enumerate(parties.dyads):
        good[first, second] = good[second, first] = parameters.trust_good[dyad]
        bad[first, second] = bad[second, first] = parameters.trust_bad[dyad]
    return good, bad


def first_type_belief(scenario: Scenario, parameters: Parameters) -> FloatArray:
    """(b, b) belief of each bloc that another one is a reciprocating type, before the first quarter (theory 1.10).

    The prior is the prior trust; each honoured quarter of a treaty in force was one good signal (theory 1.6).
    """
    good, bad = prior_evidence(parameters)
    belief = trust_rules.trust_level(good, bad)
    for treaty in scenario.treaties:
        first, second = parameters.parties.dyads[treaty.dyad]
        dialogue = min(float(scenario.dialogue_level[treaty.dyad]), parameters.dialogue_ceiling)
        alarm, missed, published = (
            trust_rules.monitoring_error(base, dialogue, parameters.dialogue_on_monitoring)
            for base in (parameters.false_alarm, parameters.missed_violation, parameters.published_error)
        )
        for side, (observer, observed) in enumerate(((second, first), (first, second))):
            errors = alarm, missed
            if parameters.monitoring == "by_issue":
                unseen = treaty.supply[side] or treaty.linkage[side] or treaty.technology
                act = treaty.duty_bound[side].any() or treaty.recognition[side] or treaty.charging
                errors = trust_rules.errors_of_treaty(alarm, missed, published, bool(unseen), bool(act))
            for _ in range(int(treaty.honoured_quarters)):
                belief[observer, observed] = compliance.bayes_type_update(belief[observer, observed], 1.0, *errors)
    return belief

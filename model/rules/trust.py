"""What one bloc sees of another's conduct, how it answers, and how much it comes to trust it.

Theory 1.11. What is published (duties, access, certificates, a charging standard) is seen as it is; conduct behind the
border (supply, technology, purchases) is observed with two different errors, kept apart because they do different harm:
a *false alarm* starts a dispute between two sides who both honour, a *miss* lets a lapse go unanswered. Trust is a beta
reputation with forgetting: counts of good and bad evidence, fed with a signal that is corrected for its own error
rates. Fed with raw signals, trust in a perfect partner would settle at 0.82 instead of 0.94 (trap 0.13).

Everything here is directed, observer to observed, and holds for one obligation or many: shapes (...) broadcast.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike
from model.rules import BoolLike

IntLike = float | FloatArray | npt.NDArray[np.int64]

# Codes of the stances a bloc can take towards lapses, in the order of theory 1.11.
TIT_FOR_TAT: Final = 0
GENEROUS: Final = 1
GRIM: Final = 2
K_PUNISH: Final = 3
PROPORTIONAL: Final = 4
CONTRITE: Final = 5
STANCES: Final = ("tit_for_tat", "generous", "grim", "k_punish", "proportional", "contrite")

#: What can be misread: conduct behind the border alone, or every act alike (the first edition's).
MONITORING: Final = ("by_issue", "alike")
# Least evidence on either side, in quarters of observation: corrected signals may be negative, counts may not
# (1.11).
EVIDENCE_FLOOR: Final = 0.05
# Trust is kept off 0 and 1 by this much (fraction): no partner is ever beyond doubt or beyond hope.
TRUST_FLOOR: Final = 0.001
# A grim answer outlasts any run: quarters. Finite, so that it can be multiplied by zero.
FOREVER: Final = 1.0e6
# Signals are 0 or 1; anything above this reads as "honoured".
HALF: Final = 0.5


def monitoring_error(base: FloatLike, dialogue: FloatLike, on_dialogue: FloatLike) -> FloatArray:
    """Probability of misreading the partner's conduct in a quarter, a fraction in [0, base].

    base: (...) or scalar, error without contact (e_fa or e_miss), in [0, 0.35]; default 0.15.
    dialogue: (...), state of the official dialogue, in [0, 1].
    on_dialogue: (...) or scalar, how fast dialogue removes error (ke), in [0, 2]; default 1.
    Limits: the base without dialogue; never rises with dialogue (M18).
    Source: theory 1.9b, 1.11; exponential form an assumption.
    """
    return base * np.exp(-(on_dialogue * np.asarray(dialogue)))


def errors_of_treaty(
    false_alarm: FloatLike,
    missed: FloatLike,
    published: FloatLike,
    has_unseen: BoolLike,
    has_published: BoolLike,
) -> tuple[FloatArray, FloatArray]:
    """Chances that honest conduct looks like a lapse, and a lapse like honest conduct, by what is owed; fractions.

    false_alarm, missed: (...) or scalar, of conduct behind the border; published: of a published act; in [0, 0.35].
    has_unseen, has_published: (...), whether the observed side owes something of either kind.
    Limits: what is published alone is misread as published acts are, so never at error 0; with equal errors the kind
    does not matter. Who withdraws everything withdraws what is published too, and is seen to.
    Source: second edition, section 4: a signal is about the unseen parts of a treaty only.
    """
    alarm = np.where(has_unseen, np.maximum(false_alarm, published), published)
    is_hidden = np.logical_and(has_unseen, np.logical_not(has_published))
    return alarm, np.where(is_hidden, missed, np.minimum(missed, published))


def conduct_signal(honoured: FloatLike, u: FloatLike, false_alarm: FloatLike, missed: FloatLike) -> FloatArray:
    """What the observer reads off a quarter: 1 = looked honoured, 0 = looked lapsed.

    honoured: (...), share of the obligation that was honoured, in [0, 1] (usually 0 or 1).
    u: (...), a uniform draw in [0, 1). false_alarm: (...) or scalar, P(0 | honoured), in [0, 0.35].
    missed: (...) or scalar, P(1 | lapsed), in [0, 0.35].
    Limits: the truth without errors (for conduct of 0 or 1); mean (1 - false_alarm) honoured + missed (1
    - honoured).
    Source: theory 1.11; Signorino 1996 on why the two errors are separate.
    """
    chance_of_good = honoured * (1.0 - np.asarray(false_alarm)) + (1.0 - honoured) * missed
    return np.less(u, chance_of_good) * 1.0


def debiased_signal(signal: FloatLike, false_alarm: FloatLike, missed: FloatLike) -> FloatArray:
    """The signal corrected for its errors, so that its mean is the true conduct (no unit; may leave [0, 1]).

    signal: (...), 0 or 1. false_alarm, missed: (...) or scalar, in [0, 0.35], adding to less than 1.
    Limits: the signal itself without errors; mean 1 if honoured, 0 if not, whatever the errors (B11).
    Source: theory 1.11; the estimator of a proportion under known misclassification, Rogan & Gladen 1978.
    """
    return np.divide(np.subtract(signal, missed), 1.0 - false_alarm - missed)


def update_evidence(
    good: FloatLike,
    bad: FloatLike,
    prior_good: FloatLike,
    prior_bad: FloatLike,
    memory: FloatLike,
    signal: FloatLike,
    active: FloatLike,
) -> tuple[FloatArray, FloatArray]:
    """Evidence for and against the partner after one more quarter, (good, bad) in quarters of observation.

    good, bad: (...), evidence so far, >= 0.05. prior_good, prior_bad: (...), where forgetting leads back to,
    > 0.
    memory: (...) or scalar, lam, share of the evidence kept, in [0.85, 1]; default 0.95.
    signal: (...), conduct of this quarter, ``debiased_signal`` (or 1 for a goodwill gesture).
    active: (...), weight of the quarter: 1 with an obligation in force, 0 without (nothing is learned, much
    is forgotten), w_g for a gesture.
    Limits: prior + counts at memory 1 and no error (M15); a better signal never lowers the resulting trust;
    both counts stay at or above 0.05.
    Source: Jøsang & Ismail 2002 (beta reputation with forgetting); theory 1.11.
    """
    seen_good = active * np.asarray(signal)
    new_good = prior_good + memory * np.subtract(good, prior_good) + seen_good
    new_bad = prior_bad + memory * np.subtract(bad, prior_bad) + (active - seen_good)
    return np.maximum(new_good, EVIDENCE_FLOOR), np.maximum(new_bad, EVIDENCE_FLOOR)


def trust_level(good: FloatLike, bad: FloatLike) -> FloatArray:
    """Belief that the partner honours in a quarter, a fraction in [0.001, 0.999].

    good, bad: (...), evidence, > 0.
    Limits: the mean of the Beta(good, bad) distribution; 1/2 when evidence is balanced.
    Source: Jøsang & Ismail 2002; theory 1.11.
    """
    return np.minimum(np.maximum(np.divide(good, good + bad), TRUST_FLOOR), 1.0 - TRUST_FLOOR)


def next_honoured_level(
    stance: IntLike,
    signal: FloatLike,
    u: FloatLike,
    generosity: FloatLike,
    response: FloatLike,
    observed_level: FloatLike,
    punishment_left: FloatLike,
    punishment_quarters: FloatLike,
    own_standing: FloatLike = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """Share of its duty and supply concessions a bloc honours next quarter, and quarters of answer to come.

    stance: (...) or scalar, code 0 ... 5 of ``STANCES``. signal: (...), 1 = partner looked honest, 0 = it did not.
    u: (...), a uniform draw in [0, 1). generosity: (...) or scalar, g, chance to forgive a bad signal, in [0, 1].
    response: (...) or scalar, rho of the proportional stance, in [0, 1); default 0.8.
    observed_level: (...), share the partner seemed to honour, in [0, 1] (proportional stance only).
    punishment_left: (...), quarters, this one included, in which what is seen is no news, >= 0; 0 without a term.
    punishment_quarters: (...) or scalar, length of a k-punishment, >= 1; default 8.
    own_standing: (...), 1 = the bloc itself kept its part the quarter before the one observed, 0 = it did not
    (contrite stance only).
    Returns (level in [0, 1], punishment left as seen from the next quarter).
    Limits: full level on a good signal unless a punishment is running; a k-punishment runs its k quarters and
    ends, whatever is seen in them and in the one after (the partner's answer to it is no new offence); at one
    quarter it is tit-for-tat; a grim one never ends;
    proportional is a contraction: a steady under-observation e settles at 1 - response e/(1 - response) (B5);
    contrite is tit-for-tat in good standing, and honours out of bad standing whatever it sees.
    Source: Axelrod 1984 (tit-for-tat), Molander 1985, Nowak & Sigmund 1992 (generous), Friedman 1971 (grim),
    Green & Porter 1984 (k quarters), Sugden 1986 and Wu & Axelrod 1995 (standing, contrition); theory 1.11.
    """
    # Of one stance for all, comparing plain numbers takes a tenth of the time that NumPy's functions take.
    looked_good = np.greater(signal, HALF)
    forgiven = (stance == GENEROUS) & np.less(u, generosity)
    # Who has just withheld its own part reads the partner's withholding as the answer to it, and lets it pass.
    deserved = (stance == CONTRITE) & np.less(own_standing, HALF)
    is_grim = stance == GRIM
    # Tit-for-tat is a punishment of one quarter that is decided afresh; only longer ones have a term to serve.
    serves_terms = is_grim | ((stance == K_PUNISH) & (punishment_quarters > 1.0))
    # What is seen in a quarter that one withheld as punishment is no news, nor in the one after it, when the partner's
    # answer to the last of them comes: a term runs out, and no other begins.
    new_term = np.where(looked_good, 0.0, np.where(is_grim, FOREVER, np.add(punishment_quarters, 1.0)))
    owed = np.where(np.greater(punishment_left, 0.0), np.subtract(punishment_left, 1.0), new_term)
    in_kind = np.where(serves_terms, np.less_equal(owed, 1.0), looked_good | forgiven | deserved)
    in_proportion = 1.0 - response * (1.0 - np.asarray(observed_level))
    level = np.where(stance == PROPORTIONAL, in_proportion, in_kind * 1.0)
    return level, np.multiply(serves_terms, owed)


def dispute_step(
    running: FloatLike, aggrieved: BoolLike, can_talk: BoolLike, consultation: FloatLike, least: FloatLike
) -> FloatArray:
    """Quarters that a dispute has run, next quarter included; those beyond ``consultation`` are of suspension.

    running: (...), as of this quarter, 0 without a dispute. aggrieved: (...), whether the bloc's stance would withhold.
    can_talk: (...), whether there is a channel, and something that talks could clear up: an open breach is answered at
    once. consultation: scalar, quarters of talks before anything is suspended, >= 0; default 1. least: scalar, quarters
    that a suspension lasts, >= 1; default 2.
    Limits: with no talks and a least term of one quarter the stance alone decides; a grievance that has gone by the end
    of the talks leaves nothing; without talks it is answered in the next quarter.
    Source: WTO DSU art. 4.7 (60 days of consultations), art. 22; Vienna Convention on the Law of Treaties art. 60 (open
    breach); theory 1.11; the least term is an assumption.
    """
    serves_on = np.greater(running, consultation) & np.less(np.subtract(running, consultation), least)
    before = np.maximum(running, np.where(can_talk, 0.0, consultation))
    return np.where(np.logical_or(aggrieved, serves_on), before + 1.0, 0.0)

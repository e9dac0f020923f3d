"""What tests of seats share: a short game, and agents of a test's own."""

from __future__ import annotations

from typing import Any

from experiments.classroom.game import Settings
from experiments.seating.agents import Agent, Seatable
from experiments.seating.protocol import Question

#: In this luck every pair has a treaty and talks within six quarters.
SHORT = Settings(replicate=2, quarters=6)


def seatable(kind: Any, name: str = "agent") -> Seatable:
    """A class of a test's own as something to seat."""
    return Seatable(name, kind, {"agent": name})


class Reasons(Agent):
    """Decides offers and answers as the model's rules do, from the question alone: it is told no advice."""

    def offer(self, question: Question) -> int:
        options = question.options
        assert options is not None and question.hope is not None
        good = [k for k, gain in enumerate(options.gain) if options.may_sign[k] and gain >= question.hope]
        if not good:
            return -1
        best = options.index[max(good, key=lambda k: (options.partner_gain[k], options.gain[k], -k))]
        return -1 if best == options.settled else best

    def answer(self, question: Question) -> str:
        worth, hope = question.worth, question.hope
        assert worth is not None and worth.gain is not None and hope is not None
        takes = worth.gain >= max(hope, question.briefing.least) and worth.enforceable and worth.passable
        return "accept" if takes else "refuse"


def asked_in(settings: Settings = SHORT, with_advice: bool = True) -> list[Question]:
    """Every question of a game that all three blocs are asked, decided by the rules."""
    from experiments.seating.play import play

    seen: list[Question] = []

    class Listens(Agent):
        def decide(self, question: Question) -> None:
            seen.append(question)

    play(settings, dict.fromkeys(range(3), seatable(Listens)), with_advice=with_advice)
    return seen

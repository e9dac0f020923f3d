"""What happened in a run, told as sentences: who tabled what, who refused and why, what was signed, kept and broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from model.numerics import QUARTERS_PER_YEAR, FloatArray
from model.telling.outcomes import CaseEnd, LicencesEnd, Refusal, SessionEnd, Turn
from model.telling.package_words import percent, points
from model.telling.trade_story import (
    ClubStory,
    StoryLine,
    TradeStory,
    below,
    cap,
    clause,
    in_a_list,
    is_many,
)
from model.telling.treaty_story import TreatyStory
from model.vocabulary import EV, N_SIDES

__all__ = ["Answer", "Story", "StoryLine", "ToldSoFar"]

LEAST_RISE = 0.005  # of a duty, fraction; less rounds to no point


@dataclass(frozen=True)
class Answer:
    """How a side answered the package before it: whether it takes it, else why not, and its believed gain, the least
    gain for which it signs and what it still holds out for, all bn$ a quarter."""

    accepted: bool
    why: Refusal
    own: float
    least: float
    hope: float


class ToldSoFar(NamedTuple):
    """How far a story has got: lines, what was said last of charges at borders and of the credit's friends, and whose
    plants have opened where."""

    n_lines: int
    charges: dict[str, FloatArray]
    friends: FloatArray | None
    plants: frozenset[tuple[int, int]]


class Story(TreatyStory, TradeStory, ClubStory):
    """All the sentences of a run; one a kind of event, called by the phases."""

    def so_far(self) -> ToldSoFar:
        """How far the story has got, to come back to."""
        return ToldSoFar(len(self.lines), dict(self.told_charges), self.told_friends, self.told_plants)

    def back_to(self, so_far: ToldSoFar | None) -> None:
        """Forget what was told since; None: everything."""
        n_lines, charges, self.told_friends, self.told_plants = so_far or ToldSoFar(0, {}, None, frozenset())
        self.told_charges = dict(charges)
        del self.lines[n_lines:]

    # --- the world outside ------------------------------------------------------------------------------------------

    def events(self, t: int) -> None:
        """Dated events of the scenario in this quarter; while duties follow the record, not of this run's making."""
        of_record = "On record: " if t < self.model.start.history_quarters else ""
        for told in self.dated(t):
            self.say("event", of_record + (f"t{told[1:]}" if of_record and told.startswith("The ") else told))
        if t == 0:
            self.access()

    def dated(self, t: int) -> list[str]:
        """Sentences of the dated events of a quarter, but for those about what is no more in this run."""
        state, found = self.model.state, []
        for event in self.model.start.events:
            d, (importer, partner) = event.dyad, event.duty
            # The treaty of the start stands until it has ended or another has come in its place.
            stands = d < 0 or (state.first_end[d] < 0 and state.treaty[d] == self.model.agenda.treaty[d] > 0)
            stands &= importer < 0 or state.special[EV, importer, partner] > 0.0
            if event.quarter == t and stands:
                found.append(event.about.rstrip(".") + ".")
        return found

    def channel(self, dyad: int, is_open: bool) -> None:
        """The official channel opens or shuts."""
        what, tension = "opens again" if is_open else "shuts", self.model.state.climate.level[dyad]
        self.say("tension", f"The official channel {what} (tension {tension:.2f} on a scale of 0 to 1).", dyad)
        self.can_turn("channel")

    def subnational(self, dyad: int) -> None:
        """States, provinces and cities go on talking while the official channel is shut."""
        self.say("dialogue", "States, provinces and cities keep talking beside the shut channel.", dyad)

    def research_breaks(self, dyad: int) -> None:
        """High tension breaks up joint research."""
        self.say("dialogue", "High tension breaks up half of the joint research (track 2).", dyad)

    def new_government(self, bloc: int) -> None:
        """A leadership takes office, with preferences of its own."""
        weight, shift = self.model.state.profit_weight[bloc], self.model.state.threshold_shift[bloc]
        asks = f"{'more' if shift > 0.0 else 'less'} of a treaty than is usual ({shift:+.2f} of the stakes)"
        wants = f"it counts a dollar of profit at home as {1.0 + weight:.2f} dollars, and its legislature asks {asks}"
        self.say("government", f"A new leadership takes office in {self.named(bloc)}: {wants}.")

    # --- acting alone -----------------------------------------------------------------------------------------------

    def _of_two(self, topic: str, importer: int, partner: int, sentence: str) -> None:
        """A line on a pair of blocs, whose names come into the sentence, importer first, with its verb behind it."""
        who, whom = self.named(importer), self.named(partner)
        told = sentence.format(who, whom)
        if told.startswith(f"{who} "):
            told = clause(who, told.removeprefix(f"{who} "))
        self.say(topic, cap(told), int(self.parties.dyad_of[importer, partner]))

    def case_opens(self, importer: int, partner: int, rise: float) -> None:
        """A duty case is opened."""
        told = f"{{}} opens a duty case against {{}}: a rise by {points(rise)} is threatened."
        self._of_two("case", importer, partner, told)

    def case_ends(self, importer: int, partner: int, how: CaseEnd) -> None:
        """A duty case ends, or what it added to the duty does."""
        ended = {
            CaseEnd.SETTLED: "{}'s duty case against {} is settled.",
            CaseEnd.CARRIED_OUT: "{0}'s duty case against {1} is carried out: the duty on {1}'s cars rises.",
            CaseEnd.DROPPED: "{}'s duty case against {} is dropped.",
            CaseEnd.EXPIRED: "{} reviews its duty on {}'s cars from earlier cases and lets it expire.",
            CaseEnd.RENEWED: "{} reviews its duty on {}'s cars from earlier cases and renews it.",
        }[how]
        self._of_two("case", importer, partner, ended)
        if how == CaseEnd.CARRIED_OUT:
            self.can_turn("carried_out")

    def emergency(self, importer: int, partner: int, rise: float) -> None:
        """An emergency duty strikes."""
        by = self.left_to_rise(importer, partner, rise)
        told = f"{{}} raises its duty on {{}}'s cars by {points(by)} at once."
        if by < LEAST_RISE:
            told = "{} would raise its duty on {}'s cars at once, but it stands at its ceiling already."
        self._of_two("case", importer, partner, told)
        self.can_turn("emergency")

    def answers(self, importer: int, partner: int, rise: float) -> None:
        """A rise is answered."""
        by = self.left_to_rise(importer, partner, rise)
        told = f"{{}} answers {{}} and raises its own duty by {points(by)}."
        if by < LEAST_RISE:
            told = "{} would answer {} by its own duty, but it stands at its ceiling already."
        self._of_two("retaliation", importer, partner, told)
        self.can_turn("answers")

    def licences_threatened(self, exporter: int, importer: int) -> None:
        """A bloc threatens to answer a rise of a duty by export licences."""
        self._of_two("case", exporter, importer, "{} threatens to withhold export licences from {}.")

    def licences_withheld(self, exporter: int, importer: int) -> None:
        """It carries that out."""
        self._of_two("retaliation", exporter, importer, "{} withholds export licences from {}, in answer to its duty.")
        self.can_turn("withholds")

    def licences_given(self, exporter: int, importer: int, how: LicencesEnd) -> None:
        """It gives them again."""
        why = {LicencesEnd.PROMISED: "as the treaty says", LicencesEnd.DUTY_UNDONE: "the duty is back where it was"}[
            how
        ]
        self._of_two("retaliation", exporter, importer, f"{{}} gives {{}} export licences again: {why}.")

    def relief(self, importer: int, partner: int, level: float) -> None:
        """A bloc lowers its special duty alone."""
        what = f"{{}} lowers its special duty on {{}}'s cars to {percent(level)} on its own."
        self._of_two("announcement", importer, partner, what)

    def recognises_alone(self, importer: int, partner: int) -> None:
        """Recognition for one's own good: harmony, not cooperation."""
        dyad, side = int(self.parties.dyad_of[importer, partner]), int(self.parties.side_of[importer, partner])
        told = "{} recognises {}'s certificates for its own good"
        if self.binds_recognition(dyad, side):
            told = f"{told} too: it would now do so without the {self.paper(dyad)}"
        self._of_two("recognition", importer, partner, told + ".")

    def announces(self, bloc: int, alone: bool) -> None:
        """A zero-emission path is announced, for its own sake or in step with a partner."""
        others = [b for b in range(self.parties.n_blocs) if b != bloc and self.model.state.announced[b] > 0.0]
        why = "for its own good" if alone else f"in step with {self.listed(others)}"
        if not (alone or others):
            why = "and trusts that a partner will follow"
        self.say("announcement", cap(clause(self.named(bloc), f"announces a zero-emission path {why}.")))

    def takes_back(self, bloc: int) -> None:
        """A new leadership takes a zero-emission path back."""
        self.say("announcement", f"The new leadership of {self.named(bloc)} takes the zero-emission path back.")

    # --- the table --------------------------------------------------------------------------------------------------

    def _at_table(self, turn: Turn, dyad: int, side: int, does: str) -> None:
        """A line on what a side does in its turn."""
        topic = "refusal" if turn == Turn.REFUSED else "offer"
        self.say(topic, cap(clause(self.name(dyad, side), does)), dyad, turn, side)

    def session_opens(self, dyad: int) -> None:
        """A session of talks begins."""
        self.say("session", "Talks open.", dyad)

    def session_closes(self, dyad: int, how: SessionEnd) -> None:
        """A session ends without a deal."""
        why = "the channel is shut" if how == SessionEnd.CHANNEL_SHUT else "the deadline has passed"
        self.say("session", f"Talks close without a deal: {why}.", dyad)
        self.can_turn("closes")

    def nothing_to_table(self, dyad: int, side: int, round_number: int) -> None:
        """A side has nothing to offer; said once a quarter."""
        if round_number <= 1:
            self._at_table(Turn.NOTHING_TABLED, dyad, side, "has nothing to table that it would sign itself.")

    def offer(self, dyad: int, side: int, package: int, answer: Answer) -> None:
        """A package is tabled, with who lobbies for or against it, and the answer with its reason."""
        told, other = f"tables: {self.package(dyad, package)}.{self.lobbied(dyad, package)}", 1 - side
        self._at_table(Turn.TABLED, dyad, side, told)
        own, least, held_out = (QUARTERS_PER_YEAR * value for value in (answer.own, answer.least, answer.hope))
        if answer.accepted:
            self._at_table(Turn.ACCEPTED, dyad, other, f"accepts (believed gain {own:+.2f} bn$ a year).")
            return
        reasons = {
            Refusal.BELOW_LEAST: below(own, least, "the least it signs for"),
            Refusal.BELOW_HOPE: below(own, held_out, "what it still holds out for"),
            Refusal.NOT_KEPT: "it would not keep it at today's trust",
            Refusal.NOT_PASSED: "its legislature would not pass it",
        }
        *given, last = [words for reason, words in reasons.items() if reason in answer.why]
        self._at_table(Turn.REFUSED, dyad, other, f"refuses: {', '.join(given)}{', and ' * bool(given)}{last}.")

    def signs(self, dyad: int, package: int, lag: float, *asked: bool) -> None:
        """A package is signed that legislatures vote on later."""
        told = f"Signed: {self.package(dyad, package)}. {cap(self._passed_by(dyad, asked, 'must pass it'))}"
        due = f"due to enter into force in {self.when(lag)}"
        self.say("treaty", f"{told}; {due}.", dyad)
        self.can_turn("signs", f"{cap(self.name(dyad, 0))} and {self.name(dyad, 1)} sign a treaty, {due}.")

    def ratification(self, dyad: int, package: int, *votes: bool) -> None:
        """The legislatures of the first and of the second side have voted; then whether each of them was asked."""
        passed, asked = votes[:N_SIDES], votes[N_SIDES:]
        if all(passed):
            # What was signed before has been told.
            is_new = bool(self.model.state.has_deal[dyad])
            what, of = (f": {self.package(dyad, package)}", "it") if is_new else ("", "what was signed")
            voted = self._passed_by(dyad, asked, f"votes for {of}", is_new)
            self.say("treaty", f"{cap(voted)}. In force from next quarter{what}.", dyad)
            return
        against = " and in ".join(self.legislature(dyad, side) for side, vote in enumerate(passed) if not vote)
        void = "" if self.model.state.has_deal[dyad] else " What was signed is void."
        self.say("ratification", f"The deal fails in {against}.{void}", dyad)
        self.can_turn("vote")

    def shelves(self, dyad: int, side: int) -> None:
        """A government does not bring into force what it has signed."""
        told = f"does not ratify what it signed with {self.name(dyad, 1 - side)}: it would not keep it any more"
        self._side("ratification", dyad, side, f"{told}. What was signed is void.")
        self.can_turn("shelves", side=side)

    def voids(self, dyad: int) -> None:
        """What is signed does not come into force, because the treaty before it has been broken off."""
        self.say("ratification", "With it goes what the two have signed, which was not in force yet: it is void.", dyad)
        self.can_turn("voids")

    def legislature(self, dyad: int, side: int) -> str:
        """What votes on treaties at one side of a dyad."""
        return self.parties.legislatures[self.parties.dyads[dyad][side]]

    def _passed_by(self, dyad: int, asked: Sequence[bool], does: str, is_new: bool = True) -> str:
        """Who votes on a deal, and who signs by executive act."""
        voters = [self.legislature(dyad, side) for side in (0, 1) if asked[side]]
        others = [self.name(dyad, side) for side in (0, 1) if not asked[side]]
        are_many = len(voters) > 1 or any(" and " in voter or is_many(voter) for voter in voters)
        verb = does.replace("votes", "vote") if are_many else does
        votes = [f"{', and '.join(voters)} {verb}"] if voters else []
        sign, bring = ("sign", "bring") if len(others) > 1 else ("signs", "brings")
        does_so = f"{sign} by executive act" if is_new else f"{bring} it into force by executive act"
        by_act = [clause(in_a_list(others), does_so)] if others else []
        return "; ".join([*votes, *by_act])

    def in_force(self, dyad: int) -> None:
        """A signed treaty enters into force."""
        state = self.model.state
        is_truce = self.paper(dyad) == "truce"
        until = f", until {self.model.start.quarter_label(int(state.sunset[dyad]))}" if is_truce else ""
        told = f"The {self.their_paper(dyad)} enters into force{until}"
        self.say("treaty", f"{told}.", dyad)
        self.can_turn("in_force", f"{told}: {self.in_brief(dyad, int(state.treaty[dyad]))}.")

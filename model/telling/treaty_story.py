"""How treaties are kept, watched and left, told as sentences: what the two sides of a pair do with what they signed."""

from __future__ import annotations

from model.telling.outcomes import TreatyEnd
from model.telling.package_words import PackageWords, percent
from model.telling.trade_story import cap, clause, in_a_list, percent_of, spell
from model.vocabulary import N_SIDES

WHOLE = 0.995  # a share from here on is told as all
BREACH = ("lapses", "still_lapses")
OVER = (TreatyEnd.SUNSET, TreatyEnd.EXPIRED)  # ends that are nobody's doing in particular


class TreatyStory(PackageWords):
    """The sentences of a story about treaties in force."""

    def _side(self, topic: str, dyad: int, side: int, does: str) -> None:
        """A line on what one side of a dyad does."""
        self.say(topic, cap(clause(self.name(dyad, side), does)), dyad)

    def lapses(self, dyad: int, side: int, pays: int) -> None:
        """A side does not keep a treaty; what it pays to withdraw, as ``Government.withdrawal_that_pays`` has it.

        The second time running the reason is not given again.
        """
        whose = f"its {self.paper(dyad)} with {self.name(dyad, 1 - side)}"
        again = bool(self.model.state.failed[dyad, side])
        told = f"still does not honour {whose}" if again else f"does not honour {whose} this quarter"
        told += self.next_paper(dyad)
        brief = clause(self.name(dyad, side), f"does not honour {whose}")
        if pays and not again:
            what = ("a part of what it gives, and keep the rest,", "what it gives")[pays - 1]
            told += f": to withdraw {what} is worth more to it than the answer that it expects"
            brief += f": to withdraw {'a part of ' * (pays == 1)}what it gives pays"
        self._side("lapse", dyad, side, f"{told}.")
        self.can_turn("still_lapses" if again else "lapses", f"{cap(brief)}.", side)

    def keeps_again(self, dyad: int, side: int) -> None:
        """A side that did not keep a treaty last quarter does so again."""
        self._side("keeping", dyad, side, f"honours its {self.paper(dyad)} with {self.name(dyad, 1 - side)} again.")

    def keeps_in_part(self, dyad: int, side: int, share: float) -> None:
        """A side keeps what enforces itself of its duty cut."""
        self._side(
            "shortfall",
            dyad,
            side,
            f"keeps only {percent_of(share)} of the duty cut that it owes {self.name(dyad, 1 - side)} this quarter.",
        )

    def gesture(self, dyad: int, side: int, package: int, quarters: int) -> None:
        """A unilateral gesture, announced in advance."""
        told = f"makes a gesture for {spell(quarters)} and says so in advance; in effect: "
        self._side("gesture", dyad, side, f"{told}{self.package(dyad, package)}.")

    def gesture_answered(self, dyad: int, side: int, package: int) -> None:
        """A gesture is answered in kind."""
        kept = self.package(dyad, package)
        self._side("gesture", dyad, side, f"answers the gesture in kind. From next quarter both keep: {kept}.")
        self.can_turn("gesture_answered")

    def gesture_ends(self, dyad: int, side: int) -> None:
        """A gesture lapses."""
        self.say("gesture", f"{cap(self.name(dyad, side))}'s gesture lapses without an answer.", dyad)

    def gesture_spoilt(self, dyad: int, side: int) -> None:
        """A gesture ends because its giver keeps less than the treaty that it is added to."""
        giver = self.name(dyad, side)
        self.say("gesture", f"{cap(giver)}'s gesture ends: {giver} does not keep the treaty in full.", dyad)

    def complains(self, dyad: int, side: int, falsely: bool) -> None:
        """A side has seen what looks like a lapse, and asks for consultations before it does anything."""
        # What it suspects is all that is told; whether it was right, what comes of it shows.
        of = f"seems to withhold {self.unseen(dyad, 1 - side)}" if falsely else f"breaks their {self.paper(dyad)}"
        self._side(
            "complaint", dyad, side, f"complains that {self.name(dyad, 1 - side)} {of}, and asks for consultations."
        )

    def drops_complaint(self, dyad: int, side: int) -> None:
        """Consultations have cleared it up, or it breaks the treaty itself."""
        keeps = bool(self.model.state.honours[dyad, side])
        why = " after consultations" if keeps else f": it does not honour the {self.paper(dyad)} itself"
        self._side("complaint", dyad, side, f"drops its complaint{why}.")

    def retaliates(self, dyad: int, side: int, falsely: bool, share: float) -> None:
        """A side suspends concessions after a bad signal."""
        partner = self.name(dyad, 1 - side)
        cause = f"what {clause(partner, 'seems to withhold' if falsely else 'withholds')}"
        if what := self.suspended(dyad, side):
            much = "its" if share >= WHOLE else f"{percent(share)} of its"
            told = f"suspends {much} {what}, in answer to {cause}"
            alarm = "; it is a false alarm" if falsely else ""
            self._side("retaliation", dyad, side, f"{told}{alarm}.")
            self.can_turn("withholds", side=side)
            return
        told = f"has nothing to suspend in answer to {cause}: it gives no duty cut and no supply."
        self._side("retaliation", dyad, side, told)

    def resumes(self, dyad: int, side: int) -> None:
        """A suspension ends."""
        if what := self.suspended(dyad, side):
            stands = f": its {what} {'stand' if ' and ' in what else 'stands'} in full again"
            if not self.model.state.honours[dyad, side]:
                stands = f", but not its breach of the {self.paper(dyad)}"
            self._side("retaliation", dyad, side, f"ends its suspension{stands}.")

    def renewed(self, dyad: int, quarters: int) -> None:
        """A treaty is renewed when its term ends."""
        what = f"The {self.their_paper(dyad)} reaches its sunset and is renewed"
        if self.paper(dyad) == "truce":
            what = f"{cap(self.name(dyad, 0))} and {self.name(dyad, 1)} renew their truce by executive act"
        until = ", or until what the two have signed is in force" if self.model.state.signed[dyad] >= 0 else ""
        self.say("treaty", f"{what}, for {spell(quarters)}{until}.", dyad)
        self.can_turn("renewed")

    def gives_notice(self, dyad: int, side: int, quarters: float) -> None:
        """A side says that it will leave; it goes when the notice has run, unless it thinks better of it."""
        whose = f"its {self.paper(dyad)} with {self.name(dyad, 1 - side)}"
        though = f"{self.next_paper(dyad)}," if self.next_paper(dyad) else ""
        told = f"gives notice that it will leave {whose}{though} in {self.when(quarters)}."
        self._side("notice", dyad, side, told)
        self.can_turn("gives_notice", side=side)

    def takes_notice_back(self, dyad: int, side: int) -> None:
        """Staying pays again."""
        told = f"takes back its notice and stays in its {self.paper(dyad)} with {self.name(dyad, 1 - side)}."
        self._side("notice", dyad, side, told)

    def treaty_ends(self, dyad: int, cause: int, side: int) -> None:
        """A treaty ends; side: which one's doing it was, where it was one's. A breach by the other is told first."""
        name, other, end = self.name(dyad, side), self.name(dyad, 1 - side), TreatyEnd(cause)
        broken = self.quarters_broken(dyad, 1 - side)
        why = {
            TreatyEnd.LAPSE: f"{name} did not honour it two quarters running",
            TreatyEnd.POLITICS: f"{name}'s leadership no longer stood by it",
            TreatyEnd.NOTICE: f"{name} left after notice",
            TreatyEnd.SUNSET: "it reached its sunset and was not renewed",
            TreatyEnd.NEW_GOVERNMENT: f"the new leadership of {name} did not take it over",
            TreatyEnd.EXPIRED: "its term ran out and the governments did not renew it",
        }[end]
        if end in OVER and (both := [s for s in range(N_SIDES) if self.quarters_broken(dyad, s)]):
            who = in_a_list([self.name(dyad, s) for s in both])
            why = f"after {who} had not honoured it, {why}"
        elif end == TreatyEnd.LAPSE and broken > 1:
            why = f"neither {self.name(dyad, 0)} nor {self.name(dyad, 1)} honoured it two quarters running"
        elif end == TreatyEnd.LAPSE and broken:
            why = f"{why}, and {other} did not in the second of them"
        elif broken:
            why = f"after {other} had not honoured it {'two quarters running' if broken > 1 else 'this quarter'}, {why}"
        self.say("exit", f"The {self.their_paper(dyad)} ends: {why}.", dyad)
        self.can_turn("ends", side=side)

    def quarters_broken(self, dyad: int, side: int) -> int:
        """For how many quarters running, this one included, a side has not honoured the treaty, as the story tells."""
        t, name = self.model.state.quarter, self.parties.dyad_names[dyad]
        told = {line.quarter for line in self.lines if line.kind in BREACH and (line.dyad, line.side) == (name, side)}
        return next(n for n in range(t + 2) if t - n not in told)

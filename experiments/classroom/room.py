"""The table that a class shares: one game, a seat a government, a facilitator; the rules play whoever is not there.

A room is told the time by whoever calls it, so tests need no waiting. Everything a browser may do goes through one of
its methods under one lock, and each refuses with ``Refused``. What a seat sees is made for that seat: what others
believe, hope for or fear is never in it while the game runs.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace
from typing import Any, Final

from experiments.classroom.absence import decided_for, missed, who
from experiments.classroom.briefing import question_view, seat_view
from experiments.classroom.game import Game, Settings
from experiments.classroom.minutes import judgement, lobby, package_data, side_of
from experiments.classroom.people import People
from experiments.classroom.seats import NO_OFFER, OFFER, Question, Spot, Value
from experiments.classroom.view import outcome_view, quarter_view, start_view, without_private
from model import InputFault

LOBBY, PLAYING, PAUSED, OVER = "lobby", "playing", "paused", "over"
LONGEST_SAYING: Final = 280  # characters of what the facilitator says to all
MOST_SAYINGS: Final = 20
PACES: Final = (0.0, 60.0)  # seconds a quarter stays on the screen before the next is played
PATIENCES: Final = (0.0, 900.0)  # seconds that a question waits for people, 0 for as long as they are there


class Refused(Exception):
    """A request that the room does not grant; ``code`` is for machines, the page has the words."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.status, self.code, self.detail = status, code, detail


class Room:
    """One game and its people."""

    def __init__(self, settings: Settings, pace: float = 4.0, patience: float = 180.0) -> None:
        self.lock = threading.RLock()
        self.pace, self.patience = pace, patience
        self.sayings: list[str] = []
        self._begin(settings)
        self.people = People(self.game.model.start.parties.n_blocs)

    def _begin(self, settings: Settings) -> None:
        # Nobody may look the other seats' luck up by watching the same run, so its number stays secret until the end.
        self.settings = replace(settings, replicate=secrets.randbelow(1_000_000))
        self.phase = LOBBY
        self.name = secrets.token_hex(4)  # of this game: a page that has seen another one forgets it
        self.version = 0
        self.game = Game(self.settings)
        self.seats: dict[int, int] = {}
        self.asked_at: dict[Spot, float] = {}
        self.advice: dict[Spot, Value] = {}
        self.peeked: set[Spot] = set()  # moves made after a look at the advice
        self.quarters: list[dict[str, Any]] = []
        self.next_at = 0.0
        self.outcome: list[dict[str, Any]] = []
        self.digest = ""
        self.fault = ""  # why the rules could not play on: a tactic from a file that failed
        self.papers: dict[Spot, dict[int, dict[str, Any]]] = {}  # offers: package -> its lines, as they were then

    # --- time passes ------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Let the rules take over where people have left or slept, and play on when it is time."""
        with self.lock:
            held = self.people.held(now)
            gone = [bloc for bloc in self.seats if bloc not in held]
            come = [bloc for bloc in held if bloc not in self.seats]
            for bloc in gone:
                del self.seats[bloc]
            for bloc in come:  # whoever comes in the middle of a quarter sits down at the next
                self.seats[bloc] = self.game.quarter + (1 if self.game.questions else 0)
            if gone or come:
                self.version += 1
            if self.phase != PLAYING:
                return
            try:
                self._go_on(now)
            except InputFault as fault:
                self.phase, self.fault = PAUSED, str(fault)[:400]
                self.version += 1

    def _go_on(self, now: float) -> None:
        late = [
            question.spot
            for question in self.game.questions
            if question.spot.bloc not in self.seats
            or (self.patience > 0.0 and now - self.asked_at.get(question.spot, now) > self.patience)
        ]
        if late:
            self._play_again(now, released=frozenset(late))
        elif not self.game.questions and now >= self.next_at:
            self._play_on(now)

    def _play_on(self, now: float) -> None:
        self.game.seats = dict(self.seats)
        self.game.model.world.seats = dict(self.seats)
        self.game.advance(self.game.quarter + 1)
        self._after_playing(now)

    def _play_again(
        self, now: float, moves: dict[Spot, Value] | None = None, released: frozenset[Spot] = frozenset()
    ) -> None:
        """The quarter that waited, with moves or spots released; what was played before is the same, bit for bit."""
        goal = self.game.quarter + 1
        before = self.game
        self.game = Game(self.settings, {**before.moves, **(moves or {})}, self.seats, before.released | released)
        # Whatever is answered is answered in the quarter being played: those before it stay as they were.
        self.game.go_on_from(before, before.quarter)
        self.game.advance(goal)
        self._after_playing(now)

    def _after_playing(self, now: float) -> None:
        self.version += 1
        for question in self.game.questions:
            self.asked_at.setdefault(question.spot, now)
            self.advice[question.spot] = question.advice
            if question.spot.kind == OFFER and question.advice != NO_OFFER:
                self._keep_paper(question.spot, int(question.advice))
        for question in decided_for(self.game.model, self.people):
            if question.spot not in self.papers:
                self._keep_paper(question.spot, question.about)
        if self.game.quarter > len(self.quarters):
            self.quarters.append(quarter_view(self.game.model))
            self.next_at = now + self.pace
        if self.game.is_over:
            self._end()

    def _keep_paper(self, spot: Spot, package: int) -> None:
        self.papers.setdefault(spot, {})[package] = package_data(self.game.model, spot.dyad, package)

    def _end(self) -> None:
        if self.game.quarter:
            # A quarter that still waited for people does not count: the game is what was finished.
            finished = self.game.rewound(self.game.quarter)
            self.game = finished
            self.outcome = outcome_view(finished.model)
        self.game.questions = []
        self.digest = self.game.digest()
        self.phase = OVER  # last of all: whoever sees it, without the lock too, finds what came of the game

    # --- what browsers may do ---------------------------------------------------------------------------------------

    def join(self, code: str, now: float) -> dict[str, Any]:
        """Take a seat by its code: a token for this browser."""
        with self.lock:
            bloc = self.people.bloc_of_code(code)
            if bloc is None:
                raise Refused(403, "wrong_code")
            token = self.people.join(bloc, now)
            if token is None:
                raise Refused(503, "full")
            self.settle(token, now)
            return {"token": token, "bloc": bloc}

    def settle(self, token: str, now: float) -> None:
        """Somebody has just got a seat: what was decided before is not theirs to hear of."""
        self.tick(now)
        person = self.people.persons[token]
        person.since = max(self.seats[person.bloc], self.game.quarter)
        person.heard = {question.spot for question in self.game.model.world.by_rules}

    def heard(self, token: str, now: float) -> None:
        """Whoever sits there knows by now what the rules decided in its place."""
        with self.lock:
            self._bloc(token, now)
            self.people.persons[token].heard |= {question.spot for question in self.game.model.world.by_rules}
            self.version += 1

    def leave(self, token: str, now: float) -> None:
        """Leave a seat; the rules take over at once if nobody else sits there."""
        with self.lock:
            self.people.leave(token)
            self.tick(now)

    def answer(self, token: str, spot: Spot, value: Value | None, now: float, peeked: bool = False) -> None:
        """Answer a question once, or leave it to the rules (None); peeked: after a look at what they would do."""
        with self.lock:
            bloc = self._bloc(token, now)
            if spot.bloc != bloc:
                raise Refused(403, "not_your_seat")
            if self.phase != PLAYING:
                raise Refused(409, self.phase)
            question = next((one for one in self.game.questions if one.spot == spot), None)
            if question is None:
                raise Refused(409, "not_asked")
            if value is None:
                self._play_again(now, released=frozenset((spot,)))
                return
            if fault := self.game.model.world.illegal(spot, value):
                raise Refused(422, "bad_move", fault)
            if spot.kind == OFFER and isinstance(value, int) and value != NO_OFFER:
                self._keep_paper(spot, value)
            if peeked:
                self.peeked.add(spot)
            self._play_again(now, moves={spot: value})

    def judge(self, token: str, dyad: int, at: list[int], now: float) -> dict[str, Any]:
        """What this seat makes of a package of one of its own pairs."""
        with self.lock:
            bloc = self._bloc(token, now)
            if self.phase not in (PLAYING, PAUSED) or not self.game.questions:
                raise Refused(409, "not_asked")
            model = self.game.model
            parties = model.start.parties
            if not 0 <= dyad < parties.n_dyads or (side := side_of(parties, bloc, dyad)) < 0:
                raise Refused(403, "not_your_seat")
            try:
                package = model.agenda.menus[dyad].index(tuple(at))
            except (ValueError, IndexError):
                raise Refused(422, "bad_move", "no such package on this menu") from None
            return judgement(model, dyad, side, package) | {
                "lobby": lobby(model, dyad, package),
                "lines": package_data(model, dyad, package),
            }

    def here(self, tokens: list[str], now: float) -> list[dict[str, Any] | None]:
        """A sign of life for several seats of one browser: for each its bloc and whether it has to decide."""
        with self.lock:
            waiting = {question.spot.bloc for question in self.game.questions}
            seats = [self.people.bloc_of(token, now) for token in tokens]
            return [None if bloc is None else {"bloc": bloc, "deciding": bloc in waiting} for bloc in seats]

    def _bloc(self, token: str, now: float) -> int:
        bloc = self.people.bloc_of(token, now)
        if bloc is None:
            raise Refused(401, "stranger")
        return bloc

    # --- what browsers may see --------------------------------------------------------------------------------------

    def public(self, since: int, now: float) -> dict[str, Any]:
        """What everybody in the room may see: the quarters from ``since`` on, and where the game stands."""
        with self.lock:
            self.tick(now)
            is_over = self.phase == OVER
            seen: dict[str, Any] = {
                "version": self.version,
                "game": self.name,
                "phase": self.phase,
                "start": start_view(self.game.model),
                "length": self.game.n_quarters,
                "played": len(self.quarters),
                "seats": self.seat_lines(now),
                "sayings": list(self.sayings),
                "quarters": [self._public_quarter(t, None, is_over) for t in range(max(0, since), len(self.quarters))],
            }
            if is_over:
                seen["outcome"] = self.outcome
                seen["settings"] = self.settings.as_dict()
                seen["moves"] = self.move_list()
            return seen

    def seat_lines(self, now: float) -> list[dict[str, Any]]:
        """Who has each seat, and whether it has to decide."""
        return who(self.people, {question.spot.bloc for question in self.game.questions}, now)

    def seat(self, token: str, since: int, now: float) -> dict[str, Any]:
        """What the people of one seat may see: the public part, their own minutes, questions, and briefing."""
        with self.lock:
            bloc = self._bloc(token, now)
            seen = self.public(since, now)
            is_over = self.phase == OVER
            seen["quarters"] = [
                self._public_quarter(t, bloc, is_over) for t in range(max(0, since), len(self.quarters))
            ]
            seen["bloc"] = bloc
            own = [question for question in self.game.questions if question.spot.bloc == bloc]
            seen["questions"] = [question_view(self.game.model, one) | {"left": self.left(one, now)} for one in own]
            seen["missed"] = missed(self.game.model, self.people.persons[token], self.papers)
            if self.game.questions:
                seen["briefing"] = seat_view(self.game.model, bloc)
            return seen

    def left(self, question: Question, now: float) -> float | None:
        """Seconds until the rules answer a question, None where it waits for as long as people are there."""
        return self.patience - (now - self.asked_at.get(question.spot, now)) if self.patience > 0.0 else None

    def _public_quarter(self, t: int, bloc: int | None, is_over: bool) -> dict[str, Any]:
        view, events = self.quarters[t], self.game.events[t]
        return view | {"events": events} if is_over else without_private(view, events, bloc)

    def move_list(self) -> list[dict[str, Any]]:
        """The moves that people made, with what the rules would have done."""
        return [
            {
                **spot._asdict(),
                **{"value": value, "advice": self.advice.get(spot), "same": value == self.advice.get(spot)},
                **{"papers": self.papers.get(spot, {}), "peeked": spot in self.peeked},
            }
            for spot, value in sorted(self.game.moves.items())
        ]

    # --- the facilitator ----------------------------------------------------------------------------------------------

    def lead(self, token: str, action: str, about: dict[str, Any], now: float) -> dict[str, Any]:
        """What only the facilitator may do; every call returns the codes and how the room is set."""
        with self.lock:
            if not self.people.is_facilitator(token):
                raise Refused(401, "not_facilitator")
            acts = {
                "look": lambda: None,
                "start": self._start,
                "pause": self._pause,
                "next": lambda: self._hurry(now),
                "end": self._stop,
                "say": lambda: self._say(about.get("text")),
                "new": lambda: self._new(about.get("settings")),
                "set": lambda: self._set(about),
                "empty": lambda: self._empty(about.get("bloc"), now),
            }
            if action not in acts:
                raise Refused(422, "bad_action")
            acts[action]()
            self.tick(now)
            return {
                "codes": list(self.people.codes),
                "pace": self.pace,
                "patience": self.patience,
                "settings": {k: v for k, v in self.settings.as_dict().items() if k != "replicate"},
                "phase": self.phase,
                "fault": self.fault,
                "played": len(self.quarters),
                "length": self.game.n_quarters,
                "start": start_view(self.game.model),
                "seats": self.seat_lines(now),
            }

    def _start(self) -> None:
        if self.phase == OVER:
            raise Refused(409, OVER)
        self.phase, self.next_at, self.fault = PLAYING, 0.0, ""
        self.version += 1

    def _pause(self) -> None:
        if self.phase == PLAYING:
            self.phase = PAUSED
            self.version += 1

    def _hurry(self, now: float) -> None:
        """Do not wait any longer: the rules answer what is open, or the next quarter begins."""
        if self.phase not in (PLAYING, PAUSED):
            raise Refused(409, self.phase)
        if self.game.questions:
            self._play_again(now, released=frozenset(question.spot for question in self.game.questions))
        else:
            self._play_on(now)

    def _stop(self) -> None:
        if self.phase != OVER:
            self._end()
            self.version += 1

    def _say(self, text: object) -> None:
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_SAYING:
            raise Refused(422, "bad_text", f"allowed are 1 to {LONGEST_SAYING} characters")
        clean = "".join(letter for letter in text.strip() if letter.isprintable())
        self.sayings = [*self.sayings, clean][-MOST_SAYINGS:]
        self.version += 1

    def _new(self, settings: object) -> None:
        if not isinstance(settings, Settings):
            raise Refused(422, "bad_settings")
        self._begin(settings)
        self.people.renew(self.game.model.start.parties.n_blocs)
        self.sayings = []

    def _set(self, about: dict[str, Any]) -> None:
        for name, (low, high) in (("pace", PACES), ("patience", PATIENCES)):
            if name in about:
                came = about[name]
                if isinstance(came, bool) or not isinstance(came, int | float) or not low <= came <= high:
                    raise Refused(422, "bad_settings", f"{name}: allowed is a number from {low:g} to {high:g}")
                setattr(self, name, float(came))

    def _empty(self, bloc: object, now: float) -> None:
        if isinstance(bloc, bool) or not isinstance(bloc, int) or not 0 <= bloc < len(self.people.codes):
            raise Refused(422, "bad_settings")
        self.people.send_away(bloc)
        self.tick(now)

    def export(self, token: str) -> dict[str, Any]:
        """The game as it can be replayed: for the facilitator at any time, for everybody when it is over."""
        with self.lock:
            if self.phase != OVER and not self.people.is_facilitator(token):
                raise Refused(401, "not_facilitator")
            played = self.game.rewound(self.game.quarter) if self.game.questions else self.game
            return played.export()

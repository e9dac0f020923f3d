"""Sits at a class's table: a program takes a bloc's seat in the room that ``detente class`` serves, by the seat's code.

It is asked what it would be asked in a game of its own, and whatever it does costs its own seat one decision at most:
the room goes on by the model's rules, as it does where people are late. When the game is over it can be replayed
without the program, as any game of a class.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from experiments.classroom.game import versions
from experiments.classroom.room import OVER
from experiments.classroom.seats import Spot
from experiments.seating.agents import SUBJECT, Seatable, made
from experiments.seating.http_agent import Status, check_address, post
from experiments.seating.play import write_export, write_json
from experiments.seating.protocol import PROTOCOL, Question
from experiments.seating.sitting import MALFORMED, PATIENCE, NoAnswer, Sitter, Tell, nobody, short
from experiments.store.files import staged_folder
from model import InputFault

LOOKS: Final = 0.5  # seconds between looks at whether there is something to decide
SIGNS: Final = 2.0  # seconds between signs of life: a seat is not kept for who gives none, however long it thinks
WITHIN: Final = 30.0  # seconds that a request may take, and that a room that has gone may take to come back
LARGEST: Final = 8_000_000  # bytes of what a room says at once: all packages that can be tabled, or a whole game


class Table:
    """A seat in a room: asks what is to be decided, and says what was.

    address: of the class page; code: of the seat, as the teacher's page shows it.

    Raises ``InputFault``: no such room, or no seat has this code.
    """

    def __init__(self, address: str, code: str) -> None:
        self.address, self.token, self.number = check_address(address), "", 0
        try:
            joined = self._ask("room/join", {"code": code})
        except NoAnswer as no:
            code = _refusal(no)[0]
            why = "no seat has this code; the teacher's page shows it" if code == "wrong_code" else f"{no.words} {code}"
            raise InputFault([f"the table at {self.address}: {why.strip()}"], SUBJECT) from None
        self.token, self.bloc = joined["token"], int(joined["bloc"])
        self.blocs = list(self._ask("room/look", {})["start"]["blocs"])
        self.seat = self.blocs[self.bloc]

    def _ask(self, what: str, data: Any) -> dict[str, Any]:
        """What the room says; one that has gone is waited for.

        Raises ``NoAnswer`` where it refuses, or does not come back.
        """
        until = time.monotonic() + WITHIN
        while True:
            try:
                said = json.loads(post(f"{self.address}/api/{what}", data, WITHIN, LARGEST, {"X-Token": self.token}))
                return dict(said)
            except Status:
                raise
            except ValueError:
                raise NoAnswer(MALFORMED, "it is no class page") from None
            except NoAnswer:
                if time.monotonic() > until or not self.token:
                    raise
                time.sleep(LOOKS)

    def asked(self) -> tuple[str, list[tuple[Spot, Question]]]:
        """The phase of the room, and what this seat has to decide now."""
        said = self._ask("room/ask", {})
        self.number = said["table"]
        return said["phase"], [
            (Spot(*one["spot"]), Question.model_validate(one["question"])) for one in said["questions"]
        ]

    def illegal(self, spot: Spot, value: object) -> str:
        """Make a move, or leave it to the rules (None): what the room has against it, empty if nothing."""
        try:
            self._ask("room/answer", {"spot": list(spot), "value": value})
        except Status as no:
            code, detail = _refusal(no)
            return detail or f"the room does not take it: {code}"
        return ""

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The seat is kept while the block lasts, also while the program thinks."""
        over = threading.Event()

        def show() -> None:
            while not over.wait(SIGNS):
                with contextlib.suppress(NoAnswer):
                    self._ask("room/here", {"tokens": [self.token]})

        thread = threading.Thread(target=show, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()

    def export(self) -> dict[str, Any]:
        """The game, when it is over, as it can be replayed."""
        return self._ask("room/export", {"table": self.number})


def _refusal(no: NoAnswer) -> tuple[str, str]:
    """The code and the words of a refusal, as far as there are any."""
    try:
        said = json.loads(getattr(no, "body", b""))
        return short(str(said["refused"])), short(str(said.get("detail", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""


def sit(
    table: Table, one: Seatable, patience: float = PATIENCE, with_advice: bool = True, tell: Tell = nobody
) -> tuple[dict[str, Any], Sitter]:
    """Decide for the table's seat until the game is over: the game's export, and the sitter with all that was said.

    patience, with_advice, tell: as in ``play.play``.

    Raises ``InputFault``: the room has gone, or has begun another game.
    """
    sitter = Sitter(made(one), f"{table.seat} ({one.name})", patience, tell)
    try:
        with table.held():
            while (told := table.asked())[0] != OVER:
                for spot, question in told[1][:1]:  # the room plays on with every answer
                    own = question if with_advice else question.model_copy(update={"advice": None})
                    if sitter.move(own, spot, table) is None:
                        table.illegal(spot, None)
                if not told[1]:
                    time.sleep(LOOKS)
            return table.export(), sitter
    except NoAnswer as no:
        code = _refusal(no)[0]
        gone = "the seat was emptied, or another game has begun"
        why = gone if code == "stranger" else f"{no.words} {code}".strip()
        raise InputFault(
            [f"the table at {table.address}: {why}; {sitter.asked} decisions were asked for"], SUBJECT
        ) from None


def write_table(folder: Path, export: dict[str, Any], sitter: Sitter, seat: str, one: Seatable) -> Path:
    """Keep a game of a class as ``play`` keeps its own; where its export is.

    Raises ``InputFault``: the folder cannot be written, or holds something already.
    """
    luck = export["settings"]["replicate"]
    name = f"game-{luck}.json"
    with staged_folder(folder) as stage:
        write_export(stage, name, export, [{"bloc": seat, **message} for message in sitter.messages])
        decided = sum(message.get("value") is not None for message in sitter.messages)
        row = {"replicate": luck, "bloc": seat, "asked": sitter.asked, "decided": decided}
        about = {"protocol": PROTOCOL, "versions": versions(), "seats": {seat: dict(one.told)}}
        write_json(stage / "games.json", about | {"games": [row | {"not_heard": dict(sitter.faults)}]})
    return folder / name

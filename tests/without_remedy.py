"""Takes the remedy of one promise out, so that its test can be seen to fail: ``python tests/promises.py --without``.

``WITHOUT_REMEDY_OF`` names the test. Pytest loads this module as a plugin, and a process that a test starts imports it;
without the variable nothing is changed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

NAMED: Final = "WITHOUT_REMEDY_OF"


def _believed(log: Any, name: str) -> str:
    """Every part is taken for the sweep's own."""
    log._owned[name] = importlib.import_module("experiments.store.part_log")._stamp_of(log.folder / name)
    return ""


@contextlib.contextmanager
def _unlocked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    yield


def _all_again(plan: Any, wanted: Any, finished: Any, size_of: Any, engine: str) -> Any:
    """What is there already is not looked at."""
    portions = importlib.import_module("experiments.running.portions")
    return portions.missing_chunks(plan, wanted, (), size_of, engine)


def _patient(is_own: bool) -> type:
    """The server's own way: as long as a sender likes, and all who hang count among the few that are served at once."""
    own: type = importlib.import_module("uvicorn.protocols.http.h11_impl").H11Protocol

    class Counting(own):  # type: ignore[misc, valid-type]
        def connection_made(self, transport: Any) -> None:
            self.limit_concurrency = FEW
            super().connection_made(transport)

    return Counting


FEW: Final = 400  # connections, hanging ones too, beyond which a request is refused
OWNERS: Final = ("experiments.store.part_log:PartLog._whose", _believed)
LOCK: Final = ("experiments.running.runner:locked", _unlocked)

#: By test, what holds its promise, and what stands there instead: (module:name, replacement), ...
REMEDIES: Final[dict[str, tuple[tuple[str, Any], ...]]] = {
    "test_parts_of_another_sweep_are_refused_by_all_who_read": (OWNERS,),
    "test_a_whole_sweep_in_anothers_folder_is_refused": (OWNERS,),
    "test_the_lock_comes_before_the_manifest": (LOCK,),
    "test_two_plans_that_race_into_one_folder_never_mix": (LOCK, OWNERS),
    "test_no_flipped_bit_is_read_over": (
        ("experiments.store.part_log:PartLog.check", lambda log, names: None),
    ),
    "test_parts_are_at_most_a_few_seconds": (
        ("experiments.running.portions:Portions.of", lambda portions, point: portions.most),
    ),
    "test_a_sweep_goes_on_with_parts_of_another_size": (("experiments.running.runner:missing_chunks", _all_again),),
    "test_every_session_that_began_is_written_down": (
        ("experiments.store.folder:Results.begin_session", lambda results, n_before, workers: []),
    ),
    "test_another_machine_is_told": (("experiments.store.folder:machine_changes", lambda manifest: []),),
    "test_one_code_cannot_shut_the_other_seats_out": (
        ("experiments.classroom.people:People._at", lambda people, bloc: 0),
    ),
    "test_a_thousand_half_open_connections_are_harmless": (("experiments.classroom.serving:_protocol", _patient),),
    "test_forty_exports_at_once_do_not_keep_the_room_waiting": (("experiments.classroom.server:WHOLE", ()),),
    "test_no_request_ends_in_a_fault_of_ours": (("experiments.classroom.server:read_json", json.loads),),
}  # fmt: skip


def take_out(test: str | None = None) -> None:
    """Put in place of a remedy what would be there without it.

    test: the name of a test; by default that of the environment, if there is one.
    """
    for place, instead in REMEDIES.get(test or os.environ.get(NAMED, ""), ()):
        module, _, path = place.partition(":")
        *owners, name = path.split(".")
        found: Any = importlib.import_module(module)
        for owner in owners:
            found = getattr(found, owner)
        assert hasattr(found, name), f"{place} is no more: a remedy has moved, and its entry with it"
        setattr(found, name, instead)


take_out()

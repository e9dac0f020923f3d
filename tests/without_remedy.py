"""Takes the remedy of one promise out, so that its test can be seen to fail: ``python tests/promises.py --without``.

``WITHOUT_REMEDY_OF`` names the test. Pytest loads this module as a plugin, and a process that a test starts imports it;
without the variable nothing is changed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
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


@contextlib.contextmanager
def _plainly_unpacked(files: Any) -> Iterator[Path]:
    """Whatever the disk says is nobody's business."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_bytes(data)
        yield Path(folder)


def _through_links(path: Path, mode: str) -> Any:
    return path.open(mode, encoding="utf-8")


FEW: Final = 400  # connections, hanging ones too, beyond which a request is refused
OWNERS: Final = ("experiments.store.part_log:PartLog._whose", _believed)
LOCK: Final = ("experiments.running.runner:locked", _unlocked)
STOCK: Final = ("experiments.running.runner:missing_chunks", _all_again)
SESSIONS: Final = ("experiments.store.folder:Results.begin_session", lambda results, n_before, workers: [])
ROOM: Final = ("experiments.classroom.keeping:Keeper.look", lambda keeper, room, now: None)

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
    "test_a_sweep_goes_on_with_parts_of_another_size": (STOCK,),
    "test_every_session_that_began_is_written_down": (SESSIONS,),
    "test_a_long_sweep_killed_thirty_times_ends_the_same": (SESSIONS,),
    "test_a_sweep_that_was_stopped_goes_on": (LOCK,),
    "test_a_sweep_that_was_ended_goes_on_and_leaves_no_process": (STOCK,),
    "test_want_of_memory_is_no_outcome_of_a_run": (
        ("experiments.running.executors:_is_death", lambda error: isinstance(error, BrokenExecutor)),
    ),
    "test_a_full_temporary_folder_harms_nothing": (("experiments.export.certify:_unpacked", _plainly_unpacked),),
    "test_a_folder_that_is_moved_keeps_what_it_has": (
        ("experiments.store.folder:check_there", lambda folder: None),
    ),
    "test_a_clock_that_is_set_back_changes_nothing": (STOCK,),
    "test_links_in_results_lead_nowhere_else": (
        ("experiments.store.lock:open_in_place", _through_links),
        ("experiments.store.part_log:open_in_place", _through_links),
    ),
    "test_paths_that_no_system_takes_are_refused_in_words": (
        ("experiments.store.lock:reported", lambda path: contextlib.nullcontext()),
    ),
    "test_a_tactic_that_prints_or_forks_changes_no_run": (("experiments.running.portions:_end_twin", lambda: None),),
    "test_a_tactic_that_hangs_is_stopped_by_a_second_interrupt": (
        ("experiments.running.executors:Interrupts._note", lambda own, number, frame: setattr(own, "noted", True)),
    ),
    "test_another_machine_is_told": (("experiments.store.folder:machine_changes", lambda manifest: []),),
    "test_one_code_cannot_shut_the_other_seats_out": (
        ("experiments.classroom.people:People._at", lambda people, bloc: 0),
    ),
    "test_a_thousand_half_open_connections_are_harmless": (("experiments.classroom.serving:_protocol", _patient),),
    "test_forty_exports_at_once_do_not_keep_the_room_waiting": (("experiments.classroom.server:WHOLE", ()),),
    "test_no_request_ends_in_a_fault_of_ours": (("experiments.classroom.server:read_json", json.loads),),
    "test_killed_in_any_quarter_it_goes_on_to_the_same_end": (ROOM,),
    "test_the_command_killed_in_every_quarter_loses_at_most_one": (ROOM,),
    "test_memory_is_flat_after_thousands_of_visitors": (
        ("experiments.classroom.watching:Watching._forget", lambda watching: None),
    ),
    "test_every_pin_has_its_digests": (("pinned:texts", lambda version: ("a==1\n", "a==1\n")),),
    "test_every_pinned_package_has_its_row": (("make_licences:pins", lambda text: []),),
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

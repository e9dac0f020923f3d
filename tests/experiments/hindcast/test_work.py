"""The worlds of a hindcast come in order, whoever plays them, and one dead process does not lose them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sample_calls as calls

from experiments.hindcast.work import mapping
from experiments.running.worker_pool import WorkerDied


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    assert list(mapping(workers, None, "x")(calls.divide, [4, 2, 1, 8])) == [0.25, 0.5, 1.0, 0.125]
    assert list(mapping(workers, None, "x")(calls.divide, [])) == []


def test_a_task_whose_process_died_is_done_again(tmp_path: Path) -> None:
    tasks = [str(tmp_path / name) for name in ("a", "bb", "ccc", "dddd")]
    for there in tasks[:1] + tasks[2:]:
        Path(there).touch()
    assert list(mapping(2, None, "x")(calls.die_once, tasks)) == [len(task) for task in tasks]


def test_a_task_that_always_kills_ends_the_work() -> None:
    with pytest.raises(WorkerDied):
        list(mapping(2, None, "x")(calls.die, [1, 2]))


def test_an_error_ends_the_work_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        list(mapping(2, None, "x")(calls.divide, [1, 0, *range(1, 50)]))

"""How long a process takes that only begins: the command's help and the front door beside the libraries under them.

CPU time of whole processes, which take turns. Whoever types a command waits at least for what Python, NumPy and pandas
take; the ratio says how much more this project makes of it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
#: What is begun, by name: arguments of Python.
LIBRARIES: Final = "import numpy, pandas"
COMMANDS: Final = {
    LIBRARIES: ("-c", LIBRARIES),
    "detente --help": ("-m", "detente", "--help"),
    "import detente": ("-c", "import detente"),
}


def start_up(repeats: int, tick: Callable[[], None]) -> dict[str, float]:
    """Milliseconds of CPU by name of ``COMMANDS``, medians; where processes cannot be asked, of the clock."""
    for command in COMMANDS.values():  # so that what is kept of compiled modules is there
        _seconds(command)
    spent: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(repeats):
        for name, command in COMMANDS.items():
            spent[name].append(_seconds(command))
    tick()
    return {name: 1e3 * median(times) for name, times in spent.items()}


def _seconds(command: tuple[str, ...]) -> float:
    """What one process takes; of the processor, if the system counts that of children."""
    before = _children()
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return _children() - before


def _children() -> float:
    try:
        import resource
    except ImportError:
        return time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

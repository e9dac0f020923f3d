"""What a process takes that plays ensemble after ensemble: run by ``detente bench`` as a process of its own.

    python -m experiments.bench.memory SCENARIO REPLICATES TIMES

plays an ensemble of so many replicates so many times and prints the largest memory of the process so far, in MB, after
each, as a list in JSON. A process of its own,
because the system only tells the largest size a process ever had.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT_SEED: Final = 20260928
# Where the system tells no other way: ru_maxrss counts bytes on macOS and kB elsewhere.
PEAK_UNIT: Final = 1.0 if sys.platform == "darwin" else 1e3


def peak_mb() -> float:
    """The most memory that this process ever had, MB."""
    told = Path("/proc/self/status")
    if told.exists():
        # Linux hands a parent's peak on to the child in ru_maxrss, not here; in kB.
        peak = next(line for line in told.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return float(peak.split()[1]) / 1e3
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * PEAK_UNIT / 1e6


def ensembles_played(scenario: str, replicates: int, times: int) -> Iterator[float]:
    """Play ensembles of ever other replicates one after the other; the peak in MB after each."""
    from model import Ensemble

    for turn in range(times):
        Ensemble(scenario, ROOT_SEED, range(turn * replicates, (turn + 1) * replicates)).run().summary()
        yield peak_mb()


def in_a_process(scenario: str, replicates: int, times: int) -> list[float]:
    """The same in a fresh process: peaks in MB after each ensemble."""
    command = [sys.executable, "-m", "experiments.bench.memory", scenario, str(replicates), str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(peak) for peak in json.loads(done.stdout)]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(list(ensembles_played(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))) + "\n")

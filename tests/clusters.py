"""A dask scheduler with two workers, each a process of its own on this machine's loopback: for sweeps far away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Cluster:
    """A scheduler and two workers that run."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        how: dict[str, Any] = {
            "env": environment, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
        }  # fmt: skip
        here = ["--host", "127.0.0.1", "--no-dashboard"]
        scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), *here]
        worker = [
            sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny",
            "--local-directory", str(folder), *here,
        ]  # fmt: skip
        self.scheduler = subprocess.Popen(scheduler, **how)
        self.workers = [subprocess.Popen(worker, **how) for _ in range(2)]

    def close(self) -> None:
        """End all of them."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait(20)


@contextmanager
def clustered(folder: Path, **environment: str) -> Iterator[Cluster]:
    """A cluster whose workers are there, until the block ends; what stands in the environment its workers see."""
    from distributed import Client

    own = Cluster(folder, {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment})
    try:
        with Client(own.address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield own
    finally:
        own.close()

"""Kill the process of a worker whose task does not end, because Dask cannot stop a task."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

TIMEOUT_S = 10.0  # then the job treats the worker as lost; set by hand


def kill_worker(client: Any, worker: str, pid: int) -> None:
    """Let the nanny of the worker at address ``worker`` kill its process ``pid`` now, and start another one.

    The scheduler removes a worker without a nanny, and its own watchdog (see ``run_batch``) ends it. This does nothing
    if the worker has ended already.
    """
    # The worker may have ended or may be ending; the job detects the lost tasks in both cases.
    with contextlib.suppress(Exception):
        client.sync(_kill, client, worker, pid, callback_timeout=TIMEOUT_S)


async def _kill(client: Any, worker: str, pid: int) -> None:
    workers = (await client.scheduler.identity())["workers"]
    if workers[worker]["nanny"]:
        await client.run(kill_own_worker, pid, workers=[worker], nanny=True)
    else:
        await client.restart_workers([worker], timeout=TIMEOUT_S, raise_for_error=False)


def kill_own_worker(pid: int) -> None:
    """Kill a child process of this nanny, if it still runs; the nanny starts another worker.

    The process is given by its pid, because a nanny learns the address of its worker from the worker, which may hang
    before that.
    """
    import psutil

    if pid in {child.pid for child in psutil.Process().children(recursive=True)}:
        os.kill(pid, signal.SIGKILL)

"""Kill the process of a worker whose task does not end, because Dask cannot stop a task."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

TIMEOUT_S = 10.0  # then the job treats the worker as lost; set by hand


def kill_worker(client: Any, worker: str, pid: int) -> None:
    """Have the nanny of the worker at address ``worker`` kill its process ``pid`` at once, and start another.

    A worker without a nanny is removed by the scheduler, and its own watchdog (see ``run_batch``) ends it.
    It does nothing if the worker has ended already.
    """
    # The worker may have ended or be ending: the job notices the lost tasks in both cases.
    with contextlib.suppress(Exception):
        client.sync(_kill, client, worker, pid, callback_timeout=TIMEOUT_S)


async def _kill(client: Any, worker: str, pid: int) -> None:
    workers = (await client.scheduler.identity())["workers"]
    if workers[worker]["nanny"]:
        await client.run(kill_own_worker, pid, workers=[worker], nanny=True)
    else:
        await client.restart_workers([worker], timeout=TIMEOUT_S, raise_for_error=False)


def kill_own_worker(pid: int) -> None:
    """Run by a nanny: kill a worker process below it, if it is still there; the nanny starts it again.

    By pid, because a nanny learns the address of its worker from the worker, which may be stuck before it tells.
    """
    import psutil

    if pid in {child.pid for child in psutil.Process().children(recursive=True)}:
        os.kill(pid, signal.SIGKILL)

"""Free a worker from a task that does not end: Dask cannot stop a task, so its process is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any

TIMEOUT_S = 10.0
NANNY_WAIT_S = 5.0
NANNY_POLL_S = 0.05


def kill_worker(client: Any, worker: str) -> None:
    """Have the nanny of the worker at address ``worker`` kill it at once and start another.

    A worker without a nanny is removed by the scheduler, and its own watchdog (see ``run_batch``) ends it.
    Harmless when the worker has gone meanwhile.
    """
    with contextlib.suppress(Exception):  # gone, or going: the job sees its tasks come back either way
        client.sync(_kill, client, worker, callback_timeout=TIMEOUT_S)


async def _kill(client: Any, worker: str) -> None:
    workers = (await client.scheduler.identity())["workers"]
    if workers[worker]["nanny"]:
        await client.run(kill_own_worker, worker, workers=[worker], nanny=True)
    else:
        await client.restart_workers([worker], timeout=TIMEOUT_S, raise_for_error=False)


async def kill_own_worker(address: str, dask_worker: Any = None) -> None:
    """Run by a nanny: kill its worker process. A nanny restarts whatever ended without being asked to."""
    for _ in range(round(NANNY_WAIT_S / NANNY_POLL_S)):
        if dask_worker.worker_address == address:
            if dask_worker.pid is not None:
                os.kill(dask_worker.pid, signal.SIGKILL)
            return
        # The scheduler hears of a new worker a moment before its nanny, which still has the last one's address.
        await asyncio.sleep(NANNY_POLL_S)

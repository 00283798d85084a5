"""The workers of a cluster for one job: count them, send them batches, kill them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import SchedulerError
from workbench.processing.cluster.cluster import Cluster, topic
from workbench.processing.on_worker.batch import Announcer, Outcome, pack, run_batch
from workbench.processing.on_worker.kill_worker import kill_worker

Needs = Callable[[Any], Mapping[str, int]]
"""A function that takes the client and returns how much of each declared resource a task needs."""

LOOK_EVERY_S = 2.0  # lost workers are announced, so only new workers have this delay; set by hand
LOOK_AGAIN_S = 0.1  # while there is no worker; a worker starts in about 0.4 s
NO_WORKERS_S = 60.0  # convention: time to start workers on another machine by hand

OnEnd = Callable[[list[Outcome] | BaseException], None]


@dataclass(frozen=True)
class TaskCall:
    """How a worker runs a task.

    Attributes
    ----------
    function : callable
        ``function(path, *args) -> value``, importable by the workers. An error that it raises becomes a ``Failure``.
    args : tuple
        Further arguments of ``function``; they must be picklable.
    timeout_s : float, seconds, optional
        Deadline for one file; ANALYSIS_TIMEOUT_SECONDS by default. After it, the worker is killed and started again.
    priority : int
        On a shared cluster, tasks of jobs with a higher priority run first.
    worker_path : callable
        Translates a path to the path on the workers, which may mount the music elsewhere.
    needs : callable, optional
        ``needs(client) -> {resource: amount}``, called when there are workers. It returns the resources that a worker
        needs for a file, such as ``{"GPU": 1}``. None by default.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    timeout_s: float | None = None
    priority: int = 0
    worker_path: Callable[[str], str] = str
    needs: Needs | None = None


class Workers:
    """The workers of a cluster during a job. The constructor starts or joins the cluster.

    Only workers with the resources for a task are counted.
    """

    def __init__(self, cluster: Cluster, job_id: str, call: TaskCall, timeout_s: float) -> None:
        self._client = cluster.client
        self._job_id = job_id
        self._call = call
        self._timeout_s = timeout_s
        self._packed_call = pack((call.function, call.args))
        self._resources = dict(call.needs(self._client)) if call.needs is not None else {}
        self._address = cluster.address
        self._topic = topic(self._client)
        self._threads: dict[str, int] = {}
        self._looked_at = float("-inf")
        self._seen_at = time.monotonic()

    def look(self, *, afresh: bool = False) -> None:
        """Update the list of workers: ask the scheduler at intervals, or now if ``afresh``.

        Raises
        ------
        SchedulerError
            The scheduler has ended, or has had no worker for a minute.
        """
        now = time.monotonic()
        if self._client.status != "running":
            raise self._gone()
        if not afresh and now - self._looked_at < (LOOK_EVERY_S if self._threads else LOOK_AGAIN_S):
            return
        try:
            self._threads = self._usable_threads()
        except (OSError, TimeoutError) as error:
            raise self._gone() from error
        self._looked_at = now
        if self._threads:
            self._seen_at = now
        elif now - self._seen_at > NO_WORKERS_S:
            having = f" with {', '.join(self._resources)}" if self._resources else ""
            raise SchedulerError(
                f"The Dask scheduler at {self._address} has had no worker{having} for {NO_WORKERS_S:.0f} s. "
                "Start workers for it and run again: what was done is saved.",
                address=self._address,
            )

    def look_soon(self) -> None:
        """Ask the scheduler at the next :meth:`look`, because a worker has just died."""
        self._looked_at = float("-inf")

    @property
    def slots(self) -> int:
        """How many tasks can run at a time."""
        return sum(self._threads.values())

    @property
    def shares_processes(self) -> bool:
        """Whether a task that kills its worker also ends other tasks."""
        return any(threads > 1 for threads in self._threads.values())

    def send(self, number: int, paths: Sequence[str], on_end: OnEnd) -> Any:
        """Send a batch and return its future; ``on_end`` is called on Dask's loop with the outcomes or an error."""
        call = self._call
        future = self._client.submit(
            run_batch,
            tuple(call.worker_path(path) for path in paths),
            self._packed_call,
            Announcer(self._job_id, number, self._topic),
            timeout_s=self._timeout_s,
            key=f"workbench-{self._job_id}-{number}",
            priority=call.priority,
            resources=self._resources or None,
            pure=False,
        )
        self._client.loop.add_callback(_follow, future, on_end)
        return future

    def cancel(self, futures: Sequence[Any]) -> None:
        if futures and self._client.status == "running":
            self._client.cancel(list(futures), force=True)

    def kill(self, worker: str, pid: int) -> None:
        """Kill a worker process; its nanny starts a new one."""
        kill_worker(self._client, worker, pid)
        self.look_soon()

    def _usable_threads(self) -> dict[str, int]:
        if not self._resources:
            return dict(self._client.nthreads())
        usable = {}
        for worker, facts in self._client.scheduler_info()["workers"].items():
            rooms = [int(facts["resources"].get(name, 0) // take) for name, take in self._resources.items()]
            if room := min(facts["nthreads"], *rooms):
                usable[worker] = room
        return usable

    def _gone(self) -> SchedulerError:
        return SchedulerError(
            f"The Dask scheduler at {self._address} went away. What was done is saved: run again.",
            address=self._address,
        )


async def _follow(future: Any, on_end: OnEnd) -> None:
    # Fetching waits while the worker cannot answer, for example because native code of its next task holds the GIL.
    try:
        outcomes = await future.result()
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the job decides what it means
        on_end(error)
    else:
        on_end(outcomes)

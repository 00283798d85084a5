"""The workers as one job sees them: how many, how to give them files, how to free one, are they gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.errors import SchedulerError
from workbench.processing.cluster.cluster import Cluster, topic
from workbench.processing.on_worker.batch import Batch, Outcome, pack, run_batch
from workbench.processing.on_worker.kill_worker import kill_worker

Needs = Callable[[Any], Mapping[str, int]]
"""Given the client, what of each declared resource a file takes while it is worked on."""

LOOK_EVERY_S = 2.0
LOOK_AGAIN_S = 0.1
NO_WORKERS_S = 60.0


class Fleet:
    """The client of one cluster for the length of a job. Making it starts or joins the cluster.

    Parameters
    ----------
    cluster : Cluster
    needs : callable, optional
        What a file takes of the resources that workers declare; only workers that have it are seen then.
    """

    def __init__(self, cluster: Cluster, needs: Needs | None = None) -> None:
        self._client = cluster.client
        self._resources = dict(needs(self._client)) if needs is not None else {}
        self._address = cluster.address
        self._threads: dict[str, int] = {}
        self._looked_at = float("-inf")
        self._seen_at = time.monotonic()
        self.topic = topic(self._client)

    def look(self, *, afresh: bool = False) -> None:
        """Notice workers that came or went; ask the scheduler now and then, or now.

        Raises
        ------
        SchedulerError
            The scheduler has gone, or has had no worker for a minute.
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
        """Look afresh at the next chance: a worker has just died."""
        self._looked_at = float("-inf")

    @property
    def slots(self) -> int:
        """How many files can be worked on at a time."""
        return sum(self._threads.values())

    @property
    def shares_processes(self) -> bool:
        """Whether a file that kills its worker takes others with it."""
        return any(threads > 1 for threads in self._threads.values())

    def submit(
        self,
        batch: Batch,
        function: Callable[..., Any],
        args: Sequence[Any],
        *,
        priority: int,
        on_end: Callable[[list[Outcome] | BaseException], None],
    ) -> Any:
        """Send a batch and return its future; ``on_end`` is called, on Dask's loop, with what became of it."""
        future = self._client.submit(
            run_batch,
            batch,
            pack((function, args)),
            key=f"workbench-{batch.job}-{batch.number}",
            priority=priority,
            resources=self._resources or None,
            pure=False,
        )
        self._client.loop.add_callback(_follow, future, on_end)
        return future

    def cancel(self, futures: Sequence[Any]) -> None:
        if futures and self._client.status == "running":
            self._client.cancel(list(futures), force=True)

    def kill(self, worker: str, pid: int) -> None:
        """Kill a worker process; its nanny, on whatever machine, starts a new one."""
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


async def _follow(future: Any, on_end: Callable[[list[Outcome] | BaseException], None]) -> None:
    # Fetching takes as long as the worker cannot answer, as when native code of its next file keeps the GIL.
    try:
        outcomes = await future.result()
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the dispatcher decides what it means
        on_end(error)
    else:
        on_end(outcomes)

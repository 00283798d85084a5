"""Ask the workers every second whether they answer; start them when another process needs them, and end idle ones."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import StoreError, WorkbenchError
from workbench.performance.published import CLUSTER_HEALTH, START_CLUSTER

if TYPE_CHECKING:
    from workbench.processing.cluster.cluster import Cluster
    from workbench.store.library.library import Library

INTERVAL_S = 1.0  # set by hand: processes publish their statistics at the same interval
ANSWER_WITHIN_S = 10.0  # set by hand: native code can keep a busy worker from answering for seconds
REQUEST_VALID_S = 30.0  # twice what a process waits for the server's workers
PUBLISH_S = 2.0  # well under the ten seconds after which readers ignore it
IDLE_S = 300.0  # set by hand: bridges the pause between two analyses; new workers take three seconds

_log = logging.getLogger(__name__)


class ClusterWatch:
    """Measure a round trip through the workers regularly, on a separate thread, and keep the last result.

    The measurement does not start workers. Other processes request workers through the library: the server owns the
    cluster, and they join it. Workers that were not used for ``idle_s`` seconds end; the next job starts new ones.
    """

    def __init__(self, cluster: Callable[[], Cluster], library: Library, *, idle_s: float = IDLE_S) -> None:
        self._cluster = cluster
        self._library = library
        self._idle_s = idle_s
        self._used_at = time.monotonic()
        self._latest: Mapping[str, Any] = {"started": False}
        self._served_at: float | None = None
        self._published_at = float("-inf")
        self._published_started = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cluster-watch", daemon=True)
        self._thread.start()

    def latest(self) -> Mapping[str, Any]:
        """Return the last answer of the workers."""
        return self._latest

    def close(self) -> None:
        self._stop.set()
        self._thread.join(INTERVAL_S)  # it may still wait for an answer; the cluster closes anyway

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            try:
                self._start_when_asked()
                self._latest = self._cluster().health(ANSWER_WITHIN_S)
                self._end_idle()
                self._publish()
            except StoreError as error:  # says nothing about the workers
                _log.info("The health of the workers was not published: %s", error)
            except Exception as error:  # noqa: BLE001 - logged and published; the watch must go on
                reason = error.kind if isinstance(error, WorkbenchError) else type(error).__name__
                if self._latest.get("status") != "unhealthy":
                    _log.exception("The workers could not be asked")
                # the full reason may name files, and anybody may read the health of the workers
                self._latest = {
                    "started": True,
                    "status": "unhealthy",
                    "reasons": [f"the workers could not be asked ({reason}); the server's log says why"],
                }

    def _publish(self) -> None:
        """Publish the health of the workers for other processes, which cannot ask them."""
        now, started = time.monotonic(), bool(self._latest["started"])
        if started != self._published_started or (started and now - self._published_at >= PUBLISH_S):
            self._published_at, self._published_started = now, started
            self._library.activity.set_value(CLUSTER_HEALTH, {**self._latest, "at": time.time()})

    def _end_idle(self) -> None:
        now = time.monotonic()
        if (
            not self._latest["started"]
            or self._latest["active_operations"]
            or self._library.jobs.unfinished()
        ):
            self._used_at = now
        if now - self._used_at < self._idle_s:
            return
        # A process that begins a job records it in the library before it looks for workers. It cannot do that during
        # this transaction. Afterward, it finds that the workers are not published any more, and requests new ones.
        with self._library.pool.writing():
            unused = None if self._library.jobs.unfinished() else self._cluster().release()
        if unused is not None:
            unused.close()
            self._latest = self._cluster().health()

    def _start_when_asked(self) -> None:
        asked_at = float(self._library.activity.value(START_CLUSTER, 0.0))
        is_new = asked_at != self._served_at  # not later: the clock may have been set
        is_old = self._served_at is None and abs(time.time() - asked_at) > REQUEST_VALID_S
        self._served_at = asked_at
        if is_new and not is_old:
            _ = self._cluster().client

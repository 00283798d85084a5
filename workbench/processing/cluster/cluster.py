"""The Dask cluster of a session, which is joined or started at its first use and closed with the session."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from workbench.errors import ProcessingError, WorkbenchError
from workbench.machine import memory
from workbench.machine.gpu import visible_gpus
from workbench.processing.cluster.connection import Connection, connect_named, join_published, start_own
from workbench.processing.cluster.host_process import ClusterPlan, HostProcess
from workbench.settings import Settings

LEAST_MEMORY_BYTES = 2**30  # a worker with Essentia and TensorFlow takes 880 MB (measured)
Listener = Callable[[dict[str, Any]], None]


class Cluster:
    """The Dask cluster of a session, which starts when ``client`` is first used; also a context manager.

    The cluster is the first one that exists of these: the one of SCHEDULER_ADDRESS or SCHEDULER_FILE; a live cluster
    that another process has published in the data folder (unless ``workers`` is given); our own workers on this
    machine. Our own workers end with :meth:`close` or with this process, even if it is killed. A joined cluster keeps
    running.

    Parameters
    ----------
    settings : Settings
    warm_up : callable, optional
        An importable function without arguments, which every worker calls before its first file.
    shared_modules : sequence of str
        Modules to import before our own workers are forked (Linux), so that the workers share their memory.
    workers : int, optional
        Number of our own workers; ASYNC_WORKERS by default.
    share : bool
        Publish our own cluster in the data folder, so that other processes can join it.
    memory_limit_bytes : int, optional
        The limit of one worker; by default, an equal share of MEMORY_LIMIT_PERCENT of the machine.
    gpus : sequence of str, optional
        GPUs that our own workers declare and share; those of this machine by default.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        warm_up: Callable[[], None] | None = None,
        shared_modules: Sequence[str] = (),
        workers: int | None = None,
        share: bool = False,
        memory_limit_bytes: int | None = None,
        gpus: Sequence[str] | None = None,
    ) -> None:
        self.settings = settings
        self._warm_up = warm_up
        self._shared_modules = shared_modules
        self._asked_workers = workers
        self._share = share
        self._memory_limit_bytes = memory_limit_bytes
        self._gpus = visible_gpus(os.environ) if gpus is None else gpus
        self._lock = threading.RLock()
        self._listeners: dict[str, Listener] = {}
        self._connection: Connection | None = None
        self._most_workers = 0
        self._pid = os.getpid()
        self._closed = False
        atexit.register(self.close)

    @property
    def client(self) -> Any:
        """The ``distributed.Client``; its first use starts or joins a cluster, and replaces a lost one.

        Raises
        ------
        SchedulerError
            The scheduler of the settings does not answer, or its versions do not match.
        ProcessingError
            The workers do not start or warm up, or the cluster was closed.
        """
        with self._lock:
            if self._closed:
                raise ProcessingError("The cluster was closed. Open a new Workbench.")
            if self._pid != os.getpid():
                # after a fork, sockets and processes belong to the parent
                self._connection, self._pid = None, os.getpid()
            if self._connection is None or self._connection.lost:
                self._reconnect()
            assert self._connection is not None
            return self._connection.client

    @property
    def started(self) -> bool:
        """Whether there is a cluster now."""
        connection = self._connection
        return connection is not None and self._pid == os.getpid() and not connection.lost

    @property
    def lost(self) -> bool:
        """Whether a cluster existed and has ended. A cluster of another process may end when nobody needs it."""
        connection = self._connection
        return connection is not None and connection.lost and not connection.joined

    @property
    def local(self) -> bool:
        """Whether the workers are, or will be, on this machine."""
        return self.settings.scheduler_address is None and self.settings.scheduler_file is None

    @property
    def owned(self) -> bool:
        """Whether the current workers belong to this session."""
        return self._connection is not None and self._connection.host is not None

    @property
    def joined(self) -> bool:
        """Whether the current workers were published by another process of this machine."""
        return self.started and self._connection is not None and self._connection.joined

    @property
    def address(self) -> str | None:
        """The address of the scheduler; ``None`` if there is none yet."""
        return None if self._connection is None else self._connection.address

    @property
    def workers(self) -> int:
        """How many analyses run at a time, or will run when the cluster has started."""
        return sum(self.threads().values()) if self.started else self._own_workers

    def threads(self) -> dict[str, int]:
        """Return the number of threads of each worker by address."""
        return dict(self.client.nthreads())

    def worker_pids(self) -> list[int]:
        """Return the worker processes of our own cluster; those of a joined one belong to another process."""
        connection = self._connection
        return [] if connection is None else connection.worker_pids()

    @property
    def memory_limit_bytes(self) -> int:
        """Memory that one of our own worker processes may use."""
        if self._memory_limit_bytes is not None:
            return self._memory_limit_bytes
        share = memory.total_bytes() * self.settings.memory_limit_percent / 100 / self._own_processes
        return max(LEAST_MEMORY_BYTES, int(share))

    def expected_processes(self, seen: int) -> int:
        """Return the expected number of worker processes, given that ``seen`` exist."""
        self._most_workers = max(self._most_workers, self._own_processes if self.owned else seen)
        return self._most_workers

    def listen(self, job_id: str, listener: Listener) -> None:
        """Call ``listener`` on Dask's loop when workers announce tasks of a job, and when they are removed."""
        self._listeners[job_id] = listener

    def unlisten(self, job_id: str) -> None:
        self._listeners.pop(job_id, None)

    def health(self, timeout_s: float = 2.0) -> dict[str, Any]:
        """Ask every worker for an answer, without starting any. See :mod:`workbench.processing.cluster.health`."""
        from workbench.processing.cluster.health import health

        return health(
            self.client if self.started else None,
            lost=self.lost,
            memory_limit_percent=self.settings.memory_limit_percent if self.local else None,
            expected_processes=self.expected_processes,
            timeout_s=timeout_s,
        )

    def release(self) -> Connection | None:
        """Detach our own workers, unless a job of this process uses them, and return them for closing.

        The next use of ``client`` starts new ones.
        """
        with self._lock:
            if not self.owned or self._listeners:
                return None
            assert self._connection is not None
            connection, self._connection = self._connection, None
            connection.withdraw()
            return connection

    def close(self) -> None:
        """End our own workers, or leave a joined cluster. A second call does nothing."""
        with self._lock:
            connection, self._connection, self._closed = self._connection, None, True
            if connection is not None and self._pid == os.getpid():
                connection.close()
        atexit.unregister(self.close)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _own_workers(self) -> int:
        return self._asked_workers or self.settings.async_workers

    @property
    def _own_processes(self) -> int:
        return self._own_workers if self.settings.process_pool else 1

    def _reconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        connection = self._find()
        try:
            connection.client.subscribe_topic(topic(connection.client), self._on_announcement)
            connection.client.subscribe_topic("all", self._on_scheduler_event)
            if self._warm_up is not None:
                _warm(connection.client, self._warm_up)
        except BaseException:
            connection.close()
            raise
        self._connection, self._most_workers = connection, 0

    def _find(self) -> Connection:
        if not self.local:
            return connect_named(self.settings.scheduler_address, self.settings.scheduler_file)
        joined = join_published(self.settings.data_dir) if self._asked_workers is None else None
        if joined:
            return joined
        host = HostProcess(self._shared_modules)
        plan = ClusterPlan(
            workers=self._own_processes,
            threads=self._own_workers // self._own_processes,
            memory_limit_bytes=self.memory_limit_bytes,
            worker_ttl_s=self.settings.analysis_timeout_seconds * 1.5 + 30,
            gpus=self._gpus,
        )
        return start_own(host, plan, publish_in=self.settings.data_dir if self._share else None)

    def _on_announcement(self, event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        listener = self._listeners.get(message["job"])
        if listener is not None:
            listener(message)

    def _on_scheduler_event(self, event: tuple[float, Any]) -> None:
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker":
            for listener in list(self._listeners.values()):
                listener({"removed": message["worker"], "expected": bool(message.get("expected"))})


def topic(client: Any) -> str:
    """Return the topic under which workers send messages to this client."""
    return f"workbench-{client.id}"


def _warm(client: Any, warm_up: Callable[[], None]) -> None:
    from workbench.processing.on_worker.warm_up import WarmUp

    try:
        client.register_plugin(WarmUp(warm_up))
    except WorkbenchError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ProcessingError(f"The analysis workers cannot warm up: {reason}.") from error

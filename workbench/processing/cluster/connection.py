"""Connect to a Dask cluster: the one in the settings, one that another process has published, or our own."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ProcessingError, SchedulerError
from workbench.processing.cluster import scheduler_file
from workbench.processing.cluster.connect import check_versions, connect
from workbench.processing.cluster.credentials import Credentials
from workbench.processing.cluster.host_process import ClusterPlan, HostProcess

CONNECT_TIMEOUT_S = 10.0  # our own scheduler, or the one in the settings, may be busy; set by hand
JOIN_TIMEOUT_S = 3.0  # short, because the address in the file may be out of date; set by hand
CLOSE_TIMEOUT_S = 2.0  # set by hand; closing must not delay the end of a program

logger = logging.getLogger(__name__)


@dataclass
class Connection:
    """A connected client, the host process if the cluster is ours, and the file by which other processes find it."""

    client: Any
    host: HostProcess | None = None
    published: Path | None = None

    @property
    def joined(self) -> bool:
        """Whether another process of this machine owns the cluster."""
        return self.host is None and self.published is not None

    @property
    def lost(self) -> bool:
        """Whether the cluster has ended, or its owner is about to end it."""
        if self.client.status != "running":
            return True
        if self.host is not None:
            return not self.host.alive
        return self.published is not None and not scheduler_file.names(self.published, self.address)

    @property
    def address(self) -> str:
        return str(self.client.scheduler.address)

    def worker_pids(self) -> list[int]:
        """Return the worker processes of our own cluster from the system's list; none for a joined cluster."""
        import psutil

        if self.host is None:
            return []
        try:
            below = psutil.Process(self.host.pid).children(recursive=True)
            return [
                process.pid
                for process in below
                if is_worker(process.cmdline(), process.ppid(), self.host.pid)
            ]
        except psutil.NoSuchProcess:  # a process started or ended meanwhile; the caller tries again soon
            return []

    def withdraw(self) -> None:
        """If the cluster is ours, prevent other processes from joining it and from using it further."""
        if self.host is not None and self.published is not None:
            scheduler_file.withdraw(self.published, self.address)

    def close(self) -> None:
        """Disconnect; end the cluster if it is ours."""
        self.withdraw()
        with contextlib.suppress(Exception):  # the scheduler may have ended
            self.client.close(timeout=CLOSE_TIMEOUT_S)
        if self.host is not None:
            self.host.close()


def is_worker(command: list[str], parent: int, host: int) -> bool:
    """Return whether a process below the cluster's host is a worker: spawned by it, or forked by its fork server."""
    program = " ".join(command)
    return "resource_tracker" not in program and (parent != host or "spawn_main" in program)


def connect_named(address: str | None, file: Path | None) -> Connection:
    """Connect to the scheduler in the settings.

    Raises
    ------
    SchedulerError
        The scheduler does not answer, or its versions differ from ours.
    """
    found = scheduler_file.Published(address) if address else scheduler_file.read(file or Path())
    connection = Connection(connect(found.address, found.credentials, timeout_s=CONNECT_TIMEOUT_S))
    try:
        check_versions(connection.client, found.address)
    except BaseException:
        connection.close()
        raise
    return connection


def join_published(folder: Path) -> Connection | None:
    """Join the cluster published in ``folder``; ``None`` if there is none or it has ended."""
    path = folder / scheduler_file.NAME
    if not path.exists():
        return None
    try:
        found = scheduler_file.read(path)
        if found.owner_alive:
            client = connect(found.address, found.credentials, timeout_s=JOIN_TIMEOUT_S)
            return Connection(client, published=path)
    except SchedulerError as error:
        logger.info("Not joining the cluster of %s: %s", path, error)
    return None


def start_own(host: HostProcess, plan: ClusterPlan, *, publish_in: Path | None) -> Connection:
    """Start a cluster in a host process, and publish it in a folder if one is given; end the process if that fails.

    Raises
    ------
    ProcessingError
        The cluster does not start, or the folder cannot be written.
    """
    try:
        credentials = Credentials.temporary()
        address = host.serve(plan, credentials)
        connection = Connection(connect(address, credentials, timeout_s=CONNECT_TIMEOUT_S), host)
    except BaseException:
        host.close()
        raise
    try:
        if publish_in is not None:
            connection.published = scheduler_file.publish(publish_in, address, credentials)
    except OSError as error:
        connection.close()
        reason = f"The cluster cannot be published in {publish_in}: {error.strerror}."
        raise ProcessingError(reason) from error
    return connection

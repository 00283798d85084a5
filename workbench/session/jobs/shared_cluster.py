"""Share one cluster: a process that needs workers requests them from the server and joins its cluster."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from workbench.errors import SchedulerError
from workbench.performance.process_publisher import is_alive
from workbench.performance.published import START_CLUSTER
from workbench.processing.cluster.scheduler_file import NAME, read
from workbench.processing.job.task import Task
from workbench.settings import Settings
from workbench.store.library.library import Library

SERVER_ROLES = ("server", "lab")
WAIT_S = 15.0  # set by hand: a server starts its workers within a few seconds
POLL_S = 0.05  # set by hand; each poll is one small read of the database

Entry = TypeVar("Entry")


def with_server_workers(entries: Iterable[Entry], library: Library, settings: Settings) -> Iterator[Entry]:
    """Yield the entries of a job; before the first :class:`Task`, make sure that a running server has workers.

    Without a server, or when it does not start them in time, the job starts its own.
    """
    asked = False
    for entry in entries:
        if isinstance(entry, Task) and not asked:
            asked = True
            _ask_server(library, settings)
        yield entry


def server_runs(library: Library) -> bool:
    """Return whether a server has this library open."""
    now = time.time()
    return any(
        process.role in SERVER_ROLES and is_alive(process, now) for process in library.activity.processes()
    )


def _ask_server(library: Library, settings: Settings) -> None:
    if not settings.scheduler_address and not settings.scheduler_file and not _is_published(settings):
        _wait_for_server(library, settings)


def _wait_for_server(library: Library, settings: Settings) -> None:
    if not server_runs(library):
        return
    library.activity.set_value(START_CLUSTER, time.time())
    deadline = time.monotonic() + WAIT_S
    while not _is_published(settings) and time.monotonic() < deadline:
        time.sleep(POLL_S)


def _is_published(settings: Settings) -> bool:
    try:
        return read(settings.data_dir / NAME).owner_alive
    except SchedulerError:
        return False

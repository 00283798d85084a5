"""The open library of a server, and the threads on which handlers call it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from workbench.apps.server.loop_lag import LoopLag
from workbench.errors import StoreError, WorkbenchError
from workbench.machine.freed_memory import keep_little_freed_memory
from workbench.session.allowed_paths import check_inside

if TYPE_CHECKING:
    from workbench.session.watching.watch import Watch
    from workbench.session.workbench import Workbench
    from workbench.settings import Settings

THREADS = 8  # set by hand: threads that read mostly wait for the disk, and pages send a few requests at once
WRITING_THREADS = 4  # set by hand: only one can write at a time; the others wait for it
DATABASE_WAIT_S = 2.5  # set by hand; then 503: the client can try again, and the thread is free for others

_LEVELS = {"away": logging.WARNING, "failed": logging.WARNING}

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class Service:
    """One open library behind a server; close it when the server stops.

    Parameters
    ----------
    role : str
        The name of this process in lists of processes. A ``server`` watches the folders of WATCH.

    Raises
    ------
    PathNotAllowedError
        A folder of WATCH is outside LIBRARY_ROOTS.
    """

    def __init__(self, settings: Settings, *, role: str) -> None:
        from workbench.session.workbench import Workbench

        check_inside(settings.watch, settings.library_roots)
        keep_little_freed_memory()
        self.settings = settings
        self._started = time.monotonic()
        self.closing = False
        self.lag = LoopLag()
        self.workbench: Workbench = Workbench(settings=settings, role=role, share_cluster=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="workbench-api")
        self._writing_threads = ThreadPoolExecutor(WRITING_THREADS, thread_name_prefix="workbench-write")
        self.workbench.performance.monitor.start()
        self._watch = self._follow_folders() if settings.watch and role == "server" else None
        try:
            if resumed := self.workbench.queue.resume():
                _log.info("Resuming %d unfinished jobs", resumed)
        except StoreError as error:
            _log.warning("Unfinished jobs were not resumed: %s", error)

    async def run(self, function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Call a function that reads on a thread, because it may wait for the disk or the database."""
        return await self._call(self._threads, partial(function, *args, **options))

    async def write(self, function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Call a function that writes, on separate threads, so that readers do not wait for a locked database."""
        return await self._call(self._writing_threads, partial(function, *args, **options))

    async def _call(self, threads: ThreadPoolExecutor, function: Callable[[], T]) -> T:
        give_up_at = time.monotonic() + DATABASE_WAIT_S

        def call() -> T:
            with self.workbench.waiting_until(give_up_at):
                return function()

        return await asyncio.get_running_loop().run_in_executor(threads, call)

    def close(self) -> None:
        """Keep unfinished jobs for the next start, stop the workers, close the database. A second call does nothing."""
        self.closing = True
        if self._watch is not None:
            watch, thread = self._watch
            watch.stop.set()
            thread.join()
        self.lag.close()
        self.workbench.queue.close()
        self._threads.shutdown(cancel_futures=True)
        self._writing_threads.shutdown(cancel_futures=True)
        self.workbench.close()

    def _follow_folders(self) -> tuple[Watch, Thread]:
        """Watch the folders of WATCH on a thread, and log the events."""
        watch = self.workbench.watch(within=self.settings.library_roots)

        def follow() -> None:
            try:
                for event in watch:
                    _log.log(_LEVELS.get(event.kind, logging.INFO), "Watch: %s", event.message)
            except WorkbenchError as error:
                _log.error("The watch has ended: %s", error)

        thread = Thread(target=follow, name="watch", daemon=True)
        thread.start()
        return watch, thread

    @property
    def uptime_s(self) -> float:
        return time.monotonic() - self._started

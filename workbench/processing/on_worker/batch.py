"""Run the tasks of a batch on a worker, one after the other, and announce each when it begins.

No state is kept between batches. An exception of the function becomes an outcome.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError

# The session kills a worker at the deadline. The watchdog is for a worker whose session has ended. The margin lets the
# session act first, because it reports the task.
WATCHDOG_MARGIN_S = 15.0
ANNOUNCE_EVERY_S = 0.2  # set by hand: an announcement is a message, and people do not read faster

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The outcome of one task: a pickled value, or an error with its kind, and the time that it took.

    The value is pickled here, because Dask would find a value that cannot be pickled too late to know its task.
    """

    seconds: float
    packed: bytes = b""
    error: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Announcer:
    """Tells the session, under a Dask topic, which task of which batch begins."""

    job: str
    batch: int
    topic: str

    def announce(self, index: int) -> None:
        from distributed import get_worker
        from distributed.utils import sync

        worker = get_worker()
        message = {
            "job": self.job,
            "batch": self.batch,
            "index": index,
            "worker": worker.address,
            "pid": os.getpid(),
            "threads": worker.state.nthreads,
        }
        if index:
            worker.log_event(self.topic, message)
        else:
            # Waits until the scheduler has the message. Native code that keeps the GIL could delay it forever,
            # and without the start of a task there is no deadline.
            sync(worker.loop, worker.scheduler.log_event, topic=self.topic, msg=message)


def run_batch(
    paths: Sequence[str], packed_call: bytes, announcer: Announcer, *, timeout_s: float
) -> list[Outcome]:
    """Call ``function(path, *args)`` for each path, in order.

    ``packed_call`` is the function and ``args``, pickled: the scheduler unpickles the arguments of what it runs, and
    would import the analysis without ever using it.
    """
    function, args = unpack(packed_call)
    outcomes = []
    announced_at = float("-inf")
    for index, path in enumerate(paths):
        if (now := time.monotonic()) - announced_at >= ANNOUNCE_EVERY_S:
            announcer.announce(index)
            announced_at = now
        with _watchdog(timeout_s + WATCHDOG_MARGIN_S):
            outcomes.append(_outcome(function, path, args))
    return outcomes


def _outcome(function: Callable[..., Any], path: str, args: Sequence[Any]) -> Outcome:
    start = time.perf_counter()
    try:
        packed = pack(function(path, *args))
    except WorkbenchError as error:
        return Outcome(time.perf_counter() - start, error=str(error), kind=error.kind)
    except BaseException as error:  # SystemExit too, because sys.exit() in a library is a failure of the task
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        logger.info("%s failed", path, exc_info=True)
        return Outcome(time.perf_counter() - start, error=text, kind="error")
    return Outcome(time.perf_counter() - start, packed)


def pack(value: Any) -> bytes:
    """Pickle a value like Dask: functions that cannot be imported are sent by value."""
    from distributed.protocol.pickle import dumps

    packed: bytes = dumps(value)  # type: ignore[no-untyped-call]
    return packed


def unpack(packed: bytes) -> Any:
    """Return the value that was packed."""
    from distributed.protocol.pickle import loads

    return loads(packed)  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    from distributed import get_worker

    if get_worker().state.nthreads > 1:  # a process has only one such timer
        yield
        return
    # A thread in C, which does not need the GIL.
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()

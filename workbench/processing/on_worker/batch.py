"""What runs in a worker: a few files, one after the other, announced as they begin.

Nothing here keeps state between batches, and no exception of the function leaves: it becomes an outcome.
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

# The session kills a worker at the deadline. This is for a session that is gone itself.
WATCHDOG_MARGIN_S = 15.0
ANNOUNCE_EVERY_S = 0.2

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a value, packed, or an error with its kind, and how long it took.

    Packed here, because Dask would find out that a value does not pickle when it is too late to say whose it is.
    """

    seconds: float
    packed: bytes = b""
    error: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Batch:
    """Files as the worker calls them, and whom to tell about them."""

    job: str
    number: int
    topic: str
    paths: tuple[str, ...]
    timeout_s: float


def run_batch(batch: Batch, packed_work: bytes) -> list[Outcome]:
    """Call ``function(path, *args)`` for each file of the batch, in order; ``packed_work`` is the function and args.

    Packed, because the scheduler unpickles what a task calls: it would import the analysis, and never use it.
    """
    function, args = unpack(packed_work)
    outcomes = []
    announced_at = float("-inf")
    for index, path in enumerate(batch.paths):
        if (now := time.monotonic()) - announced_at >= ANNOUNCE_EVERY_S:
            _announce(batch, index)
            announced_at = now
        with _watchdog(batch.timeout_s + WATCHDOG_MARGIN_S):
            outcomes.append(_outcome(function, path, args))
    return outcomes


def _outcome(function: Callable[..., Any], path: str, args: Sequence[Any]) -> Outcome:
    start = time.perf_counter()
    try:
        packed = pack(function(path, *args))
    except WorkbenchError as error:
        return Outcome(time.perf_counter() - start, error=str(error), kind=error.kind)
    except BaseException as error:  # SystemExit too: a library's sys.exit() is a failure of the file
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        logger.info("%s failed", path, exc_info=True)
        return Outcome(time.perf_counter() - start, error=text, kind="error")
    return Outcome(time.perf_counter() - start, packed)


def pack(value: Any) -> bytes:
    """Pickle as Dask does, by value what cannot be imported."""
    from distributed.protocol.pickle import dumps

    packed: bytes = dumps(value)  # type: ignore[no-untyped-call]
    return packed


def unpack(packed: bytes) -> Any:
    """Return what was packed."""
    from distributed.protocol.pickle import loads

    return loads(packed)  # type: ignore[no-untyped-call]


def _announce(batch: Batch, index: int) -> None:
    from distributed import get_worker
    from distributed.utils import sync

    worker = get_worker()
    message = {
        "job": batch.job,
        "batch": batch.number,
        "index": index,
        "worker": worker.address,
        "pid": os.getpid(),
        "threads": worker.state.nthreads,
    }
    if index:
        worker.log_event(batch.topic, message)
    else:
        # Waits until the scheduler has it: native code that keeps the GIL would hold the message back for
        # good, and a deadline that nobody knows the start of never ends.
        sync(worker.loop, worker.scheduler.log_event, topic=batch.topic, msg=message)


@contextlib.contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    from distributed import get_worker

    if get_worker().state.nthreads > 1:  # one timer a process
        yield
        return
    # A thread in C that needs no GIL.
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()

"""Run long work on a thread and return its result to the kernel's event loop, so that the kernel can still answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from workbench.errors import WorkbenchError

T = TypeVar("T")

# One thread for work that a person waits for, and one for work in the background.
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="workbench-view")


def in_background(
    work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]
) -> Future[T]:
    """Run ``work`` on a thread; then call ``done`` with its value, or ``failed`` with the error.

    Both are called on the event loop that is running now, so that they may change widgets. Without an event loop (in a
    script or a test), the work is done at once.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        finished: Future[T] = Future()
        try:
            finished.set_result(work())
        except Exception as error:  # noqa: BLE001 - _deliver raises or shows it, as for work on a thread
            finished.set_exception(error)
        _deliver(done, failed, finished)
        return finished
    future = _THREADS.submit(work)
    future.add_done_callback(lambda ended: loop.call_soon_threadsafe(partial(_deliver, done, failed, ended)))
    return future


def _deliver(done: Callable[[T], None], failed: Callable[[str], None], future: Future[T]) -> None:
    error = future.exception()
    if error is None:
        done(future.result())
    elif isinstance(error, WorkbenchError):
        failed(str(error))
    else:
        failed(f"{type(error).__name__}: {error}")

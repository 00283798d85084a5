"""Read the tasks of a job ahead of the workers, on a thread of its own: scanning goes on while they work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from workbench.processing.job.task import Cached, Failure, Task

WINDOW = 512  # the biggest of so many tasks go first; more would only take memory


class ReadAhead:
    """Hands on what an iterable yields, at most ``WINDOW`` tasks ahead of those that have ended."""

    def __init__(
        self,
        items: Iterable[Task | Cached | Failure],
        on_item: Callable[[Task | Cached | Failure], None],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self._items = items
        self._on_item = on_item
        self._on_end = on_end
        self._room = threading.Semaphore(WINDOW)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, name="workbench-read-ahead", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def took_one(self) -> None:
        """Say that a task has ended, so that another may be read."""
        self._room.release()

    def stop(self, timeout_s: float) -> None:
        """Read no further, and wait this long at most until the iterable has noticed."""
        self._stopped.set()
        self._room.release()
        self._thread.join(timeout_s)

    def _read(self) -> None:
        try:
            for item in self._items:
                if isinstance(item, Task):
                    self._room.acquire()
                if self._stopped.is_set():
                    break
                self._on_item(item)
        except BaseException as error:  # noqa: BLE001 - the job raises it on its own thread
            self._on_end(error)
        else:
            self._on_end(None)
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()

"""Read a job's files ahead of the workers, on a thread of its own: scanning goes on while they work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from workbench.processing.job.task import Cached, Failure, Task

WINDOW = 512


class Feeder:
    """Hands on what an iterable yields, at most ``WINDOW`` tasks ahead of those taken."""

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
        self._thread = threading.Thread(target=self._read, name="workbench-feeder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def took(self, tasks: int) -> None:
        """Say that so many tasks have gone to workers, so that as many more may be read."""
        self._room.release(tasks)

    def stop(self, timeout_s: float) -> None:
        """Read no further; wait until the iterable has noticed, but not for long."""
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
        except BaseException as error:  # noqa: BLE001 - this thread's errors end the job, which raises them
            self._on_end(error)
        else:
            self._on_end(None)
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()

"""Resident memory with shared pages divided among their users (PSS), measured only when it may have changed."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

MEASURED_EVERY_S = 60.0  # processes that share pages with this one rarely start or end; set by hand
CHANGED_BY = 0.02  # of resident memory; a process at rest stays within it. Set by hand.


class ProportionalMemory:
    """The proportional memory of one process.

    The kernel goes through all pages to answer: 20 ms of CPU for 500 MB. So an idle process is measured once a minute,
    and one that grows or shrinks at every call.
    """

    def __init__(self, process: psutil.Process, timer: Callable[[], float] = time.monotonic) -> None:
        self._process = process
        self._timer = timer
        self._resident_bytes = 0
        self._measured_at = float("-inf")
        self._bytes: int | None = None

    def bytes(self) -> int | None:
        """Return the memory in bytes, or None where the system does not tell it (only Linux does).

        Raises
        ------
        psutil.Error
            The process has ended.
        """
        now, resident_bytes = self._timer(), self._process.memory_info().rss
        changed = abs(resident_bytes - self._resident_bytes) > CHANGED_BY * self._resident_bytes
        if changed or now - self._measured_at >= MEASURED_EVERY_S:
            self._bytes = _measured(self._process)
            self._resident_bytes, self._measured_at = resident_bytes, now
        return self._bytes


def _measured(process: psutil.Process) -> int | None:
    try:
        return getattr(process.memory_full_info(), "pss", None)
    except psutil.AccessDenied:
        return None

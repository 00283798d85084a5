"""Measure how many cores this process may use, and how busy they are."""

from __future__ import annotations

import math
import os
import time

from workbench.machine.cgroup import ControlGroups


def usable_cores(groups: ControlGroups | None = None) -> float:
    """Return the number of cores that this process may use, a fraction if a control group has a CPU quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = (groups or ControlGroups()).cpu()
    return float(allowed) if quota is None else min(float(allowed), quota.cores)


def available_cores(groups: ControlGroups | None = None) -> int:
    """Return the number of :func:`usable_cores` rounded up, as a number of threads or workers."""
    return max(1, math.ceil(usable_cores(groups)))


class CpuMeter:
    """CPU use between calls, of the control group with the smallest quota or, without a quota, of the machine."""

    def __init__(self, groups: ControlGroups | None = None) -> None:
        self._groups = groups or ControlGroups()
        self.cores = usable_cores(self._groups)
        self._before = self._reading()

    def percent(self) -> float:
        """Return the share of the available CPU time that was used since the last call, 0–100."""
        busy_before, capacity_before = self._before
        self._before = busy, capacity = self._reading()
        if capacity <= capacity_before:
            return 0.0
        return min(100.0, max(0.0, 100.0 * (busy - busy_before) / (capacity - capacity_before)))

    def _reading(self) -> tuple[float, float]:
        """Return (busy, available) CPU seconds so far."""
        import psutil

        quota = self._groups.cpu()
        if quota is not None and quota.used_seconds is not None:
            return quota.used_seconds, time.monotonic() * self.cores
        times = psutil.cpu_times()
        # user time already contains guest time
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        return total - times.idle - getattr(times, "iowait", 0.0), total

"""The machine, sampled in the background: nobody who asks ever waits for the operating system."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from workbench.machine import cgroup
from workbench.settings import available_cores

FIRST_INTERVAL_S = 0.1  # processor use is a difference: the first answer needs two readings


@dataclass(frozen=True)
class SystemSample:
    """The machine at one moment; where a container sets limits, they stand for the machine's.

    ``cpu_percent`` covers the time since the sample before; the counters run since the machine started.
    """

    at: float
    memory_total_bytes: int
    memory_available_bytes: int
    memory_cached_bytes: int
    cpu_percent: float
    cores: float
    load_average: tuple[float, float, float]
    disk_total_bytes: int
    disk_free_bytes: int
    disk_read_bytes: int
    disk_write_bytes: int
    network_sent_bytes: int
    network_received_bytes: int

    @property
    def memory_used_percent(self) -> float:
        return 100.0 * (1 - self.memory_available_bytes / self.memory_total_bytes)

    @property
    def disk_used_percent(self) -> float:
        return 100.0 * (1 - self.disk_free_bytes / self.disk_total_bytes) if self.disk_total_bytes else 0.0


class SystemSampler:
    """Take a :class:`SystemSample` every second on a thread of its own.

    Parameters
    ----------
    disk : Path
        The disk that holds this folder is the one that is watched.
    interval_s : float
        Time between samples.
    keep : int
        Samples kept for :meth:`history`.
    clock : callable
        Returns Unix time.
    """

    def __init__(
        self, disk: Path, *, interval_s: float = 1.0, keep: int = 300, clock: Callable[[], float] = time.time
    ) -> None:
        self._disk = disk
        self._interval_s = interval_s
        self._clock = clock
        self._samples: deque[SystemSample] = deque(maxlen=keep)
        self._cpu = _ProcessorUse()
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="system-sampler", daemon=True)
        self._thread.start()

    def latest(self) -> SystemSample:
        """Return the newest sample; waits a tenth of a second if it is the very first."""
        self._ready.wait()
        return self._samples[-1]

    def history(self) -> list[SystemSample]:
        """Return the samples kept, oldest first."""
        self._ready.wait()
        return list(self._samples)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        wait_s = FIRST_INTERVAL_S
        while not self._stop.wait(wait_s) or not self._samples:
            self._samples.append(self._sample())
            self._ready.set()
            wait_s = self._interval_s

    def _sample(self) -> SystemSample:
        total, available, cached = _memory()
        disk = _disk_usage(self._disk)
        io = psutil.disk_io_counters()
        network = psutil.net_io_counters()
        return SystemSample(
            at=self._clock(),
            memory_total_bytes=total,
            memory_available_bytes=available,
            memory_cached_bytes=cached,
            cpu_percent=self._cpu.percent(),
            cores=self._cpu.cores,
            load_average=psutil.getloadavg(),
            disk_total_bytes=disk[0],
            disk_free_bytes=disk[1],
            disk_read_bytes=io.read_bytes if io else 0,
            disk_write_bytes=io.write_bytes if io else 0,
            network_sent_bytes=network.bytes_sent if network else 0,
            network_received_bytes=network.bytes_recv if network else 0,
        )


class _ProcessorUse:
    """Processor use between calls: of the container's quota where there is one, else of the machine."""

    def __init__(self) -> None:
        self._quota = cgroup.processor_limit_cores()
        self.cores = min(self._quota, available_cores()) if self._quota else float(available_cores())
        self._before = self._reading()

    def percent(self) -> float:
        busy_before, capacity_before = self._before
        self._before = busy, capacity = self._reading()
        if capacity <= capacity_before:
            return 0.0
        return min(100.0, max(0.0, 100.0 * (busy - busy_before) / (capacity - capacity_before)))

    def _reading(self) -> tuple[float, float]:
        """Return (busy, available) processor seconds so far."""
        used = cgroup.processor_seconds() if self._quota else None
        if used is not None:
            return used, time.monotonic() * self.cores
        times = psutil.cpu_times()
        # guest time is counted in user time already
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        return total - times.idle - getattr(times, "iowait", 0.0), total


def _memory() -> tuple[int, int, int]:
    memory = psutil.virtual_memory()
    cached = int(getattr(memory, "cached", 0))
    limit, used = cgroup.memory_limit_bytes(), cgroup.memory_used_bytes()
    if limit is None or used is None or limit >= memory.total:
        return memory.total, memory.available, cached
    return limit, min(memory.available, max(0, limit - used)), min(cached, limit)


def _disk_usage(folder: Path) -> tuple[int, int]:
    for candidate in (folder, *folder.parents):
        try:
            usage = psutil.disk_usage(str(candidate))
        except OSError:
            continue
        return usage.total, usage.free
    return 0, 0

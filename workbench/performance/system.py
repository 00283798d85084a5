"""Sample the state of the machine in the background, so that no request waits for the operating system."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from workbench.machine.cgroup import ControlGroups
from workbench.machine.cpu import CpuMeter
from workbench.machine.memory import fullest, shared_accounts

FIRST_INTERVAL_S = 0.1  # CPU use is a difference, so the first answer needs two readings at this distance


@dataclass(frozen=True)
class SystemSample:
    """The state of the machine at one moment. If control groups set limits, the smallest limit counts as its size.

    ``memory_used_percent`` is relative to the limit that is nearest to being reached, which need not be the smallest.
    ``cpu_percent`` covers the time since the sample before; the counters run since the machine started.
    """

    at: float
    memory_total_bytes: int
    memory_available_bytes: int
    memory_used_percent: float
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
    def disk_used_percent(self) -> float:
        return 100.0 * (1 - self.disk_free_bytes / self.disk_total_bytes) if self.disk_total_bytes else 0.0


class SystemSampler:
    """Takes a :class:`SystemSample` every second on a separate thread.

    Parameters
    ----------
    disk : Path
        A folder on the disk whose free space is measured.
    interval_s : float
        Time between samples.
    keep : int
        Number of samples kept for :meth:`history`.
    groups : ControlGroups
        The control groups whose limits apply to this process.
    clock : callable
        Returns Unix time.
    """

    def __init__(
        self,
        disk: Path,
        *,
        interval_s: float = 1.0,
        keep: int = 300,
        groups: ControlGroups | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._disk = disk
        self._interval_s = interval_s
        self._clock = clock
        self._samples: deque[SystemSample] = deque(maxlen=keep)
        self._groups = groups or ControlGroups()
        self._cpu = CpuMeter(self._groups)
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="system-sampler", daemon=True)
        self._thread.start()

    def latest(self) -> SystemSample:
        """Return the newest sample; the first one takes a tenth of a second."""
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
        memory = shared_accounts(self._groups)
        total = min(account.total_bytes for account in memory)
        disk = _disk_usage(self._disk)
        io = psutil.disk_io_counters()
        network = psutil.net_io_counters()
        return SystemSample(
            at=self._clock(),
            memory_total_bytes=total,
            memory_available_bytes=max(0, min(account.room_bytes(100) for account in memory)),
            memory_used_percent=fullest(memory).used_percent,
            memory_cached_bytes=min(total, int(getattr(psutil.virtual_memory(), "cached", 0))),
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


def _disk_usage(folder: Path) -> tuple[int, int]:
    for candidate in (folder, *folder.parents):
        try:
            usage = psutil.disk_usage(str(candidate))
        except OSError:
            continue
        return usage.total, usage.free
    return 0, 0

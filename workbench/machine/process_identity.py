"""Identify processes by a name that no other process has, not even a later one with the same id.

The name does not contain the time of day, so it does not change when the clock is set.
"""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path

import psutil

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE = Path("/proc/self/ns/pid")


def process_name(pid: int | None = None) -> str:
    """Return the name of a process on this machine, by default of this process.

    Raises
    ------
    psutil.NoSuchProcess
        There is no such process.
    """
    number = os.getpid() if pid is None else pid
    return f"{_here()}:{number}:{_start(number)}"


def still_runs(name: str) -> bool | None:
    """Return whether a process still runs; ``None`` if it is on another machine, so that this is unknown here.

    A zombie does not run.
    """
    here, _, rest = name.partition(":")
    pid, _, start = rest.partition(":")
    if here != _here() or not pid.isdigit():
        return None
    try:
        return _start(int(pid)) == start and psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return None


def _start(pid: int) -> str:
    """Return the start of a process; on Linux in ticks since boot, because the time of day changes with the clock."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return f"{psutil.Process(pid).create_time():.0f}"


@functools.cache
def _here() -> str:
    """Return a name of this machine since its last boot, and of its container, which has its own process ids."""
    boot = _BOOT_ID.read_text().strip()[:8] if _BOOT_ID.exists() else ""
    namespace = _PID_NAMESPACE.readlink().name.strip("pid:[]") if _PID_NAMESPACE.exists() else ""
    return "/".join((socket.gethostname().replace(":", "-"), boot, namespace))

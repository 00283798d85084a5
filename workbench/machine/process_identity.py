"""Which process is which: a name that no other process has, also not a later one with the same number.

The name says nothing about the time of day, so it holds when the clock is set.
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
    """Return the name of a process of this machine, of this one by default.

    Raises
    ------
    psutil.NoSuchProcess
        There is no such process.
    """
    number = os.getpid() if pid is None else pid
    return f"{_here()}:{number}:{_start(number)}"


def still_runs(name: str) -> bool | None:
    """Return whether a process still runs; ``None`` if it is not of this machine, so that nobody here can know.

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
    """Return when a process started; on Linux in ticks since boot, because its time of day moves with the clock."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return f"{psutil.Process(pid).create_time():.0f}"


@functools.cache
def _here() -> str:
    """Return a name of this machine as it runs now; containers have process numbers of their own."""
    boot = _BOOT_ID.read_text().strip()[:8] if _BOOT_ID.exists() else ""
    namespace = _PID_NAMESPACE.readlink().name.strip("pid:[]") if _PID_NAMESPACE.exists() else ""
    return "/".join((socket.gethostname().replace(":", "-"), boot, namespace))

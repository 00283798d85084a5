"""How much memory may still be taken: of the machine, of the control group, by this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import psutil

_CGROUP = Path("/sys/fs/cgroup")
_CGROUP_FILES = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))


class MemoryAccount(NamedTuple):
    """One limit that this process lives under; bytes."""

    name: str
    total_bytes: int
    used_bytes: int

    def room_bytes(self, limit_percent: float) -> int:
        """Return the bytes left under ``limit_percent`` of the total; negative when it is overdrawn."""
        return int(self.total_bytes * limit_percent / 100) - self.used_bytes


MemorySampler = Callable[[], list[MemoryAccount]]


def memory_accounts() -> list[MemoryAccount]:
    """Sample every limit at once (about 0.1 ms)."""
    system = psutil.virtual_memory()
    accounts = [MemoryAccount("system", system.total, system.total - system.available)]
    accounts += [account for folder in _cgroup_folders(os.getpid()) if (account := _cgroup_account(folder))]
    total_bytes = min(account.total_bytes for account in accounts)
    accounts.append(MemoryAccount("process", total_bytes, _process(os.getpid()).memory_info().rss))
    return accounts


@lru_cache(maxsize=1)
def _process(pid: int) -> psutil.Process:
    return psutil.Process(pid)


@lru_cache(maxsize=1)
def _cgroup_folders(pid: int) -> list[Path]:
    """Return the folders, of either cgroup version, whose limit holds for this process."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
    folders = [_CGROUP, _CGROUP / "memory"]
    for line in lines:
        _, controllers, group = line.split(":", 2)
        root = _CGROUP if not controllers else _CGROUP / "memory"
        if not controllers or "memory" in controllers.split(","):
            path = root / group.lstrip("/")
            folders += [path, *(parent for parent in path.parents if root in parent.parents)]
    return [folder for folder in dict.fromkeys(folders) if _cgroup_account(folder) is not None]


def _cgroup_account(folder: Path) -> MemoryAccount | None:
    for limit, usage in _CGROUP_FILES:
        try:
            total_bytes = int((folder / limit).read_text())
            used_bytes = int((folder / usage).read_text()) - _reclaimable(folder)
        except (OSError, ValueError):  # absent, or the word "max"
            continue
        if total_bytes < psutil.virtual_memory().total:
            return MemoryAccount("container", total_bytes, max(used_bytes, 0))
    return None


def _reclaimable(folder: Path) -> int:
    """Return bytes of file cache that the kernel gives back before it kills anyone."""
    for line in (folder / "memory.stat").read_text().splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return int(value)
    return 0

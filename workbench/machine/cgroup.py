"""Read the control groups of this process (Linux). A limit applies to a group and to every group inside it.

Both versions are supported: 2, in which all controllers are in one tree, and 1, with separate trees for memory and CPU.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

NO_LIMIT_BYTES = 1 << 60  # version 1 writes "no limit" as a number near 2**63
_MEMORY_LIMITS = ("memory.max", "memory.limit_in_bytes")
_CPU_LIMITS = ("cpu.max", "cpu.cfs_quota_us")


class MemoryGroup(NamedTuple):
    """A group with a memory limit, bytes. File cache that the kernel can free is not counted as used."""

    limit_bytes: int
    used_bytes: int


class CpuQuota(NamedTuple):
    """CPU time that a group may use, in cores, and CPU seconds that it has used so far (``None`` if not counted)."""

    cores: float
    used_seconds: float | None


@dataclass(frozen=True)
class ControlGroups:
    """Reads the groups of a process.

    Parameters
    ----------
    root : Path
        Mount point of the control groups.
    membership : Path
        File with the groups of the process.
    """

    root: Path = Path("/sys/fs/cgroup")
    membership: Path = Path("/proc/self/cgroup")

    def memory(self) -> list[MemoryGroup]:
        """Return every group with a memory limit, from the group of the process outward."""
        folders = _folders(self, "memory", _MEMORY_LIMITS, os.getpid())
        return [group for folder in folders if (group := _memory_group(folder))]

    def cpu(self) -> CpuQuota | None:
        """Return the smallest CPU quota of all groups; ``None`` if there is no quota."""
        folders = _folders(self, "cpu", _CPU_LIMITS, os.getpid())
        quotas = (quota for folder in folders if (quota := _cpu_quota(folder)))
        return min(quotas, key=lambda quota: quota.cores, default=None)

    def around(self, controller: str) -> list[Path]:
        """Return the folder of the group and those around it. In a container, its own group may be the root."""
        folders = [folder for top, path in self._groups(controller) for folder in _up_to(top, top / path)]
        return list(dict.fromkeys([*folders, self.root, self.root / controller]))

    def _groups(self, controller: str) -> Iterator[tuple[Path, str]]:
        """Yield the top folder of each tree with the path of the group below it."""
        for line in _text(self.membership).splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:  # version 2
                yield self.root, path.lstrip("/")
            elif controller in controllers.split(","):
                yield self.root / controller, path.lstrip("/")


@lru_cache(maxsize=16)
def _folders(groups: ControlGroups, controller: str, limits: tuple[str, ...], pid: int) -> list[Path]:
    """Return the folders that can limit a process; found once for each process, because memory is sampled often."""
    return [
        folder for folder in groups.around(controller) if any((folder / name).exists() for name in limits)
    ]


def _up_to(top: Path, folder: Path) -> list[Path]:
    return [folder, *(parent for parent in folder.parents if top in parent.parents)]


def _memory_group(folder: Path) -> MemoryGroup | None:
    for limit_name, used_name, reclaimable in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit = _integer(folder / limit_name)
        if limit is None or limit >= NO_LIMIT_BYTES or (used := _integer(folder / used_name)) is None:
            continue
        free_cache = _statistics(folder / "memory.stat").get(reclaimable, 0)
        return MemoryGroup(limit, max(0, used - free_cache))
    return None


def _cpu_quota(folder: Path) -> CpuQuota | None:
    words = _text(folder / "cpu.max").split()
    if len(words) == 2 and words[0].isdigit():
        used_us = _statistics(folder / "cpu.stat").get("usage_usec")
        return CpuQuota(int(words[0]) / int(words[1]), None if used_us is None else used_us / 1e6)
    quota, period = _integer(folder / "cpu.cfs_quota_us"), _integer(folder / "cpu.cfs_period_us")
    if quota and period and quota > 0:
        used_ns = _integer(folder / "cpuacct.usage")
        return CpuQuota(quota / period, None if used_ns is None else used_ns / 1e9)
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _integer(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.lstrip("-").isdigit() else None


def _statistics(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in _text(path).splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}

"""Measure how much memory is left in the machine, in each control group, and for this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import psutil

from workbench.machine.cgroup import ControlGroups


class MemoryAccount(NamedTuple):
    """A memory limit of this process, bytes. ``name`` is "system", "container" or "process"."""

    name: str
    total_bytes: int
    used_bytes: int

    @property
    def used_percent(self) -> float:
        return 100.0 * self.used_bytes / self.total_bytes

    def room_bytes(self, limit_percent: float) -> int:
        """Return the bytes left under ``limit_percent`` of the total; negative if more is used."""
        return int(self.total_bytes * limit_percent / 100) - self.used_bytes


MemorySampler = Callable[[], list[MemoryAccount]]


def shared_accounts(groups: ControlGroups | None = None) -> list[MemoryAccount]:
    """Sample the limits that this process shares with others: of the machine, and of its control groups."""
    system = psutil.virtual_memory()
    limited = (groups or ControlGroups()).memory()
    return [
        MemoryAccount("system", system.total, system.total - system.available),
        *(MemoryAccount("container", *group) for group in limited if group.limit_bytes < system.total),
    ]


def memory_accounts(groups: ControlGroups | None = None) -> list[MemoryAccount]:
    """Sample all limits: the shared ones, and how much of the smallest one this process uses by itself."""
    accounts = shared_accounts(groups)
    total_bytes = min(account.total_bytes for account in accounts)
    return [*accounts, MemoryAccount("process", total_bytes, _process(os.getpid()).memory_info().rss)]


def fullest(accounts: Sequence[MemoryAccount]) -> MemoryAccount:
    """Return the account with the largest used share, which decides whether more memory may be used."""
    return max(accounts, key=lambda account: account.used_percent)


def total_bytes(groups: ControlGroups | None = None) -> int:
    """Return the smallest shared limit: the memory that this process and the others with this limit may use."""
    return min(account.total_bytes for account in shared_accounts(groups))


def available_bytes(groups: ControlGroups | None = None) -> int:
    """Return the memory that is free under all shared limits."""
    return max(0, min(account.room_bytes(100) for account in shared_accounts(groups)))


@lru_cache(maxsize=1)
def _process(pid: int) -> psutil.Process:
    return psutil.Process(pid)

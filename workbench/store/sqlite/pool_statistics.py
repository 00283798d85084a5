"""What a database pool has done so far, as numbers that only grow."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class PoolStatistics:
    """Counters of one pool; ``lock`` guards them, since readers and the writer count from many threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    hits: int = 0
    misses: int = 0
    closed_queries: int = 0
    failed_queries: int = 0
    retries: int = 0
    reopened: int = 0
    health_checks: int = 0
    waits: int = 0
    wait_seconds: float = 0.0
    longest_wait_seconds: float = 0.0

    def count(self, name: str, amount: int = 1) -> None:
        """Add to the counter of this name."""
        with self.lock:
            setattr(self, name, getattr(self, name) + amount)

    def count_retry(self) -> None:
        """Count a retry because the database was busy."""
        self.count("retries")

    def waited(self, seconds: float) -> None:
        """Count a wait for a connection or a lock."""
        with self.lock:
            self.waits += 1
            self.wait_seconds += seconds
            self.longest_wait_seconds = max(self.longest_wait_seconds, seconds)

    def to_dict(self, open_queries: int) -> dict[str, Any]:
        """Return the statistics; ``open_queries`` are statements counted by connections that are still open.

        Percentages are 100 as long as nothing was counted.
        """
        with self.lock:
            total = self.closed_queries + open_queries
            acquired = self.hits + self.misses
            return {
                "total_queries": total,
                "failed_queries": self.failed_queries,
                "retries": self.retries,
                "pool_hits": self.hits,
                "pool_misses": self.misses,
                "reopened": self.reopened,
                "health_checks": self.health_checks,
                "waits": self.waits,
                "wait_seconds": self.wait_seconds,
                "wait_mean_ms": 1000 * self.wait_seconds / self.waits if self.waits else 0.0,
                "wait_max_ms": 1000 * self.longest_wait_seconds,
                "success_rate_percent": 100.0 * (1 - min(self.failed_queries, total) / total)
                if total
                else 100.0,
                "pool_efficiency_percent": 100.0 * self.hits / acquired if acquired else 100.0,
            }

"""The statistics that processes publish in the library, and the totals of ended processes.

The record of a process is deleted when the process ends. The same transaction adds its counters to the totals of
ended processes, so that no total ever decreases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.performance.totals import add_counters
from workbench.store.library.records import ProcessRecord

CLEAR_CACHES = "clear_caches_at"
START_CLUSTER = "start_cluster_at"
CLUSTER_HEALTH = "cluster_health"


def merge_ended(totals: Mapping[str, Any] | None, ended: Sequence[ProcessRecord]) -> dict[str, Any]:
    """Return the totals of ended processes with those of ``ended`` added."""
    counters: Mapping[str, Any] = totals or {}
    for process in ended:
        counters = add_counters(counters, process.payload)
    count = (totals or {}).get("processes", 0) + len(ended)
    since = totals["since"] if totals else min(process.updated_at for process in ended)
    return {**counters, "processes": count, "since": since}

"""Decide which process does a job: its owner, or another process after the owner has certainly ended."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable

from workbench.machine.process_identity import process_name, still_runs
from workbench.store.library.jobs import JobRepository
from workbench.store.library.records import JobRecord

SILENT_S = 15.0  # set by hand; an owner gives a sign of life each second


class JobOwner:
    """This process as an owner of jobs.

    The operating system tells whether an owner on this machine runs. An owner on another machine counts as ended after
    ``SILENT_S`` without a new sign of life. This process measures that time, so clocks that differ do no harm.

    Parameters
    ----------
    timer : callable
        Returns seconds that only grow.
    """

    def __init__(self, jobs: JobRepository, *, timer: Callable[[], float] = time.monotonic) -> None:
        self.name = f"{process_name()} {uuid.uuid4().hex[:8]}"  # a process may open a library twice
        self._jobs = jobs
        self._timer = timer
        self._seen: dict[str, tuple[float, float]] = {}

    def adopt(self, records: Iterable[JobRecord]) -> list[JobRecord]:
        """Claim those of some unfinished jobs whose owners have ended, and return those that are ours now."""
        orphans = [record for record in records if record.owner is None or self._has_ended(record)]
        return [
            record
            for record in orphans
            if self._jobs.claim(record.id, owner=self.name, instead_of=record.owner)
        ]

    def _has_ended(self, record: JobRecord) -> bool:
        runs = still_runs((record.owner or "").partition(" ")[0])
        return self._is_silent(record) if runs is None else not runs

    def _is_silent(self, record: JobRecord) -> bool:
        sign, since = self._seen.get(record.id, (None, 0.0))
        if sign != record.updated_at:
            since = self._timer()
            self._seen[record.id] = (record.updated_at, since)
        return self._timer() - since >= SILENT_S

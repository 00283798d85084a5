"""Counts for the home page: the tracks of a library, new and failed ones, jobs."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench

NEW_S = 7 * 24 * 3600  # set by hand: a track is new for a week
_PROBLEMS = ("problems", "counts")
LITTLE_SPACE_BYTES = 10**9  # set by hand: a large library and its backups take about as much


@dataclass(frozen=True)
class Overview:
    """Counts of a library.

    Attributes
    ----------
    new : int
        Tracks that were added within a week.
    running, waiting : int
        Jobs.
    free_bytes : int
        Free space where the library is kept.
    """

    tracks: int
    analyzed: int
    pending: int
    failed: int
    missing: int
    new: int
    playlists: int
    running: int
    waiting: int
    free_bytes: int

    @property
    def has_space(self) -> bool:
        return self.free_bytes > LITTLE_SPACE_BYTES


def problem_counts(wb: Workbench) -> dict[str, Any]:
    """Return the number of tracks with a problem, and the number for each kind; kept until the library changes."""
    from workbench.session.problems import KEPT_OUT

    snapshot = f"{wb.library.version()} {wb.library.said()}"
    kept = wb.library.artifacts.get(*_PROBLEMS)
    if kept is not None and kept.snapshot == snapshot:
        return dict(kept.value)
    found = [problem for problem in wb.problems() if problem.findings and problem.title != KEPT_OUT]
    tracks = {finding.track_id for problem in found for finding in problem.findings}
    counts = {"tracks": len(tracks), "kinds": {problem.title: len(problem.findings) for problem in found}}
    wb.library.artifacts.save(*_PROBLEMS, counts, snapshot=snapshot)
    return counts


def overview(wb: Workbench) -> Overview:
    """Return the current counts of a library."""
    by_status, jobs = wb.library.tracks.count_by_status(), wb.queue.counts()
    return Overview(
        tracks=sum(by_status.values()),
        **by_status,
        new=wb.library.tracks.count_added_since(time.time() - NEW_S),
        playlists=len(wb.playlists()),
        running=jobs["running"],
        waiting=jobs["waiting"],
        free_bytes=shutil.disk_usage(wb.settings.data_dir).free,
    )

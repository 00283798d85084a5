"""What the home page tells of a library: how much is in it, what is new, what has failed, what is running."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench

NEW_S = 7 * 24 * 3600  # set by hand: what came within a week is new
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


def overview(wb: Workbench) -> Overview:
    """Return the counts of a library as it is now."""
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

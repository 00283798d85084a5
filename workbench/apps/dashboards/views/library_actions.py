"""The functions of a workbench that apps pass to their views."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.widgets.pulse import Pulse
from workbench.machine.freed_memory import give_back_freed_memory

if TYPE_CHECKING:
    from workbench.analysis.features import TrackFeatures
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable

NEIGHBORS = 12  # as many rows as fit below a track
LOOKING = "Reading the library …"
WATCH_S = 3.0  # short enough for a person who waits for an analysis


class LibraryWatch(Pulse):
    """Detects changes of the library, also by other processes.

    Parameters
    ----------
    on_table : callable
        Called with the new table, and once with an empty one when the page is opened, because the page may have been
        prepared long ago.
    on_look : callable, optional
        Called each time the library is checked, for values that are not in the table.

    Attributes
    ----------
    looked : bool
        Whether the library was checked since the page was opened.
    """

    def __init__(
        self,
        wb: Workbench,
        on_table: Callable[[LibraryTable], None],
        on_look: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(self.renew, WATCH_S)
        self._wb, self._on_table, self._on_look = wb, on_table, on_look
        self.table = wb.table()
        self.looked = False

    def renew(self) -> None:
        """Read the library again on a thread if it has changed."""
        started = time.perf_counter()
        in_background(self._wb.table, lambda table: self._take(table, started), lambda message: None)
        if self._on_look is not None:
            self._on_look()

    def _take(self, table: LibraryTable, started: float) -> None:
        first, self.looked = not self.looked, True
        if table is not self.table or (first and not len(table)):
            self.table = table
            self._on_table(table)
            give_back_freed_memory()  # of what the views computed from the old table
            # While an analysis runs, the library changes all the time, so a large library is read less often.
            self.seconds = max(WATCH_S, 10 * (time.perf_counter() - started))


def details(
    wb: Workbench, table: LibraryTable, track_id: int
) -> tuple[Mapping[str, Any], TrackFeatures | None, list[dict[str, Any]]]:
    """Return a track, its features, and the table rows of its nearest neighbors with ``closer_than_percent``."""
    (track,), features = wb.track.described([wb.track(track_id)]), wb.track.features(track_id)
    if features is None:
        return track, None, []
    name = "closer_than_percent"
    near = [(table.index_of(one.id), one.explanation[name]) for one in wb.similar(track_id, NEIGHBORS)]
    return (
        track,
        features,
        [table.row(row) | {name: percent} for row, percent in near if row is not None],
    )


def playlists_folder(wb: Workbench) -> Path:
    """Return the folder for exported playlists."""
    return wb.settings.data_dir / "playlists"

"""What the apps ask of a workbench: the callables that the views take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.widgets.pulse import Pulse

if TYPE_CHECKING:
    from workbench.analysis.features import TrackFeatures
    from workbench.playlists.playlist import Playlist
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable

NEIGHBORS = 12
WATCH_S = 3.0


class LibraryWatch(Pulse):
    """Notices that the library has changed, whichever process changed it.

    Parameters
    ----------
    on_table : callable
        Called with the new table.
    on_look : callable, optional
        Called at every look, for what is no part of the table.
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

    def renew(self) -> None:
        """Read the library again if it has changed, off the event loop."""
        started = time.perf_counter()
        in_background(self._wb.table, lambda table: self._take(table, started), lambda message: None)
        if self._on_look is not None:
            self._on_look()

    def _take(self, table: LibraryTable, started: float) -> None:
        if table is not self.table:
            self.table = table
            self._on_table(table)
            # While an analysis runs, the library changes all the time: a large one is read less often.
            self.seconds = max(WATCH_S, 10 * (time.perf_counter() - started))


def matches(text: str, table: LibraryTable) -> npt.NDArray[np.bool_]:
    """Return which rows match a query of the filter language."""
    from workbench.playlists.query.query_match import compile_query

    return compile_query(text, table).matches()


def details(
    wb: Workbench, table: LibraryTable, track_id: int
) -> tuple[Mapping[str, Any], TrackFeatures | None, list[dict[str, Any]]]:
    """Return a track, its features, and the table rows of its nearest neighbors with their ``distance``."""
    from workbench.playlists.sound.space import space_of

    (track,), features = wb.described([wb.track(track_id)]), wb.features(track_id)
    row = table.index_of(track_id)
    if row is None or not table.analyzed[row]:
        return track, features, []
    distances = space_of(table).distances_from(row).astype(np.float64)
    distances[row] = np.nan
    near = np.argsort(distances)[:NEIGHBORS]
    return (
        track,
        features,
        [table.row(int(i)) | {"distance": float(distances[i])} for i in near if np.isfinite(distances[i])],
    )


def rating_of(wb: Workbench, track_id: int) -> float | None:
    """Return how the user rated a track, ``None`` where not at all."""
    rating = wb.library.ratings.all().get(wb.track(track_id).content_hash)
    return rating.rating if rating else None


def playlist_of(table: LibraryTable, ids: Sequence[int], order: str) -> Playlist:
    """Return a playlist of exactly these tracks."""
    from workbench.playlists import generate

    return generate(
        table,
        "random",
        size=len(ids),
        include=list(ids),
        order=order,
        random_state=0,
        only_analyzed=False,
        skip_duplicates=False,
        name=f"Selection of {len(ids)}",
    )


def playlists_folder(wb: Workbench) -> Path:
    """Return where exported playlists go."""
    return wb.settings.data_dir / "playlists"

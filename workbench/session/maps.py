"""``wb.maps``: the positions of tracks on the music map, close to similar tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.cards.verbs import Verbs
from workbench.machine.one_thread import one_thread
from workbench.playlists.sound.layouts import neighbor_map, principal_components
from workbench.playlists.sound.space import space_of

if TYPE_CHECKING:
    from workbench.processing.job.job import Job
    from workbench.processing.job.single_call import Steps
    from workbench.session.jobs.jobs import Jobs
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable

LAYOUT = ("map", "neighbors")
LOOK_S = 0.3  # set by hand: the delay until the end of a layout is detected
CLUSTERS = 6  # set by hand: as many as a legend can show and the palette can distinguish

Positions = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NeighborMap:
    """A layout in which neighbors in sound are neighbors on the map.

    Attributes
    ----------
    ids : int array, shape (n,), ascending
    positions : float32 array, shape (n, 2)
    snapshot : str
        Version of the library table that was laid out.
    """

    ids: npt.NDArray[np.int64]
    positions: Positions
    snapshot: str

    def to_dict(self) -> dict[str, Any]:
        return {"tracks": len(self.ids)}

    def positions_of(self, ids: npt.NDArray[np.int64]) -> tuple[Positions, int]:
        """Return the positions of these tracks, and how many are not in the layout; these get the center."""
        found = np.isin(ids, self.ids)
        positions = np.tile(self.positions.mean(axis=0), (len(ids), 1)).astype(np.float32)
        positions[found] = self.positions[np.searchsorted(self.ids, ids[found])]
        return positions, int((~found).sum())


class Maps(Verbs):
    """The maps of one library."""

    def __init__(self, library: Library, jobs: Jobs) -> None:
        self._library = library
        self._jobs = jobs

    def principal(self, table: LibraryTable) -> tuple[Positions, tuple[float, float]]:
        """Lay out the analyzed tracks by the two directions in which they differ most.

        Returns
        -------
        float32 array, shape (n, 2)
        tuple of float
            Share of the variance that each direction explains.
        """
        return principal_components(space_of(table).filled(np.flatnonzero(table.analyzed)))

    def neighbors(self) -> NeighborMap | None:
        """Return the kept neighbor map, or ``None`` if there is none yet."""
        kept = self._library.artifacts.get(*LAYOUT)
        return None if kept is None else NeighborMap(**kept.value, snapshot=kept.snapshot)

    def lay_out(self, table: LibraryTable) -> NeighborMap:
        """Lay out the analyzed tracks in a worker and keep the map; takes up to a minute for a large library."""
        return self.start_layout(table).result()

    def lay_out_here(self, table: LibraryTable) -> NeighborMap:
        """Lay out the analyzed tracks in one thread of this process and keep the map; for small libraries."""
        known = np.flatnonzero(table.analyzed)
        with one_thread():
            return self._keep(table, neighbor_map(space_of(table).filled(known)))

    def start_layout(self, table: LibraryTable, *, show: bool | None = None) -> Job[NeighborMap]:
        """Begin to lay out the analyzed tracks; return at once."""
        return self._jobs.call(
            lambda steps: self._lay_out(table, steps),
            title="Layout of the music map",
            unit="track",
            show=show,
        )

    def _lay_out(self, table: LibraryTable, steps: Steps) -> NeighborMap:
        known = np.flatnonzero(table.analyzed)
        steps(0, len(known))
        future = self._jobs.cluster.client.submit(neighbor_map, space_of(table).filled(known), pure=False)
        steps.on_cancel = future.cancel
        while not future.done():
            steps(0, len(known))  # reports the elapsed time, and raises when the job was cancelled
            steps.cancelled.wait(LOOK_S)
        positions = future.result()
        steps.check()
        return self._keep(table, positions)

    def _keep(self, table: LibraryTable, positions: Positions) -> NeighborMap:
        ids = table.ids[table.analyzed]
        self._library.artifacts.save(*LAYOUT, {"ids": ids, "positions": positions}, snapshot=table.version)
        return NeighborMap(ids, positions, table.version)

    def clusters(self, table: LibraryTable) -> list[str]:
        """Return the name of the cluster of sounds for every row of a table."""
        from workbench.playlists.sound.cluster_names import cluster_name
        from workbench.playlists.sound.clusters import kmeans_clusters

        labels = kmeans_clusters(table, np.arange(len(table)), CLUSTERS, 0).labels
        names = {
            int(label): cluster_name(table, np.flatnonzero(labels == label)) for label in np.unique(labels)
        }
        return [names[int(label)] for label in labels]

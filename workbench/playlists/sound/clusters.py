"""Group tracks that sound alike, into a given number of groups or into all communities."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.machine.one_thread import one_thread
from workbench.playlists.sound.arrays import Rows
from workbench.playlists.sound.points import Vectors, mean_point
from workbench.playlists.sound.space import Space, space_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from workbench.store.library.library_table import LibraryTable

# A limit in case k-means does not settle; set by hand.
_LLOYD_STEPS = 50
# The best of this many starts counts. Two runs on 80 % of a library then agree better (adjusted Rand index .50, not
# .41).
_STARTS, _STARTS_LARGE, _LARGE = 10, 1, 10_000
# Ties of each track, and the resolution of the Louvain method (higher: smaller groups). docs/measured.md has the trials
# with 5–12 and 0.7–1.4.
_TIES, _RESOLUTION = 8, 1.4
# The time for the distances grows with the square of the tracks.
_SAMPLE = 2000
# Networkx accepts no weight of 0, which the most distant tracks would have.
_LEAST_WEIGHT = 1e-6


@dataclass(frozen=True)
class Clusters:
    """A grouping of rows, largest group first.

    Attributes
    ----------
    labels : int array, shape (k,)
        Group of each row given; ``-1`` for none.
    centers : float32 array, points of shape (groups, d)
    """

    labels: npt.NDArray[np.int64]
    centers: Vectors

    def __len__(self) -> int:
        return len(self.centers)


def kmeans_clusters(table: LibraryTable, rows: Rows, count: int, random_state: int) -> Clusters:
    """Group rows by k-means (Lloyd, k-means++ start), on one thread so that the result has the same bits every time."""

    def compute() -> Clusters:
        from sklearn.cluster import KMeans

        space = space_of(table)
        vectors = space.filled(rows)
        distinct = len(np.unique(vectors[:: max(1, len(vectors) // 1000)], axis=0)) if len(vectors) else 0
        groups = min(count, len(rows), distinct)
        with one_thread():
            starts = _STARTS if len(rows) <= _LARGE else _STARTS_LARGE
            model = KMeans(groups, n_init=starts, max_iter=_LLOYD_STEPS, random_state=random_state).fit(
                vectors
            )
        return largest_first(model.labels_.astype(np.int64), space.at(rows))

    return table.derived(("kmeans", _digest(rows), count, random_state), compute)


def _digest(rows: Rows) -> bytes:
    return hashlib.blake2b(rows.tobytes(), digest_size=16).digest()


def largest_first(labels: npt.NDArray[np.int64], points: Vectors) -> Clusters:
    """Renumber groups by size, equal sizes by first member, and compute their centers."""
    names, first, sizes = np.unique(labels[labels >= 0], return_index=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    renumbered = np.full(len(labels), -1, dtype=np.int64)
    centers = np.empty((len(order), points.shape[1]), dtype=np.float32)
    for new, old in enumerate(names[order]):
        renumbered[labels == old] = new
        centers[new] = mean_point(points[labels == old])
    return Clusters(renumbered, centers)


def community_clusters(
    table: LibraryTable, rows: Rows, minimum_tracks: int | None, random_state: int
) -> Clusters:
    """Group rows into communities of the graph that connects each track with its nearest neighbors.

    The method finds the number of groups. Communities with fewer than ``minimum_tracks`` do not count as groups;
    ``None`` makes one group of all tracks. Of more than 2,000 tracks, a random sample of that many is grouped, and each
    other track joins the group of its nearest track.

    References
    ----------
    Blondel, Guillaume, Lambiotte, Lefebvre (2008), Fast unfolding of communities in large networks.
    """

    def compute() -> Clusters:
        space = space_of(table)
        if minimum_tracks is None:
            return largest_first(np.zeros(len(rows), dtype=np.int64), space.at(rows))
        with one_thread():
            labels = _communities(space, rows, random_state)
        small = np.bincount(labels, minlength=1) < minimum_tracks
        return largest_first(np.where(small[labels], -1, labels), space.at(rows))

    return table.derived(("communities", _digest(rows), minimum_tracks, random_state), compute)


def _communities(space: Space, rows: Rows, random_state: int) -> npt.NDArray[np.int64]:
    import networkx
    from sklearn.neighbors import NearestNeighbors

    sample = rows
    if len(rows) > _SAMPLE:
        sample = np.sort(np.random.default_rng(random_state).choice(rows, _SAMPLE, replace=False))
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(sample)))
    for place, row in enumerate(sample):
        distances = space.distances_from(int(row), sample)
        distances[place] = np.inf
        for near in np.argsort(distances, kind="stable")[: min(_TIES, len(sample) - 1)]:
            graph.add_edge(place, int(near), weight=1 - float(distances[near]) + _LEAST_WEIGHT)
    found = networkx.community.louvain_communities(graph, resolution=_RESOLUTION, seed=random_state)
    labels = np.zeros(len(sample), np.int64)
    for label, places in enumerate(found):
        labels[list(places)] = label
    if sample is rows:
        return labels
    nearest = NearestNeighbors(n_neighbors=1).fit(space.filled(sample))
    return np.asarray(labels[nearest.kneighbors(space.filled(rows), return_distance=False)[:, 0]])

"""Groups of tracks that sound alike, each named after what distinguishes it ("fast · bright · A minor")."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.analysis.tonality.camelot import UNKNOWN, key_name
from workbench.playlists.sound.arrays import Rows
from workbench.playlists.sound.energy import energy, percentiles
from workbench.playlists.sound.keys import camelot_codes
from workbench.playlists.sound.points import Vectors, mean_point
from workbench.playlists.sound.space import space_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from workbench.store.library.library_table import LibraryTable

# All set by hand. A limit in case k-means does not settle.
_LLOYD_STEPS = 50
# In more dimensions, densities hardly differ; and the time of HDBSCAN grows with the square of the number of tracks.
_COMPONENTS, _SAMPLE = 8, 4000
# How much a group must differ from the library before its name says so.
_NAMED_SHIFT = 0.15
_NAMED_SHARE = 0.35
_NAMED_SHARE_TO_USUAL = 1.5
# A track belongs to a group only if its nearest neighbor there is as near as those of this share of the members.
_REACH_QUANTILE = 0.9
_TRAITS = (
    ("bpm", "slow", "fast"),
    ("energy", "calm", "energetic"),
    ("spectral_centroid_hz", "dark", "bright"),
    ("danceability", "still", "danceable"),
    ("loudness_lufs", "quiet", "loud"),
    ("onset_rate_hz", "sparse", "busy"),
)


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
        from threadpoolctl import threadpool_limits

        space = space_of(table)
        vectors = space.filled(rows)
        distinct = len(np.unique(vectors[:: max(1, len(vectors) // 1000)], axis=0)) if len(vectors) else 0
        groups = min(count, len(rows), distinct)
        with threadpool_limits(1):
            model = KMeans(groups, n_init=1, max_iter=_LLOYD_STEPS, random_state=random_state).fit(vectors)
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


def cluster_name(table: LibraryTable, members: Rows) -> str:
    """Name a group after up to two traits furthest from the library's middle, its commonest key and genre.

    A trait counts when the group's mean percentile rank is over 0.15 from the middle; a key or genre when
    over 35 % of the group has it, and half as many again as of the library.
    """
    shifts = []
    for column, low, high in _TRAITS:
        ranks = energy(table, members) if column == "energy" else percentiles(table, column, members)
        if np.isfinite(ranks).any():
            shift = float(np.nanmean(ranks)) - 0.5
            shifts.append((-abs(shift), high if shift > 0 else low))
    words = [word for shift, word in sorted(shifts)[:2] if -shift > _NAMED_SHIFT]
    keys = camelot_codes(table)
    words += [key_name(code) for code in _typical(keys[members].tolist(), keys.tolist(), absent=UNKNOWN)]
    genres = table.texts("genre")
    words += [
        str(genre).lower() for genre in _typical(genres[members].tolist(), genres.tolist(), absent=None)
    ]
    if not words:
        bpm = table.numbers("bpm")[members]
        words = [f"around {np.nanmedian(bpm):.0f} BPM"] if np.isfinite(bpm).any() else ["mixed"]
    return " · ".join(words)


def _typical(own: list[Any], library: list[Any], *, absent: Any) -> list[Any]:
    """Return the commonest value, if it sets a group apart from the library."""
    (value, count), *_ = Counter(own).most_common(1)
    share, usual = count / len(own), library.count(value) / len(library)
    return [value] if value != absent and share > max(_NAMED_SHARE, _NAMED_SHARE_TO_USUAL * usual) else []


def density_clusters(
    table: LibraryTable, rows: Rows, minimum_tracks: int | None, random_state: int
) -> Clusters:
    """Group rows by HDBSCAN in the directions in which they vary most; one group of all for ``None``.

    Density means little in many dimensions, and HDBSCAN's time grows with the square of the number of
    tracks. So at most 8 principal components are kept and at most 4,000 tracks are clustered. Each other track joins
    the group of the nearest of those, if it is not further from it than the group's tracks are from one another.

    References
    ----------
    Campello, Moulavi, Sander (2013), Density-based clustering based on hierarchical density estimates.
    """

    def compute() -> Clusters:
        from threadpoolctl import threadpool_limits

        space = space_of(table)
        if minimum_tracks is None:
            return largest_first(np.zeros(len(rows), dtype=np.int64), space.at(rows))
        with threadpool_limits(1):
            labels = _density_labels(_principal(space.filled(rows)), minimum_tracks, random_state)
        return largest_first(labels, space.at(rows))

    return table.derived(("hdbscan", _digest(rows), minimum_tracks, random_state), compute)


def _principal(vectors: Vectors) -> Vectors:
    centered = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(centered.T @ centered)
    return np.asarray(centered @ directions[:, ::-1][:, :_COMPONENTS], dtype=np.float32)


def _density_labels(points: Vectors, minimum_tracks: int, random_state: int) -> npt.NDArray[np.int64]:
    from sklearn.cluster import HDBSCAN
    from sklearn.neighbors import NearestNeighbors

    if len(points) < max(3, minimum_tracks):
        return np.full(len(points), -1, dtype=np.int64)
    sample = np.arange(len(points))
    if len(points) > _SAMPLE:
        sample = np.sort(np.random.default_rng(random_state).choice(len(points), _SAMPLE, replace=False))
    found = HDBSCAN(min_cluster_size=minimum_tracks, copy=True).fit(points[sample])
    found = np.asarray(found.labels_, dtype=np.int64)
    if len(sample) == len(points) or (found < 0).all():
        return found
    neighbors = NearestNeighbors(n_neighbors=2).fit(points[sample])
    spacing = neighbors.kneighbors(points[sample])[0][:, 1]
    reach = np.array(
        [np.quantile(spacing[found == label], _REACH_QUANTILE) for label in range(found.max() + 1)]
    )
    distance, nearest = (column[:, 0] for column in neighbors.kneighbors(points, n_neighbors=1))
    labels = found[nearest]
    belongs = (labels >= 0) & (distance <= reach[labels])
    return np.asarray(np.where(belongs, labels, -1), dtype=np.int64)

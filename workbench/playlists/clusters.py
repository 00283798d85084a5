"""Groups of tracks that sound alike, and a name for each from what sets it apart ("fast · bright · A minor")."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.playlists.columns import Rows, derived, numbers, texts
from workbench.playlists.energy import energy, percentiles
from workbench.playlists.keys import UNKNOWN, camelot_codes, key_name
from workbench.playlists.space import Vectors, space_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from workbench.store.library_table import LibraryTable

_LLOYD_STEPS = 50
_NAMED_SHIFT = 0.15
_NAMED_SHARE = 0.35
_TRAITS = (("bpm", "slow", "fast"), ("energy", "calm", "energetic"), ("spectral_centroid_hz", "dark", "bright"),
           ("danceability", "still", "danceable"), ("loudness_lufs", "quiet", "loud"),
           ("onset_rate_hz", "sparse", "busy"))


@dataclass(frozen=True)
class Clusters:
    """A grouping of rows, largest group first.

    Attributes
    ----------
    labels : int array, shape (k,)
        Group of each row given; ``-1`` for none.
    centres : float32 array, shape (groups, d), standardised
    """

    labels: npt.NDArray[np.int64]
    centres: Vectors

    def __len__(self) -> int:
        return len(self.centres)


def kmeans_clusters(table: LibraryTable, rows: Rows, count: int, random_state: int) -> Clusters:
    """Group rows by k-means (Lloyd, k-means++ start); one thread, so that the result is the same bits every time."""

    def compute() -> Clusters:
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits

        vectors = space_of(table).at(rows)
        distinct = len(np.unique(vectors[:: max(1, len(vectors) // 1000)], axis=0)) if len(vectors) else 0
        groups = min(count, len(rows), distinct)
        with threadpool_limits(1):
            model = KMeans(groups, n_init=1, max_iter=_LLOYD_STEPS, random_state=random_state).fit(vectors)
        return largest_first(model.labels_.astype(np.int64), vectors)

    return derived(table, ("kmeans", rows.tobytes(), count, random_state), compute)


def largest_first(labels: npt.NDArray[np.int64], vectors: Vectors) -> Clusters:
    """Renumber groups by size, equal sizes by first member, and compute their centres."""
    names, first, sizes = np.unique(labels[labels >= 0], return_index=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    renumbered = np.full(len(labels), -1, dtype=np.int64)
    centres = np.empty((len(order), vectors.shape[1]), dtype=np.float32)
    for new, old in enumerate(names[order]):
        renumbered[labels == old] = new
        centres[new] = vectors[labels == old].mean(axis=0, dtype=np.float64)
    return Clusters(renumbered, centres)


def cluster_name(table: LibraryTable, members: Rows) -> str:
    """Name a group by up to two traits furthest from the library's middle, its commonest key and genre.

    A trait counts when the group's mean percentile rank is over 0.15 from the middle, a key or genre when over
    35 % of the group has it.
    """
    shifts = []
    for column, low, high in _TRAITS:
        ranks = energy(table, members) if column == "energy" else percentiles(table, column, members)
        if np.isfinite(ranks).any():
            shift = float(np.nanmean(ranks)) - 0.5
            shifts.append((-abs(shift), high if shift > 0 else low))
    words = [word for shift, word in sorted(shifts)[:2] if -shift > _NAMED_SHIFT]
    keys = camelot_codes(table, members)
    words += [key_name(code) for code in _commonest(keys[keys != UNKNOWN].tolist(), len(members))]
    words += [str(genre).lower() for genre in _commonest([g for g in texts(table, "genre")[members] if g], len(members))]
    if not words:
        bpm = numbers(table, "bpm")[members]
        words = [f"around {np.nanmedian(bpm):.0f} BPM"] if np.isfinite(bpm).any() else ["mixed"]
    return " · ".join(words)


def _commonest(values: list, total: int) -> list:  # type: ignore[type-arg]
    common = Counter(values).most_common(1)
    return [value for value, count in common if count > _NAMED_SHARE * total]

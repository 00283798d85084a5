"""Order chosen tracks, independently of the method that chose them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from workbench.playlists.making.spacing import keep_apart, spread_out
from workbench.playlists.sound.arrays import Floats, Rows
from workbench.playlists.sound.energy import energy
from workbench.playlists.sound.transitions import MixProfile, TransitionCosts

if TYPE_CHECKING:
    import numpy.typing as npt

    from workbench.store.library.library_table import LibraryTable

    class Order(Protocol):
        def __call__(
            self, table: LibraryTable, rows: Rows, rng: np.random.Generator, *, keep_first: bool
        ) -> Rows: ...


# Set by hand: the cost matrix of more tracks takes megabytes, and the time of a 2-opt pass grows with their square.
_IMPROVED_UP_TO = 600
_PASSES = 30
# Set by hand: low enough to decide only between transitions of equal key and tempo cost.
_TIE_BREAKER = 0.02


def order_rows(
    table: LibraryTable, rows: Rows, order: str, *, rng: np.random.Generator, keep_first: bool
) -> Rows:
    """Return ``rows`` in another order.

    Parameters
    ----------
    table : LibraryTable
    rows : int64 array, shape (k,)
    order : str
        A name in ``ORDERS``.
    rng : numpy Generator
    keep_first : bool
        Keep the first row in its place, unless the order is by a value of the tracks.
    """
    return rows if len(rows) < 2 else ORDERS[order](table, rows, rng, keep_first=keep_first)


def _as_chosen(table: LibraryTable, rows: Rows, rng: np.random.Generator, *, keep_first: bool) -> Rows:
    return rows


def _smooth(table: LibraryTable, rows: Rows, rng: np.random.Generator, *, keep_first: bool) -> Rows:
    return rows[cheapest_tour(MixProfile.of(table, rows), lambda costs: costs.total, keep_first=keep_first)]


def _harmonic(table: LibraryTable, rows: Rows, rng: np.random.Generator, *, keep_first: bool) -> Rows:
    """Minimize key and tempo changes, timbre breaking ties."""
    return rows[
        cheapest_tour(
            MixProfile.of(table, rows),
            lambda costs: costs.mixing + _TIE_BREAKER * costs.timbre,
            keep_first=keep_first,
        )
    ]


def _ramp(direction: int) -> Order:
    def ramp(table: LibraryTable, rows: Rows, rng: np.random.Generator, *, keep_first: bool) -> Rows:
        levels = np.nan_to_num(energy(table, rows), nan=0.5)
        tempos = np.nan_to_num(table.numbers("bpm")[rows])
        return rows[np.lexsort((rows, direction * tempos, direction * levels))]

    return ramp


def _shuffle(table: LibraryTable, rows: Rows, rng: np.random.Generator, *, keep_first: bool) -> Rows:
    head, rest = (rows[:1], rows[1:]) if keep_first else (rows[:0], rows)
    shuffled = rest[rng.permutation(len(rest))]
    for column in ("album", "artist"):
        shuffled = shuffled[spread_out(table.codes(column)[shuffled], rng)]
    shuffled = np.concatenate([head, shuffled])
    names = table.names("artist")
    artists = [names[row] for row in shuffled.tolist()]
    return shuffled[keep_apart(artists, 1, fixed=len(head))]


ORDERS: dict[str, Order] = {
    "none": _as_chosen,
    "smooth": _smooth,
    "harmonic": _harmonic,
    "ramp_up": _ramp(1),
    "ramp_down": _ramp(-1),
    "shuffle": _shuffle,
}
ORDER_HELP = {
    "none": "as the method chose",
    "smooth": "transitions as smooth as possible",
    "harmonic": "as little change of key and tempo as possible",
    "ramp_up": "rising energy",
    "ramp_down": "falling energy",
    "shuffle": "random, artists and albums spread out",
}


def cheapest_tour(
    profile: MixProfile, weigh: Callable[[TransitionCosts], Floats], *, keep_first: bool
) -> npt.NDArray[np.int64]:
    """Order positions by low total cost: nearest neighbor, then 2-opt until nothing improves.

    Parameters
    ----------
    profile : MixProfile of k tracks
    weigh : callable
        Returns the cost to minimize.
    keep_first : bool
        Start with position 0; otherwise with the best of several starts.

    Returns
    -------
    int64 array, shape (k,)

    References
    ----------
    Croes (1958), A method for solving traveling-salesman problems.
    """
    count = len(profile.points)
    if count > _IMPROVED_UP_TO:
        return _nearest_neighbors(lambda origin, left: weigh(profile.costs(origin, left)), count, 0)
    matrix = np.stack([weigh(profile.costs(origin)) for origin in range(count)])
    starts = (
        [0]
        if keep_first
        else sorted({0, int(np.argmax(matrix.sum(axis=1))), int(np.argmin(matrix.sum(axis=1)))})
    )
    tours = [
        two_opt(
            matrix,
            _nearest_neighbors(lambda origin, left: matrix[origin, left], count, start),
            keep_first=keep_first,
        )
        for start in starts
    ]
    return min(tours, key=lambda tour: float(matrix[tour[:-1], tour[1:]].sum()))


def _nearest_neighbors(
    cost: Callable[[int, npt.NDArray[np.int64]], Floats], count: int, start: int
) -> npt.NDArray[np.int64]:
    left = np.delete(np.arange(count), start)
    tour = [start]
    while len(left):
        best = int(np.argmin(cost(tour[-1], left)))
        tour.append(int(left[best]))
        left = np.delete(left, best)
    return np.array(tour, dtype=np.int64)


def two_opt(matrix: Floats, tour: npt.NDArray[np.int64], *, keep_first: bool) -> npt.NDArray[np.int64]:
    """Reverse parts of an open tour as long as that lowers its total cost; the costs are symmetric."""
    tour, count = tour.copy(), len(tour)
    for _ in range(_PASSES):
        improved = False
        for i in range(1 if keep_first else 0, count - 1):
            # reverse tour[i..j]: the edge before i and the edge after j change
            ends = np.arange(i + 1, count)
            before = (
                matrix[tour[i - 1], tour[ends]] - matrix[tour[i - 1], tour[i]] if i else np.zeros(len(ends))
            )
            after = np.zeros(len(ends))
            inner = ends[:-1]
            after[:-1] = matrix[tour[i], tour[inner + 1]] - matrix[tour[inner], tour[inner + 1]]
            gain = before + after
            best = int(np.argmin(gain))
            if gain[best] < -1e-12:
                tour[i : ends[best] + 1] = tour[i : ends[best] + 1][::-1].copy()
                improved = True
        if not improved:
            break
    return tour

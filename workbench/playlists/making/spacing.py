"""Keep tracks of one artist or album apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

# Share of the distance between two tracks of one group; set by hand, so that a shuffle does not look regular.
_JITTER = 0.1


def spread_out(groups: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return positions that spread the members of each group evenly over the whole, in their current order.

    Parameters
    ----------
    groups : int array, shape (k,)
        Group of each position; ``-1`` for none.
    rng : numpy Generator
        Shifts each group at random, so that the groups do not alternate regularly.

    Returns
    -------
    int array, shape (k,)
    """
    places = rng.random(len(groups))
    for group in np.unique(groups[groups >= 0]):
        members = np.flatnonzero(groups == group)
        jitter = rng.uniform(-_JITTER, _JITTER, len(members))
        places[members] = (np.arange(len(members)) + rng.random() + jitter) / len(members)
    return np.argsort(places, kind="stable")


def keep_apart(names: Sequence[Sequence[str]], gap: int, *, fixed: int = 0) -> list[int]:
    """Return positions in which no name repeats within ``gap``, as close to the current order as possible.

    Parameters
    ----------
    names : sequence of sequences of str
        Names at each position, such as the artists of a track; a track without names can have any place.
    gap : int
        Number of tracks that must be between two tracks with the same name.
    fixed : int
        How many positions at the start do not change.

    Returns
    -------
    list of int
        If the gap is not possible, the name that was used longest ago is next.
    """
    left, last = list(range(len(names))), dict[str, int]()
    order: list[int] = []
    remaining = Counter(name for several in names for name in several)
    while left:
        position = len(order)
        place = (
            0 if position < fixed else _next_place(names, left, last, remaining, gap=gap, position=position)
        )
        chosen = left.pop(place)
        order.append(chosen)
        last.update(dict.fromkeys(names[chosen], position))
        remaining.subtract(names[chosen])
    return order


def _next_place(
    names: Sequence[Sequence[str]],
    left: list[int],
    last: dict[str, int],
    remaining: Counter[str],
    *,
    gap: int,
    position: int,
) -> int:
    def rested(several: Sequence[str]) -> bool:
        return all(position - last.get(name, -gap - 1) > gap for name in several)

    def waited(index: int) -> int:
        return max((last.get(name, -1) for name in names[index]), default=-1)

    urgent, count = remaining.most_common(1)[0] if remaining else ("", 0)
    if count > 1 and (count - 1) * (gap + 1) + 1 >= len(left) and rested([urgent]):
        for place, index in enumerate(left):
            if urgent in names[index] and rested(names[index]):
                return place
    for place, index in enumerate(left):
        if rested(names[index]):
            return place
    return min(range(len(left)), key=lambda place: (waited(left[place]), place))


def closest_repeats(names: Sequence[Sequence[str]], gap: int) -> list[int]:
    """Return the number of tracks between two tracks of the same name, for each pair closer than ``gap``."""
    last: dict[str, int] = {}
    between = []
    for position, several in enumerate(names):
        before = max((last[name] for name in several if name in last), default=-gap - 1)
        if position - before <= gap:
            between.append(position - before - 1)
        last.update(dict.fromkeys(several, position))
    return between

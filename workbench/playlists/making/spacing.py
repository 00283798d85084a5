"""Keep tracks of one artist or album apart."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

# Share of the distance between two tracks of one group; set by hand, so that a shuffle does not look regular.
_JITTER = 0.1


def spread_out(groups: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return positions that spread the members of each group evenly over the whole, in their present order.

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


def keep_apart(names: list[str], gap: int, *, fixed: int = 0) -> list[int]:
    """Return positions with no name again within ``gap``, as near to the present order as can be.

    Parameters
    ----------
    names : list of str
        Name at each position; an empty one may stand anywhere.
    gap : int
        Tracks that must lie before the name comes again.
    fixed : int
        How many positions at the front stay as they are.

    Returns
    -------
    list of int
        If that is not possible, the name that has waited longest comes next.
    """
    left, last = list(range(len(names))), dict[str, int]()
    order: list[int] = []
    remaining = Counter(name for name in names if name)
    while left:
        position = len(order)
        place = (
            0 if position < fixed else _next_place(names, left, last, remaining, gap=gap, position=position)
        )
        chosen = left.pop(place)
        order.append(chosen)
        if names[chosen]:
            last[names[chosen]] = position
            remaining[names[chosen]] -= 1
    return order


def _next_place(
    names: list[str],
    left: list[int],
    last: dict[str, int],
    remaining: Counter[str],
    *,
    gap: int,
    position: int,
) -> int:
    def rested(name: str) -> bool:
        return not name or name not in last or position - last[name] > gap

    urgent, count = remaining.most_common(1)[0] if remaining else ("", 0)
    if count > 1 and (count - 1) * (gap + 1) + 1 >= len(left) and rested(urgent):
        return next(place for place, index in enumerate(left) if names[index] == urgent)
    for place, index in enumerate(left):
        if rested(names[index]):
            return place
    return min(range(len(left)), key=lambda place: (last[names[left[place]]], place))


def closest_repeats(names: list[str], gap: int) -> list[int]:
    """Return, for each repeat of a name within ``gap``, how many tracks lie between."""
    last: dict[str, int] = {}
    between = []
    for position, name in enumerate(names):
        if name and name in last and position - last[name] <= gap:
            between.append(position - last[name] - 1)
        last[name] = position
    return between

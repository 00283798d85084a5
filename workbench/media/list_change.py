"""Find the smallest change of a list by removing positions and adding items at the end, as servers can do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class ListChange(NamedTuple):
    """Positions to remove, ascending, and items to add at the end."""

    removed: list[int]
    added: list[str]


def list_change(before: Sequence[str], after: Sequence[str]) -> ListChange:
    """Return the change from one list to another.

    >>> list_change(["a", "b", "c"], ["a", "c", "d"])
    ListChange(removed=[1], added=['d'])
    >>> list_change(["a", "b"], ["b", "a"])
    ListChange(removed=[0], added=['a'])
    """
    removed, kept = [], 0
    for position, song in enumerate(before):
        if kept < len(after) and song == after[kept]:
            kept += 1
        else:
            removed.append(position)
    return ListChange(removed, list(after[kept:]))

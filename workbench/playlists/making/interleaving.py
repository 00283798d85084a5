"""Merge several sources of picks, each with its share."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from workbench.playlists.making.request import Pick, Request


def interleave(
    request: Request, sources: Sequence[Iterator[Pick]], shares: Sequence[float]
) -> Iterator[Pick]:
    """Yield picks so that, at every length, the share of taken picks from each source is near its weight.

    If a pick is refused, the next pick of the same source follows. The share of an exhausted source goes to the others.
    """
    left, credit = list(range(len(sources))), [0.0] * len(sources)
    while left:
        total = sum(shares[index] for index in left)
        for index in left:
            credit[index] += shares[index]
        chosen = max(left, key=lambda index: (credit[index], -index))
        credit[chosen] -= total
        if not (yield from _until_taken(request, sources[chosen])):
            left.remove(chosen)


def _until_taken(request: Request, source: Iterator[Pick]) -> Generator[Pick, None, bool]:
    """Yield picks from a source until one is taken; return whether one was taken."""
    before = len(request.chosen)
    for pick in source:
        yield pick
        if len(request.chosen) > before:
            return True
    return False

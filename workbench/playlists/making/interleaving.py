"""Merge several sources of picks, each with its share."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from workbench.playlists.making.request import Pick, Request


def interleave(
    request: Request, sources: Sequence[Iterator[Pick]], shares: Sequence[float]
) -> Iterator[Pick]:
    """Yield picks so that, at every length, each source's share of what is taken is near its weight.

    If the pick of a source is refused, its next one follows at once. The share of an exhausted source goes to the
    others.
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
    """Yield from a source until one pick was taken; return whether one was."""
    before = len(request.chosen)
    for pick in source:
        yield pick
        if len(request.chosen) > before:
            return True
    return False

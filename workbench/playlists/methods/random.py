"""Tracks drawn at random."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request


@method("random", "Tracks drawn at random, each equally likely.", needs_vectors=False)
def random(request: Request) -> Iterator[Pick]:
    """Yield candidates in random order."""
    rows = request.rows
    for row in request.rng.permutation(rows).tolist():
        yield Pick(row, {"drawn_from": len(rows)})

"""One community of tracks that sound alike. The method determines the number of communities.

The method has the name of the algorithm that it used before; HDBSCAN left out half of the tracks (docs/measured.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.methods.kmeans import members
from workbench.playlists.sound.clusters import community_clusters
from workbench.values import Value


@method(
    "hdbscan",
    "One community of tracks, in which each track is near to some others. The method finds how many there are.",
)
def hdbscan(
    request: Request,
    *,
    minimum_tracks: Annotated[int, Value("fewest tracks that make a group", low=2, high=10_000)] = 5,
    cluster: Annotated[
        int | None,
        Value(
            "number of the group, 0 is the largest; by default a random one that is large enough",
            low=0,
            high=9999,
        ),
    ] = None,
    start: Annotated[int | None, Tracks("take the group nearest to this track, which comes first")] = None,
) -> Iterator[Pick]:
    """Yield the members of one group by distance from its center."""
    rows = request.rows
    grouping = community_clusters(request.table, rows, minimum_tracks, int(request.rng.integers(2**31)))
    if not len(grouping):
        request.note(
            "minimum_tracks",
            f"No {minimum_tracks} tracks form a group of their own, so the whole library is one group.",
            asked=minimum_tracks,
            got=0,
        )
        grouping = community_clusters(request.table, rows, None, 0)
    yield from members(request, grouping, rows, cluster=cluster, start=start)

"""One group of tracks that sound alike, from a division of the library into groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Rows
from workbench.playlists.sound.cluster_names import MIXED, cluster_name, why_mixed
from workbench.playlists.sound.clusters import Clusters, kmeans_clusters
from workbench.playlists.sound.ranking import nearest_first
from workbench.values import Value


@method(
    "kmeans", "One group of tracks that sound alike, most typical first, named after what distinguishes it."
)
def kmeans(
    request: Request,
    *,
    clusters: Annotated[
        int | None,
        Value(
            "how many groups to divide the library into; by default 2 to 8, so that they have about the size asked",
            low=1,
            high=1000,
        ),
    ] = None,
    cluster: Annotated[
        int | None,
        Value(
            "number of the group, 0 is the largest; by default a random one that is large enough",
            low=0,
            high=999,
        ),
    ] = None,
    start: Annotated[int | None, Tracks("take the group of this track, which comes first")] = None,
) -> Iterator[Pick]:
    """Yield the members of one k-means cluster by distance from its center."""
    rows = request.rows
    count = clusters or min(8, max(2, len(rows) // request.size))
    grouping = kmeans_clusters(request.table, rows, count, int(request.rng.integers(2**31)))
    yield from members(request, grouping, rows, cluster=cluster, start=start)


def members(
    request: Request,
    grouping: Clusters,
    rows: Rows,
    *,
    cluster: int | None,
    start: int | None,
) -> Iterator[Pick]:
    """Yield the members of one group, the start track first, then by distance from the center."""
    chosen = _choose(request, grouping, rows, cluster, start)
    inside = rows[grouping.labels == chosen]
    others = inside[inside != start] if start is not None else inside
    name = cluster_name(request.table, inside)
    request.title = name
    if name == MIXED:
        request.note("cluster_name", why_mixed(request.table, inside))
    distances = request.space.distances_to(grouping.centers[chosen], others)
    facts = {"cluster": chosen, "cluster_name": name, "cluster_size": len(inside)}
    if start is not None:
        own = float(request.space.distances_to(grouping.centers[chosen], np.array([start]))[0])
        yield Pick(
            start, facts | {"distance_to_center": own, "seed": int(request.table.ids[start])}, pinned=True
        )
    for row, distance in nearest_first(others, distances):
        yield Pick(row, facts | {"distance_to_center": distance})


def _choose(
    request: Request,
    grouping: Clusters,
    rows: Rows,
    cluster: int | None,
    start: int | None,
) -> int:
    if start is not None:
        distances = [
            float(request.space.distances_to(center, np.array([start]))[0]) for center in grouping.centers
        ]
        return int(np.argmin(distances))
    if cluster is None:
        sizes = np.bincount(grouping.labels[grouping.labels >= 0], minlength=len(grouping))
        large_enough = np.flatnonzero(sizes >= request.size)
        return int(request.rng.choice(large_enough)) if len(large_enough) else 0
    if cluster >= len(grouping):
        request.note(
            "cluster",
            f"There are only {len(grouping)} groups, so the last was taken instead of {cluster}.",
            asked=cluster,
            got=len(grouping) - 1,
        )
    return min(cluster, len(grouping) - 1)

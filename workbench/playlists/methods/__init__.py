"""Playlist methods, one in each file. Importing this package registers them all."""

from workbench.errors import UnknownMethodError
from workbench.playlists.making.registry import METHODS, Method
from workbench.playlists.methods import (
    alchemy,
    cache_based,
    curve,
    feature_group,
    fingerprint,
    harmonic,
    hdbscan,
    journey,
    kmeans,
    mixed,
    path,
    query,
    radio,
    random,
    similarity,
    tag_based,
    time_based,
)  # isort: skip
from workbench.values import did_you_mean, nearest

__all__ = [
    "METHODS",
    "alchemy",
    "cache_based",
    "curve",
    "feature_group",
    "find_method",
    "fingerprint",
    "harmonic",
    "hdbscan",
    "journey",
    "kmeans",
    "mixed",
    "path",
    "query",
    "radio",
    "random",
    "similarity",
    "tag_based",
    "time_based",
]


def find_method(name: str) -> Method:
    """Return a method by name.

    Raises
    ------
    UnknownMethodError
        There is no such method. ``candidates`` has the nearest names.
    """
    found = METHODS.get(name)
    if found is None:
        raise UnknownMethodError(
            f"There is no playlist method {name!r}.{did_you_mean(str(name), METHODS)} Methods: {', '.join(METHODS)}.",
            name=name,
            candidates=nearest(str(name), METHODS),
        )
    return found

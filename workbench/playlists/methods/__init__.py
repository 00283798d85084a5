"""Playlist methods, one a file. Importing this package registers them all."""

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
from workbench.playlists.registry import METHODS

__all__ = [
    "METHODS",
    "alchemy",
    "cache_based",
    "curve",
    "feature_group",
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

"""Playlist methods, one a file. Importing this package registers them all, in this order."""

from workbench.playlists.methods import random, similarity, kmeans  # isort: skip
from workbench.playlists.registry import METHODS

__all__ = ["METHODS", "kmeans", "random", "similarity"]

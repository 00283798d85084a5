"""The library: everything that is remembered about a person's music, in one database.

Its parts are in files of their own: ``track_changes`` (scans, moves), ``track_queries``, ``feature_records``,
``table_loading``, ``playlist_records``, ``model_records`` (embeddings, predictions, ratings, maps),
``activity`` (processes, jobs, metrics, benchmarks) and ``maintenance``.
"""

from __future__ import annotations

from workbench.store.library.activity import Activity
from workbench.store.library.feature_records import FeatureRecords
from workbench.store.library.maintenance import Maintenance
from workbench.store.library.model_records import ModelRecords
from workbench.store.library.playlist_records import PlaylistRecords
from workbench.store.library.table_loading import TableLoading
from workbench.store.library.track_changes import TrackChanges
from workbench.store.library.track_queries import TrackQueries


class Library(
    TrackChanges,
    TrackQueries,
    FeatureRecords,
    TableLoading,
    PlaylistRecords,
    ModelRecords,
    Activity,
    Maintenance,
):
    """All parts on one pool: ``Library(DatabasePool(path))``. Every method may be called from any thread."""

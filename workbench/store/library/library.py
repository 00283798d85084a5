"""The library: everything that is remembered about a person's music, in one database."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.store.library.activity import ActivityRepository
from workbench.store.library.artifacts import ArtifactRepository
from workbench.store.library.damage import set_features_aside
from workbench.store.library.features import FeatureRepository
from workbench.store.library.files import FileRepository
from workbench.store.library.jobs import JobRepository
from workbench.store.library.landmarks import LandmarkRepository
from workbench.store.library.maintenance import Maintenance
from workbench.store.library.models import ModelRepository
from workbench.store.library.playlists import PlaylistRepository
from workbench.store.library.plays import PlayRepository
from workbench.store.library.ratings import RatingRepository
from workbench.store.library.server_songs import ServerSongRepository
from workbench.store.library.table_loading import load_table, snapshot_id
from workbench.store.library.tracks import TrackRepository
from workbench.store.library.written_tags import WrittenTagsRepository

if TYPE_CHECKING:
    from workbench.store.database_pool import DatabasePool
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.records import ScannedFile


class Library:
    """All repositories on one pool: ``Library(DatabasePool(path))``. Every method may be called from any thread.

    Attributes
    ----------
    files : FileRepository
        Files that scans found, moved files, missing files.
    tracks : TrackRepository
        The same rows as tracks: one, some, or a page of them.
    features : FeatureRepository
        Features by content, failures and the quarantine.
    landmarks : LandmarkRepository
        Landmarks, by which other files of the same recording are found.
    playlists : PlaylistRepository
        Playlists with their recipes and their history.
    models : ModelRepository
        Embeddings and predictions.
    ratings : RatingRepository
        The user's stars, labels and exclusions.
    plays : PlayRepository
        Plays, and the counters and ratings of players.
    server_songs : ServerSongRepository
        The songs of media servers, with the tracks that they are.
    written_tags : WrittenTagsRepository
        The tags that the workbench wrote into files.
    artifacts : ArtifactRepository
        Results that were computed from the whole library, such as a map.
    jobs : JobRepository
        Jobs, each with the process that does it.
    activity : ActivityRepository
        Processes, metrics, benchmarks.
    maintenance : Maintenance
        Checks, backups, space.
    """

    def __init__(self, pool: DatabasePool, *, now: Callable[[], float] = time.time) -> None:
        self.pool = pool
        self.files = FileRepository(pool, now)
        self.tracks = TrackRepository(pool, now)
        self.features = FeatureRepository(pool, now)
        self.landmarks = LandmarkRepository(pool, now)
        self.playlists = PlaylistRepository(pool, now)
        self.models = ModelRepository(pool, now)
        self.ratings = RatingRepository(pool, now)
        self.plays = PlayRepository(pool, now)
        self.server_songs = ServerSongRepository(pool, now)
        self.written_tags = WrittenTagsRepository(pool, now)
        self.artifacts = ArtifactRepository(pool, now)
        self.jobs = JobRepository(pool, now)
        self.activity = ActivityRepository(pool, now)
        self.maintenance = Maintenance(pool, now)

    def version(self) -> str:
        """Return the id of the present snapshot of the library; it changes when tracks, tags or features do."""
        with self.pool.reading() as connection:
            return snapshot_id(connection)

    def said(self) -> str:
        """Return two counts of changes: of ratings and exclusions, and of plays."""
        with self.pool.reading() as connection:
            found = connection.execute(
                "SELECT value FROM meta WHERE key IN ('played', 'said') ORDER BY key DESC"
            )
            return "-".join(value for (value,) in found)

    def table(self) -> LibraryTable:
        """Return all tracks as columns, from one snapshot.

        Flat numbers and texts of the features become columns. A vector whose length differs from that of the newest
        features counts as absent. Tracks whose features are damaged are pending from now on.
        """
        with self.pool.snapshot() as connection:
            table, damaged = load_table(connection)
        if damaged and set_features_aside(self.pool, damaged):
            return self.table()
        return replace(table, lyrics=self.tracks.lyrics)

    def carry_over(self, file: ScannedFile, old_hash: str) -> None:
        """Record that a file has new content with the same sound, so that it is not analyzed again."""
        new_hash = file.content_hash
        assert new_hash is not None
        with self.transaction():
            self.features.copy(old_hash, new_hash)
            self.models.copy(old_hash, new_hash)
            self.ratings.copy(old_hash, new_hash)
            self.plays.copy(old_hash, new_hash)
            self.files.add([file])
            self.maintenance.drop_unused(old_hash)

    def transaction(self) -> AbstractContextManager[Any]:
        """Return a context manager that makes everything written inside it one transaction."""
        return self.pool.writing()

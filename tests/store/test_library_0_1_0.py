"""A library that version 0.1.0 wrote opens, with everything that is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench import Workbench
from workbench.store.library.records import KnownFile, ScannedFile
from workbench.store.sqlite.sqlite_module import sqlite3

WRITTEN_BY_0_1_0 = Path(__file__).with_name("library_0_1_0.sql")
CONTENT = "a" * 32


@pytest.fixture
def wb(database_path: Path) -> Iterator[Workbench]:
    database_path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(database_path)
    connection.executescript(WRITTEN_BY_0_1_0.read_text())
    connection.close()
    with Workbench(database_path.parent) as opened:
        yield opened


def test_it_is_sound_and_of_a_known_version(wb: Workbench) -> None:
    assert wb.library.maintenance.check() == []
    assert wb.library.tracks.count_by_status() == {"pending": 0, "analyzed": 1, "failed": 2, "missing": 1}


def test_tracks_and_features_are_there(wb: Workbench) -> None:
    track = wb.track("Tone")
    assert (track.path, track.artist, track.year) == ("/music/tone.wav", "Ann", 1999)
    features = wb.track.features(track.id)
    assert features is not None
    assert features.bpm == pytest.approx(120.2, abs=0.1) == track.features["bpm"]
    np.testing.assert_allclose(
        wb.library.features.series(CONTENT)["beats_s"], [0.5, 1.0, 1.5, 2.0], atol=0.05
    )
    table = wb.table()
    assert table.number_at("bpm", 0) == features.bpm
    assert table.analyzed.tolist() == [True, False, False, False]
    assert table.text_at("predicted_genre", 0) == "rock"


def test_failures_and_missing_files_are_remembered(wb: Workbench) -> None:
    known = wb.library.files.known()
    assert known["/music/broken.mp3"] == KnownFile(2, 5, 6, None, "failed", None, "it is not audio", "format")
    assert known["/music/gone.mp3"].status == "missing"
    assert wb.library.features.quarantined()["c" * 32].error_kind == "crash"


def test_a_playlist_can_be_made_again(wb: Workbench) -> None:
    (summary,) = wb.playlists()
    playlist = wb.playlists.get(summary.id)
    assert (playlist.name, playlist.method, playlist.random_state) == ("evening", "tag_based", 7)
    assert [track.path for track in playlist.tracks] == ["/music/tone.wav"]
    again = wb.playlist(playlist.method, random_state=playlist.random_state, **playlist.parameters)
    assert [track.id for track in again.tracks] == [track.id for track in playlist.tracks]


def test_models_ratings_and_activity_are_there(wb: Workbench) -> None:
    library = wb.library
    hashes, vectors = library.models.embeddings("musicnn")
    assert (hashes, vectors.tolist()) == ([CONTENT], [[1.0, 2.0, 3.0]])
    rating = library.ratings.all()[CONTENT]
    assert (rating.rating, rating.labels) == (5, {"genre": "rock"})  # it was a thumb up
    artifact = library.artifacts.get("map", "pca")
    assert artifact is not None
    assert artifact.value["points"].shape == (1, 2)
    assert [job.id for job in library.jobs.latest()] == ["job1"]
    assert library.activity.metrics() == [(1700000000.0, {"cpu": 5})]
    assert library.activity.benchmarks() == [(1700000000.0, {"speed": 1})]
    assert library.activity.value("told") is True


def test_it_can_be_written_to(wb: Workbench) -> None:
    version = wb.library.version()
    (track_id,) = wb.library.files.add([ScannedFile("/music/copy.wav", 100, 300, CONTENT, {"title": "Copy"})])
    assert wb.track(track_id).status == "analyzed"
    assert wb.library.version() != version
    assert wb.library.maintenance.backup().exists()

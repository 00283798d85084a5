"""What a session says about the sound of tracks: similar ones, the neighbor map, and what models would add."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench import Workbench
from workbench.errors import UnknownTrackError
from workbench.store.library.records import FeatureRecord, ScannedFile

EACH = 20  # enough neighbors for the map
DIMENSIONS = 12


@pytest.fixture
def wb(data_dir: Path) -> Iterator[Workbench]:
    """A library of two kinds of sound: tracks 1 to 20 and 21 to 40."""
    with Workbench(data_dir, async_workers=1) as wb:
        generator = np.random.default_rng(5)
        for number in range(2 * EACH):
            vector = generator.normal(10.0 * (number // EACH), 1.0, DIMENSIONS)
            add(wb, f"/music/{number}.flac", f"{number:032d}", vector)
        yield wb


def add(wb: Workbench, path: str, content: str, vector: np.ndarray | None) -> None:
    wb.library.files.add([ScannedFile(path, 1000, 1, content, {"title": Path(path).stem, "artist": path})])
    if vector is not None:
        scalars = {"bpm": 120.0, "duration_s": 180.0, "sample_rate_hz": 44_100, "channels": 2}
        wb.library.features.save(content, FeatureRecord(1, scalars, vector.astype(np.float32), {}))


def test_similar_tracks_are_of_the_same_sound_and_nearest_first(wb: Workbench) -> None:
    similar = wb.similar(1, 5)
    distances = [track.explanation["distance"] for track in similar]
    assert len(similar) == 5 and distances == sorted(distances)
    assert all(1 < track.id <= EACH for track in similar)
    assert wb.playlists() == []  # nothing is kept


def test_copies_of_a_track_are_not_similar_to_it(wb: Workbench) -> None:
    add(wb, "/copies/0.flac", f"{0:032d}", None)
    copy = wb.track("/copies/0.flac").id
    assert not {1, copy} & {track.id for track in wb.similar(1, 2 * EACH)}


def test_nothing_is_similar_to_what_is_unknown_or_not_analyzed(wb: Workbench) -> None:
    with pytest.raises(UnknownTrackError):
        wb.similar(1000)
    add(wb, "/music/new.flac", "f" * 32, None)
    with pytest.raises(UnknownTrackError, match="not analyzed"):
        wb.similar("/music/new.flac")


def test_a_library_is_told_once_what_models_would_add(wb: Workbench, data_dir: Path) -> None:
    assert "models would add" in (wb.models.advice() or "")
    assert wb.models.advice() is None
    with Workbench(data_dir) as later:
        assert later.models.advice() is None


def test_the_map_lays_neighbors_in_sound_side_by_side_and_is_kept(wb: Workbench, data_dir: Path) -> None:
    assert wb.maps.neighbors() is None
    made = wb.maps.lay_out(wb.table())
    near, far = made.positions[:EACH], made.positions[EACH:]
    spread = max(np.linalg.norm(group - group.mean(axis=0), axis=1).mean() for group in (near, far))
    assert np.linalg.norm(near.mean(axis=0) - far.mean(axis=0)) > 2 * spread
    with Workbench(data_dir) as later:
        kept = later.maps.neighbors()
    assert kept is not None and kept.snapshot == made.snapshot
    np.testing.assert_array_equal(kept.positions, made.positions)
    positions, missing = kept.positions_of(np.array([1, 1000]))
    np.testing.assert_allclose(positions, [made.positions[0], made.positions.mean(axis=0)], rtol=1e-5)
    assert missing == 1

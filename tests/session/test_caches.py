"""The caches of a session: what each holds, and that they never return what is out of date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench import UnknownTrackError, Workbench
from workbench.store.library.records import FeatureRecord, ScannedFile

CACHES = ("analysis_cache", "feature_cache")


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path, cache_size_mb=8) as opened:
        save(opened, "Blue")
        opened.library.features.save("hash", FeatureRecord(1, {"bpm": 120.0}, np.ones(2, np.float32), {}))
        yield opened


def save(wb: Workbench, title: str) -> None:
    wb.library.files.add([ScannedFile("/music/a.mp3", 1, 1, "hash", {"title": title})])


def hits(wb: Workbench, cache: str) -> int:
    count: int = wb.caches.stats()[cache]["hits"]
    return count


def test_both_halves_of_the_memory_are_used_without_a_server(wb: Workbench) -> None:
    assert [wb.caches.stats()[name]["max_size_mb"] for name in CACHES] == [4.0, 4.0]
    assert wb.track(1) == wb.track(1) == wb.track("1")
    assert hits(wb, "feature_cache") == 2
    wb.caches.features.get_or_compute("hash", lambda: wb.library.features.get("hash"))
    wb.caches.features.get_or_compute("hash", lambda: pytest.fail("the features were kept"))
    assert hits(wb, "analysis_cache") == 1


def test_a_changed_track_is_read_again(wb: Workbench) -> None:
    assert wb.track("Blue").features["bpm"] == 120.0
    save(wb, "Green")
    assert wb.track("Green").id == wb.track(1).id
    assert wb.track(1).title == "Green"
    with pytest.raises(UnknownTrackError):
        wb.track("Blue")


def test_a_track_that_is_added_later_is_found(wb: Workbench) -> None:
    with pytest.raises(UnknownTrackError):
        wb.track(2)
    wb.library.files.add([ScannedFile("/music/b.mp3", 1, 1, "other", {"title": "Red"})])
    assert wb.track(2).title == "Red"


def test_features_that_another_process_saves_are_read_again(wb: Workbench, tmp_path: Path) -> None:
    scalars = {"duration_s": 2.0, "sample_rate_hz": 44100, "channels": 1}

    def bpm_after(saved: float) -> float | None:
        with Workbench(tmp_path) as other:
            record = FeatureRecord(1, {**scalars, "bpm": saved}, np.ones(2, np.float32), {})
            other.library.features.save("hash", record)
        features = wb.track.features(1)
        return features.bpm if features else None

    assert [bpm_after(saved) for saved in (90.0, 91.0)] == [90.0, 91.0]
    before = hits(wb, "analysis_cache")
    assert wb.track.features(1) == wb.track.features(1)
    assert hits(wb, "analysis_cache") == before + 2


def test_clearing_empties_both_caches(wb: Workbench) -> None:
    wb.track(1)
    wb.caches.features["hash"] = "kept"
    wb.caches.clear()
    assert [wb.caches.stats()[name]["current_entries"] for name in CACHES] == [0, 0]


def test_tracks_of_a_library_that_has_changed_take_no_memory(wb: Workbench) -> None:
    for title in ("Green", "Red"):
        assert wb.track(1) == wb.track("1")
        save(wb, title)
    assert wb.track(1).title == "Red"
    assert wb.caches.stats()["feature_cache"]["current_entries"] == 1

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, FeaturesVersion, Quarantined, ScannedFile

Scanned = Callable[..., ScannedFile]
Record = Callable[..., FeatureRecord]


def test_features_come_back_as_they_went_in(library: Library, scanned: Scanned, record: Record) -> None:
    (track_id,) = library.files.add([scanned("/m/a.mp3", "hash")])
    library.features.save("hash", record(3, truncated=False, duration_s=12.5, channels=2))
    out = library.features.get("hash")
    assert out is not None
    assert (out.version, out.seconds) == (3, 0.25)
    assert out.scalars == record(3, truncated=False, duration_s=12.5, channels=2).scalars
    assert out.vector.dtype == np.float32
    np.testing.assert_array_equal(out.vector, [0, 1, 2])
    np.testing.assert_array_equal(out.series["beats_s"], np.arange(5))
    assert out.series["chroma_curve"].shape == (0, 12)
    assert not out.vector.flags.writeable
    assert not out.series["beats_s"].flags.writeable
    track = library.tracks.get(track_id)
    assert track is not None
    assert (track.status, track.duration_s, track.features["mfcc_mean"]) == ("analyzed", 12.5, [1.0, 2.0])
    assert track.to_dict()["features"]["key"] == "F#"
    assert json.dumps(track.to_dict())
    np.testing.assert_array_equal(library.features.series("hash")["beats_s"], np.arange(5))


def test_unknown_content_has_no_features(library: Library) -> None:
    assert library.features.get("none") is None
    assert library.features.series("none") == {}


def test_known_files_tell_the_version_of_the_features(
    library: Library, scanned: Scanned, record: Record
) -> None:
    library.files.add([scanned("/m/a.mp3", "hash"), scanned("/m/b.mp3", "other")])
    library.features.save("hash", record(7))
    known = library.files.known(["/m"])
    assert known["/m/a.mp3"].features_version == FeaturesVersion(7)
    assert known["/m/b.mp3"].features_version is None


def test_features_may_come_before_the_track(library: Library, scanned: Scanned, record: Record) -> None:
    library.features.save("hash", record())
    library.files.add([scanned("/m/a.mp3", "hash")])
    assert library.tracks.count(status="analyzed") == 1


def test_a_failure_is_kept_with_its_reason_until_it_succeeds(
    library: Library, scanned: Scanned, record: Record
) -> None:
    (track_id,) = library.files.add([scanned("/m/a.mp3", "hash")])
    library.features.save_failure("hash", "it is not audio", "format")
    track = library.tracks.get(track_id)
    assert track is not None
    assert (track.status, track.error, track.error_kind) == ("failed", "it is not audio", "format")
    assert library.files.known()["/m/a.mp3"].error_kind == "format"
    assert library.features.quarantined() == {}
    library.features.save("hash", record())
    track = library.tracks.get(track_id)
    assert track is not None
    assert (track.status, track.error, track.error_kind) == ("analyzed", None, None)


@pytest.mark.parametrize("kind", ["crash", "timeout"])
def test_what_kills_or_hangs_a_worker_is_quarantined_by_content(
    library: Library, scanned: Scanned, kind: str
) -> None:
    library.files.add([scanned("/m/a.mp3", "bad"), scanned("/m/b.mp3", "good")])
    library.features.save_failure("bad", "it killed its worker", kind)
    found = library.features.quarantined(["bad", "good"])
    assert list(found) == ["bad"]
    assert found["bad"][:2] == Quarantined("it killed its worker", kind, 0)[:2]
    library.files.add(
        [scanned("/m/a.mp3", "bad"), scanned("/m/copy.mp3", "bad")]
    )  # under another name it is as bad
    assert library.files.known()["/m/copy.mp3"].status == "failed"
    assert library.features.clear_quarantine(["bad", "good"]) == 1
    assert library.tracks.count_by_status() == {"pending": 3, "analyzed": 0, "failed": 0, "missing": 0}
    assert library.features.quarantined() == {}


def test_many_hashes_at_once(library: Library) -> None:
    assert library.features.quarantined(f"hash {n}" for n in range(5000)) == {}
    assert library.features.clear_quarantine() == 0


# The table


def test_the_table_has_a_row_a_track_and_a_column_a_scalar(
    library: Library, scanned: Scanned, record: Record
) -> None:
    a, b, c = library.files.add(
        [
            scanned("/m/a.mp3", "one", title="A", artist="X", year=1999, track_number=3),
            scanned("/m/b.mp3", "two", artist="X"),
            scanned("/m/c.mp3", "three"),
        ]
    )
    library.features.save("one", record(bpm=128.0, danceability=1.5, truncated=True))
    library.features.save("three", record(bpm=None, key=None, danceability=0.5, truncated=False))
    library.files.mark_missing([c])
    table = library.table()
    assert table.version == library.version()
    assert table.ids.tolist() == [a, b, c]
    assert table["path"].tolist() == ["/m/a.mp3", "/m/b.mp3", "/m/c.mp3"]
    assert table["status"].tolist() == ["analyzed", "pending", "missing"]
    assert table["title"].tolist() == ["A", None, None]
    assert table["artist"][0] is table["artist"][1]
    assert table["key"].tolist() == ["F#", None, None]
    assert table["scale"].tolist() == [None, None, None]
    np.testing.assert_array_equal(table["year"], [1999, np.nan, np.nan])
    np.testing.assert_array_equal(table["bpm"], [128, np.nan, np.nan])
    np.testing.assert_array_equal(table["danceability"], [1.5, np.nan, 0.5])
    np.testing.assert_array_equal(table["truncated"], [1, np.nan, 0])
    assert "mfcc_mean" not in table.columns
    assert table.vectors.dtype == np.float32
    np.testing.assert_array_equal(table.analyzed, [True, False, True])
    assert table.row(0)["bpm"] == 128.0
    assert table.row(1)["bpm"] is None
    assert table.index_of(b) == 1
    assert table.index_of(99) is None
    assert list(table.to_frame().index) == [a, b, c]


def test_the_table_of_an_empty_library_is_empty(library: Library) -> None:
    table = library.table()
    assert len(table) == 0
    assert table.vectors.shape == (0, 0)
    assert table.analyzed.shape == (0,)
    assert "path" in table.columns


def test_features_of_several_versions_share_a_table(library: Library, scanned: Scanned) -> None:
    library.files.add([scanned("/m/a.mp3", "old"), scanned("/m/b.mp3", "new"), scanned("/m/c.mp3", "third")])
    library.features.save("old", FeatureRecord(1, {"bpm": 1.0, "mood": "calm"}, np.ones(2, "f4"), {}))
    library.features.save(
        "new", FeatureRecord(2, {"bpm": 2.0, "mood": None, "more": 5}, np.ones(3, "f4"), {})
    )
    library.features.save(
        "third", FeatureRecord(2, {"bpm": 3.0, "more": 6, "mood": "loud"}, np.ones(3, "f4"), {})
    )
    table = library.table()
    assert table["bpm"].tolist() == [1.0, 2.0, 3.0]
    assert table["mood"].tolist() == ["calm", None, "loud"]
    np.testing.assert_array_equal(table["more"], [np.nan, 5, 6])
    np.testing.assert_array_equal(table.analyzed, [False, True, True])  # the old vector has another length


def test_a_table_larger_than_a_chunk_is_in_order(library: Library, scanned: Scanned) -> None:
    count = 10_050
    with library.transaction():
        library.files.add([scanned(f"/m/{n}.mp3", f"{n}") for n in range(count)])
        for n in range(0, count, 50):
            library.features.save(str(n), FeatureRecord(1, {"n": n}, np.full(2, n, "f4"), {}))
    table = library.table()
    rows = np.flatnonzero(table.analyzed)
    assert rows.tolist() == list(range(0, count, 50))
    np.testing.assert_array_equal(table["n"][rows], rows)
    np.testing.assert_array_equal(table.vectors[rows, 1], rows)

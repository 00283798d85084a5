from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.errors import DatabaseCorruptError, DatabaseVersionError, StoreError
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import Embedding, PlaylistEntry, PlaylistRecord, Prediction, ScannedFile
from workbench.store.sqlite.migrations import MIGRATIONS
from workbench.store.sqlite.sqlite_module import sqlite3

Scanned = Callable[..., ScannedFile]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


# Playlists


def playlist(name: str = "party", size: int = 2, **changes: Any) -> PlaylistRecord:
    values: dict[str, Any] = {
        "name": name,
        "method": "similarity",
        "parameters": {"start": 1, "size": size},
        "random_state": 7,
        "snapshot": "abc-1",
        "versions": {"workbench": "0.1.0"},
        "card": {"diversity": np.float32(0.5)},
        "recipe": {"method": "similarity"},
        "entries": tuple(PlaylistEntry(n, f"hash {n}", {"nearest": n}) for n in range(size)),
    }
    return PlaylistRecord(**values | changes)


def test_a_playlist_comes_back_as_it_went_in(library: Library) -> None:
    playlist_id = library.playlists.save(playlist())
    out = library.playlists.get(playlist_id)
    assert out is not None
    assert out.entries == playlist().entries
    assert (out.name, out.method, out.parameters, out.random_state) == (
        "party",
        "similarity",
        {"start": 1, "size": 2},
        7,
    )
    assert (out.snapshot, out.card, out.recipe) == ("abc-1", {"diversity": 0.5}, {"method": "similarity"})
    assert out.id == playlist_id
    assert out.created_at is not None
    assert library.playlists.get("party") == library.playlists.get(str(playlist_id)) == out


def test_history_is_kept_and_the_newest_is_the_playlist(library: Library) -> None:
    first = library.playlists.save(playlist(size=1))
    second = library.playlists.save(playlist(size=3))
    other = library.playlists.save(playlist("other"))
    assert [(summary.id, summary.size) for summary in library.playlists.newest()] == [(other, 2), (second, 3)]
    assert [summary.id for summary in library.playlists.history("party")] == [second, first]
    newest = library.playlists.get("party")
    assert newest is not None
    assert newest.id == second
    assert library.playlists.delete(second)
    assert not library.playlists.delete(second)
    newest = library.playlists.get("party")
    assert newest is not None
    assert newest.id == first
    with library.pool.reading() as connection:
        assert connection.execute("SELECT count(*) FROM playlist_tracks").fetchone() == (3,)


def test_a_playlist_named_like_a_number_is_found(library: Library) -> None:
    playlist_id = library.playlists.save(playlist("2024"))
    found = library.playlists.get("2024")
    assert found is not None
    assert found.id == playlist_id
    assert library.playlists.get("none") is None
    assert library.playlists.get(99) is None


def test_a_value_that_is_not_json_saves_nothing(library: Library) -> None:
    with pytest.raises(TypeError):
        library.playlists.save(playlist(card={"bad": object()}))
    assert library.playlists.newest() == []


# Activity


def test_processes_are_published_and_retired_without_losing_their_counts(library: Library) -> None:
    for name, hits in (("a", 3), ("b", 4), ("a", 5)):
        library.activity.publish_process(name, pid=1, role="kernel", started_at=1.0, payload={"hits": hits})
    assert {process.id: process.payload for process in library.activity.processes()} == {
        "a": {"hits": 5},
        "b": {"hits": 4},
    }

    def merge(totals: Any, gone: list[Any]) -> Any:
        return {"hits": (totals or {"hits": 0})["hits"] + sum(process.payload["hits"] for process in gone)}

    with ThreadPoolExecutor(4) as threads:  # only one of them finds it
        retired = list(
            threads.map(lambda _: library.activity.retire_processes(ids=["a"], merge=merge), range(4))
        )
    assert sorted(map(len, retired)) == [0, 0, 0, 1]
    assert library.activity.retired_totals() == {"hits": 5}
    library.activity.retire_processes(ids=["b", "none"], merge=merge)
    assert library.activity.retired_totals() == {"hits": 9}
    assert library.activity.processes() == []


def test_jobs_are_updated_and_listed_newest_first(pool: DatabasePool) -> None:
    clock = Clock()
    library = Library(pool, now=clock)
    library.jobs.save("one", kind="analyze", status="running", payload={"done": 1})
    clock.now += 1
    library.jobs.save("two", kind="bench", status="running", payload={})
    clock.now += 1
    library.jobs.save("one", kind="analyze", status="done", payload={"done": 2})
    one = library.jobs.get("one")
    assert one is not None
    assert (one.status, one.payload, one.updated_at - one.created_at) == ("done", {"done": 2}, 2.0)
    assert [job.id for job in library.jobs.latest()] == ["two", "one"]
    assert [job.id for job in library.jobs.unfinished()] == ["two"]
    assert [job.id for job in library.jobs.latest(limit=1)] == ["two"]
    assert library.jobs.get("none") is None


def test_metrics_are_thinned_evenly(library: Library) -> None:
    for at in range(1000, 1100):
        library.activity.add_metrics({"cpu": at}, at=float(at))
    assert library.activity.thin_metrics(before=1090.0, every=10.0, forget_before=1020.0) == 20 + 70 - 7
    kept = [at for at, _ in library.activity.metrics()]
    assert kept == [*range(1020, 1090, 10), *range(1090, 1100)]
    assert library.activity.metrics(since=1095.0, until=1097.0) == [
        (1095.0, {"cpu": 1095}),
        (1096.0, {"cpu": 1096}),
    ]
    assert library.activity.thin_metrics(before=1090.0, every=10.0) == 0


def test_benchmarks_and_meta_are_kept(library: Library) -> None:
    assert library.activity.latest_benchmark() is None
    library.activity.add_benchmark({"speed": 1})
    library.activity.add_benchmark({"speed": float("nan")})
    latest = library.activity.latest_benchmark()
    assert latest is not None
    assert latest[1] == {"speed": None}
    assert [payload for _, payload in library.activity.benchmarks()] == [{"speed": None}, {"speed": 1}]
    assert library.activity.value("key", "default") == "default"
    library.activity.set_value("key", {"a": [1]})
    assert library.activity.value("key") == {"a": [1]}


# Models


def test_embeddings_come_back_as_a_matrix_with_their_origin(library: Library) -> None:
    library.models.save_embeddings(
        [
            Embedding("b", "musicnn", "1", "cafe", np.array([3, 4], "f4")),
            Embedding("a", "musicnn", "1", "cafe", np.array([1, 2], "f4")),
            Embedding("a", "vggish", "1", "beef", np.array([9], "f4")),
        ]
    )
    hashes, matrix = library.models.embeddings("musicnn")
    assert hashes == ["a", "b"]
    np.testing.assert_array_equal(matrix, [[1, 2], [3, 4]])
    assert library.models.embeddings("musicnn", model_hash="other")[0] == []
    assert library.models.embeddings("none")[1].shape == (0, 0)
    library.models.save_embeddings([Embedding("b", "musicnn", "2", "f00d", np.array([5, 6], "f4"))])
    assert library.models.embeddings("musicnn", model_hash="cafe")[0] == ["a"]
    assert library.models.delete("musicnn") == 2
    assert library.models.embeddings("musicnn")[0] == []
    assert library.models.embeddings("vggish")[0] == ["a"]


def test_predictions_and_ratings_stand_apart(library: Library) -> None:
    prediction = Prediction("a", "tagger", "1", "cafe", {"rock": 0.75})
    version = library.version()
    library.models.save_predictions([prediction])
    assert library.version() != version
    assert library.models.predictions() == library.models.predictions("a", model="tagger") == [prediction]
    assert library.models.predictions("b") == []
    library.ratings.rate("a", 4.5)
    for wrong in (-1, 0, 4.2, 6):
        with pytest.raises(StoreError, match="1 to 5 stars, halves included, or None"):
            library.ratings.rate("a", wrong)
    library.ratings.label("a", {"genre": "rock"})
    rating = library.ratings.all()["a"]
    assert (rating.rating, rating.labels) == (4.5, {"genre": "rock"})
    assert library.ratings.stars(["a", "b"]) == {"a": 4.5}
    library.ratings.rate("a", None)
    assert library.ratings.all()["a"].rating is None
    assert library.ratings.stars(["a", "b"]) == {}
    library.ratings.exclude(["a", "b"], excluded=True)
    library.ratings.exclude(["b"], excluded=False)
    excluded = {content: said.excluded for content, said in library.ratings.all().items()}
    assert excluded == {"a": True, "b": False}


def test_artifacts_are_replaced_by_key(library: Library) -> None:
    points = np.random.default_rng(0).random((50, 2), dtype="f4")
    library.artifacts.save("map", "umap", {"points": points, "seed": 7}, snapshot="x-1")
    library.artifacts.save("map", "pca", {"points": points[:1]}, snapshot="x-1")
    library.artifacts.save("map", "umap", {"points": points + 1, "seed": 7}, snapshot="x-2")
    found = library.artifacts.get("map", "umap")
    assert found is not None
    assert (found.snapshot, found.value["seed"]) == ("x-2", 7)
    np.testing.assert_array_equal(found.value["points"], points + 1)
    assert library.artifacts.get("map", "none") is None


# Maintenance


def test_info_tells_what_is_there(library: Library, scanned: Scanned, record: Callable[..., Any]) -> None:
    library.files.add([scanned("/m/a.mp3", "hash"), scanned("/m/b.mp3")])
    library.features.save("hash", record(2))
    info = library.maintenance.info()
    assert info["path"] == str(library.pool.path)
    assert info["tracks"] == {"total": 2, "analyzed": 1, "pending": 1}
    assert info["features"] == {"total": 1, "by_version": {"2": 1}}
    assert (info["journal_mode"], info["schema_version"], info["playlists"]) == ("wal", len(MIGRATIONS), 0)
    assert info["size_bytes"] > 0
    assert info["wal_size_bytes"] > 0
    assert info["sqlite_version"] == sqlite3.sqlite_version


def test_backup_and_restore(library: Library, scanned: Scanned) -> None:
    library.files.add([scanned("/m/a.mp3")])
    backup = library.maintenance.backup()
    assert library.maintenance.backups() == [backup]
    library.files.add([scanned("/m/b.mp3")])
    version = library.version()
    kept = library.maintenance.restore(backup)
    assert library.tracks.count() == 1
    assert library.version() != version
    assert library.maintenance.check() == []
    with DatabasePool(kept) as pool:
        assert Library(pool).tracks.count() == 2
    assert backup.exists()


def test_a_restore_reaches_other_processes(library: Library, scanned: Scanned) -> None:
    library.files.add([scanned("/m/a.mp3")])
    backup = library.maintenance.backup()
    library.files.add([scanned("/m/b.mp3")])
    with DatabasePool(library.pool.path) as other:
        assert Library(other).tracks.count() == 2
        library.maintenance.restore(backup)
        assert Library(other).tracks.count() == 1
        Library(other).files.add([scanned("/m/c.mp3")])
    assert library.tracks.count() == 2


def test_a_backup_never_overwrites(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "mine.sqlite3"
    assert library.maintenance.backup(target) == target
    before = target.read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        library.maintenance.backup(target)
    assert target.read_bytes() == before
    with pytest.raises(StoreError, match="cannot be written"):
        library.maintenance.backup(tmp_path / "no folder" / "mine.sqlite3")


def test_a_file_that_is_not_an_intact_backup_changes_nothing(
    library: Library, scanned: Scanned, tmp_path: Path
) -> None:
    library.files.add([scanned(f"/m/{n}.mp3", title="x" * 200) for n in range(300)])
    text = tmp_path / "text.sqlite3"
    text.write_bytes(b"not a database " * 1000)
    foreign = tmp_path / "foreign.sqlite3"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE tracks (id)")
    connection.close()
    newer = library.maintenance.backup(tmp_path / "newer.sqlite3")
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    damaged = library.maintenance.backup(tmp_path / "damaged.sqlite3")
    data = damaged.read_bytes()
    damaged.write_bytes(data[: len(data) // 2])
    for path, error in (
        (tmp_path / "none.sqlite3", StoreError),
        (tmp_path, StoreError),
        (text, DatabaseCorruptError),
        (foreign, StoreError),
        (newer, DatabaseVersionError),
        (damaged, DatabaseCorruptError),
    ):
        with pytest.raises(error) as caught:
            library.maintenance.restore(path)
        assert str(path) in caught.value.message
    assert library.tracks.count() == 300
    assert library.maintenance.backups() == []


def test_vacuum_gives_space_back(library: Library) -> None:
    with library.pool.writing() as connection:
        connection.execute("CREATE TABLE filler AS SELECT zeroblob(1000000) AS data")
        connection.execute("DROP TABLE filler")
    before = library.maintenance.info()
    assert before["free_bytes"] > 900_000
    library.maintenance.vacuum()
    after = library.maintenance.info()
    assert after["free_bytes"] == 0
    assert after["size_bytes"] < before["size_bytes"]


def test_cleanup_deletes_only_what_nothing_refers_to(
    pool: DatabasePool, scanned: Scanned, record: Callable[..., Any]
) -> None:
    clock = Clock()
    library = Library(pool, now=clock)
    (track_id,) = library.files.add([scanned("/m/a.mp3", "kept")])
    library.files.mark_missing([track_id])
    for content in ("kept", "orphan"):
        library.features.save(content, record())
        library.models.save_embeddings([Embedding(content, "musicnn", "1", "cafe", np.ones(2, "f4"))])
    library.jobs.save("old", kind="analyze", status="done", payload={})
    library.jobs.save("stuck", kind="analyze", status="running", payload={})
    for _ in range(7):
        library.maintenance.backup()
    clock.now += 365 * 86400
    deleted = library.maintenance.cleanup()
    assert (deleted["features"], deleted["embeddings"], deleted["jobs"], deleted["backups"]) == (1, 1, 1, 2)
    assert library.tracks.count() == 1
    assert library.features.get("kept") is not None
    assert library.features.get("orphan") is None
    assert library.features.series("orphan") == {}
    assert [job.id for job in library.jobs.latest()] == ["stuck"]
    assert len(library.maintenance.backups()) == 5
    assert library.maintenance.check() == []

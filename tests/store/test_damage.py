"""Damaged bytes in the database: a value is as it was saved, or absent and its track pending; never another."""

from __future__ import annotations

import contextlib
import logging
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.errors import StoreError
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import (
    Embedding,
    FeatureRecord,
    PlaylistEntry,
    PlaylistRecord,
    Prediction,
    ScannedFile,
)
from workbench.store.sqlite.migrations import MIGRATIONS
from workbench.store.sqlite.sqlite_module import sqlite3

TRACKS = 24
PAGE_BYTES = 4096


def content(number: int) -> str:
    return f"{number:032x}"


def features(number: int) -> FeatureRecord:
    values = np.random.default_rng(number)
    scalars = {
        "bpm": 100.0 + number,
        "key": "F#",
        "duration_s": 180.5 + number,
        "mfcc_mean": values.random(13).tolist(),
    }
    series = {"beats_s": values.random(200).astype("f4"), "energy_curve": values.random(600).astype("f4")}
    landmarks = values.integers(0, 2**32, (150, 2), dtype=np.uint32)
    return FeatureRecord(3, scalars, values.random(40).astype("f4"), series, 0.5, landmarks)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that nobody has open."""
    path = tmp_path_factory.mktemp("whole") / "library.sqlite3"
    with DatabasePool(path) as pool:
        library = Library(pool)
        for number in range(TRACKS):
            file = ScannedFile(
                f"/music/{number:02}.flac", 1000, 2000, content(number), {"title": f"Title {number}"}
            )
            library.files.add([file])
            library.features.save(content(number), features(number))
            vector = np.full(200, number, "f4")
            library.models.save_embeddings([Embedding(content(number), "net", "1", "abc", vector)])
            scores = {"calm": number / 100, "loud": 0.5}
            library.models.save_predictions([Prediction(content(number), "net", "1", "abc", scores)])
        library.artifacts.save("map", "layout", {"positions": np.arange(3000.0)}, snapshot="then")
    return path


@pytest.fixture
def damaged(whole: Path, tmp_path: Path) -> Path:
    """Return a copy to damage."""
    return Path(shutil.copy(whole, tmp_path / "library.sqlite3"))


def plain(value: Any) -> Any:
    """Return a value that can be compared."""
    if isinstance(value, FeatureRecord):
        return {name: plain(part) for name, part in vars(value).items()}
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def by_key(keys: list[str], values: Any) -> dict[str, Any]:
    return dict(zip(keys, plain(values), strict=True))


def answers(library: Library) -> Iterator[tuple[str, Callable[[], dict[Any, Any]]]]:
    """Yield every way to read stored values: what it is called, and a function that returns them by content."""
    every = [content(number) for number in range(TRACKS)]

    def listed() -> dict[str, Any]:
        return {
            track.content_hash: dict(track.features) for track in library.tracks.select() if track.features
        }

    def columns() -> dict[str, Any]:
        table = library.table()
        rows = np.flatnonzero(np.isfinite(table.numbers("bpm")) | table.analyzed)
        return {
            table["content_hash"][row]: [table.row(row)[name] for name in ("bpm", "key", "duration_s")]
            + [plain(table.vectors[row])]
            for row in rows
        }

    def first() -> dict[str, Any]:
        found = library.landmarks.first()
        ends = np.cumsum(found.counts)[:-1]
        return by_key(found.hashes, np.array(np.split(found.landmarks, ends))) if found.hashes else {}

    def artifact() -> dict[str, Any]:
        found = library.artifacts.get("map", "layout")
        return {} if found is None else {"map": plain(found.value)}

    def predictions() -> dict[str, Any]:
        return {one.content_hash: one.scores for one in library.models.predictions()}

    yield "features", lambda: {key: plain(found) for key in every if (found := library.features.get(key))}
    yield (
        "series",
        lambda: {key: plain(found) for key in every if (found := dict(library.features.series(key)))},
    )
    yield "listing", listed
    yield "table", columns
    yield "first landmarks", first
    yield "landmarks", lambda: plain(library.landmarks.of(every))
    yield "embeddings", lambda: by_key(*library.models.embeddings("net"))
    yield "scores", lambda: by_key(*library.models.score_matrix("net", ("calm", "loud")))
    yield "predictions", predictions
    yield "artifact", artifact


@pytest.fixture(scope="module")
def saved(whole: Path) -> dict[str, dict[Any, Any]]:
    with DatabasePool(whole) as pool:
        return {name: read() for name, read in answers(Library(pool))}


def test_everything_is_read(saved: dict[str, dict[Any, Any]]) -> None:
    counts = {name: len(values) for name, values in saved.items()}
    assert counts == dict.fromkeys(counts, TRACKS) | {"artifact": 1}


@pytest.mark.parametrize("seed", range(50))
def test_random_bytes_never_give_other_values(
    damaged: Path, saved: dict[str, dict[Any, Any]], seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(seed)
    data = bytearray(damaged.read_bytes())
    page = chance.randrange(1, len(data) // PAGE_BYTES)
    for _ in range(chance.choice([1, 8, 600])):
        data[page * PAGE_BYTES + chance.randrange(PAGE_BYTES)] = chance.randrange(256)
    damaged.write_bytes(data)
    order = list(saved)
    chance.shuffle(order)
    with DatabasePool(damaged) as pool:
        library = Library(pool)
        readers = dict(answers(library))
        lacking = False
        for name in order:
            try:
                found = readers[name]()
            except StoreError as error:
                assert "damaged" in str(error)
                lacking = True
                continue
            assert found == {key: saved[name].get(key) for key in found}, name
            lacking |= found.keys() != saved[name].keys()
        if lacking:
            assert said(library, caplog)


def said(library: Library, caplog: pytest.LogCaptureFixture) -> bool:
    """Whether a warning, the status of a track, or a check says that something is lacking."""
    if "damaged" in caplog.text:
        return True
    try:
        return library.tracks.count_by_status()["pending"] > 0 or library.maintenance.check() != []
    except StoreError as error:
        return "damaged" in str(error)


CHANGES = [
    ("features", "numbers", "CAST(zeroblob(length(numbers)) AS BLOB)"),
    ("features", "labels", "CAST(x'5b22ff225d' AS TEXT)"),
    ("features", "version", "version + 1"),
    ("features", "layout", "layout + 1"),
    ("features", "vector", "substr(vector, 1, 8)"),
    ("feature_details", "scalars", "replace(scalars, '10', '20')"),
    ("feature_details", "scalars", "'{'"),
    ("feature_details", "series", "x'00'"),
    ("landmarks", "first", "zeroblob(512)"),
    ("landmarks", "rest", "zeroblob(8)"),
]


def change(path: Path, table: str, column: str, value: str, number: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", (table,)
        ).fetchall()
        for (name,) in triggers:  # a disk changes bytes without them
            connection.execute(f"DROP TRIGGER {name}")
        changed = connection.execute(
            f"UPDATE {table} SET {column} = {value} WHERE content_hash = ?", (content(number),)
        )
        assert changed.rowcount == 1
        connection.commit()


@pytest.mark.parametrize(("table", "column", "value"), CHANGES)
def test_damaged_features_are_analyzed_again(
    damaged: Path,
    saved: dict[str, Any],
    table: str,
    column: str,
    value: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    change(damaged, table, column, value, 5)
    with DatabasePool(damaged) as pool:
        library = Library(pool)
        assert library.features.get(content(5)) is None
        assert library.tracks.count_by_status()["pending"] == 1
        for name, read in answers(library):
            lacking = set() if name in {"embeddings", "scores", "predictions", "artifact"} else {content(5)}
            assert read() == {key: value for key, value in saved[name].items() if key not in lacking}, name
        assert library.files.known()["/music/05.flac"].features_version is None
        assert caplog.text.count("features of 1 track are damaged") == 1
        library.features.save(content(5), features(5))
        assert library.maintenance.check() == []
        assert {name: read() for name, read in answers(library)} == saved
        assert library.tracks.count_by_status()["analyzed"] == TRACKS


@pytest.mark.parametrize("name", ["listing", "table", "landmarks", "first landmarks"])
def test_every_way_to_read_notices_damage(damaged: Path, name: str) -> None:
    change(damaged, "features", "numbers", "zeroblob(4)", 5)
    change(damaged, "feature_details", "scalars", "'{}'", 5)
    change(damaged, "landmarks", "first", "zeroblob(512)", 5)
    with DatabasePool(damaged) as pool:
        library = Library(pool)
        assert content(5) not in dict(answers(library))[name]()
        assert library.tracks.count_by_status()["pending"] == 1


@pytest.mark.parametrize(("table", "column"), [("embeddings", "vector"), ("predictions", "scores")])
def test_damaged_results_of_models_are_computed_again(
    damaged: Path, table: str, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    change(damaged, table, column, "zeroblob(8)", 5)
    with DatabasePool(damaged) as pool:
        library = Library(pool)
        [problem] = library.maintenance.check()
        assert "1 " + table[:-1] in problem
        assert library.maintenance.check() == []
        results = {name: read() for name, read in answers(library)}
        lacking = ("embeddings",) if table == "embeddings" else ("scores", "predictions")
        assert {name for name, found in results.items() if len(found) == TRACKS - 1} == set(lacking)
        assert library.tracks.count_by_status()["analyzed"] == TRACKS
        assert caplog.text.count("damaged") == 1


def test_damaged_names_of_features_do_not_name_others(damaged: Path) -> None:
    with closing(sqlite3.connect(damaged)) as connection:
        connection.execute("""UPDATE feature_layouts SET names = replace(names, '"bpm"', '"dpm"')""")
        connection.commit()
    with DatabasePool(damaged) as pool:
        library = Library(pool)
        assert "dpm" not in library.table().columns
        assert library.tracks.count_by_status()["pending"] == TRACKS
        library.features.save(content(5), features(5))
        assert library.table().number_at("bpm", 5) == 105.0


def test_a_new_content_that_sounds_the_same_does_not_inherit_damage(damaged: Path) -> None:
    change(damaged, "features", "numbers", "zeroblob(16)", 5)
    with DatabasePool(damaged) as pool:
        library = Library(pool)
        for old in (4, 5):
            library.carry_over(
                ScannedFile(f"/music/{old:02}.flac", 1000, 2000, content(50 + old)), content(old)
            )
        assert library.features.get(content(54)) is not None
        assert library.features.get(content(55)) is None
        assert library.tracks.count_by_status() == {
            "pending": 1,
            "analyzed": TRACKS - 1,
            "failed": 0,
            "missing": 0,
        }


def test_a_database_that_cannot_be_written_still_gives_no_wrong_values(
    damaged: Path, saved: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    change(damaged, "features", "numbers", "zeroblob(16)", 5)
    with DatabasePool(damaged) as pool:
        library = Library(pool)
        with pool.writing() as connection:
            connection.execute("PRAGMA query_only = ON")
        found = dict(answers(library))["table"]()
    assert found == {key: value for key, value in saved["table"].items() if key != content(5)}
    assert "not used" in caplog.records[0].getMessage()
    assert caplog.records[0].levelno == logging.WARNING


PEOPLE = [
    ("tracks", "title", "'Other'"),
    ("tracks", "artist", "CAST(x'ff41' AS TEXT)"),
    ("tracks", "path", "path || 'x'"),
    ("tracks", "content_hash", "'0'"),
    ("tracks", "year", "2001"),
    ("tracks", "tag_peak", "tag_peak * 1.0000001"),
    ("tracks", "search", "''"),
    ("tracks", "album", "album_artist"),
    ("ratings", "rating", "1"),
    ("ratings", "excluded", "1"),
    ("ratings", "labels", "'{'"),
    ("playlists", "name", "'Other'"),
    ("playlists", "parameters", "'{}'"),
    ("playlist_tracks", "track_id", "9"),
    ("playlist_tracks", "explanation", "'{}'"),
    ("playlist_tracks", "position", "7"),
]
TAGS = {"title": "Blue Tram", "artist": "Ann", "album": "", "year": 1999, "tag_peak": 0.9}


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Return a library of one track, which is rated and in a playlist."""
    path = tmp_path / "library.sqlite3"
    with DatabasePool(path) as pool:
        library = Library(pool)
        library.files.add([ScannedFile("/music/tram.flac", 1000, 2000, content(1), TAGS)])
        library.ratings.rate(content(1), 4.5)
        entries = [
            PlaylistEntry(1, content(1), {"text": "first"}),
            PlaylistEntry(1, None, {"text": "second"}),
        ]
        for name in ("Party", "Quiet"):
            library.playlists.save(
                PlaylistRecord(name=name, method="similarity", parameters={"a": 1}, entries=entries)
            )
        assert library.maintenance.check() == []
    return path


def damage(path: Path, table: str, column: str, value: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(f"UPDATE {table} SET {column} = {value} WHERE rowid = 1")
        connection.commit()


@pytest.mark.parametrize(("table", "column", "value"), PEOPLE)
def test_a_check_names_what_people_said_and_what_files_say(
    people: Path, table: str, column: str, value: str
) -> None:
    damage(people, table, column, value)
    with DatabasePool(people) as pool:
        library = Library(pool)
        problems = library.maintenance.check()
        if table == "tracks":
            assert problems[0].startswith("the tags of 1 track are damaged. Analyze")
        elif table == "ratings":
            assert problems == [
                "the rating of /music/tram.flac is damaged and not used. "
                "Rate the track again, or restore a backup (workbench db restore FILE)."
            ]
        else:
            name = "Other" if column == "name" else "Party"
            assert problems[0].startswith(f"the playlist {name!r} (id 1) is damaged. It is kept as it is.")


@pytest.mark.parametrize(("table", "column", "value"), PEOPLE[:8])
def test_damaged_tags_are_said_once_and_read_again(
    people: Path, column: str, value: str, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    damage(people, table, column, value)
    with DatabasePool(people) as pool:
        library = Library(pool)
        for _ in range(2):
            with contextlib.suppress(StoreError):  # text that is not UTF-8
                library.tracks.select()
        if column != "artist":
            assert caplog.text.count("The stored tags of 1 track are damaged. Analyze") == 1
        assert [known.size_bytes for known in library.files.known().values()] == [-1]
        library.files.add([ScannedFile("/music/tram.flac", 1000, 2000, content(1), TAGS)])
        assert library.files.known()["/music/tram.flac"].size_bytes == 1000
        assert library.tracks.by_content(content(1))[-1].artist == "Ann"


def test_a_damaged_rating_is_not_used_until_the_track_is_rated_again(
    people: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damage(people, "ratings", "rating", "1")
    with DatabasePool(people) as pool:
        ratings = Library(pool).ratings
        assert (ratings.all(), ratings.all(), ratings.stars([content(1)])) == ({}, {}, {})
        assert caplog.text.count("The rating of /music/tram.flac is damaged and not used. Rate") == 1
        ratings.rate(content(1), 3)
        assert ratings.stars([content(1)]) == {content(1): 3}
        assert Library(pool).maintenance.check() == []


def test_a_damaged_playlist_is_kept_named_and_stays_damaged_under_another_name(
    people: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damage(people, "playlist_tracks", "track_id", "9")
    with DatabasePool(people) as pool:
        library = Library(pool)
        assert [library.playlists.get("Party").entries[0].track_id for _ in range(2)] == [9, 9]
        assert caplog.text.count("The playlist 'Party' (id 1) is damaged. It is kept as it is.") == 1
        library.playlists.rename("Party", "Feast")
        library.playlists.rename("Quiet", "Silence")
        [problem] = library.maintenance.check()
        assert "'Feast'" in problem and library.playlists.get("Silence").name == "Silence"


def test_libraries_of_earlier_versions_get_checksums(people: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.sqlite3"
    with DatabasePool(before, migrations=MIGRATIONS[:-1]) as pool, pool.writing() as connection:
        connection.execute("ATTACH ? AS now", (str(people),))
        for table in ("tracks", "ratings", "playlists", "playlist_tracks"):
            names = ", ".join(
                name for _, name, *_ in connection.execute(f"PRAGMA main.table_info({table})").fetchall()
            )
            connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM now.{table}")
    with DatabasePool(before) as pool:
        library = Library(pool)
        assert library.maintenance.check() == []
        assert library.files.known()["/music/tram.flac"].size_bytes == 1000
        assert library.ratings.all()[content(1)].rating == 4.5
    damage(before, "playlists", "parameters", "'{}'")
    with DatabasePool(before) as pool:
        assert len(Library(pool).maintenance.check()) == 1

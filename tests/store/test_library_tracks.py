from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.store.library.library import Library
from workbench.store.library.records import KnownFile, ScannedFile

Scanned = Callable[..., ScannedFile]


def write(path: Path, text: str = "x") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


# Scanning


def test_what_is_scanned_is_known(library: Library, scanned: Scanned) -> None:
    ids = library.files.add([scanned("/music/b.mp3", "hash b"), scanned("/music/a.mp3", "hash a")])
    known = library.files.known(["/music"])
    assert known["/music/b.mp3"] == KnownFile(ids[0], 1000, 2000, "hash b", "pending", None, None, None)
    assert set(known) == {"/music/a.mp3", "/music/b.mp3"}
    assert library.files.known() == known


def test_a_prefix_is_a_folder_not_a_beginning(library: Library, scanned: Scanned) -> None:
    paths = ["/m/a.mp3", "/m2/a.mp3", "/m/sub/b.mp3", "/m.mp3", "/m-x/c.mp3", "/m/é.mp3", "/m/\U0001f3b5.mp3"]
    library.files.add([scanned(path) for path in paths])
    assert set(library.files.known(["/m"])) == {"/m/a.mp3", "/m/sub/b.mp3", "/m/é.mp3", "/m/\U0001f3b5.mp3"}
    assert set(library.files.known(["/m/"])) == set(library.files.known(["/m"]))
    assert set(library.files.known(["/m.mp3", Path("/m2")])) == {"/m.mp3", "/m2/a.mp3"}
    assert set(library.files.known(["/"])) == set(paths)
    assert library.files.known(["/none"]) == {}
    assert library.files.known([]) == {}


def test_scanning_again_changes_nothing(library: Library, scanned: Scanned) -> None:
    files = [scanned(f"/music/{n}.mp3", title="Same") for n in range(3)]
    ids = library.files.add(files)
    version = library.version()
    assert library.files.add(files) == ids
    assert library.version() == version
    assert library.tracks.count() == 3


def test_awkward_paths_and_tags_survive(library: Library, scanned: Scanned) -> None:
    paths = [
        "/m/new\nline.mp3",
        "/m/100%_'\"#.mp3",
        "/m/" + "é" * 120,
        "/m/" + unicodedata.normalize("NFD", "é"),
    ]
    tags = {"title": "a\0b", "artist": "\ud800broken", "year": 10**30, "track_number": 7}
    ids = library.files.add([scanned(path, **tags) for path in paths])
    tracks = library.tracks.by_id(ids)
    assert [tracks[id_].path for id_ in ids] == paths
    track = tracks[ids[0]]
    assert (track.title, track.artist, track.year, track.track_number) == ("a\0b", "?broken", None, 7)


def test_a_moved_file_keeps_its_row_and_its_analysis(
    library: Library, scanned: Scanned, record: Callable[..., Any], tmp_path: Path
) -> None:
    old, new = write(tmp_path / "old.mp3"), tmp_path / "artist" / "new.mp3"
    (track_id,) = library.files.add([scanned(old, "hash")])
    library.features.save("hash", record())
    new.parent.mkdir()
    Path(old).rename(new)
    assert library.files.add([scanned(str(new), "hash")]) == [track_id]
    track = library.tracks.get(track_id)
    assert track is not None
    assert (track.path, track.status) == (str(new), "analyzed")
    assert library.tracks.count() == 1


def test_a_file_that_is_missing_already_moves_too(library: Library, scanned: Scanned, tmp_path: Path) -> None:
    (track_id,) = library.files.add([scanned(str(tmp_path / "gone.mp3"), "hash")])
    library.files.mark_missing([track_id])
    assert library.files.add([scanned(write(tmp_path / "found.mp3"), "hash")]) == [track_id]
    assert library.tracks.count(status="missing") == 0


def test_several_copies_that_move_together_keep_their_names(
    library: Library, scanned: Scanned, tmp_path: Path
) -> None:
    a, b = library.files.add([scanned("/gone/a.mp3", "hash"), scanned("/gone/b.mp3", "hash")])
    new_b, new_a = write(tmp_path / "b.mp3"), write(tmp_path / "a.mp3")
    assert library.files.add([scanned(new_b, "hash"), scanned(new_a, "hash")]) == [b, a]


def test_a_copy_is_a_duplicate_not_a_move(
    library: Library, scanned: Scanned, record: Callable[..., Any], tmp_path: Path
) -> None:
    first = library.files.add([scanned(write(tmp_path / "a.mp3"), "hash")])
    library.features.save("hash", record())
    second = library.files.add([scanned(write(tmp_path / "b.mp3"), "hash")])
    assert library.tracks.count(status="analyzed") == 2  # the copy need not be analyzed
    ((one, two),) = library.tracks.duplicates()
    assert [one.id, two.id] == first + second
    library.files.mark_missing(second)
    assert library.tracks.duplicates() == []


def test_changed_content_is_analyzed_again_unless_it_is_known(
    library: Library, scanned: Scanned, record: Callable[..., Any]
) -> None:
    library.files.add([scanned("/m/a.mp3", "one")])
    library.features.save("one", record())
    library.files.add([scanned("/m/a.mp3", "two")])
    assert library.tracks.count_by_status()["pending"] == 1
    library.files.add([scanned("/m/a.mp3", "one")])
    assert library.tracks.count_by_status() == {"pending": 0, "analyzed": 1, "failed": 0, "missing": 0}


def test_deleted_files_are_marked_not_forgotten(
    library: Library, scanned: Scanned, record: Callable[..., Any]
) -> None:
    (track_id,) = library.files.add([scanned("/m/a.mp3", "hash")])
    library.features.save("hash", record())
    library.files.mark_missing([track_id])
    assert library.files.known()["/m/a.mp3"].status == "missing"
    assert library.features.get("hash") is not None
    library.files.mark_present([track_id])
    assert library.files.known()["/m/a.mp3"].status == "analyzed"


def test_a_file_that_cannot_be_read_is_listed_as_failed(library: Library) -> None:
    file = ScannedFile("/m/secret.mp3", 10, 20, None, {}, "no permission to read it", "permission")
    library.files.add([file])
    (track,) = library.tracks.select(status="failed")
    assert (track.path, track.content_hash, track.error, track.error_kind) == (
        "/m/secret.mp3",
        "",
        "no permission to read it",
        "permission",
    )


def test_a_batch_is_one_transaction(library: Library, scanned: Scanned) -> None:
    with pytest.raises(LookupError), library.transaction():
        library.files.add([scanned("/m/a.mp3")])
        assert library.tracks.count() == 1
        raise LookupError
    assert library.tracks.count() == 0


# Snapshots


def test_the_version_changes_exactly_with_tracks_tags_and_features(
    library: Library, scanned: Scanned, record: Callable[..., Any]
) -> None:
    seen = [library.version()]

    def changed() -> bool:
        seen.append(library.version())
        return seen[-1] != seen[-2]

    (track_id,) = library.files.add([scanned("/m/a.mp3", "hash", title="A")])
    assert changed()
    library.files.add([ScannedFile("/m/a.mp3", 1000, 9999, "hash", {"title": "A"})])
    assert not changed()  # touched, no more
    library.files.add([scanned("/m/a.mp3", "hash", title="B")])
    assert changed()
    library.features.save("hash", record(bpm=120.0))
    assert changed()
    library.features.save("hash", record(bpm=120.0))
    assert not changed()
    library.features.save("hash", record(bpm=121.0))
    assert changed()
    library.files.mark_missing([track_id])
    assert changed()
    library.files.mark_missing([track_id])
    assert not changed()
    library.jobs.save("job", kind="analyze", status="running", payload={})
    library.playlists.newest()
    assert not changed()
    said = library.said()
    library.ratings.rate("hash", 1)
    assert library.said() != said
    assert not changed()  # what the user says is put over the tracks, which are as they were
    assert len(set(seen)) == len([v for i, v in enumerate(seen) if i == 0 or v != seen[i - 1]])


def test_two_libraries_never_share_a_version(library: Library, tmp_path: Path) -> None:
    from workbench.store.database_pool import DatabasePool

    with DatabasePool(tmp_path / "other.sqlite3") as pool:
        assert Library(pool).version() != library.version()


# Reading


@pytest.fixture
def shelf(library: Library, scanned: Scanned) -> Library:
    library.files.add(
        [
            scanned(
                "/m/1.mp3", title="Halo", artist="Beyoncé", album="I Am… Sasha Fierce", genre="Pop", year=2008
            ),
            scanned("/m/2.mp3", title="Halo", artist="Depeche Mode", album="Violator", genre="Electronic"),
            scanned("/m/3.mp3", title="100% Pure_Love", artist="Crystal Waters", genre="House"),
            scanned("/m/4.mp3", title="4", artist="Straße", genre="House"),
        ]
    )
    return library


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, [1, 2, 3, 4]),
        ("", [1, 2, 3, 4]),
        ("halo", [1, 2]),
        ("HALO beyonce", [1]),
        ("sasha fierce", [1]),
        ("100%", [3]),
        ("%", [3]),
        ("e_l", [3]),
        ("strasse", [4]),
        ("house", [3, 4]),
        ("/m/2", [2]),
        ("nothing like it", []),
        ("\\", []),
    ],
)
def test_words_are_found_in_tags_and_path(shelf: Library, query: str | None, found: list[int]) -> None:
    assert [track.id for track in shelf.tracks.select(query=query)] == found
    assert shelf.tracks.count(query=query) == len(found)


def test_pages_come_in_order_of_id(shelf: Library) -> None:
    assert [track.id for track in shelf.tracks.select(limit=2)] == [1, 2]
    assert [track.id for track in shelf.tracks.select(limit=2, offset=2)] == [3, 4]
    assert shelf.tracks.select(limit=2, offset=9) == []
    assert shelf.tracks.select(limit=0) == []


def test_pages_come_after_an_id(shelf: Library) -> None:
    assert [track.id for track in shelf.tracks.select(limit=2, after=1)] == [2, 3]
    assert [track.id for track in shelf.tracks.select(query="house", after=3)] == [4]
    assert shelf.tracks.select(after=4) == []


def test_all_pages_together_are_the_listing(library: Library, scanned: Scanned) -> None:
    library.files.add([scanned(f"/m/{n}.mp3") for n in range(250)])
    pages = list(library.tracks.pages())
    assert [len(page) for page in pages] == [100, 150]
    assert [track.id for page in pages for track in page] == list(range(1, 251))
    assert sum(map(len, library.tracks.pages(limit=120))) == 120
    assert sum(map(len, library.tracks.pages(query="249"))) == 1


def test_a_page_is_read_when_it_is_asked_for(library: Library, scanned: Scanned) -> None:
    library.files.add([scanned(f"/m/{n}.mp3") for n in range(250)])
    pages = library.tracks.pages()
    next(pages)
    with library.pool.writing() as connection:
        connection.execute("DELETE FROM tracks WHERE id > 200")
    assert [track.id for track in next(pages)] == list(range(101, 201))


def test_counts_are_kept_through_every_change(library: Library, scanned: Scanned) -> None:
    def counted() -> dict[str, int]:
        with library.pool.reading() as connection:
            return dict(connection.execute("SELECT status, count(*) FROM tracks GROUP BY status").fetchall())

    library.files.add([scanned(f"/m/{n}.mp3", str(n)) for n in range(5)])
    library.files.mark_missing([1, 2])
    library.files.mark_present([2])
    library.features.save_failure("3", "broken", "format")
    with contextlib.suppress(RuntimeError), library.pool.writing() as connection:
        connection.execute("DELETE FROM tracks")
        raise RuntimeError
    with library.pool.writing() as connection:
        connection.execute("DELETE FROM tracks WHERE id = 5")
    found = library.tracks.count_by_status()
    assert {status: count for status, count in found.items() if count} == counted()
    assert library.tracks.count() == 4 and library.tracks.count(status="failed") == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2", [2]),
        ("4", [4]),
        ("/m/3.mp3", [3]),
        ("halo", [1, 2]),
        ("Halo ", [1, 2]),
        ("violator", [2]),
        ("100% pure_love", [3]),
        ("99", []),
        ("9" * 40, []),
        ("", []),
    ],
)
def test_a_track_is_found_by_what_a_person_types(shelf: Library, text: str, found: list[int]) -> None:
    assert [track.id for track in shelf.tracks.find(text)] == found


def test_a_title_wins_over_words_elsewhere(library: Library, scanned: Scanned) -> None:
    library.files.add(
        [scanned("/m/1.mp3", title="Blue Monday"), scanned("/m/2.mp3", title="Blue", album="Blue")]
    )
    assert [track.id for track in library.tracks.find("blue")] == [2]


def test_missing_records_are_none(library: Library) -> None:
    assert library.tracks.get(1) is None
    assert library.tracks.by_content("none") == []
    assert library.tracks.count_by_status() == {"pending": 0, "analyzed": 0, "failed": 0, "missing": 0}


paths = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(paths, unique=True, min_size=1, max_size=8), folder=paths.filter(lambda p: "/" not in p)
)
def test_any_path_is_found_under_its_folder(library: Library, names: list[str], folder: str) -> None:
    prefix = f"/{folder}"
    files = [ScannedFile(f"{prefix}/{name}", 1, 1, f"hash {name}") for name in names]
    before = set(library.files.known([prefix]))
    library.files.add(files)
    assert set(library.files.known([prefix])) == before | {file.path for file in files}
    for file in files:
        assert file.path in library.files.known([file.path])

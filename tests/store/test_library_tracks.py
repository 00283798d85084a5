from __future__ import annotations

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
    ids = library.add_scanned([scanned("/music/b.mp3", "hash b"), scanned("/music/a.mp3", "hash a")])
    known = library.known_files(["/music"])
    assert known["/music/b.mp3"] == KnownFile(ids[0], 1000, 2000, "hash b", "pending", None, None, None)
    assert set(known) == {"/music/a.mp3", "/music/b.mp3"}
    assert library.known_files() == known


def test_a_prefix_is_a_folder_not_a_beginning(library: Library, scanned: Scanned) -> None:
    paths = ["/m/a.mp3", "/m2/a.mp3", "/m/sub/b.mp3", "/m.mp3", "/m-x/c.mp3", "/m/é.mp3", "/m/\U0001f3b5.mp3"]
    library.add_scanned([scanned(path) for path in paths])
    assert set(library.known_files(["/m"])) == {"/m/a.mp3", "/m/sub/b.mp3", "/m/é.mp3", "/m/\U0001f3b5.mp3"}
    assert set(library.known_files(["/m/"])) == set(library.known_files(["/m"]))
    assert set(library.known_files(["/m.mp3", Path("/m2")])) == {"/m.mp3", "/m2/a.mp3"}
    assert set(library.known_files(["/"])) == set(paths)
    assert library.known_files(["/none"]) == {}
    assert library.known_files([]) == {}


def test_scanning_again_changes_nothing(library: Library, scanned: Scanned) -> None:
    files = [scanned(f"/music/{n}.mp3", title="Same") for n in range(3)]
    ids = library.add_scanned(files)
    version = library.version()
    assert library.add_scanned(files) == ids
    assert library.version() == version
    assert library.count() == 3


def test_awkward_paths_and_tags_survive(library: Library, scanned: Scanned) -> None:
    paths = [
        "/m/new\nline.mp3",
        "/m/100%_'\"#.mp3",
        "/m/" + "é" * 120,
        "/m/" + unicodedata.normalize("NFD", "é"),
    ]
    tags = {"title": "a\0b", "artist": "\ud800broken", "year": 10**30, "track_number": 7}
    ids = library.add_scanned([scanned(path, **tags) for path in paths])
    tracks = library.tracks_by_id(ids)
    assert [tracks[id_].path for id_ in ids] == paths
    track = tracks[ids[0]]
    assert (track.title, track.artist, track.year, track.track_number) == ("a\0b", "?broken", None, 7)


def test_a_moved_file_keeps_its_row_and_its_analysis(
    library: Library, scanned: Scanned, record: Callable[..., Any], tmp_path: Path
) -> None:
    old, new = write(tmp_path / "old.mp3"), tmp_path / "artist" / "new.mp3"
    (track_id,) = library.add_scanned([scanned(old, "hash")])
    library.save_features("hash", record())
    new.parent.mkdir()
    Path(old).rename(new)
    assert library.add_scanned([scanned(str(new), "hash")]) == [track_id]
    track = library.track(track_id)
    assert track is not None
    assert (track.path, track.status) == (str(new), "analyzed")
    assert library.count() == 1


def test_a_file_that_is_missing_already_moves_too(library: Library, scanned: Scanned, tmp_path: Path) -> None:
    (track_id,) = library.add_scanned([scanned(str(tmp_path / "gone.mp3"), "hash")])
    library.mark_missing([track_id])
    assert library.add_scanned([scanned(write(tmp_path / "found.mp3"), "hash")]) == [track_id]
    assert library.count("missing") == 0


def test_several_copies_that_move_together_keep_their_names(
    library: Library, scanned: Scanned, tmp_path: Path
) -> None:
    a, b = library.add_scanned([scanned("/gone/a.mp3", "hash"), scanned("/gone/b.mp3", "hash")])
    new_b, new_a = write(tmp_path / "b.mp3"), write(tmp_path / "a.mp3")
    assert library.add_scanned([scanned(new_b, "hash"), scanned(new_a, "hash")]) == [b, a]


def test_a_copy_is_a_duplicate_not_a_move(
    library: Library, scanned: Scanned, record: Callable[..., Any], tmp_path: Path
) -> None:
    first = library.add_scanned([scanned(write(tmp_path / "a.mp3"), "hash")])
    library.save_features("hash", record())
    second = library.add_scanned([scanned(write(tmp_path / "b.mp3"), "hash")])
    assert library.count("analyzed") == 2  # the copy need not be analyzed
    ((one, two),) = library.duplicates()
    assert [one.id, two.id] == first + second
    library.mark_missing(second)
    assert library.duplicates() == []


def test_changed_content_is_analyzed_again_unless_it_is_known(
    library: Library, scanned: Scanned, record: Callable[..., Any]
) -> None:
    library.add_scanned([scanned("/m/a.mp3", "one")])
    library.save_features("one", record())
    library.add_scanned([scanned("/m/a.mp3", "two")])
    assert library.counts()["pending"] == 1
    library.add_scanned([scanned("/m/a.mp3", "one")])
    assert library.counts() == {"pending": 0, "analyzed": 1, "failed": 0, "missing": 0}


def test_deleted_files_are_marked_not_forgotten(
    library: Library, scanned: Scanned, record: Callable[..., Any]
) -> None:
    (track_id,) = library.add_scanned([scanned("/m/a.mp3", "hash")])
    library.save_features("hash", record())
    library.mark_missing([track_id])
    assert library.known_files()["/m/a.mp3"].status == "missing"
    assert library.features("hash") is not None
    library.mark_present([track_id])
    assert library.known_files()["/m/a.mp3"].status == "analyzed"


def test_a_file_that_cannot_be_read_is_listed_as_failed(library: Library) -> None:
    file = ScannedFile("/m/secret.mp3", 10, 20, None, {}, "no permission to read it", "permission")
    library.add_scanned([file])
    (track,) = library.tracks(status="failed")
    assert (track.path, track.content_hash, track.error, track.error_kind) == (
        "/m/secret.mp3",
        "",
        "no permission to read it",
        "permission",
    )


def test_a_batch_is_one_transaction(library: Library, scanned: Scanned) -> None:
    with pytest.raises(LookupError), library.batch():
        library.add_scanned([scanned("/m/a.mp3")])
        assert library.count() == 1
        raise LookupError
    assert library.count() == 0


# Snapshots


def test_the_version_changes_exactly_with_tracks_tags_and_features(
    library: Library, scanned: Scanned, record: Callable[..., Any]
) -> None:
    seen = [library.version()]

    def changed() -> bool:
        seen.append(library.version())
        return seen[-1] != seen[-2]

    (track_id,) = library.add_scanned([scanned("/m/a.mp3", "hash", title="A")])
    assert changed()
    library.add_scanned([ScannedFile("/m/a.mp3", 1000, 9999, "hash", {"title": "A"})])
    assert not changed()  # touched, no more
    library.add_scanned([scanned("/m/a.mp3", "hash", title="B")])
    assert changed()
    library.save_features("hash", record(bpm=120.0))
    assert changed()
    library.save_features("hash", record(bpm=120.0))
    assert not changed()
    library.save_features("hash", record(bpm=121.0))
    assert changed()
    library.mark_missing([track_id])
    assert changed()
    library.mark_missing([track_id])
    assert not changed()
    library.save_job("job", kind="analyze", status="running", payload={})
    library.rate("hash", 1)
    library.playlists()
    assert not changed()
    assert len(set(seen)) == len([v for i, v in enumerate(seen) if i == 0 or v != seen[i - 1]])


def test_two_libraries_never_share_a_version(library: Library, tmp_path: Path) -> None:
    from workbench.store.database_pool import DatabasePool

    with DatabasePool(tmp_path / "other.sqlite3") as pool:
        assert Library(pool).version() != library.version()


# Reading


@pytest.fixture
def shelf(library: Library, scanned: Scanned) -> Library:
    library.add_scanned(
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
    assert [track.id for track in shelf.tracks(query=query)] == found
    assert shelf.total(query) == len(found)


def test_pages_come_in_order_of_id(shelf: Library) -> None:
    assert [track.id for track in shelf.tracks(limit=2)] == [1, 2]
    assert [track.id for track in shelf.tracks(limit=2, offset=2)] == [3, 4]
    assert shelf.tracks(limit=2, offset=9) == []
    assert shelf.tracks(limit=0) == []


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
    assert [track.id for track in shelf.find_tracks(text)] == found


def test_a_title_wins_over_words_elsewhere(library: Library, scanned: Scanned) -> None:
    library.add_scanned(
        [scanned("/m/1.mp3", title="Blue Monday"), scanned("/m/2.mp3", title="Blue", album="Blue")]
    )
    assert [track.id for track in library.find_tracks("blue")] == [2]


def test_what_is_not_there_is_none(library: Library) -> None:
    assert library.track(1) is None
    assert library.tracks_by_hash("none") == []
    assert library.counts() == {"pending": 0, "analyzed": 0, "failed": 0, "missing": 0}


paths = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(paths, unique=True, min_size=1, max_size=8), folder=paths.filter(lambda p: "/" not in p)
)
def test_any_path_is_found_under_its_folder(library: Library, names: list[str], folder: str) -> None:
    prefix = f"/{folder}"
    files = [ScannedFile(f"{prefix}/{name}", 1, 1, f"hash {name}") for name in names]
    before = set(library.known_files([prefix]))
    library.add_scanned(files)
    assert set(library.known_files([prefix])) == before | {file.path for file in files}
    for file in files:
        assert file.path in library.known_files([file.path])

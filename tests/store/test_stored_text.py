"""Names that are not UTF-8 come out of the database as they went in."""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, ScannedFile
from workbench.store.library.repository import from_json, to_json
from workbench.store.sqlite.stored_text import from_stored, to_stored

LATIN1 = os.fsdecode(b"/m/Bj\xf6rk/caf\xe9.mp3")
NAMES = [LATIN1, "/m/Björk/café.mp3", os.fsdecode(b"/m/\xff\xfe"), "/m/\U0001f3b5", os.fsdecode(b"/m/\xc3")]


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_every_name_is_read_as_it_was(name: bytes) -> None:
    text = os.fsdecode(name)
    stored = to_stored(text)
    stored.encode()  # SQLite takes it
    assert from_stored(stored) == text


@given(st.binary(max_size=10), st.binary(max_size=10))
def test_a_folder_stays_the_beginning_of_what_is_in_it(folder: bytes, name: bytes) -> None:
    top = os.fsdecode(folder + b"/")
    assert to_stored(top + os.fsdecode(name)).startswith(to_stored(top))


def test_a_mark_in_a_name_is_no_mark() -> None:
    name = "/m/\U0010ffff\xe9.mp3"
    assert from_stored(to_stored(name)) == name


def test_files_are_known_found_and_moved(
    library: Library, scanned: Callable[..., ScannedFile], record: Callable[..., FeatureRecord]
) -> None:
    ids = library.files.add([scanned(name, f"{place:032d}") for place, name in enumerate(NAMES)])
    assert set(library.files.known()) == set(NAMES)
    assert set(library.files.known([os.fsdecode(b"/m/Bj\xf6rk")])) == {LATIN1}
    assert set(library.files.known([LATIN1])) == {LATIN1}
    assert library.files.add([scanned(LATIN1, f"{0:032d}")]) == ids[:1], "it is the same file again"
    assert library.files.has_tags(scanned(LATIN1))
    assert [track.path for track in library.tracks.select()] == NAMES
    assert [track.id for track in library.tracks.find(LATIN1)] == ids[:1]
    library.features.save(f"{0:032d}", record())
    assert [file.path for file in library.models.unseen([("m", "h")])] == [LATIN1]
    assert library.table()["path"].tolist() == NAMES
    moved = os.fsdecode(b"/m/el\xe9.mp3")
    library.files.mark_missing(ids[:1])
    assert library.files.add([scanned(moved, f"{0:032d}")]) == ids[:1]
    assert library.tracks.by_id(ids)[ids[0]].path == moved


def test_other_programs_can_read_the_database(
    library: Library, pool: DatabasePool, scanned: Callable[..., ScannedFile]
) -> None:
    library.files.add([scanned(name) for name in NAMES])
    with pool.reading() as connection:
        for path, search in connection.execute("SELECT CAST(path AS BLOB), CAST(search AS BLOB) FROM tracks"):
            path.decode(), search.decode()


def test_an_error_that_names_the_file_is_kept(library: Library, scanned: Callable[..., ScannedFile]) -> None:
    library.files.add([scanned(LATIN1, "h")])
    library.features.save_failure("h", f"{LATIN1} is empty", "empty")
    (track,) = library.tracks.select(status="failed")
    assert track.error == f"{LATIN1} is empty"


def test_values_as_json_keep_names() -> None:
    value = {"paths": [LATIN1, "/m/ü"], LATIN1: None, "n": [1, (LATIN1,)]}
    assert from_json(to_json(value)) == {"paths": [LATIN1, "/m/ü"], LATIN1: None, "n": [1, [LATIN1]]}

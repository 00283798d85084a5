"""The file with the library table: used if it is of today, and never needed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from heard_library import fill

from workbench import Workbench
from workbench.store.library.records import ScannedFile
from workbench.store.library.text_column import TextColumn

FILE = "library.columns"


@pytest.fixture
def saved(data_dir: Path) -> Path:
    """A data folder with a library that was read once."""
    with Workbench(data_dir) as wb:
        fill(wb)
        wb.table()
    assert (data_dir / FILE).exists()
    return data_dir


def is_mapped(wb: Workbench) -> bool:
    return isinstance(wb.table()["path"], TextColumn)


def answers(wb: Workbench) -> list[object]:
    """Return what people see that comes from the table."""
    made = wb.playlists.draft("similarity", start=1, size=4, random_state=1)
    like = wb.search(like="calm piano", limit=3).to_frame().to_csv()
    return [made.to_dict() | {"snapshot": ""}, like, wb.search("bpm > 0").total, wb.tracks.to_csv()]


def test_a_later_session_maps_the_file_and_answers_the_same(saved: Path) -> None:
    with Workbench(saved) as wb:
        assert is_mapped(wb)
        mapped = answers(wb)
        (saved / FILE).unlink()
        assert not isinstance(wb._read_table()["path"], TextColumn)
    with Workbench(saved) as wb:
        assert not is_mapped(wb)
        assert answers(wb) == mapped


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def random_bytes(file: Path) -> None:
    file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))


def one_wrong_byte(file: Path) -> None:
    """Change a value, not the header."""
    data = bytearray(file.read_bytes())
    place = data.index(b"/music/") + 1 if b"/music/" in data else len(data) - 200
    data[place] ^= 1
    file.write_bytes(data)


def other_version(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data.replace(b"PWARRAY1", b"PWARRAY9"))


def a_folder(file: Path) -> None:
    """Nothing can be written there either."""
    file.unlink()
    (file / "inside").mkdir(parents=True)


@pytest.mark.parametrize(
    "harm", [Path.unlink, cut, empty, random_bytes, one_wrong_byte, other_version, a_folder]
)
def test_everything_works_without_the_file(saved: Path, harm: Callable[[Path], object]) -> None:
    with Workbench(saved) as wb:
        expected = answers(wb)
    harm(saved / FILE)
    with Workbench(saved) as wb:
        assert not is_mapped(wb)
        assert answers(wb) == expected
    if harm is not a_folder:
        with Workbench(saved) as wb:
            assert is_mapped(wb)  # it was made again
            assert answers(wb) == expected


def test_a_file_older_than_the_library_is_not_used(saved: Path) -> None:
    with Workbench(saved) as wb:
        wb.library.files.add([ScannedFile("/music/new.ogg", 1, 1, "new", {"title": "New"})])
    with Workbench(saved) as wb:
        assert not is_mapped(wb)
        assert wb.table().text_at("title", -1) == "New"
        count = len(wb.table())
    with Workbench(saved) as wb:
        assert is_mapped(wb) and len(wb.table()) == count


def test_a_change_while_the_session_is_open_is_seen(saved: Path) -> None:
    with Workbench(saved) as wb:
        assert is_mapped(wb)
        wb.library.files.add([ScannedFile("/music/new.ogg", 1, 1, "new", {"title": "New"})])
        assert wb.table().text_at("title", -1) == "New"


def test_a_rating_or_a_play_keeps_the_table_that_is_there(saved: Path) -> None:
    with Workbench(saved) as wb:
        before, first = wb.table(), int(wb.table().ids[0])
        near = [one.id for one in wb.similar(first, 3)]
        wb.ratings.rate(first, 4.5)
        wb.history.add_play(first)
        after = wb.table()
        assert [one.id for one in wb.search("rating > 4 and plays = 1").tracks] == [first]
        assert after["path"] is before["path"], "what does not change is not read again"
        assert after.derived("space", lambda: None) is before.derived("space", lambda: None)
        wb.ratings.rate(first, None)
        assert not wb.search("rating > 4").tracks
        assert [one.id for one in wb.similar(first, 3)] == near


def test_other_settings_do_not_use_what_was_made_with_these(saved: Path) -> None:
    with Workbench(saved, long_track_minutes=1) as wb:
        assert not is_mapped(wb)


def test_what_is_not_committed_is_not_kept(saved: Path) -> None:
    before = (saved / FILE).read_bytes()
    with Workbench(saved) as wb, contextlib.suppress(RuntimeError), wb.library.pool.writing() as connection:
        connection.execute("UPDATE tracks SET title = 'never'")
        assert wb.table().text_at("title", 0) == "never"
        wb._table.close()
        raise RuntimeError
    assert (saved / FILE).read_bytes() == before


def test_the_file_is_for_its_owner_and_counted(saved: Path) -> None:
    with Workbench(saved) as wb:
        assert (saved / FILE).stat().st_mode & 0o777 == 0o600
        assert wb.library.maintenance.info()["columns_size_bytes"] == (saved / FILE).stat().st_size

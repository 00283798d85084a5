"""The library table in a file: the same table again, and never one that is damaged or of another time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.errors import StoreError
from workbench.store.array_file import open_array_file, write_array_file
from workbench.store.library.library_table import LibraryTable
from workbench.store.library.table_file import load_saved_table, save_table
from workbench.store.library.text_column import TextColumn

TEXTS = ["b", None, "ä東", "b", "", "a", "z" * 300]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.columns"


@pytest.fixture
def table() -> LibraryTable:
    columns: dict[str, Any] = {
        "title": np.array(TEXTS, object),
        "genre": np.full(7, None, object),
        "bpm": np.array([120.0, np.nan, 90, 1e-300, -0.0, np.inf, 7]),
        "year": np.full(7, np.nan),
    }
    vectors = np.arange(14, dtype=np.float32).reshape(7, 2)
    vectors[1] = np.nan
    tags = np.linspace(0, 1, 21, dtype=np.float32).reshape(7, 3)
    return LibraryTable(
        "v-1", np.arange(1, 8), columns, vectors, sound_tags=tags, sound_tag_names=("a", "b", "c")
    )


def save(path: Path, table: LibraryTable, **made_by: object) -> None:
    save_table(path, table, made_by=made_by, more={"squares": np.arange(3.0)})


def load(path: Path, version: str = "v-1", **made_by: object) -> Any:
    return load_saved_table(path, version, made_by=made_by, lyrics=tuple)


def test_a_saved_table_is_the_same(path: Path, table: LibraryTable) -> None:
    save(path, table)
    found, more = load(path)
    assert list(found.columns) == list(table.columns)
    for row in range(len(table)):
        assert found.row(row) == table.row(row)
    np.testing.assert_array_equal(found.vectors, table.vectors)
    np.testing.assert_array_equal(found.sound_tags, table.sound_tags)
    assert found.sound_tag_names == table.sound_tag_names and found.embeddings is None
    assert found.analyzed.tolist() == table.analyzed.tolist()
    assert more["squares"].tolist() == [0, 1, 2]
    assert found.to_frame().equals(table.to_frame())
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_table_of_another_time_is_not_used(path: Path, table: LibraryTable) -> None:
    save(path, table, minutes=45)
    assert load(path, minutes=45) is not None
    assert load(path, "v-2", minutes=45) is None
    assert load(path, minutes=30) is None


def test_what_is_mapped_cannot_be_written_to(path: Path, table: LibraryTable) -> None:
    save(path, table)
    with pytest.raises(ValueError, match="read-only"):
        load(path)[0].vectors[0] = 1


def test_every_damaged_byte_is_noticed(path: Path, table: LibraryTable) -> None:
    save(path, table)
    whole, value = path.read_bytes(), open_array_file(path)
    used = sum(array.nbytes for array in value.arrays.values())
    noticed = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x5A
        path.write_bytes(damaged)
        try:
            found = load(path)
        except StoreError:
            noticed += 1
        else:
            noticed += found is None  # the header is not readable
            assert found is None or found.table.row(2) == table.row(2)  # padding
    assert noticed > used


@pytest.mark.parametrize("length", [0, 10, 24, 500, -1])
def test_a_file_that_is_cut_off_is_refused(path: Path, table: LibraryTable, length: int) -> None:
    save(path, table)
    path.write_bytes(path.read_bytes()[:length])
    try:
        assert load(path) is None
    except StoreError as error:
        assert str(path) in error.message


def test_a_reader_keeps_the_file_that_it_opened(path: Path, table: LibraryTable) -> None:
    save(path, table)
    found = load(path).table
    write_array_file(path, {}, {"x": np.zeros(3)})
    assert found.row(2)["title"] == "ä東" and found.vectors[3].tolist() == [6, 7]


WRITE = """
import sys, pathlib, numpy as np
from workbench.store.array_file import write_array_file
for number in range(30):
    write_array_file(pathlib.Path(sys.argv[1]), {"n": number}, {"x": np.full(20_000, number)})
"""


def test_two_processes_that_write_leave_one_whole_file(path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(path)]) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            found = open_array_file(path)
            assert (found.arrays["x"] == found.about["n"]).all()
    assert [writer.returncode for writer in writers] == [0, 0]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_a_killed_writer_left_is_written_over(path: Path, table: LibraryTable) -> None:
    path.with_name("library.columns.part").write_bytes(b"half" * 10_000)
    save(path, table)
    assert len(load(path).table) == 7
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_text_column_is_used_as_an_array_of_texts() -> None:
    plain, column = np.array(TEXTS, object), TextColumn.of(TEXTS)
    rows = np.array([6, 0, 2, 1])
    assert [column[row] for row in range(7)] == TEXTS
    assert column[rows].tolist() == plain[rows].tolist()
    assert column[plain == "b"].tolist() == ["b", "b"]
    assert column[1:3].tolist() == [None, "ä東"] and column[-1] == TEXTS[-1]
    for text in ("b", "", "c", "ä東", "zz"):
        assert (column == text).tolist() == (plain == text).tolist()
        assert (column != text).tolist() == (plain != text).tolist()
    assert list(column) == column.tolist() == np.asarray(column).tolist() == TEXTS
    assert column[rows].tolist() == plain[rows].tolist()  # also when all texts were read
    assert column.astype(str).tolist() == plain.astype(str).tolist()
    assert TextColumn.of([]).tolist() == [] and (TextColumn.of([None]) == "x").tolist() == [False]

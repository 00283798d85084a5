"""The files of tracks: shown in their folder, moved to the trash."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from workbench import Workbench
from workbench.errors import LibraryPathError, PathNotAllowedError
from workbench.store.library.records import ScannedFile


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "music" / "song.wav"
    path.parent.mkdir()
    soundfile.write(path, np.zeros(800, np.float32), 8000)
    return path


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The trash of the home folder, wherever the test's folder is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path / "share" / "Trash"


def opened(data_dir: Path, song: Path, roots: Path) -> tuple[Workbench, int]:
    wb = Workbench(data_dir, library_roots=(roots,))
    (track_id,) = wb.library.files.add([ScannedFile(str(song), song.stat().st_size, 0, "ab", {})])
    return wb, track_id


def test_a_file_goes_to_the_trash_and_its_track_is_missing(data_dir: Path, song: Path, trash: Path) -> None:
    content = song.read_bytes()
    wb, track_id = opened(data_dir, song, song.parent)
    with wb:
        wb.files.trash(track_id)
        assert not song.exists() and wb.track(track_id).status == "missing"
        assert [path.read_bytes() for path in (trash / "files").iterdir()] == [content]
        with pytest.raises(LibraryPathError):
            wb.files.trash(track_id)


def test_a_file_whose_name_is_not_utf8_goes_to_the_trash(data_dir: Path, song: Path, trash: Path) -> None:
    named = song.rename(song.with_name(os.fsdecode(b"s\xf6ng.wav")))
    wb, track_id = opened(data_dir, named, song.parent)
    with wb:
        wb.files.trash(track_id)
    assert [os.fsencode(path.name) for path in (trash / "files").iterdir()] == [b"s\xf6ng.wav"]


def test_nothing_outside_the_roots_is_deleted(data_dir: Path, song: Path, tmp_path: Path) -> None:
    wb, track_id = opened(data_dir, song, tmp_path / "elsewhere")
    with wb, pytest.raises(PathNotAllowedError):
        wb.files.trash(track_id)
    assert song.exists()


def test_the_file_that_was_checked_goes_to_the_trash_when_a_link_replaces_its_folder(
    data_dir: Path, song: Path, trash: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / song.name).write_text("not music")
    album = song.parent / "album"
    album.mkdir()
    song = song.rename(album / song.name)
    # Runs when the process that moves the file starts: after the check, before the move.
    (tmp_path / "sitecustomize.py").write_text(
        f"import os; os.rename({str(album)!r}, {str(album)!r} + '.old'); os.symlink({str(outside)!r}, {str(album)!r})"
    )
    wb, track_id = opened(data_dir, song, album.parent)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with wb:
        wb.files.trash(track_id)
    assert album.is_symlink() and (outside / song.name).exists()
    assert [path.suffix for path in (trash / "files").iterdir()] == [".wav"]
    assert list((album.parent / "album.old").iterdir()) == []


def test_a_file_without_a_trash_stays(
    data_dir: Path, song: Path, trash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trash.parent.write_text("where the trash would be")
    wb, track_id = opened(data_dir, song, song.parent)
    with (
        wb,
        pytest.raises(
            LibraryPathError, match=r"song\.wav cannot be moved to the trash: Not a directory\. Delete"
        ),
    ):
        wb.files.trash(track_id)
    assert song.exists()


def test_a_folder_is_shown_only_where_there_is_a_desktop(
    data_dir: Path, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener, shown = tmp_path / "bin" / "xdg-open", tmp_path / "shown"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$1" > "{shown}"\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(opener.parent), prepend=":")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    wb, track_id = opened(data_dir, song, song.parent)
    with wb:
        if not wb.files.can_show:  # macOS has one always
            with pytest.raises(LibraryPathError, match="no desktop"):
                wb.files.show(track_id)
        monkeypatch.setenv("DISPLAY", ":0")
        wb.files.show(track_id)
        assert shown.read_text().strip() == str(song.parent)
        song.unlink()
        with pytest.raises(LibraryPathError, match="not there"):
            wb.files.show(track_id)

# ruff: noqa: PTH116, PTH119, PTH123 - paths are strings here, some of them no text
from __future__ import annotations

import os
import re
import sqlite3
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.audio.formats import AUDIO_EXTENSIONS
from workbench.audio.scan import FoundFile, ScanProblem, scan
from workbench.audio.source import inode_time, size_and_time
from workbench.errors import LibraryPathError, SettingsError


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))


def names(folder, *args, **options):
    return [os.path.relpath(item.path, folder) for item in scan(*(args or (folder,)), **options)]


def test_audio_files_are_found_in_order_with_size_and_time(tmp_path):
    make(tmp_path, "b/2.FLAC", "b/1.mp3", "a.wav", "b/c/3.m4a", "cover.jpg", "notes.txt", "noextension")

    found = list(scan(tmp_path))

    assert [os.path.relpath(f.path, tmp_path) for f in found] == ["a.wav", "b/1.mp3", "b/2.FLAC", "b/c/3.m4a"]
    for file in found:
        status = os.stat(file.path)
        assert file == FoundFile(file.path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@pytest.mark.parametrize("extension", sorted(AUDIO_EXTENSIONS))
def test_every_audio_extension_in_either_case(extension, tmp_path):
    make(tmp_path, f"x{extension}", f"y{extension.upper()}")
    assert len(names(tmp_path)) == 2


def test_an_empty_folder_has_nothing(tmp_path):
    assert list(scan(tmp_path)) == []


def test_formats_and_depth_can_be_limited(tmp_path):
    make(tmp_path, "a.wav", "b.mp3", "c.flac", "below/d.mp3")
    assert names(tmp_path, formats=["mp3", ".FLAC"]) == ["b.mp3", "c.flac", "below/d.mp3"]
    assert names(tmp_path, recursive=False) == ["a.wav", "b.mp3", "c.flac"]


def test_a_named_file_is_taken_whatever_its_extension(tmp_path):
    make(tmp_path, "strange.bin", ".hidden.wav")
    assert names(tmp_path, tmp_path / "strange.bin") == ["strange.bin"]
    assert names(tmp_path, str(tmp_path / ".hidden.wav")) == [".hidden.wav"]


def test_overlapping_paths_give_each_file_once(tmp_path):
    make(tmp_path, "a/1.wav", "a/2.wav", "b/3.wav")
    given = [tmp_path / "a", tmp_path, tmp_path / "a" / "1.wav", tmp_path / "a" / ".." / "b"]
    assert sorted(names(tmp_path, given)) == ["a/1.wav", "a/2.wav", "b/3.wav"]


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    make(tmp_path, "a.wav", "._a.wav", ".Trash-0/b.wav")
    assert names(tmp_path) == ["a.wav"]


@pytest.mark.parametrize("path", ["nowhere", "nowhere/x.wav", "nul\0", "loop"])
def test_a_path_that_cannot_be_read_is_refused_before_anything_is_found(path, tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    make(tmp_path, "good.wav")
    with pytest.raises(LibraryPathError, match="cannot be read"):
        scan([tmp_path / "good.wav", str(tmp_path) + "/" + path])


def test_links_that_lead_back_end(tmp_path):
    make(tmp_path, "a/1.wav")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    assert names(tmp_path) == ["a/1.wav"]


def test_a_linked_folder_outside_is_followed_once_and_a_real_folder_keeps_its_own_name(tmp_path):
    make(tmp_path, "outside/1.wav", "music/z/2.wav")
    (tmp_path / "music" / "a link to z").symlink_to(tmp_path / "music" / "z")
    (tmp_path / "music" / "more").symlink_to(tmp_path / "outside")
    (tmp_path / "music" / "more again").symlink_to(tmp_path / "outside")
    assert names(tmp_path, tmp_path / "music") == ["music/z/2.wav", "music/more/1.wav"]


def test_a_link_to_nothing_is_a_problem_and_not_an_error(tmp_path):
    make(tmp_path, "a.wav")
    (tmp_path / "b.wav").symlink_to(tmp_path / "gone.wav")
    (tmp_path / "b.txt").symlink_to(tmp_path / "gone.txt")

    found, problem = scan(tmp_path)

    assert isinstance(found, FoundFile)
    assert isinstance(problem, ScanProblem)
    assert (problem.kind, os.path.basename(problem.path)) == ("missing", "b.wav")


def test_pipes_are_no_music(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    assert names(tmp_path) == []


def test_a_folder_without_permission_is_a_problem_below_and_an_error_on_top(open_folder, as_ordinary_user):
    make(open_folder, "a.wav", "closed/b.wav", "z.wav")
    (open_folder / "closed").chmod(0)
    try:
        with as_ordinary_user():
            items = list(scan(open_folder))
            with pytest.raises(LibraryPathError, match="Permission denied"):
                scan(open_folder / "closed")
    finally:
        (open_folder / "closed").chmod(0o755)
    assert [os.path.basename(item.path) for item in items] == ["a.wav", "z.wav", "closed"]
    assert (type(items[-1]), items[-1].kind) == (ScanProblem, "permission")


def test_odd_names_are_found_as_they_are(tmp_path):
    odd = ["Ünïcödé – 日本語 🎵.mp3", "two\nlines.wav", "a" * 246 + ".wav", "%d*?[x].mp3"]
    make(tmp_path, *odd)
    assert sorted(names(tmp_path)) == sorted(odd)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
def test_names_that_are_not_utf8_are_found_as_they_are(tmp_path):
    top = os.fsencode(tmp_path)
    (tmp_path / os.fsdecode(b"Bj\xf6rk")).mkdir()
    for name in (b"/Bj\xf6rk/caf\xe9.wav", b"/cr\xe8me.txt"):
        with open(top + name, "wb"):
            pass
    (tmp_path / os.fsdecode(b"l\xefnk.wav")).symlink_to(os.fsdecode(b"Bj\xf6rk/caf\xe9.wav"))
    (tmp_path / os.fsdecode(b"n\xefl.wav")).symlink_to("nothing")
    link, dangling, file = (item for item in scan(tmp_path) if not item.path.endswith(".txt"))
    assert [os.fsencode(item.path)[len(top) :] for item in (link, dangling, file)] == [
        b"/l\xefnk.wav", b"/n\xefl.wav", b"/Bj\xf6rk/caf\xe9.wav",
    ]  # fmt: skip
    assert [type(item) for item in (link, dangling, file)] == [FoundFile, ScanProblem, FoundFile]
    assert [item.path for item in scan(os.fsdecode(top + b"/Bj\xf6rk"))] == [file.path]


SYSTEM_FOLDERS = (
    "#recycle", "$RECYCLE.BIN", "RECYCLE.BIN", "$Recycle.Bin", ".Trash-1000", ".stversions", "__MACOSX", "@eaDir",
    "@Recycle", "RECYCLER", "System Volume Information", "lost+found", "#snapshot", ".Spotlight-V100",
    "artist/#recycle", "@SynoResource", "@__thumb", "~snapshot", "Recycle Bin", "_gsdata_", "a.m4a.download",
    "$WINDOWS.~BT", "Backups.backupdb", "trashbox", "LOST.DIR", "@snapshots", "Holiday.imovielibrary", "Plex Versions",
)  # fmt: skip


@pytest.mark.parametrize("folder", SYSTEM_FOLDERS)
def test_what_systems_keep_beside_music_is_left_out_below_a_folder_and_taken_when_named(folder, tmp_path):
    make(tmp_path, f"{folder}/album/old.mp3", "new.mp3")
    assert names(tmp_path) == ["new.mp3"]
    assert names(tmp_path, tmp_path / folder) == [f"{folder}/album/old.mp3"]


def test_ordinary_names_that_resemble_them_are_kept(tmp_path):
    kept = [
        "#1 Hits/a.mp3",
        "@home/b.mp3",
        "Recycle/c.mp3",
        "band/Recycled/d.mp3",
        "Suite.Part.2.flac",
        "~intro.mp3",
        "band/Recycle Bin/e.mp3",
        "01_conflict-99.mp3",
        "f.Conflict.mp3",
        "Temp.mp3",
        "No.Temp/g.mp3",
        "band/Trashbox/h.mp3",
        "Copie en conflit.mp3",
    ]
    make(
        tmp_path,
        *kept,
        "b (Ann's conflicted copy 2026-01-01).mp3",
        "a.sync-conflict-20260101-120000-ABCDEFG.mp3",
        "b_conflict-20260101-120000.mp3",
        "b (SFConflict ann@example.org 2026-01-01-12-00-00).mp3",
        "INCOMPLETE~c.mp3",
        "d.temp.m4a",
        "e (Copie en conflit de Ann 2026-01-01).mp3",
        "e (In Konflikt stehende Kopie von Ann 2026-01-01).mp3",
        "e (cópia em conflito de Ann 2026-01-01).mp3",
        "e (Ann's copia in conflitto 2026-01-01).mp3",
        "e (conflicterende kopie van Ann 2026-01-01).mp3",
        "e (コピー Ann の競合コピー 2026-01-01).mp3",
    )
    assert sorted(names(tmp_path)) == sorted(kept)


def test_further_patterns_are_read_as_in_gitignore(tmp_path):
    make(
        tmp_path,
        "Samples/kick.wav",
        "a/samples/snare.wav",
        "a/b.wav",
        "a/b (live).wav",
        "a/c (live).wav",
        "in/d.wav",
        "a/in/e.wav",
    )
    exclude = ("samples/", "*(live)*", "!c (live).wav", "/in")
    assert names(tmp_path, exclude=exclude) == ["a/b.wav", "a/c (live).wav", "a/in/e.wav"]


@pytest.mark.parametrize("pattern", ["!", "a\\", "[z-a]"])
def test_a_wrong_pattern_is_refused_by_name(pattern, tmp_path):
    with pytest.raises(SettingsError, match=f"SCAN_EXCLUDE: {re.escape(repr(pattern))}"):
        scan(tmp_path, exclude=["fine", pattern])


def test_marked_folders_are_left_out_with_all_below(tmp_path):
    make(
        tmp_path,
        "a.wav",
        "ringtones/b.wav",
        "ringtones/below/c.wav",
        "private/d.wav",
        "mixed/e.wav",
        "mixed/x/f.wav",
        "mixed/g.tmp.wav",
    )
    (tmp_path / "ringtones" / ".nomedia").touch()
    (tmp_path / "private" / ".ndignore").write_text("# all of it\n\n")
    (tmp_path / "mixed" / ".ndignore").write_text("[z-a]\n/x/\n*.tmp.wav\n")
    assert names(tmp_path) == ["a.wav", "mixed/e.wav"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_are_read_as_windows_and_macos_write_them(encoding, tmp_path):
    make(tmp_path, "a.wav", "Cafe\u0301/b.wav", "Cafe\u0301/c.wav", "old/d.wav", "e\u0301/f.wav")
    (tmp_path / "Cafe\u0301" / ".ndignore").write_bytes("B.wav\r\n".encode(encoding))
    (tmp_path / "old" / ".NOMEDIA").touch()
    assert names(tmp_path, exclude=["\u00e9/"]) == ["a.wav", "Cafe\u0301/c.wav"]


def test_a_pipe_instead_of_a_pattern_file_does_not_block_a_scan(tmp_path):
    make(tmp_path, "odd/a.wav", "b.wav")
    os.mkfifo(tmp_path / "odd" / ".ndignore")
    assert names(tmp_path) == ["b.wav"]


@given(st.integers(-(2**70), 2**70), st.integers(-(2**66), 2**66))
def test_every_size_and_time_fits_into_the_database(time_ns, size):
    """Network drives report whatever they like; the database has 64 bits."""
    status = SimpleNamespace(st_size=size, st_mtime_ns=time_ns, st_ctime_ns=time_ns)
    stored = (*size_and_time(status), inode_time(status))
    assert sqlite3.connect(":memory:").execute("SELECT ?, ?, ?", stored).fetchone() == stored
    if 0 <= size < 2**63 and abs(time_ns) < 2**63:
        assert stored == (size, time_ns, time_ns)


def test_a_file_dated_2400_is_found_with_the_last_time_that_can_be_stored(tmp_path):
    make(tmp_path, "later.wav")
    os.utime(tmp_path / "later.wav", ns=(0, 13_569_465_600 * 10**9))
    (found,) = scan(tmp_path)
    assert found.mtime_ns == 2**63 - 1


def test_links_that_lead_out_of_the_folders_allowed_are_problems(tmp_path):
    make(tmp_path, "outside/1.wav", "root/in/2.wav", "other/3.wav")
    root = tmp_path / "root"
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "file.wav").symlink_to(tmp_path / "outside" / "1.wav")
    (root / "inside.wav").symlink_to(root / "in" / "2.wav")
    (root / "other").symlink_to(tmp_path / "other")
    entries = list(scan(root, within=[root, tmp_path / "other"]))
    found = {os.path.relpath(entry.path, root): getattr(entry, "kind", "found") for entry in entries}
    assert found == {
        "file.wav": "path_not_allowed",
        "folder": "path_not_allowed",
        "in/2.wav": "found",
        "inside.wav": "found",
        "other/3.wav": "found",
    }


def test_a_folder_that_becomes_a_link_during_the_scan_is_not_followed(tmp_path):
    make(tmp_path, "outside/1.wav", "root/a.wav", "root/b/2.wav")
    root = tmp_path / "root"
    entries = scan(root, within=[root])
    assert next(entries).path.endswith("a.wav")
    (root / "b").rename(tmp_path / "gone")
    (root / "b").symlink_to(tmp_path / "outside")
    assert [entry.kind for entry in entries] == ["path_not_allowed"]

# ruff: noqa: PTH116, PTH119, PTH123 - paths are strings here, some of them no text
from __future__ import annotations

import os
import sys

import pytest

from workbench.audio.scan import AUDIO_EXTENSIONS, FoundFile, ScanProblem, scan
from workbench.errors import LibraryPathError


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
        assert file == FoundFile(file.path, status.st_size, status.st_mtime_ns)


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
def test_a_name_that_is_not_utf8_is_a_problem_that_can_be_written_out(tmp_path):
    with open(os.fsencode(tmp_path) + b"/caf\xe9.wav", "wb"):
        pass
    (problem,) = scan(tmp_path)
    assert isinstance(problem, ScanProblem)
    problem.path.encode()
    assert "UTF-8" in problem.error

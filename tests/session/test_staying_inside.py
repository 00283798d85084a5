"""Server jobs read nothing outside LIBRARY_ROOTS, also if a link takes the place of a file or folder after the scan."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC
from PIL import Image
from signals import tone

from workbench import Settings, Workbench
from workbench.analysis.analyze_file import analyze_and_listen
from workbench.audio.bounds import call_inside, staying_inside
from workbench.audio.cover import small_cover
from workbench.audio.source import open_file
from workbench.audio.tags import read_tags
from workbench.errors import AudioOutsideError
from workbench.processing.cluster.worker_paths import folders_on_workers
from workbench.processing.job.task import Failure, Task
from workbench.session.jobs.analysis_tasks import AnalysisTasks

Swap = Callable[[Path, Path], None]


def swap_file(song: Path, outside: Path) -> None:
    song.unlink()
    song.symlink_to(outside / song.name)


def swap_folder(song: Path, outside: Path) -> None:
    shutil.rmtree(song.parent)
    song.parent.symlink_to(outside)


SWAPS = [swap_file, swap_folder]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder with a song that the server must not read."""
    folder = tmp_path / "private"
    folder.mkdir()
    soundfile.write(folder / "song.flac", tone(440, 1), 22050)
    tags = FLAC(folder / "song.flac")
    tags["title"] = "Secret"
    tags.save()
    (folder / "song.lrc").write_text("[00:01.00]Secret words")
    return folder


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Return a song of the library."""
    song = tmp_path / "music" / "album" / "song.flac"
    song.parent.mkdir(parents=True)
    soundfile.write(song, tone(220, 1), 22050)
    return song


def tasks_of(wb: Workbench, song: Path) -> AnalysisTasks:
    roots = [song.parent.parent]
    plan = wb.analyze.plan(*roots, within=roots)
    assert list(plan.reasons) == [str(song)]
    return AnalysisTasks(wb.library, plan, stale=lambda _: None, keep=wb.library.features.save)


@pytest.mark.parametrize("swap", SWAPS)
def test_a_link_that_comes_before_hashing_is_not_followed(
    data_dir: Path, song: Path, outside: Path, swap: Swap
) -> None:
    with Workbench(data_dir) as wb:
        tasks = tasks_of(wb, song)
        swap(song, outside)
        [failure] = tasks.tasks()
        assert isinstance(failure, Failure)
        assert (failure.kind, "outside LIBRARY_ROOTS" in failure.error) == ("outside", True)
        [track] = wb.track.find().tracks
        assert (track.content_hash, track.title, track.more_tags) == ("", None, {})


@pytest.mark.parametrize("swap", SWAPS)
def test_a_link_that_comes_before_decoding_is_not_followed(
    data_dir: Path, song: Path, outside: Path, swap: Swap
) -> None:
    with Workbench(data_dir) as wb:
        [task] = tasks_of(wb, song).tasks()
        assert isinstance(task, Task)
    swap(song, outside)
    with pytest.raises(AudioOutsideError, match="outside LIBRARY_ROOTS"):
        call_inside([song.parents[1]], analyze_and_listen, task.path, Settings())
    assert analyze_and_listen(task.path, Settings()).features.duration_s == 2  # whoever owns the files may


def test_workers_are_told_where_to_stay(data_dir: Path, song: Path, outside: Path) -> None:
    with Workbench(data_dir, async_workers=1) as wb:
        tasks = tasks_of(wb, song)
        ready = list(tasks.tasks())
        swap_folder(song, outside)
        tasks.tasks = lambda: iter(ready)  # hashed before the link came
        within = tasks.plan.within
        report = wb.jobs.start(tasks, analyze_and_listen, (Settings(),), within=within, show=False).result()
    assert [failure.kind for failure in report.failed] == ["outside"]


@pytest.mark.parametrize("extension", ["flac", "ogg", "mp3", "wav", "aiff"])
def test_tags_and_lyrics_of_files_outside_are_not_read(tmp_path: Path, outside: Path, extension: str) -> None:
    private, link = outside / f"other.{extension}", tmp_path / "music" / f"song.{extension}"
    soundfile.write(private, tone(440, 1), 22050)
    (outside / "other.lrc").write_text("[00:01.00]Secret words")
    link.parent.mkdir()
    link.symlink_to(private)
    link.with_suffix(".lrc").symlink_to(outside / "other.lrc")
    assert read_tags(link).lyrics == "Secret words"
    with staying_inside([link.parent]):
        found = asdict(read_tags(link))
    assert {name for name, value in found.items() if value not in (None, (), False)} == {"title"}
    assert found["title"] == "song"


def test_links_within_the_folders_are_followed(song: Path, tmp_path: Path) -> None:
    link = song.with_name("link.flac")
    link.symlink_to(song)
    with staying_inside([tmp_path / "music"]), open_file(link):
        pass
    with staying_inside([]), pytest.raises(AudioOutsideError), open_file(link):
        pass


def test_workers_that_have_the_music_elsewhere_stay_there() -> None:
    pairs = "/home/ann/Music=/mnt/music:/srv/sound=/data"
    assert folders_on_workers([Path("/home/ann")], pairs) == ("/home/ann/", "/mnt/music/")
    assert folders_on_workers([Path("/home/ann/Music/new")], pairs) == ("/mnt/music/new/",)
    assert folders_on_workers([Path("/srv/sound")], pairs) == ("/data/",)
    assert folders_on_workers(["/music"], None) == ("/music/",)


def test_a_cover_is_not_read_through_a_link_that_leads_outside(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    soundfile.write(music / "song.wav", np.zeros(800, np.float32), 8000)
    Image.new("RGB", (9, 9)).save(tmp_path / "private.png")
    (music / "cover.png").symlink_to(tmp_path / "private.png")
    assert small_cover(music / "song.wav")
    with staying_inside([music]):
        assert small_cover(music / "song.wav") is None

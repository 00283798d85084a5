"""Tags that change while size and time of a file stay: the time of its inode says so, and only the tags are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC
from signals import tone

from workbench import Workbench
from workbench.analysis.features import VERSION, stale
from workbench.audio.fingerprint import content_hash
from workbench.session.jobs.analysis_tasks import AnalysisTasks
from workbench.store.library.records import FeatureRecord


@pytest.fixture
def wb(data_dir: Path) -> Iterator[Workbench]:
    with Workbench(data_dir, async_workers=1) as wb:
        yield wb


@pytest.fixture
def song(wb: Workbench, tmp_path: Path) -> Path:
    """An analyzed file, titled "Before"."""
    path = tmp_path / "music" / "song.flac"
    path.parent.mkdir()
    soundfile.write(path, tone(440, 1), 44100)
    write_title(path, "Before")
    record = FeatureRecord(VERSION, {"duration_s": 1.0, "bpm": 120.0}, np.zeros(3, "f4"), {})
    wb.library.features.save(content_hash(path), record)
    scan(wb, path)
    assert wb.track("Before").status == "analyzed"
    return path


def write_title(path: Path, title: str) -> None:
    file = FLAC(path)
    file["title"] = title
    file.save()


def keeping_size_and_time(path: Path, title: str) -> None:
    before = path.stat()
    write_title(path, title)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def scan(wb: Workbench, path: Path) -> AnalysisTasks:
    """Compare the folder with the library and record what can be recorded without a worker."""
    tasks = AnalysisTasks(
        wb.library,
        wb.analyze.plan(path.parent),
        stale=lambda version: stale(version.analysis),
        keep=wb.analyze.keep,
    )
    list(tasks.tasks())
    return tasks


def test_the_tags_are_read_again_and_the_sound_is_not(wb: Workbench, song: Path) -> None:
    before = wb.track("Before")
    keeping_size_and_time(song, "After")
    tasks = scan(wb, song)
    after = wb.track("After")
    assert (tasks.cached, list(tasks.plan.reasons)) == (1, [])
    assert (after.id, after.status, after.features) == (before.id, "analyzed", before.features)
    assert scan(wb, song).plan.retagged == []


def test_a_file_that_is_retagged_and_then_moved_is_known(wb: Workbench, song: Path) -> None:
    before = wb.track("Before")
    keeping_size_and_time(song, "After")
    scan(wb, song)
    assert wb.track("After").content_hash == content_hash(song)
    moved = song.rename(song.with_name("moved.flac"))
    tasks = scan(wb, moved)
    after = wb.track("After")
    assert (tasks.cached, after.id, after.path, after.status) == (1, before.id, str(moved), "analyzed")
    assert after.features == before.features


def test_the_new_tags_come_with_one_analysis_over_rest_too(wb: Workbench, song: Path) -> None:
    assert wb.track.unchanged(song) is not None
    keeping_size_and_time(song, "After")
    assert wb.track.unchanged(song) is None


def test_an_unchanged_file_is_described_with_its_present_rating(wb: Workbench, song: Path) -> None:
    for stars in (2.0, 5.0):
        wb.ratings.rate("Before", stars)
        described = wb.track.unchanged(song)
        assert described is not None
        assert described["rating"] == stars


def test_rights_and_hard_links_change_nothing(wb: Workbench, song: Path) -> None:
    version = wb.library.version()
    song.chmod(0o600)
    (song.parent.parent / "link.flac").hardlink_to(song)
    tasks = scan(wb, song)
    assert [file.path for file in tasks.plan.retagged] == [str(song)]
    assert (tasks.cached, wb.library.version()) == (1, version)


def test_a_file_that_cannot_be_read_now_keeps_its_tags(wb: Workbench, song: Path) -> None:
    plan = wb.analyze.plan(song.parent)
    plan.retagged = list(plan.found)
    song.rename(song.with_name("away"))
    list(
        AnalysisTasks(
            wb.library, plan, stale=lambda version: stale(version.analysis), keep=wb.analyze.keep
        ).tasks()
    )
    assert wb.track("Before").title == "Before"


def test_a_library_of_an_older_version_reads_all_tags_once(wb: Workbench, song: Path) -> None:
    with wb.library.pool.writing() as connection:
        connection.execute("UPDATE tracks SET ctime_ns = NULL, composer = 'nobody'")
    scan(wb, song)
    assert "composer" not in wb.track("Before").more_tags
    assert scan(wb, song).plan.retagged == []

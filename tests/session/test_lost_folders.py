"""Files that go away while a library is compared with them: one by one, replaced, or with the share they lie on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import Workbench
from workbench.analysis.analyze_file import Analyzed
from workbench.processing.job.task import Failure, Task
from workbench.session.jobs.analysis_tasks import AnalysisTasks
from workbench.session.jobs.lost_folders import lost_folders

NAMES = ("album/one.wav", "album/two.wav", "loose.wav")


@pytest.fixture
def wb(data_dir: Path) -> Iterator[Workbench]:
    with Workbench(data_dir) as wb:
        yield wb


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def tasks_of(wb: Workbench, folder: Path, *, force: bool = False) -> AnalysisTasks:
    return AnalysisTasks(
        wb.library, wb.analyze.plan(folder, force=force), stale=lambda version: None, keep=wb.analyze.keep
    )


def statuses(wb: Workbench) -> dict[str, str]:
    return {Path(track.path).name: track.status for track in wb.track.find().tracks}


def scanned(wb: Workbench, folder: Path) -> None:
    assert len(list(tasks_of(wb, folder).tasks())) == len(NAMES)
    assert set(statuses(wb).values()) == {"pending"}


def unmount(folder: Path, *, leave: bool) -> None:
    """Leave an empty folder, as an unmounted drive does, or nothing at all."""
    folder.rename(folder.with_name("elsewhere"))
    if leave:
        folder.mkdir()


def test_an_unmounted_share_marks_nothing_and_says_so(wb: Workbench, music: Path) -> None:
    scanned(wb, music)
    unmount(music, leave=True)
    tasks = tasks_of(wb, music)
    (failure,) = tasks.tasks()
    assert isinstance(failure, Failure)
    assert failure.path == str(music) and "3 files" in failure.error and "connected?" in failure.error
    assert set(statuses(wb).values()) == {"pending"}


def test_a_share_below_the_scanned_folder_counts_too(wb: Workbench, music: Path) -> None:
    (music.parent / "beside.wav").write_text("here")
    assert len(list(tasks_of(wb, music.parent).tasks())) == 4
    unmount(music, leave=True)
    (music.parent / "elsewhere").rename(music.parent.parent / "elsewhere")
    plan = wb.analyze.plan(music.parent)
    assert [failure.path for failure in plan.failed] == [str(music)]
    assert not plan.missing


def test_a_share_below_with_all_the_files_of_the_scanned_folder_counts_too(
    wb: Workbench, tmp_path: Path
) -> None:
    root = tmp_path / "music"
    share = root / "share"
    share.mkdir(parents=True)
    (share / "one.wav").write_text("one")
    assert len(list(tasks_of(wb, root).tasks())) == 1
    unmount(share, leave=True)
    (root / "elsewhere").rename(tmp_path / "elsewhere")
    (failure,) = tasks_of(wb, root).tasks()
    assert failure.path == str(root) and "connected?" in failure.error
    assert statuses(wb) == {"one.wav": "pending"}


def test_an_emptied_folder_is_believed_with_force(wb: Workbench, music: Path) -> None:
    scanned(wb, music)
    unmount(music, leave=True)
    assert list(tasks_of(wb, music, force=True).tasks()) == []
    assert set(statuses(wb).values()) == {"missing"}


def test_a_share_that_holds_only_files_beside_other_music_counts_too(wb: Workbench, music: Path) -> None:
    scanned(wb, music)
    unmount(music / "album", leave=True)
    (music / "elsewhere").rename(music.parent / "elsewhere")
    (failure,) = [entry for entry in tasks_of(wb, music).tasks() if isinstance(entry, Failure)]
    assert failure.path == str(music / "album")
    assert "2 files" in failure.error and "alone with --force" in failure.error
    assert set(statuses(wb).values()) == {"pending"}
    list(tasks_of(wb, music / "album", force=True).tasks())  # as the message says
    assert statuses(wb) == {"one.wav": "missing", "two.wav": "missing", "loose.wav": "pending"}
    assert not [entry for entry in tasks_of(wb, music).tasks() if isinstance(entry, Failure)]


def test_deleted_files_and_folders_are_missing(wb: Workbench, music: Path) -> None:
    scanned(wb, music)
    (music / "album" / "one.wav").unlink()
    list(tasks_of(wb, music).tasks())
    assert statuses(wb) == {"one.wav": "missing", "two.wav": "pending", "loose.wav": "pending"}
    shutil.rmtree(music / "album")
    list(tasks_of(wb, music).tasks())
    assert statuses(wb) == {"one.wav": "missing", "two.wav": "missing", "loose.wav": "pending"}


def test_a_folder_whose_files_were_moved_was_not_lost(wb: Workbench, music: Path) -> None:
    scanned(wb, music)
    (music / "album" / "one.wav").rename(music / "one.wav")
    (music / "album" / "two.wav").unlink()
    assert not [entry for entry in tasks_of(wb, music).tasks() if isinstance(entry, Failure)]
    assert statuses(wb) == {"one.wav": "pending", "two.wav": "missing", "loose.wav": "pending"}


def test_a_drive_whose_folder_is_removed_with_it_is_lost(wb: Workbench) -> None:
    """As ``/media/me/DISK`` is. Nobody can make such a folder in a test, so the files were never there."""
    gone = ["/media/nobody/DISK/album/one.wav", "/media/nobody/DISK/two.wav"]
    assert lost_folders(gone, ["/media/nobody"]) == {"/media/nobody/DISK": gone}


@pytest.mark.parametrize("leave", [True, False])
def test_a_share_that_vanishes_while_it_is_read_is_said_once(wb: Workbench, music: Path, leave: bool) -> None:
    scanned(wb, music)
    tasks = tasks_of(wb, music)
    entries = iter(list(tasks.tasks()))
    unmount(music, leave=leave)
    failed = [
        failure
        for task in entries
        if isinstance(task, Task)
        for failure in tasks.on_failure(task, Failure(task.path, "it does not exist any more", "missing"))
    ]
    assert [failure.path for failure in failed] == [str(music)]
    assert tasks.report(1).failed == tuple(failed)
    assert set(statuses(wb).values()) == {"pending"}


def test_a_share_that_vanishes_before_it_is_read_adds_nothing(wb: Workbench, music: Path) -> None:
    tasks = tasks_of(wb, music)
    unmount(music, leave=True)
    (failure,) = tasks.tasks()
    assert failure.path == str(music)
    assert statuses(wb) == {}


def test_a_file_deleted_before_its_turn_is_missing_and_not_failed(wb: Workbench, music: Path) -> None:
    scanned(wb, music)
    tasks = tasks_of(wb, music)
    entries = {Path(entry.path).name: entry for entry in tasks.tasks()}
    (music / "loose.wav").unlink()
    task = entries["loose.wav"]
    assert isinstance(task, Task)
    (failure,) = tasks.on_failure(task, Failure(task.path, "it does not exist any more", "missing"))
    assert failure.path == task.path
    assert statuses(wb) == {"one.wav": "pending", "two.wav": "pending", "loose.wav": "missing"}


@pytest.fixture
def twins(wb: Workbench, music: Path) -> tuple[AnalysisTasks, Task]:
    """Two files with the same content, of which the first is read for both."""
    (music / "a twin.wav").write_bytes((music / "loose.wav").read_bytes())
    scanned(wb, music)
    tasks = tasks_of(wb, music)
    (task,) = [
        entry
        for entry in tasks.tasks()
        if isinstance(entry, Task) and entry.path in (str(music / "a twin.wav"), str(music / "loose.wav"))
    ]
    return tasks, task


def other_twin(task: Task) -> Path:
    names = {"a twin.wav": "loose.wav", "loose.wav": "a twin.wav"}
    return Path(task.path).with_name(names[Path(task.path).name])


def test_of_two_files_with_the_same_content_only_the_deleted_one_is_missing(
    wb: Workbench, twins: tuple[AnalysisTasks, Task]
) -> None:
    tasks, task = twins
    Path(task.path).unlink()
    failed = tasks.on_failure(task, Failure(task.path, "it does not exist any more", "missing"))
    assert {Path(failure.path): failure.kind for failure in failed} == {
        Path(task.path): "missing",
        other_twin(task): "changed",
    }
    found = statuses(wb)
    assert (found[Path(task.path).name], found[other_twin(task).name]) == ("missing", "pending")


def test_of_two_files_with_the_same_content_each_is_named_in_its_error(
    wb: Workbench, twins: tuple[AnalysisTasks, Task]
) -> None:
    tasks, task = twins
    failed = tasks.on_failure(task, Failure(task.path, f"{task.path} has no audio", "format"))
    assert {failure.error for failure in failed} == {
        f"{task.path} has no audio",
        f"{other_twin(task)} has no audio",
    }


def test_a_new_file_deleted_before_it_is_read_gets_no_row(wb: Workbench, music: Path) -> None:
    tasks = tasks_of(wb, music)
    (music / "loose.wav").unlink()
    assert sum(isinstance(entry, Failure) for entry in tasks.tasks()) == 1
    assert set(statuses(wb)) == {"one.wav", "two.wav"}


def test_a_replaced_file_keeps_no_result_of_the_old_one_and_is_analyzed_next_time(
    wb: Workbench, music: Path
) -> None:
    from workbench.analysis.features import TrackFeatures

    tasks = tasks_of(wb, music)
    entries = {Path(entry.path).name: entry for entry in tasks.tasks()}
    task = entries["loose.wav"]
    assert isinstance(task, Task)
    (music / "loose.wav").write_text("something else")
    features = TrackFeatures(duration_s=1.0, sample_rate_hz=44100, channels=1)
    tasks.on_value(task, Analyzed(features, 0.1))
    (failure,) = tasks.failed
    assert failure.kind == "changed"
    assert wb.library.features.get(task.key) is None
    assert wb.analyze.plan(music).reasons[str(music / "loose.wav")] == "changed"


def test_a_file_of_any_time_is_known_the_next_time(wb: Workbench, music: Path) -> None:
    from workbench.analysis.features import TrackFeatures

    for name, seconds in zip(NAMES, (13_569_465_600, -(2**31), 0), strict=True):
        os.utime(music / name, ns=(0, seconds * 10**9))
    tasks = tasks_of(wb, music)
    for task in tasks.tasks():
        assert isinstance(task, Task)
        features = TrackFeatures(duration_s=1.0, sample_rate_hz=44100, channels=1)
        tasks.on_value(task, Analyzed(features, 0.1))
    assert tasks.failed == [] and tasks.analyzed == 3
    assert len(wb.analyze.plan(music).cached) == 3
    assert wb.track.unchanged(music / NAMES[0]) is not None

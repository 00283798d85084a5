"""Files that cannot be read in the time limit: absurdly large ones, and those on a share that does not answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from workbench import Workbench
from workbench.processing.job.task import Failure, Task
from workbench.session.jobs.analysis_tasks import AnalysisTasks
from workbench.session.jobs.reading import THREADS, read_each

TERABYTE = 10**12


@pytest.fixture
def wb(data_dir: Path) -> Iterator[Workbench]:
    with Workbench(data_dir) as wb:
        yield wb


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two ordinary files beside two that are mostly holes, which come first."""
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("a.wav", "b.flac"):
        with (folder / name).open("wb") as file:
            file.write(name.encode())
            file.truncate(TERABYTE)
    for name in ("c.wav", "d.wav"):
        (folder / name).write_text(name)
    return folder


def test_a_terabyte_of_nothing_is_given_up_and_the_others_go_on(wb: Workbench, music: Path) -> None:
    tasks = AnalysisTasks(
        wb.library, wb.analyze.plan(music), stale=lambda _: None, keep=wb.analyze.keep, timeout_s=0.2
    )
    entries = list(tasks.tasks())
    failures = [entry for entry in entries if isinstance(entry, Failure)]
    assert sorted(Path(task.path).name for task in entries if isinstance(task, Task)) == ["c.wav", "d.wav"]
    assert {(Path(failure.path).name, failure.kind) for failure in failures} == {
        ("a.wav", "slow"),
        ("b.flac", "slow"),
    }
    assert "too large" in failures[0].error and "ANALYSIS_TIMEOUT_SECONDS=0.2" in failures[0].error
    # the disk or network may be faster the next time
    assert wb.analyze.plan(music).reasons[os.fspath(music / "a.wav")] == "tried before"


def test_a_share_that_never_answers_does_not_keep_the_others() -> None:
    answer = Event()

    def read(number: int) -> str:
        if number < THREADS:
            answer.wait()
        return f"read {number}"

    batches = read_each(read, range(5), timeout_s=0.0, give_up=lambda number: f"gave up {number}")
    results = [result for batch in batches for result in batch]
    answer.set()
    assert sorted(results) == ["gave up 0", "gave up 1", "read 2", "read 3", "read 4"]


def test_what_was_read_does_not_wait_for_a_slow_file() -> None:
    answer = Event()

    def read(number: int) -> int:
        if number == 0:
            answer.wait()
        return number

    batches = read_each(read, range(3), timeout_s=60.0, give_up=lambda number: -number)
    assert next(batches) == [1, 2]
    answer.set()
    assert list(batches) == [[0]]


def test_an_error_of_the_program_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(read_each(lambda number: 1 // number, [1, 0], timeout_s=60.0, give_up=lambda number: number))

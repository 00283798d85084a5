"""The progress of a job: the numbers, and how they are shown."""

import fcntl
import io
import os
import pty
import struct
import termios

import chores

from workbench.processing.job.progress import show_progress
from workbench.processing.job.progress_counter import ProgressCounter
from workbench.processing.job.progress_words import describe
from workbench.processing.job.task import Progress, Task


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def counter_of(*sizes_bytes):
    clock = Clock()
    counter = ProgressCounter(timer=clock)
    tasks = [Task(str(n), str(n), size_bytes) for n, size_bytes in enumerate(sizes_bytes)]
    for task in tasks:
        counter.found(task)
    return clock, counter, tasks


def test_time_left_goes_by_bytes():
    clock, counter, tasks = counter_of(100, 300)
    assert counter.progress(state="running", scanning=True).eta_s is None
    clock.now += 10
    counter.finished(tasks[0], audio_seconds=50.0)
    progress = counter.progress(state="running", scanning=True)
    assert progress.eta_s == 30.0
    assert progress.rate == 0.1
    assert progress.audio_rate == 5.0
    assert progress.elapsed_s == 10.0
    counter.finished(tasks[1], audio_seconds=None)
    last = counter.progress(state="done", scanning=False)
    assert (last.done, last.failed, last.eta_s) == (1, 1, 0.0)


def test_a_pause_does_not_slow_the_rate():
    clock, counter, tasks = counter_of(100, 100)
    clock.now += 10
    counter.finished(tasks[0], audio_seconds=10.0)
    counter.pause(on=True)
    clock.now += 1000
    assert counter.progress(state="paused", scanning=True).rate == 0.1
    counter.pause(on=False)
    assert counter.progress(state="running", scanning=True).eta_s == 10.0


def test_known_files_do_not_count_as_speed():
    clock, counter, tasks = counter_of(100)
    counter.found_cached(3600.0)
    clock.now += 10
    counter.finished(tasks[0], audio_seconds=20.0)
    progress = counter.progress(state="running", scanning=True)
    assert progress.audio_rate == 2.0
    assert progress.audio_seconds == 3620.0
    assert progress.finished == progress.total == 2


def test_words_say_what_a_bar_cannot():
    progress = Progress(cached=4, failed=2, audio_seconds=4000.0, note="waiting for memory: 91 % used")
    assert describe(progress) == "1:06:40 of audio, 4 known, 2 failed, waiting for memory: 91 % used"


def test_a_job_that_ended_before_it_was_shown_has_a_card(kept, files, ledger):
    job = ledger.run(kept, files("ok-1"), chores.behave)
    job.result()
    card = job.live_card()
    assert (card.state, card.job_id) == ("done", job.id)


def test_a_log_gets_lines_and_only_when_asked(kept, files, ledger):
    stream = io.StringIO()
    job = ledger.run(kept, files("ok-1", "raise-1"), chores.behave)
    show_progress(job, stream=stream)
    show_progress(job, show=False, stream=stream)
    assert job.result(60)
    assert stream.getvalue() == ""
    show_progress(job, show=True, stream=stream)
    assert "Done: 2 of 2 files" in stream.getvalue()
    assert "1 failed" in stream.getvalue()


def test_a_terminal_gets_a_bar(kept, files, ledger):
    reader, writer = pty.openpty()
    rows_and_columns = struct.pack("HHHH", 24, 120, 0, 0)
    fcntl.ioctl(writer, termios.TIOCSWINSZ, rows_and_columns)
    with os.fdopen(writer, "w") as terminal:
        job = ledger.run(kept, files("ok-1", "ok-2"), chores.behave)
        show_progress(job, stream=terminal)
        job.result(60)
        terminal.write("THE END")
    shown = b""
    while b"THE END" not in shown:
        shown += os.read(reader, 65536)
    os.close(reader)
    assert b"Done: 100%|" in shown
    assert b"2/2, 0:02 of audio" in shown

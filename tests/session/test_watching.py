"""Folders that are watched: real files, real workers, and what the watch says of them."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import soundfile
from signals import tone

from workbench import LibraryPathError, Workbench
from workbench.session.watching import changes
from workbench.session.watching.changes import needs_polling
from workbench.session.watching.settling import Settling
from workbench.session.watching.watch import WatchEvent

DEADLINE_S = 120  # for a machine that is busy; nothing waits so long otherwise


class Watching:
    """A watch on a thread, and its events."""

    def __init__(self, wb: Workbench, folder: Path, **how: float) -> None:
        self.watch = wb.watch(folder, **{"quiet_s": 0.1, "grace_s": 0.5, **how})
        self.events: queue.Queue[WatchEvent] = queue.Queue()
        self.thread = Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        for event in self.watch:
            self.events.put(event)

    def next(self, kind: str) -> WatchEvent:
        """Return the next event, which must be of this kind."""
        event = self.events.get(timeout=DEADLINE_S)
        assert event.kind == kind, event
        return event

    def end(self) -> None:
        self.watch.stop.set()
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the watch look more often than a user needs: each step of a test waits for that."""
    monkeypatch.setattr(changes, "_TICK_MS", 100)
    monkeypatch.setattr(changes, "SCAN_S", 0.3)


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with Workbench(tmp_path_factory.mktemp("watching"), async_workers=1) as wb:
        yield wb


@pytest.fixture
def music(tmp_path: Path) -> Path:
    (tmp_path / "music" / "album").mkdir(parents=True)
    return tmp_path / "music"


def record(path: Path, frequency: float) -> Path:
    """Write a file in one step, because a busy machine may pause in the middle for longer than the quiet time."""
    unfinished = path.with_suffix(".part")
    soundfile.write(os.fsencode(unfinished), tone(frequency, 1.0), 44100, format="WAV")
    return unfinished.rename(path)


def statuses(wb: Workbench, folder: Path) -> dict[str, str]:
    return {Path(path).name: file.status for path, file in wb.library.files.known([folder]).items()}


def test_files_are_analyzed_as_they_come_follow_moves_and_go_missing(wb: Workbench, music: Path) -> None:
    record(music / "album" / "one.wav", 300)
    watching = Watching(wb, music)
    try:
        assert watching.next("watching").paths == (str(music),)
        assert watching.next("analyzed").message == "1 file: 1 analyzed, 0 known already."
        two = record(music / "two.wav", 400)
        (music / "notes.txt").write_text("no music")
        record(music / ".hidden.wav", 450)
        assert watching.next("analyzed").paths == (str(two),)
        before = wb.track(str(two)).id
        shutil.move(two, music / "album" / "moved.wav")
        assert watching.next("analyzed").message == "1 file: 0 analyzed, 1 known already."
        assert wb.track(str(music / "album" / "moved.wav")).id == before
        (music / "album" / "moved.wav").unlink()
        assert watching.next("missing").paths == (str(music / "album" / "moved.wav"),)
        assert statuses(wb, music) == {"one.wav": "analyzed", "moved.wav": "missing"}
        back = record(music / "album" / "moved.wav", 400)
        watching.next("analyzed")
        assert wb.track(str(back)).status == "analyzed"
        record(back, 500)  # changed
        assert "1 analyzed" in watching.next("analyzed").message
    finally:
        watching.end()


def test_folders_come_and_go_as_a_whole_and_an_empty_one_is_a_share_that_is_away(
    wb: Workbench, music: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    for number in range(2):
        record(tmp_path / "new" / f"{number}.wav", 600 + 50 * number)
    record(music / "album" / "stays.wav", 700)
    watching = Watching(wb, music)
    try:
        watching.next("watching")
        watching.next("analyzed")
        (tmp_path / "new").rename(music / "new")
        assert len(watching.next("analyzed").paths) == 2
        shutil.rmtree(music / "new")
        assert len(watching.next("missing").paths) == 2
        (music / "album" / "stays.wav").unlink()
        assert "Nothing was marked as missing" in watching.next("away").message
        assert statuses(wb, music)["stays.wav"] == "analyzed"
        shutil.rmtree(music)  # unmounted
        assert watching.next("away").paths == (str(music),)
        (music / "album").mkdir(parents=True)
        record(music / "album" / "stays.wav", 750)
        assert watching.next("watching").paths == (str(music),)
        watching.next("analyzed")
    finally:
        watching.end()


def test_a_link_to_a_folder_around_it_is_not_followed(wb: Workbench, music: Path) -> None:
    record(music / "album" / "one.wav", 880)
    watching = Watching(wb, music)
    try:
        watching.next("watching")
        watching.next("analyzed")
        (music / "album" / "again").symlink_to(music)
        (music / "self.wav").symlink_to(music / "self.wav")
        two = record(music / "two.wav", 890)
        assert watching.next("analyzed").paths == (str(two),)
        record(music / "three.wav", 895)
        watching.next("analyzed")
        assert set(statuses(wb, music)) == {"one.wav", "two.wav", "three.wav"}
    finally:
        watching.end()


def test_what_the_system_does_not_tell_is_found_by_looking(wb: Workbench, music: Path) -> None:
    watching = Watching(wb, music, poll_s=0.1)
    try:
        assert "looks for changes every 0.1 seconds" in watching.next("watching").message
        record(music / "three.wav", 800)
        watching.next("analyzed")
    finally:
        watching.end()


def test_a_bad_file_does_not_stop_the_watch(wb: Workbench, music: Path) -> None:
    (music / "bad.flac").write_bytes(b"fLaC but no more")
    watching = Watching(wb, music)
    try:
        watching.next("watching")
        watching.next("analyzed")
        failed = watching.next("failed")
        assert failed.paths == (str(music / "bad.flac"),)
        assert failed.message.count("bad.flac") == 1
        record(music / "four.wav", 900)
        watching.next("analyzed")
    finally:
        watching.end()


@pytest.mark.parametrize("how", [{}, {"poll_s": 0.2}])
def test_names_that_are_not_utf8_are_followed_and_stop_nothing(
    wb: Workbench, music: Path, how: dict[str, float]
) -> None:
    watching = Watching(wb, music, **how)
    try:
        watching.next("watching")
        record(music / os.fsdecode(b"caf\xe9.wav"), 500)
        watching.next("analyzed")
        record(music / "plain.wav", 600)
        watching.next("analyzed")
        (music / os.fsdecode(b"caf\xe9.wav")).unlink()
        watching.next("missing")
        assert statuses(wb, music) == {os.fsdecode(b"caf\xe9.wav"): "missing", "plain.wav": "analyzed"}
    finally:
        watching.end()


def test_a_folder_that_is_not_there_is_refused(wb: Workbench, tmp_path: Path) -> None:
    with pytest.raises(LibraryPathError, match="is not a folder"):
        wb.watch(tmp_path / "no")
    with pytest.raises(LibraryPathError, match="or set WATCH"):
        wb.watch()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_quietly(tmp_path: Path, music: Path, number: int) -> None:
    command = [sys.executable, "-m", "workbench", "watch", str(music), "--data-dir", str(tmp_path / "data")]
    # A shell that runs tests in the background makes them ignore Ctrl-C; the command must not inherit that.
    code = (
        "import signal, os, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
        f"os.execv(sys.executable, {command!r})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("watching")
    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out, err) == (0, "", "stopped; what was analyzed is saved\n")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_file_that_grows_is_not_complete(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.wav"
    settling = Settling(5, 60, clock)
    path.write_bytes(b"1")
    settling.note(str(path))
    clock.now = 4
    path.write_bytes(b"12")  # without a notice, as on a share
    assert settling.complete() == []
    clock.now = 8
    assert settling.complete() == []
    clock.now = 9
    assert settling.complete() == [str(path)]
    assert settling.complete() == [] and len(settling) == 0


def test_a_file_that_is_replaced_is_not_gone(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.wav"
    settling = Settling(5, 60, clock)
    settling.note(str(path))
    clock.now = 59
    assert settling.gone() == []
    path.write_bytes(b"1")  # a tag editor has finished
    clock.now = 61
    assert settling.gone() == []
    path.unlink()
    settling.note(str(path))
    clock.now = 120
    assert settling.gone() == []
    clock.now = 121
    assert settling.gone() == [str(path)]
    assert settling.complete() == []


def test_local_disks_need_no_polling(tmp_path: Path) -> None:
    assert not needs_polling(str(tmp_path))

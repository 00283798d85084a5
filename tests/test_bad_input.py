"""Bad input ends in a sentence, exit code 1 or 3, and never costs its neighbors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from workbench import Workbench
from workbench.processing.job.task import Failure
from workbench.session.jobs.report import Report
from workbench.store.library.track import Track

RATE = 44100


def tone(seconds: float, rate: int = RATE, channels: int = 1) -> np.ndarray[Any, Any]:
    t = np.arange(int(seconds * rate)) / rate
    return np.repeat(
        (0.3 * np.sin(2 * np.pi * 220 * t) * (t % 0.5 < 0.25)).astype("f4")[:, None], channels, axis=1
    )


def write(path: Path, samples: np.ndarray[Any, Any], rate: int = RATE, **how: Any) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


STRANGE_NAMES = [
    "naïve – 東京 🎵.wav",
    "new\nline.wav",
    "x" * 246 + ".wav",
    "-dash.wav",
    "#hash 100%.wav",
    "'quo\"te.wav",
]


@dataclass
class Mess:
    """A folder with everything that can be wrong in it, analyzed once."""

    folder: Path
    data_dir: Path
    report: Report
    tracks: dict[str, Track]

    def failure(self, name: str) -> Failure:
        return next(failure for failure in self.report.failed if Path(failure.path).name == name)


@pytest.fixture(scope="module")
def mess(tmp_path_factory: pytest.TempPathFactory) -> Mess:
    folder = tmp_path_factory.mktemp("mess")
    good = write(folder / "good.wav", tone(4))
    later = write(folder / "later.wav", tone(3.6))
    os.utime(later, ns=(0, 13_569_465_600 * 10**9))  # 2400: more nanoseconds than 64 bits hold
    (folder / "zero.mp3").touch()
    (folder / "text.mp3").write_text("this is not music\n" * 500)
    (folder / "noise.flac").write_bytes(os.urandom(5000))
    write(folder / "nothing.wav", tone(0))
    write(folder / "eight.wav", tone(3, channels=8))
    write(folder / "low.wav", tone(3.1, 8000), 8000)
    write(folder / "high.wav", tone(3.2, 192000), 192000)
    write(folder / "short.wav", tone(0.05))
    write(folder / "silence.wav", np.zeros((3 * RATE, 2), "f4"))
    broken = tone(3.3)
    broken[1000:1100] = np.nan
    broken[2000] = np.inf
    write(folder / "nan.wav", broken, subtype="FLOAT")
    write(folder / "clipped.wav", np.clip(tone(3.4) * 20, -1, 1))
    for name in ("cut.mp3", "cut.flac"):
        whole = write(folder / name, tone(20, channels=2))
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    for name in STRANGE_NAMES:
        shutil.copy(good, folder / name)
    shutil.copy(os.fsencode(good), os.fsencode(folder) + b"/bad\xff.wav")
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.wav").symlink_to(folder / "nowhere.wav")
    gone = write(folder / "gone.wav", tone(2))
    data_dir = tmp_path_factory.mktemp("mess-data")
    with Workbench(data_dir, async_workers=2) as wb:
        plan = wb.analyze.plan(folder)
        gone.unlink()
        report = wb.analyze(plan=plan).result(200)
        return Mess(
            folder, data_dir, report, {Path(track.path).name: track for track in wb.library.tracks.select()}
        )


def command(*arguments: object, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", *map(str, arguments), "--data-dir", str(data_dir)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.parametrize("name", ["zero.mp3", "text.mp3", "noise.flac", "nothing.wav"])
def test_a_file_that_is_not_music_fails_with_a_reason(mess: Mess, name: str) -> None:
    failure = mess.failure(name)
    assert failure.kind in {"format", "empty"}
    assert name in failure.error and "Traceback" not in failure.error
    assert mess.tracks[name].status == "failed" and mess.tracks[name].error == failure.error


def test_neighbors_of_bad_files_are_analyzed(mess: Mess) -> None:
    bad = {"zero.mp3", "text.mp3", "noise.flac", "nothing.wav", "gone.wav"}
    assert {name for name, track in mess.tracks.items() if track.status == "failed"} <= bad
    assert all(track.status == "analyzed" for name, track in mess.tracks.items() if name not in bad)
    assert mess.report.analyzed + len(mess.report.failed) >= mess.report.found


def test_odd_but_valid_sound_is_described_in_finite_numbers(mess: Mess) -> None:
    names = {"eight.wav", "low.wav", "high.wav", "short.wav", "silence.wav", "nan.wav", "clipped.wav"}
    assert names <= set(mess.tracks)
    assert mess.tracks["silence.wav"].features["bpm"] is None
    assert mess.tracks["silence.wav"].features["key"] is None
    assert mess.tracks["short.wav"].duration_s == pytest.approx(0.05, abs=0.001)
    for track in mess.tracks.values():
        numbers = [value for value in track.features.values() if isinstance(value, float)]
        assert np.isfinite(numbers).all()


@pytest.mark.parametrize("name", ["cut.mp3", "cut.flac"])
def test_a_truncated_file_is_analyzed_as_far_as_it_goes(mess: Mess, name: str) -> None:
    assert mess.tracks[name].status == "analyzed"
    assert 5 < mess.tracks[name].duration_s < 15


def test_strange_names_survive(mess: Mess) -> None:
    assert set(STRANGE_NAMES) <= set(mess.tracks)
    listing = command("tracks", data_dir=mess.data_dir)
    assert listing.returncode == 0 and len(listing.stdout.splitlines()) == len(mess.tracks) + 1


def test_a_name_that_is_not_utf8_is_analyzed(mess: Mess) -> None:
    track = mess.tracks[os.fsdecode(b"bad\xff.wav")]
    assert track.status == "analyzed" and track.title == "bad\ufffd" and Path(track.path).exists()
    listing = command("tracks", "--json", data_dir=mess.data_dir)
    assert f"{mess.folder}/bad\ufffd.wav" in {track["path"] for track in json.loads(listing.stdout)["tracks"]}


def test_a_file_that_disappears_before_it_is_decoded_is_reported(mess: Mess) -> None:
    assert mess.failure("gone.wav").kind == "missing"


def test_a_second_run_tries_no_hopeless_file_and_says_what_failed(mess: Mess) -> None:
    done = command("analyze", mess.folder, "--json", data_dir=mess.data_dir)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    report = json.loads(done.stdout)
    assert report["analyzed"] == 0
    failed = {Path(failure["path"]).name for failure in report["failed"]}
    assert {"zero.mp3", "text.mp3", "noise.flac", "nothing.wav"} <= failed
    listed = json.loads(command("tracks", "--failed", "--json", data_dir=mess.data_dir).stdout)
    assert {"zero.mp3", "text.mp3"} <= {Path(track["path"]).name for track in listed["tracks"]}


def test_an_empty_folder_is_fine_and_a_missing_one_is_an_error(tmp_path: Path, data_dir: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = command("analyze", empty, "--json", data_dir=data_dir)
    assert done.returncode == 0 and json.loads(done.stdout)["found"] == 0
    done = command("analyze", tmp_path / "gone", data_dir=data_dir)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "gone" in done.stderr
    done = command("playlist", "random", data_dir=data_dir)
    assert done.returncode == 1 and "Analyze a folder" in done.stderr


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root reads everything; tests/audio drops its rights and checks this"
)
def test_a_file_without_permission_is_reported(tmp_path: Path, data_dir: Path) -> None:
    secret = write(tmp_path / "secret.wav", tone(2))
    secret.chmod(0)
    with Workbench(data_dir, async_workers=1) as wb:
        report = wb.analyze(secret).result(120)
    assert [failure.kind for failure in report.failed] == ["permission"]


def test_a_data_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("I am a file")
    for folder in (blocked, blocked / "below", Path("/proc/nothing")):
        done = command("analyze", tmp_path, data_dir=folder)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1 and str(folder) in done.stderr


def test_a_corrupt_database_is_an_error_and_is_kept(data_dir: Path) -> None:
    data_dir.mkdir()
    database = data_dir / "library.sqlite3"
    damaged = b"not a database, but precious" * 500
    database.write_bytes(damaged)
    done = command("tracks", data_dir=data_dir)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "restore" in done.stderr
    assert database.read_bytes() == damaged


def test_bad_options_are_usage_errors(data_dir: Path, tmp_path: Path) -> None:
    assert command("analyze", data_dir=data_dir).returncode == 2
    assert command("analyze", tmp_path, "--workers", "many", data_dir=data_dir).returncode == 2
    assert command("nonsense", data_dir=data_dir).returncode == 2
    done = command("analyze", tmp_path, "--workers", "0", data_dir=data_dir)
    assert done.returncode == 1 and "ASYNC_WORKERS" in done.stderr

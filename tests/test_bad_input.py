"""Bad input ends in a sentence, exit code 1 or 3, and never costs its neighbours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from workbench import Workbench
from workbench.ingest import Report

RATE = 44100


def tone(seconds: float, rate: int = RATE, channels: int = 1) -> np.ndarray[Any, Any]:
    t = np.arange(int(seconds * rate)) / rate
    return np.repeat((0.3 * np.sin(2 * np.pi * 220 * t) * (t % 0.5 < 0.25)).astype("f4")[:, None], channels, axis=1)


def write(path: Path, samples: np.ndarray[Any, Any], rate: int = RATE, **how: Any) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    write(folder / "good.wav", tone(4))
    return folder


def analyze(folder: Path, data_dir: Path) -> tuple[Report, dict[str, Any]]:
    with Workbench(data_dir, async_workers=1) as wb:
        report = wb.analyze(folder).result(200)
        return report, {Path(track.path).name: track for track in wb.library.tracks()}


def command(*arguments: object, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "workbench", *map(str, arguments), "--data-dir", str(data_dir)],
                          capture_output=True, text=True, timeout=200, check=False)


def test_files_that_are_no_music_fail_alone(music: Path, data_dir: Path) -> None:
    (music / "zero.mp3").touch()
    (music / "text.mp3").write_text("this is not music\n" * 500)
    (music / "noise.flac").write_bytes(os.urandom(5000))
    write(music / "nothing.wav", tone(0))
    report, tracks = analyze(music, data_dir)
    assert report.analyzed == 1 and tracks["good.wav"].status == "analyzed"
    assert {Path(failure.path).name for failure in report.failed} == {
        "zero.mp3", "text.mp3", "noise.flac", "nothing.wav"}
    for failure in report.failed:
        assert tracks[Path(failure.path).name].status == "failed"
        assert Path(failure.path).name in failure.error
        assert failure.kind in {"format", "empty"}
        assert "Traceback" not in failure.error
    done = command("analyze", music, "--json", data_dir=data_dir)
    assert done.returncode == 3
    assert len(json.loads(done.stdout)["failed"]) == 4
    assert "Traceback" not in done.stderr


def test_odd_but_valid_sound_is_analysed(music: Path, data_dir: Path) -> None:
    write(music / "eight.wav", tone(3, channels=8))
    write(music / "low.wav", tone(3, 8000), 8000)
    write(music / "high.wav", tone(3, 192000), 192000)
    write(music / "short.wav", tone(0.05))
    write(music / "silence.wav", np.zeros((3 * RATE, 2), "f4"))
    broken = tone(3)
    broken[1000:1100] = np.nan
    broken[2000] = np.inf
    write(music / "nan.wav", broken, subtype="FLOAT")
    write(music / "clipped.wav", np.clip(tone(3) * 20, -1, 1))
    report, tracks = analyze(music, data_dir)
    assert report.failed == ()
    assert report.analyzed == 8
    assert tracks["silence.wav"].features["bpm"] is None
    assert tracks["silence.wav"].features["key"] is None
    assert tracks["short.wav"].duration_s == pytest.approx(0.05, abs=0.001)
    for track in tracks.values():
        numbers = [value for value in track.features.values() if isinstance(value, float)]
        assert np.isfinite(numbers).all()


@pytest.mark.parametrize(("suffix", "how"), [
    (".mp3", {"format": "MP3"}), (".flac", {"format": "FLAC"})])
def test_a_truncated_file_is_analysed_as_far_as_it_goes_or_refused(
        music: Path, data_dir: Path, suffix: str, how: dict[str, Any]) -> None:
    whole = write(music / f"cut{suffix}", tone(20, channels=2), **how)
    whole.write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
    report, tracks = analyze(music, data_dir)
    assert tracks["good.wav"].status == "analyzed"
    cut = tracks[whole.name]
    if cut.status == "analyzed":
        assert 5 < cut.duration_s < 15
    else:
        assert whole.name in cut.error


def test_strange_names_survive(music: Path, data_dir: Path) -> None:
    names = ["naïve – 東京 🎵.wav", "new\nline.wav", "x" * 246 + ".wav", "-dash.wav", "#hash 100%.wav", "'quo\"te.wav"]
    for name in names:
        shutil.copy(music / "good.wav", music / name)
    report, tracks = analyze(music, data_dir)
    assert report.failed == ()
    assert set(tracks) == {*names, "good.wav"}
    assert all(track.status == "analyzed" for track in tracks.values())
    listing = command("tracks", data_dir=data_dir)
    assert listing.returncode == 0 and len(listing.stdout.splitlines()) == len(tracks) + 1


def test_a_name_that_is_not_utf8_is_reported(music: Path, data_dir: Path) -> None:
    shutil.copy(os.fsencode(music / "good.wav"), os.fsencode(music) + b"/bad\xff.wav")
    report, tracks = analyze(music, data_dir)
    assert len(report.failed) == 1 and report.failed[0].kind == "name"
    assert tracks["good.wav"].status == "analyzed"
    json.dumps(report.to_dict())


def test_a_symlink_loop_ends(music: Path, data_dir: Path) -> None:
    (music / "loop").symlink_to(music)
    (music / "dangling.wav").symlink_to(music / "nowhere.wav")
    report, tracks = analyze(music, data_dir)
    assert tracks["good.wav"].status == "analyzed"
    assert report.found - len(report.failed) == 1 or report.found == 1


def test_an_empty_folder_is_fine_and_a_missing_one_is_an_error(tmp_path: Path, data_dir: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = command("analyze", empty, "--json", data_dir=data_dir)
    assert done.returncode == 0 and json.loads(done.stdout)["found"] == 0
    done = command("analyze", tmp_path / "gone", data_dir=data_dir)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "gone" in done.stderr
    done = command("playlist", "random", data_dir=data_dir)
    assert done.returncode == 1 and "workbench analyze" in done.stderr


def test_a_file_that_disappears_before_it_is_decoded_is_reported(music: Path, data_dir: Path) -> None:
    gone = write(music / "gone.wav", tone(2))
    with Workbench(data_dir, async_workers=1) as wb:
        plan = wb.plan(music)
        gone.unlink()
        report = wb.analyze(plan=plan).result(120)
    assert report.analyzed == 1
    assert [(Path(f.path).name, f.kind) for f in report.failed] == [("gone.wav", "missing")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_reported(music: Path, data_dir: Path) -> None:
    secret = write(music / "secret.wav", tone(2))
    secret.chmod(0)
    report, _tracks = analyze(music, data_dir)
    assert [f.kind for f in report.failed] == ["permission"] and report.analyzed == 1


def test_a_data_folder_that_cannot_be_used_is_an_error(tmp_path: Path, music: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("I am a file")
    for folder in (blocked, blocked / "below", Path("/proc/nothing")):
        done = command("analyze", music, data_dir=folder)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1 and str(folder) in done.stderr


def test_a_corrupt_database_is_an_error_and_is_kept(library_dir: Path) -> None:
    database = library_dir / "library.sqlite3"
    for name in (database.name + "-wal", database.name + "-shm"):
        (library_dir / name).unlink(missing_ok=True)
    damaged = b"not a database, but precious" * 500
    database.write_bytes(damaged)
    done = command("tracks", data_dir=library_dir)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "restore" in done.stderr
    assert database.read_bytes() == damaged


def test_bad_options_are_usage_errors(data_dir: Path, music: Path) -> None:
    assert command("analyze", data_dir=data_dir).returncode == 2
    assert command("analyze", music, "--workers", "many", data_dir=data_dir).returncode == 2
    assert command("nonsense", data_dir=data_dir).returncode == 2
    done = command("analyze", music, "--workers", "0", data_dir=data_dir)
    assert done.returncode == 1 and "ASYNC_WORKERS" in done.stderr

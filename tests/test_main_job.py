"""A folder of music in, a library and playlists out: the whole way, through the command and through Python."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from busy import longer_if_busy
from waiting import until

from workbench import Workbench
from workbench.audio.demo.demo_library import DEMO_TRACKS
from workbench.session.doctor import examine
from workbench.settings import Settings


def workbench(*arguments: object, data_dir: Path, check: int | None = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *map(str, arguments), "--data-dir", str(data_dir)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if check is not None:
        assert done.returncode == check, done.stderr
    assert "Traceback" not in done.stderr
    return done


def answer(*arguments: object, data_dir: Path, check: int = 0) -> Any:
    return json.loads(workbench(*arguments, "--json", data_dir=data_dir, check=check).stdout)


def test_demo_makes_a_library_and_playlists_that_exist(analyzed_data_dir: Path, library_dir: Path) -> None:
    report = json.loads((analyzed_data_dir / "demo.json").read_text("utf-8"))
    assert report["found"] == report["analyzed"] == len(DEMO_TRACKS) >= 24
    assert report["failed"] == [] and report["cached"] == 0 and report["audio_seconds"] > 200
    assert report["playlists"]
    for playlist in map(Path, report["playlists"]):
        entries = [
            line for line in playlist.read_text("utf-8").splitlines() if line and not line.startswith("#")
        ]
        assert entries
        assert all((playlist.parent / entry).is_file() for entry in entries)

    tracks = answer("tracks", data_dir=library_dir)
    assert tracks["total"] == len(DEMO_TRACKS)
    truth = {track.title: track for track in DEMO_TRACKS}
    for track in tracks["tracks"]:
        known = truth[track["title"]]
        assert (track["artist"], track["album"], track["genre"], track["year"]) == (
            known.artist,
            known.album,
            known.genre,
            known.year,
        )
        assert track["status"] == "analyzed"
        assert {"bpm", "key", "scale", "camelot", "loudness_lufs", "danceability"} <= track["features"].keys()


def test_similarity_playlist_from_the_command(library_dir: Path, tmp_path: Path) -> None:
    title = DEMO_TRACKS[0].title
    out = tmp_path / "party.m3u8"
    made = answer(
        "playlist",
        "similarity",
        "--start",
        title,
        "--size",
        5,
        "--random-state",
        7,
        "--out",
        out,
        data_dir=library_dir,
    )
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    files = [line for line in lines if not line.startswith("#")]
    assert len(files) == 5 and all((out.parent / file).exists() for file in files)
    assert len([line for line in lines if line.startswith("#EXTINF:")]) == 5
    again = answer(
        "playlist", "similarity", "--start", title, "--size", 5, "--random-state", 7, data_dir=library_dir
    )
    assert [t["id"] for t in again["tracks"]] == [t["id"] for t in made["tracks"]]
    assert workbench(
        "playlist", "similarity", "--start", "nowhere to be found", data_dir=library_dir, check=1
    ).stderr
    assert workbench("playlist", data_dir=library_dir, check=2).stderr


def test_tracks_can_be_searched(library_dir: Path) -> None:
    artist = DEMO_TRACKS[0].artist
    found = answer("tracks", "--query", artist, data_dir=library_dir)
    assert found["total"] == sum(track.artist == artist for track in DEMO_TRACKS)
    assert answer("tracks", "--failed", data_dir=library_dir) == {"total": 0, "tracks": []}
    asked = ("--where", "bpm > 100", "--sort", "bpm desc", "--columns", "title,bpm", "--limit", 3)
    fast = answer("tracks", *asked, data_dir=library_dir)
    tempos = [track["bpm"] for track in fast["tracks"]]
    assert tempos == sorted(tempos, reverse=True) and len(tempos) == fast["total"] == 3
    lines = workbench("tracks", *asked, "--csv", data_dir=library_dir).stdout.splitlines()
    assert lines[0] == "id,title,bpm" and len(lines) == 4
    assert "3 of " in workbench("tracks", *asked, data_dir=library_dir).stdout


def test_database_commands(library_dir: Path, tmp_path: Path) -> None:
    before = answer("tracks", data_dir=library_dir)
    copy = tmp_path / "copy.sqlite3"
    workbench("db", "backup", copy, data_dir=library_dir)
    assert answer("db", "check", data_dir=library_dir)["ok"]
    assert answer("db", "info", data_dir=library_dir)
    workbench("db", "vacuum", data_dir=library_dir)
    empty = tmp_path / "elsewhere"
    workbench("db", "restore", copy, data_dir=empty)
    assert answer("tracks", data_dir=empty) == before


def test_doctor_finds_this_installation_well(data_dir: Path) -> None:
    report = answer("doctor", data_dir=data_dir)
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]
    assert {"essentia-tensorflow", "SQLite", "data folder", "models"} <= {
        check["name"] for check in report["checks"]
    }


def test_doctor_names_what_is_missing_or_too_old(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    asked = ["numpy>=1000", "no-such-package>=2", "redis>=5 ; extra == 'redis'", "psutil>=1"]
    monkeypatch.setattr("importlib.metadata.requires", lambda _: asked)
    report = examine(Settings(data_dir=data_dir))
    checks = {check["name"]: check for check in report["checks"]}
    assert not report["ok"] and "redis" not in checks
    assert checks["numpy"]["fix"] == "python -m pip install 'numpy>=1000'"
    assert checks["numpy"]["found"].endswith("not >=1000")
    assert checks["no-such-package"]["found"] == "not installed"
    assert checks["psutil"]["ok"]


def test_a_moved_file_keeps_its_analysis_and_a_deleted_one_is_missing(
    demo_folder: Path, data_dir: Path, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    names = [path for path in sorted(demo_folder.rglob("*")) if path.is_file()][:3]
    a, b, c = (Path(shutil.copy(path, music)) for path in names)
    with Workbench(data_dir, async_workers=1) as wb:
        assert wb.analyze(music).result(120).analyzed == 3
        ids = {track.path: track.id for track in wb.library.tracks.select()}
        moved = music / "deeper" / ("moved" + a.suffix)
        moved.parent.mkdir()
        a.rename(moved)
        b.unlink()
        twin = Path(shutil.copy(c, music / ("twin" + c.suffix)))
        report = wb.analyze(music).result(120)
        assert (report.analyzed, report.cached, report.failed) == (0, 3, ())
        tracks = {track.path: track for track in wb.library.tracks.select()}
        assert tracks[str(moved)].id == ids[str(a)] and tracks[str(moved)].status == "analyzed"
        assert tracks[str(b)].status == "missing"
        assert tracks[str(twin)].content_hash == tracks[str(c)].content_hash
        shutil.copy(names[1], b)
        assert wb.analyze(music).result(120).analyzed == 0
        assert wb.library.tracks.get(ids[str(b)]).status == "analyzed"


def test_a_changed_file_is_analyzed_again(demo_folder: Path, data_dir: Path, tmp_path: Path) -> None:
    one, two = sorted(demo_folder.rglob("*.wav"))[:2]
    song = Path(shutil.copy(one, tmp_path / "song.wav"))
    with Workbench(data_dir, async_workers=1) as wb:
        wb.analyze(song).result(120)
        before = wb.track.features(str(song))
        shutil.copy(two, song)
        assert wb.analyze.plan(song).counts == {"changed": 1}
        assert wb.analyze(song).result(120).analyzed == 1
        assert wb.track.features(str(song)) != before
        assert wb.analyze(song, force=True).result(120).analyzed == 1


async def test_analysis_from_async_code_leaves_the_loop_free(demo_folder: Path, data_dir: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    with Workbench(data_dir, async_workers=1) as wb:
        ticking = asyncio.create_task(tick())
        report = await wb.analyze_async(next(demo_folder.rglob("*.ogg")))
        ticking.cancel()
        assert report.analyzed == 1
        assert ticks > 20


def start(*arguments: object, data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *map(str, arguments), "--data-dir", str(data_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def analyzed_so_far(data_dir: Path) -> int:
    if not (data_dir / "library.sqlite3").exists():
        return 0
    with Workbench(data_dir) as wb:
        return wb.library.tracks.count(status="analyzed")


def test_after_kill_9_a_rerun_continues(demo_folder: Path, data_dir: Path) -> None:
    process = start("analyze", demo_folder, "--workers", 1, data_dir=data_dir)
    children: list[psutil.Process] = []
    until(lambda: analyzed_so_far(data_dir) >= 2 or process.poll() is not None)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    with Workbench(data_dir) as wb:
        done = wb.library.tracks.count(status="analyzed")
    assert 2 <= done < len(DEMO_TRACKS)
    report = answer("analyze", demo_folder, data_dir=data_dir)
    assert report["cached"] >= done
    assert report["cached"] + report["analyzed"] == len(DEMO_TRACKS)
    _gone, alive = psutil.wait_procs(children, timeout=60)
    assert not alive, "workers outlived their session"


def test_ctrl_c_stops_within_5_s_and_saves(demo_folder: Path, data_dir: Path) -> None:
    process = start("analyze", demo_folder, "--workers", 1, data_dir=data_dir)
    until(lambda: analyzed_so_far(data_dir) >= 1 or process.poll() is not None)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=longer_if_busy(5))
    assert process.returncode == 130, err
    assert "interrupted" in err and "Traceback" not in err
    assert not psutil.wait_procs(children, timeout=60)[1]
    with Workbench(data_dir) as wb:
        assert 1 <= wb.library.tracks.count(status="analyzed") < len(DEMO_TRACKS)


def test_the_demo_again_analyzes_nothing(library_dir: Path, analyzed_data_dir: Path) -> None:
    shutil.copytree(analyzed_data_dir / "demo", library_dir / "demo")
    again = answer("demo", data_dir=library_dir)
    assert (again["found"], again["cached"], again["analyzed"]) == (len(DEMO_TRACKS), len(DEMO_TRACKS), 0)


def test_json_on_standard_output_is_all_there_is(library_dir: Path, analyzed_data_dir: Path) -> None:
    done = workbench("analyze", analyzed_data_dir / "demo", "--json", data_dir=library_dir)
    report = json.loads(done.stdout)
    assert set(report) == {
        "found",
        "analyzed",
        "cached",
        "failed",
        "seconds",
        "audio_seconds",
        "workers",
        "skipped",
        "excluded",
        "cue_sheets",
        "plugin_problems",
    }
    assert report["cached"] == report["found"] == len(DEMO_TRACKS)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["playlist", "--help"], ["db", "info", "--help"]]
)
def test_every_command_explains_itself(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"WORKBENCH_DATA_DIR": str(tmp_path)},
    )
    assert done.returncode == 0 and done.stdout and not done.stderr

"""Starting, stopping, and going on after trouble."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from waiting import until


def run_serve(data_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", "serve", "--data-dir", str(data_dir), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = run_serve(tmp_path / "data", "--port", str(port))
    assert run.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "data").exists()  # the library, whose jobs another server may be at, is left alone


def test_too_few_open_files_are_refused_with_the_number_needed(tmp_path: Path) -> None:
    code = """
import resource, sys
from workbench.cli.main import main

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
sys.exit(main(["serve", *sys.argv[1:]]))
"""
    command = [sys.executable, "-c", code, "--data-dir", str(tmp_path / "data"), "--port", "0"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "may open 64 files" in run.stderr and "ulimit -n 256" in run.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_open_host_without_a_token_is_refused_with_the_reason(tmp_path: Path, host: str) -> None:
    run = run_serve(tmp_path / "data", "--host", host, "--port", "0")
    assert run.returncode == 1
    assert "not allowed without a token" in run.stderr
    assert not (tmp_path / "data").exists()


def test_token_that_can_be_guessed_is_refused_on_an_open_host(tmp_path: Path) -> None:
    run = run_serve(tmp_path / "data", "--host", "0.0.0.0", "--port", "0", WORKBENCH_TOKEN="secret")
    assert run.returncode == 1
    assert "at least 16 characters" in run.stderr
    assert not (tmp_path / "data").exists()


def test_a_base_url_that_is_not_a_path_is_refused(tmp_path: Path) -> None:
    run = run_serve(tmp_path / "data", "--base-url", "http://x/ y", "--port", "0")
    assert run.returncode == 1
    assert "--base-url" in run.stderr


def test_stop_parks_jobs_leaves_nothing_behind_and_a_restart_goes_on(
    serve: Callable[..., Any],
    performance_app: Path,
    music: Path,
    tmp_path: Path,
) -> None:
    temporary = Path(tempfile.mkdtemp(dir="/tmp"))  # short: it has sockets
    server = serve(data_dir=tmp_path / "data", apps=performance_app, TMPDIR=str(temporary))
    jobs = [
        server.post("tracks/analyze", {"file_path": str(music / name), "force_reanalysis": True}).json()["id"]
        for name in ("one.wav", "two.wav", "more/three.wav", "more/four.flac")
    ]
    beside = serve(
        data_dir=tmp_path / "data"
    )  # a second server with the same library leaves the jobs to the first
    assert beside.get("stats/analysis").json()["jobs"] == {"running": 0, "waiting": 0}
    assert {job["id"] for job in beside.get("jobs").json()["jobs"]} <= set(jobs)
    assert beside.stop() == 0
    until(lambda: server.get(f"jobs/{jobs[0]}").json()["progress"])
    pids = until(lambda: len(found := server.pids) > 3 and found)  # the app's kernel, scheduler, worker
    assert server.stop() == 0, "".join(server.log)
    gone = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=60)
    assert gone[1] == []
    assert not (tmp_path / "data" / "scheduler.json").exists()
    temporary.rmdir()  # it is empty
    assert "Traceback" not in "".join(server.log)

    again = serve(data_dir=tmp_path / "data")
    for job in jobs:
        answer = again.get(f"jobs/{job}", params={"wait": 60}).json()
        assert answer["status"] == "done", answer
        assert answer["result"]["analyzed"] + answer["result"]["cached"] == 1
    assert again.get("tracks").json()["total"] == 4

    # a full disk, as the process sees it: no file may grow
    process = psutil.Process(again.process.pid)
    _, hard = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (0, hard))
    refused = again.post("playlists/generate", {"method": "random", "size": 1})
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert again.get("tracks").status_code == 200
    process.rlimit(psutil.RLIMIT_FSIZE, (hard, hard))
    until(lambda: again.post("playlists/generate", {"method": "random", "size": 1}).status_code == 201)


def test_locked_database_is_said_soon_and_got_over(server: Any, music: Path) -> None:
    request = {"method": "random", "size": 1}
    with closing(sqlite3.connect(server.data_dir / "library.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        job = {"file_path": str(music / "one.wav"), "force_reanalysis": True}
        with ThreadPoolExecutor() as pool:
            playlist = pool.submit(server.post, "playlists/generate", request, timeout=60)
            analysis = pool.submit(server.post, "tracks/analyze", job, timeout=60)
        refused = playlist.result()
        assert refused.status_code == 503, refused.text
        assert refused.json()["error"] == "database_unavailable"
        assert int(refused.headers["Retry-After"]) > 0
        assert analysis.result().status_code == 503
        assert server.get("tracks", timeout=60).json()["total"] == 4
        other.execute("ROLLBACK")
    until(lambda: server.post("playlists/generate", request).status_code == 201)


def test_queue_is_limited_and_jobs_can_be_cancelled(
    serve: Callable[..., Any],
    music: Path,
) -> None:
    server = serve()
    folder = music / "many"
    folder.mkdir()
    content = (music / "one.wav").read_bytes()
    taken = []
    try:
        for number in range(60):
            path = folder / f"{number}.wav"
            path.write_bytes(content + bytes([number]))
            answer = server.post("tracks/analyze", {"file_path": str(path)})
            if answer.status_code == 503:
                break
            taken.append(answer.json()["id"])
        for job in reversed(taken):
            server.client.delete(f"api/v1/jobs/{job}")
        ends = [server.get(f"jobs/{job}", params={"wait": 60}).json() for job in taken]
    finally:
        shutil.rmtree(folder)
    assert answer.status_code == 503
    assert answer.json()["error"] == "queue_full"
    assert int(answer.headers["Retry-After"]) > 0
    assert len(taken) >= 32
    assert [end for end in ends if end["status"] not in ("cancelled", "done")] == []
    assert ends[-1]["status"] == "cancelled"
    until(lambda: server.get("stats/analysis").json()["jobs"] == {"running": 0, "waiting": 0})

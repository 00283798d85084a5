"""``workbench analyze`` with a scheduler and workers that were started from the command line, as on other machines."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from workbench import Workbench
from workbench.errors import SettingsError
from workbench.processing.cluster.worker_paths import translation

RATE = 22050
Machine = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Start ``dask COMMAND`` in a folder of its own; all end with the test."""
    started = []

    def start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        (tmp_path / name).mkdir()
        with (tmp_path / name / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                cwd=tmp_path / name, stdout=log, stderr=log, env=clean_environment(),
            )  # fmt: skip
        started.append(process)
        return process

    yield start
    # A worker whose scheduler ends at the same moment waits 8 s for its own process, if that is asked to end.
    below = [child for process in started for child in psutil.Process(process.pid).children(recursive=True)]
    for process in [*started, *below]:
        process.kill()
    for process in started:
        process.wait(60)


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """One self-signed certificate for everybody, as openssl makes it."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    files = {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=workbench",
         "-keyout", files["key"], "-out", files["cert"]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


def clean_environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WORKBENCH_", "DASK_"))}
    return kept | more


def write_tracks(folder: Path, seconds: float, count: int = 4) -> None:
    folder.mkdir()
    for number in range(count):
        time_s = np.arange(int(RATE * seconds)) / RATE
        tone = 0.3 * np.sin(2 * np.pi * 220 * (number + 1) * time_s)
        soundfile.write(folder / f"{number}.wav", tone.astype(np.float32), RATE)


def test_two_machines_that_mount_the_music_elsewhere_analyze_it_over_tls(
    tmp_path: Path, machine: Machine, certificate: dict[str, str]
) -> None:
    # Same names, but what the workers see is longer: durations tell which of them was read.
    here, there = tmp_path / "here", tmp_path / "there"
    write_tracks(here, 4)
    write_tracks(there, 6)
    tls = ["--protocol", "tls", "--tls-ca-file", certificate["cert"], "--tls-cert", certificate["cert"]]
    tls += ["--tls-key", certificate["key"], "--host", "127.0.0.1", "--no-dashboard"]
    file = tmp_path / "scheduler.json"
    machine("scheduler", "scheduler", "--port", "0", "--scheduler-file", str(file), *tls)
    address = wait_for_address(file)
    for name in ("one", "two"):
        machine(name, "worker", address, "--nthreads", "1", *tls)
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "analyze", str(here), "--scheduler", address, "--json",
         "--data-dir", str(tmp_path / "data")],
        env=clean_environment(
            WORKBENCH_WORKER_PATHS=f"{here}={there}",
            DASK_DISTRIBUTED__COMM__TLS__CA_FILE=certificate["cert"],
            DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT=certificate["cert"],
            DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY=certificate["key"],
        ),
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert address.startswith("tls://")
    answer = json.loads(done.stdout)
    assert (answer["analyzed"], answer["failed"]) == (4, [])
    assert answer["audio_seconds"] == pytest.approx(4 * 6, abs=0.1)


def test_without_the_mapping_the_workers_miss_the_files_and_say_so(tmp_path: Path, machine: Machine) -> None:
    write_tracks(tmp_path / "here", 4)
    file = tmp_path / "scheduler.json"
    machine("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file",
            str(file))  # fmt: skip
    machine(
        "one", "worker", wait_for_address(file), "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard"
    )
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "analyze", str(tmp_path / "here"), "--json", "--data-dir",
         str(tmp_path / "data")],
        env=clean_environment(
            WORKBENCH_SCHEDULER_FILE=str(file), WORKBENCH_WORKER_PATHS=f"{tmp_path / 'here'}=/nowhere"
        ),
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    failed: list[dict[str, Any]] = json.loads(done.stdout)["failed"]
    assert [failure["kind"] for failure in failed] == ["missing"] * 4
    assert all(failure["path"].startswith(str(tmp_path / "here")) for failure in failed)


def test_a_lost_worker_costs_nothing_and_a_lost_scheduler_only_what_was_not_done(
    tmp_path: Path, machine: Machine
) -> None:
    count, local = 16, ["--host", "127.0.0.1", "--no-dashboard"]
    write_tracks(tmp_path / "music", 45, count)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    scheduler = machine("scheduler", "scheduler", "--port", "0", "--scheduler-file", str(first), *local)
    workers = [
        machine(name, "worker", wait_for_address(first), "--nthreads", "1", *local) for name in ("one", "two")
    ]
    run = analyze(tmp_path, wait_for_address(first))
    wait_for_tracks(tmp_path / "data", 1, run)
    for process in [*psutil.Process(workers[0].pid).children(recursive=True), workers[0]]:
        process.kill()
    wait_for_tracks(tmp_path / "data", 4, run)
    scheduler.kill()
    _, said = run.communicate(timeout=100)
    assert run.returncode == 1
    assert re.search(r"scheduler at tcp://\S+ went away.*saved: run again", said)

    machine("other scheduler", "scheduler", "--port", "0", "--scheduler-file", str(second), *local)
    machine("three", "worker", wait_for_address(second), "--nthreads", "1", *local)
    run = analyze(tmp_path, wait_for_address(second))
    found = json.loads(run.communicate(timeout=200)[0])
    assert (found["analyzed"] + found["cached"], found["failed"]) == (count, [])
    assert 4 <= found["cached"] < count


def analyze(folder: Path, address: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", "analyze", str(folder / "music"), "--scheduler", address, "--json",
         "--data-dir", str(folder / "data")],
        env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for_tracks(data_dir: Path, count: int, run: subprocess.Popen[str]) -> None:
    """Wait until so many tracks are analyzed and the run still has some to do."""
    deadline = time.monotonic() + 120
    with Workbench(data_dir) as wb:
        while len(wb.library.tracks.select(status="analyzed")) < count:
            assert run.poll() is None and time.monotonic() < deadline, run.communicate()
            time.sleep(0.02)


def wait_for_address(file: Path) -> str:
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_text().rstrip().endswith("}")):
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.05)
    return str(json.loads(file.read_text())["address"])


def test_the_longest_prefix_counts_and_only_whole_names() -> None:
    there = translation(f"/music=/mnt/a{os.pathsep}/music/new/=/mnt/b/")
    assert there("/music/x.mp3") == "/mnt/a/x.mp3"
    assert there("/music/new/x.mp3") == "/mnt/b/x.mp3"
    assert there("/musical/x.mp3") == "/musical/x.mp3"
    assert translation(None)("/music/x.mp3") == "/music/x.mp3"


@pytest.mark.parametrize("text", ["/music", "=", "music=/mnt", "/music=mnt"])
def test_an_invalid_mapping_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="HERE=THERE"):
        translation(text)

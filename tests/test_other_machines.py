"""``workbench analyze`` with a scheduler and workers that were started from the command line, as on other machines."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from workbench.errors import SettingsError
from workbench.processing.worker_paths import translation

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
                [str(Path(sys.executable).with_name("dask")), *arguments],
                cwd=tmp_path / name, stdout=log, stderr=log, env=clean_environment(),
            )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
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


def write_tracks(folder: Path, seconds: float) -> None:
    folder.mkdir()
    for number in range(4):
        time_s = np.arange(int(RATE * seconds)) / RATE
        tone = 0.3 * np.sin(2 * np.pi * 220 * (number + 1) * time_s)
        soundfile.write(folder / f"{number}.wav", tone.astype(np.float32), RATE)


def test_two_machines_that_mount_the_music_elsewhere_analyse_it_over_tls(
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
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="HERE=THERE"):
        translation(text)

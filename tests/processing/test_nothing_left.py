"""However an analysis ends, it leaves no process, port, semaphore, temporary folder or open file behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import chores
import numpy as np
import psutil
import pytest
import soundfile

from workbench.machine.run_folder import TemporaryFolder, sweep
from workbench.processing.cluster.cluster import Cluster

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture
def temporary():
    """The folder for temporary files; sockets lie in it, whose paths must be short."""
    with tempfile.TemporaryDirectory(prefix="wb-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def analyze(tmp_path, temporary):
    soundfile.write(tmp_path / "noise.wav", np.random.default_rng(0).normal(0, 0.1, (2_000_000, 2)), 44100)

    options = ["--force", "--workers", "2", "--json", "--data-dir", str(tmp_path / "data")]

    def start():
        return subprocess.Popen(
            [sys.executable, "-m", "workbench", "analyze", *options, str(tmp_path / "noise.wav")],
            env=os.environ | {"TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


class Seen:
    """What the processes below one have open while they run."""

    def __init__(self, process):
        self.process = psutil.Process(process.pid)
        self.below, self.semaphores, self.ports = {}, set(), set()

    def look(self):
        try:
            for child in self.process.children(recursive=True):
                self.below[child.pid] = child
                self.semaphores |= set(re.findall(r"/dev/shm/(\S+)", self._maps(child)))
                self.ports |= {
                    found.laddr for found in child.net_connections("tcp") if found.status == "LISTEN"
                }
        except psutil.Error:  # it has just ended
            pass

    def _maps(self, child):
        try:
            return Path(f"/proc/{child.pid}/maps").read_text()
        except OSError:
            return ""

    def left(self):
        """What is still there, a minute later at most."""
        _, alive = psutil.wait_procs(list(self.below.values()), timeout=60)
        listening = {
            found.laddr for found in psutil.net_connections("tcp") if found.status == psutil.CONN_LISTEN
        }
        semaphores = [name for name in self.semaphores if (SHARED_MEMORY / name).exists()]
        return [*alive, *semaphores, *(self.ports & listening)]


def run_until_end(process, how=None):
    """Follow a process to its end; send it a signal once it has workers."""
    seen = Seen(process)
    while process.poll() is None:
        seen.look()
        if how and seen.semaphores and seen.ports:
            process.send_signal(how)
            how = None
        threading.Event().wait(0.1)  # a look takes 20 ms of CPU
    seen.said, _ = process.communicate()
    assert seen.below and seen.semaphores and seen.ports
    return seen


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_analysis_that_is_interrupted_leaves_nothing(analyze, temporary, how, status):
    process = analyze()
    seen = run_until_end(process, how)
    assert process.returncode == status
    assert seen.left() == []
    assert list(temporary.iterdir()) == []


def test_next_start_removes_what_a_killed_one_left_and_leaves_nothing_itself(analyze, temporary):
    killed = run_until_end(analyze(), signal.SIGKILL)
    assert killed.left() == []
    [left] = temporary.iterdir()
    orphan = SHARED_MEMORY / f"sem.{left.name}.dask1.abc"  # if all its processes were killed at once
    orphan.touch()
    process = analyze()
    seen = run_until_end(process)
    assert process.returncode == 0
    assert json.loads(seen.said)["workers"] == 1  # that worked, of the two there were
    assert seen.left() == []
    assert list(temporary.iterdir()) == []
    assert not orphan.exists()


def test_system_without_shared_memory_is_named():
    code = """
from workbench.processing.cluster.credentials import Credentials
from workbench.processing.cluster.host_process import ClusterPlan, HostProcess

plan = ClusterPlan(workers=1, threads=1, memory_limit_bytes=2**30, worker_ttl_s=60.0, gpus=[])
HostProcess().serve(plan, Credentials.temporary())
"""
    own_mounts = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    without = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"'
    if shutil.which("unshare") is None or subprocess.run([*own_mounts, without, "sh", "true"]).returncode:
        pytest.skip("mounts cannot be changed here")
    done = subprocess.run(
        [*own_mounts, without, "sh", sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "did not start: OSError: shared memory (/dev/shm) cannot be used" in done.stderr


def test_descriptors_and_threads_are_given_back(calm, files, ledger):
    def use():
        with Cluster(calm) as cluster:
            ledger.run(cluster, files(f"ok-{len(ledger.values)}"), chores.behave).result(60)
        return psutil.Process().num_fds(), threading.active_count()

    first, second, third = use(), use(), use()
    assert third <= max(first, second)


def test_only_folders_of_dead_owners_are_removed(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    code = """
from workbench.machine.run_folder import TemporaryFolder
folder = TemporaryFolder("one")
print(folder.path, flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        theirs = Path(other.stdout.readline().strip())
        strange = temporary / "workbench-of-someone"
        strange.mkdir()
        with TemporaryFolder("two") as ours, TemporaryFolder("three") as more:
            assert ours.parent == more.parent
            assert sweep() == []
            assert theirs.exists() and ours.exists()
            other.kill()
            other.wait()
            assert sweep() == [theirs.parent]
            assert not theirs.exists() and ours.exists()
        assert list(temporary.iterdir()) == [strange]

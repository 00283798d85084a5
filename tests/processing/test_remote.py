"""A scheduler and workers that were started from the command line, as on other machines."""

import json
import os
import subprocess
import sys
from pathlib import Path

import chores
import psutil
import pytest
from busy import longer_if_busy
from waiting import until

from workbench.errors import SchedulerError
from workbench.processing.cluster import connection
from workbench.processing.cluster.cluster import Cluster
from workbench.processing.cluster.credentials import Credentials


@pytest.fixture
def machines(tmp_path):
    """Start a scheduler, and workers each in a folder of its own; all end with the test."""
    started = []
    file = tmp_path / "dask.json"

    def launch(name, command, *arguments, python_path=""):
        home = tmp_path / name
        home.mkdir()
        paths = os.pathsep.join(filter(None, [python_path, str(Path(__file__).parent)]))
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", command, *arguments],
            cwd=home,
            env=os.environ | {"PYTHONPATH": paths},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    class Machines:
        @staticmethod
        def scheduler(*options):
            options = (
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                str(file),
                *options,
            )
            process = launch("scheduler", "scheduler", *options)
            until(lambda: file.exists() and file.read_text().strip().endswith("}"), 60)
            return process, json.loads(file.read_text())["address"]

        @staticmethod
        def worker(name, address, *options, **more):
            options = (address, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", *options)
            return launch(name, "worker", *options, **more)

    yield Machines
    below = [child for process in started for child in psutil.Process(process.pid).children(recursive=True)]
    for process in [*started, *below]:
        process.kill()
    for process in started:
        process.wait()


def test_two_machines_work_as_one_and_suffer_bad_files(machines, calm, files, ledger):
    _, address = machines.scheduler()
    remote = calm.with_(scheduler_address=address)
    with Cluster(remote, warm_up=chores.warm_up) as cluster:
        bad = {"spin-1": "timeout", "native-1": "timeout", "die-1": "crash", "raise-1": "format"}
        tasks = files(*bad, *(f"ok-{n}" for n in range(20)))
        job = ledger.run(cluster, tasks, chores.behave, timeout_s=longer_if_busy(0.5))
        until(lambda: job.progress.note == "waiting for workers")
        machines.worker("one", address)
        machines.worker("two", address)
        job.result(120)
        assert ledger.kinds == bad
        assert len(ledger.values) == 20
        assert not cluster.local
    with Cluster(remote) as next_session:
        # "die-1" may have ended a worker that is just being replaced
        assert until(next_session.client.nthreads), "the first session ended what it does not own"
        assert next_session.health()["started"]


def test_a_lost_machine_loses_no_file_and_a_lost_scheduler_is_reported(
    machines, calm, files, ledger, tmp_path
):
    scheduler, address = machines.scheduler()
    first = machines.worker("one", address)
    machines.worker("two", address)
    with Cluster(calm.with_(scheduler_address=address)) as cluster:
        until(lambda: len(cluster.threads()) == 2, 60)
        tasks = files(*(f"wait-{n}" for n in range(10)), size_bytes=10**9)
        job = ledger.run(cluster, tasks, chores.behave)
        until(lambda: len(job.progress.current) == 2)
        for process in psutil.Process(first.pid).children(recursive=True):
            process.kill()
        first.kill()
        (tmp_path / "music" / "go").touch()
        assert job.result(120).done == 10
        assert not job.failed

        job = ledger.run(cluster, files("ok-1", size_bytes=10**9) + files("spin-1"), chores.behave)
        until(lambda: job.progress.done and job.progress.current, 60)
        scheduler.kill()
        with pytest.raises(SchedulerError, match=r"went away.*saved"):
            job.result(60)
        assert len(ledger.values) == 11


def test_encrypted_machines_and_a_scheduler_file(machines, calm, files, ledger, tmp_path):
    tls = Credentials.temporary().save(tmp_path)
    options = ("--tls-ca-file", tls.certificate, "--tls-cert", tls.certificate, "--tls-key", tls.key)
    _, address = machines.scheduler("--protocol", "tls", *options)
    assert address.startswith("tls://")
    machines.worker("one", address, "--protocol", "tls", *options)
    with (
        Cluster(calm.with_(scheduler_address=address)) as stranger,
        pytest.raises(SchedulerError, match="TLS"),
    ):
        stranger.client  # noqa: B018
    file = tmp_path / "given.json"
    file.write_text(json.dumps({"address": address, "tls": {"certificate": tls.certificate, "key": tls.key}}))
    with Cluster(calm.with_(scheduler_file=file)) as cluster:
        assert ledger.run(cluster, files("ok-1"), chores.behave).result(60).done == 1


def test_another_version_is_refused_with_what_differs(machines, calm, tmp_path):
    _, address = machines.scheduler()
    with Cluster(calm.with_(scheduler_address=address)) as early:
        assert not early.client.nthreads()
        other = tmp_path / "other" / "playlist_workbench-9.9.dist-info"
        other.mkdir(parents=True)
        (other / "METADATA").write_text("Metadata-Version: 2.1\nName: playlist-workbench\nVersion: 9.9\n")
        machines.worker("one", address, python_path=str(other.parent))
        until(lambda: early.workers == 1, 60)
    refused = pytest.raises(SchedulerError, match=r"playlist-workbench 9\.9 \(here .*same versions")
    with Cluster(calm.with_(scheduler_address=address)) as late, refused:
        late.client  # noqa: B018


def test_a_scheduler_that_is_not_there_is_named(calm, files, ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT_S", 1.0)
    with Cluster(calm.with_(scheduler_address="tcp://127.0.0.1:1")) as cluster:
        job = ledger.run(cluster, files("ok-1"), chores.behave)
        with pytest.raises(SchedulerError, match=r"tcp://127\.0\.0\.1:1"):
            job.result(60)
    for content in (None, "{}", "no json"):
        path = tmp_path / "named.json"
        if content is not None:
            path.write_text(content)
        with (
            Cluster(calm.with_(scheduler_file=path)) as cluster,
            pytest.raises(SchedulerError, match=r"named\.json"),
        ):
            cluster.client  # noqa: B018

"""The cluster of a session: when it starts, who may join, what it leaves behind."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import chores
import psutil
import pytest
from busy import longer_if_busy
from waiting import until

from workbench.errors import ProcessingError, SchedulerError
from workbench.processing.cluster.cluster import Cluster
from workbench.processing.cluster.credentials import Credentials
from workbench.processing.cluster.host_process import ClusterPlan, HostProcess


@pytest.fixture
def session(tmp_path):
    """Run a program in a process of its own, with the helpers importable; killed at the end."""
    started = []

    def run(code, **options):
        program = tmp_path / f"program_{len(started)}.py"
        program.write_text(code)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[:2]))}
        process = subprocess.Popen(
            [sys.executable, str(program)],
            cwd=tmp_path,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


UNGUARDED = """
from pathlib import Path
import sys
import chores
from workbench.settings import Settings
from workbench.processing.cluster.cluster import Cluster
from workbench.processing.job.task import Task
from running import run

print("started", flush=True)
cluster = Cluster(Settings(data_dir=Path("data"), async_workers=2, memory_limit_percent=100){options})
values = {{}}
folder = Path("music").absolute()
folder.mkdir(exist_ok=True)
names = {names}
job = run(
    cluster,
    [Task(name, str(folder / name), 10**9) for name in names],
    chores.behave,
    on_value=lambda task, value: print("value", value, flush=True) or 1.0,
    on_failure=lambda task, failure: print("failure", failure.kind, flush=True),
)
"""


def program(*names, then="print(job.result(60).done)", options=""):
    return UNGUARDED.format(names=list(names), options=options) + then


@pytest.mark.cold
async def test_workers_start_when_needed_and_end_with_the_cluster(calm, descendants, all_gone):
    """Also under a running event loop, as in a notebook."""
    with Cluster(calm) as cluster:
        assert not cluster.started
        assert cluster.workers == 2
        assert cluster.health()["status"] == "healthy"
        assert not cluster.started
        others = {child.pid for child in psutil.Process().children()}
        assert cluster.client is cluster.client
        assert len(cluster.threads()) == 2
        # Only what this cluster started: a worker of another test's cluster may come back meanwhile.
        started = [child for child in psutil.Process().children() if child.pid not in others]
        ours = {child.pid for child in started} | {pid for child in started for pid in descendants(child.pid)}
        assert len(ours) >= 3
    all_gone(ours)
    cluster.close()
    with pytest.raises(ProcessingError, match="closed"):
        cluster.client  # noqa: B018


def test_workers_are_warm_single_threaded_and_give_way(kept, files, ledger):
    ledger.run(kept, files("die-1"), chores.behave).result(60)
    ledger.run(kept, files(*(f"f{n}" for n in range(10))), chores.worker_facts).result(60)
    assert len(ledger.values) == 10
    for facts in ledger.values.values():
        assert facts["warmed"] == 1, "those that were restarted as well, and once"
        assert facts["threads"] == ["1"] * 4
        assert facts["nice"] > os.nice(0)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are spawned elsewhere")
def test_workers_share_what_was_imported_before_they_were_forked(calm, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with Cluster(calm, shared_modules=["chores"]) as cluster:
        imported_in = set(cluster.client.run(chores.imported_in).values())
        workers = cluster.client.run(os.getpid).values()
    assert len(imported_in) == 1
    assert imported_in.isdisjoint(workers)


def test_workers_that_cannot_warm_up_say_why(calm, files, ledger, descendants, all_gone):
    with Cluster(calm, warm_up=chores.cannot_warm_up) as cluster:
        job = ledger.run(cluster, files("ok-1"), chores.behave)
        with pytest.raises(ProcessingError, match="no flour"):
            job.result(60)


def test_a_host_process_that_is_killed_while_it_starts_is_reported():
    host = HostProcess()
    os.kill(host.pid, signal.SIGKILL)
    plan = ClusterPlan(workers=1, threads=1, memory_limit_bytes=2**30, worker_ttl_s=60.0, gpus=[])
    with pytest.raises(ProcessingError, match="did not start: their process was killed by SIGKILL"):
        host.serve(plan, Credentials.temporary())


def test_a_script_without_a_main_guard_works_and_leaves_nothing(session, tmp_path):
    process = session(program("ok-1", "ok-2"))
    out, err = process.communicate(timeout=60)
    assert out.splitlines().count("started") == 1, "a worker ran the script again"
    assert out.splitlines()[-1] == "2"
    assert err == ""
    assert not list(tmp_path.glob("dask-*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["music", "program_0.py"]


@pytest.mark.parametrize(("how", "busy"), [(signal.SIGKILL, "native-1"), (signal.SIGTERM, "spin-1")])
def test_no_process_outlives_a_session_that_is_killed(session, descendants, all_gone, how, busy):
    process = session(program(busy, then="input()"), stdin=subprocess.PIPE)
    music = Path(process.args[1]).parent / "music" / "starts.log"
    until(music.exists)
    below = descendants(process.pid)
    assert len(below) >= 3
    process.send_signal(how)
    process.wait(60)
    all_gone(below)


def test_ctrl_c_keeps_what_is_done_and_stops_within_five_seconds(session, descendants, all_gone):
    import time

    then = """
try:
    job.result()
except KeyboardInterrupt:
    print("interrupted", job.state, job.progress.done, flush=True)
cluster.close()
"""
    process = session(program("ok-1", "spin-1", "spin-2", then=then), start_new_session=True)
    for line in process.stdout:
        if line.startswith("value"):
            break
    until(lambda: "spin" in (Path(process.args[1]).parent / "music" / "starts.log").read_text())
    below = descendants(process.pid)
    pressed = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everyone in the foreground
    out, err = process.communicate(timeout=60)
    seconds = time.monotonic() - pressed
    assert out.splitlines()[-1] == "interrupted cancelled 1"
    assert err == ""
    assert seconds < longer_if_busy(5)
    all_gone(below)


@pytest.mark.cold
def test_the_death_of_the_scheduler_ends_the_job_and_the_next_one_works(calm, files, ledger):
    with Cluster(calm) as cluster:
        job = ledger.run(cluster, files("ok-1", size_bytes=10**9) + files("spin-1"), chores.behave)
        until(lambda: ledger.values and job.progress.current)
        below = psutil.Process().children()
        [host] = [child for child in below if "local_cluster" in " ".join(child.cmdline())][-1:]
        host.kill()
        with pytest.raises(SchedulerError, match=r"went away.* Not done yet: 1 of 2 files"):
            job.result(60)
        assert job.state == "failed"
        assert cluster.health()["status"] == "unhealthy"
        assert ledger.run(cluster, files("ok-2"), chores.behave).result(60).done == 1


def test_another_session_joins_a_shared_cluster_and_leaves_it_running(kept, files, ledger):
    address = str(kept.client.scheduler.address)
    for name in ("scheduler.json", "scheduler-key.pem", "scheduler-certificate.pem"):
        assert stat.S_IMODE((kept.settings.data_dir / name).stat().st_mode) == 0o600
    with Cluster(kept.settings, warm_up=chores.warm_up) as guest:
        ledger.run(guest, files("ok-1", "spin-1"), chores.behave, timeout_s=longer_if_busy(0.5)).result(60)
        assert guest.address == address
        assert not guest.owned
        ledger.run(guest, files("facts"), chores.worker_facts).result(60)
    ledger.run(kept, files("ok-2"), chores.behave).result(60)
    assert ledger.kinds == {"spin-1": "timeout"}
    facts = next(value for value in ledger.values.values() if isinstance(value, dict))
    assert facts["warmed"] == 1, "the guest warmed them again"


def test_asking_for_workers_means_own_ones(kept):
    with Cluster(kept.settings, workers=1) as other:
        assert other.client.scheduler.address != kept.client.scheduler.address
        assert other.workers == 1
        assert other.owned


@pytest.mark.parametrize("left_behind", ["dead owner", "taken port", "rubbish"])
def test_a_stale_scheduler_file_is_replaced_and_withdrawn(kept, calm, left_behind):
    taken = str(kept.client.scheduler.address)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    owner = gone.pid if left_behind == "dead owner" else os.getpid()
    calm.data_dir.mkdir()
    path = calm.data_dir / "scheduler.json"
    path.write_text(
        "{" if left_behind == "rubbish" else json.dumps({"address": taken, "tls": None, "pid": owner})
    )
    with Cluster(calm.with_(async_workers=1), share=True) as cluster:
        assert cluster.client.scheduler.address != taken
        assert json.loads(path.read_text())["address"] == cluster.address
    assert not path.exists()


def test_a_stranger_without_the_credentials_is_refused(kept):
    from workbench.processing.cluster.connect import connect

    assert str(kept.client.scheduler.address).startswith("tls://127.0.0.1:")
    with pytest.raises(SchedulerError):
        connect(kept.address, Credentials.temporary(), timeout_s=3)
    with pytest.raises(SchedulerError):
        connect(kept.address.replace("tls", "tcp"), None, timeout_s=3)


def test_health_notices_workers_that_are_stuck(calm):
    with Cluster(calm) as cluster:
        pids = cluster.client.run(os.getpid)
        assert cluster.health(timeout_s=60)["status"] == "healthy"
        assert cluster.health(timeout_s=60)["response_time_ms"] > 0
        assert cluster.health(timeout_s=60)["workers"] == {
            "expected": 2,
            "alive": 2,
            "silent": 0,
            "threads": 2,
        }
        first, second = pids.values()
        os.kill(first, signal.SIGSTOP)
        assert cluster.health(timeout_s=0.5)["status"] == "degraded"
        os.kill(second, signal.SIGSTOP)
        assert cluster.health(timeout_s=0.5)["status"] == "unhealthy"
        os.kill(first, signal.SIGCONT)
        os.kill(second, signal.SIGCONT)
        until(lambda: cluster.health()["status"] == "healthy")
        os.kill(first, signal.SIGKILL)
        until(lambda: cluster.health()["status"] == "degraded")
        until(lambda: cluster.health()["status"] == "healthy")


def test_a_stopped_worker_is_freed_by_the_deadline(kept, files, ledger, tmp_path):
    job = ledger.run(kept, files("wait-1"), chores.behave, timeout_s=1)
    log = tmp_path / "music" / "starts.log"
    until(lambda: log.exists() and log.read_text())
    os.kill(int(log.read_text().split()[1]), signal.SIGSTOP)
    job.result(60)
    assert ledger.kinds == {"wait-1": "timeout"}
    assert ledger.run(kept, files("ok-1"), chores.behave).result(60).done == 1


def test_a_fork_does_not_end_the_workers_of_its_parent(session):
    then = """
import os
job.result(60)
child = os.fork()
if child == 0:
    try:
        cluster.close()
        print("child", cluster.started, flush=True)
    finally:
        os._exit(0)
os.waitpid(child, 0)
print(cluster.health()["workers"]["alive"])
"""
    out, err = session(program("ok-1", then=then)).communicate(timeout=60)
    assert "child False" in out
    assert out.splitlines()[-1] == "2", err


def test_dask_does_not_keep_a_thousand_messages_for_its_developers(kept: Cluster) -> None:
    """Each job would add 4 kB to the server, until there are 500 jobs."""
    client = kept.client
    assert client.scheduler_comm.recent_message_log.maxlen <= 10
    on_scheduler = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_log.maxlen)
    assert on_scheduler <= 100

"""Several processes with one library: each job is done by one of them, and goes on elsewhere when that one ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from waiting import until

from workbench.errors import CancelledError
from workbench.machine.process_identity import process_name, still_runs
from workbench.processing.job.task import Failure, Progress
from workbench.session.jobs.followed_job import FollowedJob
from workbench.session.jobs.job_owner import SILENT_S, JobOwner
from workbench.session.jobs.queue import JobQueue
from workbench.session.jobs.report import Report
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library

# Another process that owns two jobs until its standard input ends.
OWNER = """
import sys
from pathlib import Path
from workbench.machine.process_identity import process_name, still_runs
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library

library = Library(DatabasePool(Path(sys.argv[1])))
for name in ("one", "two"):
    payload = {"request": {"paths": [name]}}
    library.jobs.save(name, kind="import", status="running", payload=payload, owner=process_name())
print("saved", flush=True)
sys.stdin.read()
"""


class StartedJob:
    """A job that ends when it is told to."""

    title = "Analysis of one"
    can_pause = True

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.ended = threading.Event()
        self.cancelled = False
        self.state = "running"
        self.failed = [Failure("/music/bad.wav", "not audio", "format")]

    @property
    def progress(self) -> Progress:
        return Progress(total=2, done=1, state=self.state)

    def pause(self) -> None:
        self.state = "paused"

    def resume(self) -> None:
        self.state = "running"

    def cancel(self) -> None:
        self.cancelled = True
        self.ended.set()

    def report(self) -> Report:
        return Report(found=2, analyzed=1, cached=0, failed=(), seconds=1.0, audio_seconds=4.0, workers=1)

    def result(self) -> Report:
        assert self.ended.wait(60)
        if self.cancelled:
            raise CancelledError("cancelled")
        return self.report()


class Server:
    """A queue on a pool of its own, as in a process of its own, and what it has started."""

    def __init__(self, path: Path) -> None:
        self.started: dict[str, StartedJob] = {}
        self.pool = DatabasePool(path)
        self.library = Library(self.pool)
        self.queue = JobQueue(self.start, self.library, look_every_s=0.02)

    def start(self, kind: str, request: dict[str, Any]) -> Any:
        job = self.started[request["paths"][0]] = StartedJob()
        return job

    def close(self) -> None:
        self.queue.close()
        self.pool.close()


@pytest.fixture
def library(data_dir: Path) -> Iterator[Library]:
    data_dir.mkdir(exist_ok=True)
    with DatabasePool(data_dir / "library.sqlite3") as pool:
        yield Library(pool)


@pytest.fixture
def server(data_dir: Path) -> Iterator[Callable[[], Server]]:
    servers: list[Server] = []

    def make() -> Server:
        servers.append(Server(data_dir / "library.sqlite3"))
        return servers[-1]

    yield make
    for one in servers:
        one.close()


def test_jobs_of_a_process_are_left_to_it_until_it_ends(server: Callable[[], Server], data_dir: Path) -> None:
    first, second = server(), server()
    command = [sys.executable, "-c", OWNER, str(data_dir / "library.sqlite3")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"saved\n"
        assert (first.queue.resume(), second.queue.resume()) == (0, 0)
        running = {"one": "running", "two": "running"}
        until(lambda: {job.id: job.status for job in first.queue.newest_first()} == running)
        owner.kill()
    until(lambda: len({*first.started, *second.started}) == 2)
    assert sorted([*first.started, *second.started]) == ["one", "two"]  # each once
    for job in [*first.started.values(), *second.started.values()]:
        job.ended.set()
    for queue in (first.queue, second.queue):  # both know how both ended
        until(lambda queue=queue: {job.status for job in queue.newest_first()} == {"done"})


def test_only_one_of_many_claims_a_job(library: Library) -> None:
    library.jobs.save("job", kind="import", status="queued", payload={})
    (record,) = library.jobs.unfinished()
    owners = [JobOwner(library.jobs) for _ in range(8)]
    barrier = threading.Barrier(8)
    claimed: list[str] = []

    def claim(owner: JobOwner) -> None:
        barrier.wait(60)
        claimed.extend(owner.name for _ in owner.adopt([record]))

    threads = [threading.Thread(target=claim, args=(owner,)) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = library.jobs.get("job")
    assert found is not None
    assert claimed == [found.owner]


def test_owner_on_another_machine_is_taken_for_dead_after_silence(library: Library) -> None:
    def sign_of_life() -> None:
        assert library.jobs.save(
            "job", kind="import", status="running", payload={"request": {}}, owner="elsewhere:7:99 a"
        )

    now = 0.0
    owner = JobOwner(library.jobs, timer=lambda: now)
    for _ in range(3):
        sign_of_life()
        assert owner.adopt(library.jobs.unfinished()) == []
        now += SILENT_S - 1
        assert owner.adopt(library.jobs.unfinished()) == []
    now += SILENT_S + 1
    assert [record.id for record in owner.adopt(library.jobs.unfinished())] == ["job"]
    with pytest.raises(AssertionError):  # it does not get the job back
        sign_of_life()


def test_job_of_another_process_is_seen_and_cancelled_from_here(server: Callable[[], Server]) -> None:
    first, second = server(), server()
    mine = first.queue.submit("import", {"paths": ["one"]})
    seen = until(lambda: second.queue.get(mine.id))
    until(lambda: seen.status == "running" and seen.progress)
    assert seen.progress["done"] == 1
    second.queue.cancel(seen)
    until(lambda: first.started["one"].ended.is_set())
    until(lambda: seen.has_ended)


def test_job_that_another_process_took_over_is_stopped_here(server: Callable[[], Server]) -> None:
    here = server()
    job = here.queue.submit("import", {"paths": ["one"]})
    until(lambda: "one" in here.started)
    record = here.library.jobs.get(job.id)
    assert record is not None
    assert here.library.jobs.claim(job.id, owner="elsewhere:7:99 a", instead_of=record.owner)
    until(here.started["one"].ended.is_set)
    until(lambda: here.queue.counts()["running"] == 0)
    after = here.library.jobs.get(job.id)
    assert after is not None
    assert after.owner == "elsewhere:7:99 a"
    assert after.status != "cancelled"


def test_jobs_left_at_the_end_are_free_for_others_at_once(server: Callable[[], Server]) -> None:
    first, second = server(), server()
    first.queue.submit("import", {"paths": ["one"]})
    first.queue.close()
    assert second.queue.resume() == 1


def test_name_of_a_process_says_whether_it_still_runs() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        name = process_name(other.pid)
        assert still_runs(name) is True
        other.kill()
        psutil.wait_procs([psutil.Process(other.pid)], timeout=60)
        assert still_runs(name) is False
    here, pid, start = process_name().split(":")
    assert still_runs(f"{here}:{pid}:{int(start) - 1}") is False  # an earlier process with the same number
    assert still_runs(f"elsewhere:{pid}:{start}") is None


def test_what_is_asked_for_beside_a_server_is_left_to_it(
    server: Callable[[], Server], data_dir: Path
) -> None:
    there = server()
    there.queue.resume()
    with DatabasePool(data_dir / "library.sqlite3") as pool:
        here = JobQueue(there.start, Library(pool), look_every_s=0.02, server_runs=lambda: True)
        job = FollowedJob(here, here.submit("import", {"paths": ["/music/one"]}))
        again = here.submit("import", {"paths": ["/music/one"]})
        until(lambda: job.progress.done == 1)
        assert (job.title, list(there.started), again.id) == (
            "Analysis of one",
            ["/music/one"],
            there.queue.newest_first()[0].id,
        )
        job.pause()
        until(lambda: job.progress.state == "paused")
        job.resume()
        until(lambda: job.progress.state == "running")
        there.started["/music/one"].ended.set()
        until(job.done)
        assert job.progress.state == "done"
        here.close()


def test_paused_job_is_still_paused_after_a_restart(server: Callable[[], Server]) -> None:
    first = server()
    job = first.queue.submit("import", {"paths": ["one"]})
    until(lambda: job.running)
    first.started["one"].pause()
    first.queue.close()
    second = server()
    assert second.queue.resume() == 1
    until(lambda: "one" in second.started and second.started["one"].state == "paused")
    assert second.queue.get(job.id) is not None


def test_job_of_a_session_is_in_the_list_of_others_and_ends_with_it(server: Callable[[], Server]) -> None:
    mine, other = server(), server()
    job = StartedJob()
    mine.queue.announce(job)  # type: ignore[arg-type]  # a job without a cluster
    seen = until(lambda: other.queue.get(job.id))
    until(lambda: seen.progress)
    assert (seen.kind, seen.title, seen.status) == ("session", "Analysis of one", "running")
    other.queue.pause(seen)
    until(lambda: job.state == "paused")
    assert other.queue.resume() == 0
    other.queue.cancel(seen)
    until(lambda: seen.status == "cancelled")


def test_job_of_a_session_that_died_is_said_to_have_ended(server: Callable[[], Server]) -> None:
    there = server()
    here, pid, start = process_name().split(":")
    gone = f"{here}:{pid}:{int(start) - 1} a"  # an earlier process with the same number
    there.library.jobs.save("job", kind="session", status="running", payload={"request": None}, owner=gone)
    there.queue.resume()
    seen = until(lambda: there.queue.get("job"))
    until(lambda: seen.has_ended)
    assert seen.status == "failed" and seen.error is not None and "has ended" in seen.error["message"]

"""Shared workers that nobody uses end, and the next job of any process starts new ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from waiting import until

from workbench import Workbench
from workbench.processing.cluster.cluster import Cluster
from workbench.session.jobs.cluster_watch import ClusterWatch
from workbench.session.jobs.shared_cluster import server_runs
from workbench.settings import Settings


class Server:
    """The session of a server, and its shared workers, which end as soon as nobody uses them."""

    def __init__(self, settings: Settings) -> None:
        self.wb = Workbench(settings=settings, role="server")
        until(lambda: server_runs(self.wb.library))
        self.cluster = Cluster(settings, share=True)
        self.watch = ClusterWatch(lambda: self.cluster, self.wb.library, idle_s=0.0)

    def close(self) -> None:
        self.watch.close()
        self.cluster.close()
        self.wb.close()

    def looked(self, times: int = 3) -> None:
        """Wait until the watch has looked at the workers several times more."""
        for _ in range(times):
            before = self.watch.latest()
            until(lambda before=before: self.watch.latest() is not before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", async_workers=1, memory_limit_percent=100)


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("workbench.session.jobs.cluster_watch.INTERVAL_S", 0.01)
    started = Server(settings)
    yield started
    started.close()


def tone(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    samples = 0.3 * np.sin(2 * np.pi * 300 * len(name) * np.arange(2 * 22050) / 22050)
    soundfile.write(folder / f"{name}.wav", samples.astype(np.float32), 22050)
    return folder


def test_idle_workers_of_a_server_end_and_a_joined_session_gets_new_ones(
    server: Server, settings: Settings, tmp_path: Path
) -> None:
    published = settings.data_dir / "scheduler.json"
    with Workbench(settings=settings) as guest:
        for name in ("one", "three"):
            report = guest.analyze(tone(tmp_path / "music", name)).result()
            assert report.analyzed == 1 and not report.failed
            assert not guest.jobs.cluster.owned, "it joined the workers of the server"
            until(lambda: not server.watch.latest()["started"])
            assert not published.exists()
            for health in (guest.jobs.health(), server.watch.latest()):
                assert (health["status"], health["started"], health["reasons"]) == ("healthy", False, [])
            until(lambda: not guest.performance()["async_processor_health"]["started"])
            assert guest.performance()["async_processor_health"]["status"] == "healthy"


def test_workers_stay_while_a_job_of_any_process_has_not_ended(server: Server) -> None:
    jobs = server.wb.library.jobs
    jobs.save("waits", kind="import", status="queued", payload={"request": {"paths": []}}, owner="another")
    workers = server.cluster.client.run(lambda: None) and server.cluster.worker_pids()
    server.looked()
    assert workers and server.cluster.worker_pids() == workers
    jobs.save("waits", kind="import", status="done", payload={"request": {"paths": []}}, owner="another")
    until(lambda: not server.cluster.started)
    until(lambda: not any(map(psutil.pid_exists, workers)))


def test_workers_stay_while_a_job_of_their_own_process_uses_them(settings: Settings) -> None:
    with Cluster(settings) as cluster:
        cluster.listen("job", lambda message: None)
        assert cluster.client and cluster.release() is None
        cluster.unlisten("job")
        unused = cluster.release()
        assert unused is not None and not cluster.started
        unused.close()

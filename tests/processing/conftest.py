import os
import sys
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # workers import chores by name

import chores
from running import run
from waiting import until

from workbench.processing.cluster.cluster import Cluster
from workbench.processing.job.task import Task
from workbench.settings import Settings


@pytest.fixture
def calm(tmp_path):
    """Settings with a folder of the test, and without a shortage of memory."""
    return Settings(data_dir=tmp_path / "data", async_workers=2, memory_limit_percent=100)


@pytest.fixture(scope="session")
def kept(tmp_path_factory, warm_python):
    """A real, published cluster of two workers, for tests that do not depend on its start."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("kept"), async_workers=2, memory_limit_percent=100)
    with Cluster(settings, share=True, warm_up=chores.warm_up) as cluster:
        warm_python.used = False
        cluster.client  # noqa: B018 - starts it
        warm_python.used = True
        yield cluster


@pytest.fixture
def files(tmp_path):
    """Make tasks for files whose names say what happens to them."""

    def make(*names, size_bytes=10):
        folder = tmp_path / "music"
        folder.mkdir(exist_ok=True)
        return [Task(key=f"key of {name}", path=str(folder / name), size_bytes=size_bytes) for name in names]

    return make


@pytest.fixture
def ledger():
    return Ledger()


class Ledger:
    """Keeps the values that a job delivers."""

    def __init__(self):
        self.values = {}
        self.failures = []

    def on_value(self, task, value):
        assert task.key not in self.values
        self.values[task.key] = value
        return 1.0

    def on_failure(self, task, failure):
        self.failures.append((task, failure))

    @property
    def kinds(self):
        return {Path(failure.path).name: failure.kind for _, failure in self.failures}

    def run(self, cluster, tasks, function, **options):
        return run(cluster, tasks, function, on_value=self.on_value, on_failure=self.on_failure, **options)


@pytest.fixture
def descendants():
    """Descendants of a process, by pid."""

    def find(pid=None):
        try:
            return {child.pid for child in psutil.Process(pid or os.getpid()).children(recursive=True)}
        except psutil.NoSuchProcess:
            return set()

    return find


@pytest.fixture
def all_gone():
    def check(pids):
        def left():
            return [
                pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"
            ]

        until(lambda: not left())

    return check

"""GPUs as abstract resources: which worker declares one, and that a GPU has one task at a time."""

import chores
import pytest

from workbench.errors import SchedulerError
from workbench.machine.gpu import share_gpus, visible_gpus
from workbench.processing.cluster import workers
from workbench.processing.cluster.cluster import Cluster


def one_gpu(client):
    return {"GPU": 1}


@pytest.fixture
def names():
    return [f"f{number}" for number in range(6)]


def test_tasks_that_take_the_only_gpu_never_overlap(calm, files, ledger, names):
    with Cluster(calm, gpus=["3"]) as cluster:
        ledger.run(cluster, files(*names, size_bytes=10**9), chores.meet, needs=one_gpu).result(60)
        with_gpu = list(ledger.values.values())
        ledger.values = {}
        ledger.run(cluster, files(*names, size_bytes=10**9), chores.meet).result(60)
        without = list(ledger.values.values())
    assert len(with_gpu) == len(without) == 6
    assert not any(value["met"] for value in with_gpu)
    assert {value["gpus"] for value in with_gpu} == {"3"}
    assert any(value["met"] for value in without), "on two workers they do overlap"
    assert {value["gpus"] for value in without} == {"3", ""}, "the other worker sees no GPU"


def test_a_worker_that_died_has_its_gpu_again(calm, files, ledger):
    with Cluster(calm, gpus=["0"]) as cluster:
        ledger.run(cluster, files("a", "b", "c", size_bytes=10**9), chores.die_once, needs=one_gpu).result(60)
    assert not ledger.failures
    assert not any(value["met"] for value in ledger.values.values())
    assert {value["gpus"] for value in ledger.values.values()} == {"0"}


def test_two_gpus_have_two_tasks(calm, files, ledger, names):
    with Cluster(calm, gpus=["0", "1"]) as cluster:
        ledger.run(cluster, files(*names, size_bytes=10**9), chores.meet, needs=one_gpu).result(60)
    assert any(value["met"] for value in ledger.values.values())
    assert {value["gpus"] for value in ledger.values.values()} == {"0", "1"}


def test_a_job_waits_for_a_worker_with_a_gpu_and_then_reports_that_there_is_none(
    calm, files, ledger, monkeypatch
):
    monkeypatch.setattr(workers, "NO_WORKERS_S", 1.0)
    with Cluster(calm, gpus=[]) as cluster, pytest.raises(SchedulerError, match="no worker with GPU"):
        ledger.run(cluster, files("a"), chores.meet, needs=one_gpu).result(60)


def test_gpus_are_counted_without_loading_anything(tmp_path):
    for name in ("nvidia0", "nvidia1", "nvidia10", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert visible_gpus({}, tmp_path) == ["0", "1", "10"]
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "1, GPU-ab12"}, tmp_path) == ["1", "GPU-ab12"]
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == []
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "0,-1,1"}, tmp_path) == ["0"]
    assert visible_gpus({}, tmp_path / "none") == []
    assert share_gpus(["0", "1", "2"], 2) == [["0", "2"], ["1"]]
    assert share_gpus(["0"], 3) == [["0"], [], []]

"""The machine as sampled."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import psutil
import pytest
from waiting import until

from workbench.performance.system import SystemSampler


@pytest.fixture
def sampler(tmp_path: Path):
    found = SystemSampler(tmp_path / "not there yet", interval_s=0.05)
    yield found
    found.close()


def test_first_answer_is_whole(sampler: SystemSampler) -> None:
    sample = sampler.latest()
    assert 0 < sample.memory_available_bytes <= sample.memory_total_bytes <= psutil.virtual_memory().total
    assert sample.disk_total_bytes == psutil.disk_usage("/tmp").total
    assert 0 <= sample.cpu_percent <= 100
    assert 0 < sample.cores <= multiprocessing.cpu_count()


def _burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_processor_use_is_right_from_the_first_answer(tmp_path: Path) -> None:
    burners = [multiprocessing.Process(target=_burn, args=(30,)) for _ in range(multiprocessing.cpu_count())]
    for burner in burners:
        burner.start()
    try:
        sampler = SystemSampler(tmp_path)
        first = sampler.latest()
        sampler.close()
    finally:
        for burner in burners:
            burner.terminate()
            burner.join()
    assert first.cpu_percent > 50


def test_history_grows_in_order_up_to_its_length(tmp_path: Path) -> None:
    sampler = SystemSampler(tmp_path, interval_s=0.01, keep=3)
    try:
        first = sampler.latest().at
        until(lambda: len(sampler.history()) == 3 and sampler.history()[0].at > first)
        times = [sample.at for sample in sampler.history()]
        assert times == sorted(times)
        assert len(times) == 3
    finally:
        sampler.close()

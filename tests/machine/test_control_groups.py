"""Limits of nested control groups, laid out in a folder: everybody who asks for memory or cores honors them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from workbench.machine import memory
from workbench.machine.cgroup import ControlGroups
from workbench.machine.cpu import CpuMeter, available_cores, usable_cores
from workbench.performance.endpoint_answers import processor_health
from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSampler
from workbench.processing.cluster.admission import why_wait

MIB = 2**20
Layout = Callable[..., ControlGroups]


def write(folder: Path, **values: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def version_2(folder: Path, *, membership: str = "/user.slice/music.scope") -> ControlGroups:
    """A slice of 64 MiB and half a core, of which 60 MiB are used, around a group with larger limits."""
    (folder / "membership").write_text(f"0::{membership}\n")
    write(folder, memory__stat="inactive_file 0")
    outer, inner = folder / "user.slice", folder / "user.slice" / "music.scope"
    write(
        outer, memory__max=64 * MIB, memory__current=62 * MIB, memory__stat=f"anon 1\ninactive_file {2 * MIB}"
    )
    write(outer, cpu__max="50000 100000", cpu__stat="usage_usec 7000000\nuser_usec 1")
    write(inner, memory__max=128 * MIB, memory__current=10 * MIB, memory__stat="inactive_file 0")
    write(inner, cpu__max="max 100000", cpu__stat="usage_usec 1")
    return ControlGroups(folder, folder / "membership")


def version_1(folder: Path, *, membership: str = "/user.slice/music.scope") -> ControlGroups:
    """The same in version 1: a tree each for memory and CPU."""
    (folder / "membership").write_text(
        f"11:cpuset:/\n5:memory:{membership}\n3:cpu,cpuacct:{membership}\n1:name=systemd:/elsewhere\n"
    )
    write(folder / "memory", memory__limit_in_bytes=2**63 - 4096, memory__usage_in_bytes=900 * MIB)
    outer, inner = folder / "memory" / "user.slice", folder / "memory" / "user.slice" / "music.scope"
    write(outer, memory__limit_in_bytes=64 * MIB, memory__usage_in_bytes=62 * MIB)
    write(outer, memory__stat=f"inactive_file 1\ntotal_inactive_file {2 * MIB}")
    write(inner, memory__limit_in_bytes=128 * MIB, memory__usage_in_bytes=10 * MIB, memory__stat="")
    write(folder / "cpu", cpu__cfs_quota_us=-1, cpu__cfs_period_us=100000, cpuacct__usage=10**12)
    write(folder / "cpu" / "user.slice", cpu__cfs_quota_us=50000, cpu__cfs_period_us=100000)
    write(folder / "cpu" / "user.slice", cpuacct__usage=7 * 10**9)
    write(folder / "cpu" / "user.slice" / "music.scope", cpu__cfs_quota_us=-1, cpu__cfs_period_us=100000)
    return ControlGroups(folder, folder / "membership")


both = pytest.mark.parametrize("layout", [version_2, version_1])


@both
def test_every_limit_around_the_process_is_an_account(layout: Layout, tmp_path: Path) -> None:
    accounts = [
        account for account in memory.memory_accounts(layout(tmp_path)) if account.name == "container"
    ]
    assert [(account.total_bytes, account.used_bytes) for account in accounts] == [
        (128 * MIB, 10 * MIB),
        (64 * MIB, 60 * MIB),
    ]


@both
def test_admission_worker_limits_and_health_agree_on_a_nested_limit(layout: Layout, tmp_path: Path) -> None:
    groups = layout(tmp_path)
    sampler = SystemSampler(tmp_path, interval_s=0.01, groups=groups)
    sample = sampler.latest()
    sampler.close()
    used_percent = 100 * 60 / 64

    assert memory.total_bytes(groups) == sample.memory_total_bytes == 64 * MIB
    assert memory.available_bytes(groups) == sample.memory_available_bytes == 4 * MIB
    assert sample.memory_used_percent == pytest.approx(used_percent)
    for percent, enough in ((used_percent - 1, False), (used_percent + 1, True)):
        health = processor_health(Snapshot(0.0), sample, {}, memory_limit_percent=percent)
        assert health["memory_ok"] is enough
        assert (why_wait(percent, groups) is None) is enough


def test_memory_is_short_when_an_outer_group_is_full_though_the_inner_one_is_smaller(tmp_path: Path) -> None:
    groups = version_2(tmp_path)
    write(tmp_path / "user.slice" / "music.scope", memory__max=32 * MIB, memory__current=MIB)
    sampler = SystemSampler(tmp_path, interval_s=0.01, groups=groups)
    sample = sampler.latest()
    sampler.close()

    assert sample.memory_total_bytes == 32 * MIB
    assert sample.memory_used_percent == pytest.approx(100 * 60 / 64)
    assert why_wait(90, groups) == "waiting for memory: 94 % used, MEMORY_LIMIT_PERCENT=90"


@both
def test_a_quota_of_an_outer_group_limits_the_cores(layout: Layout, tmp_path: Path) -> None:
    groups = layout(tmp_path)
    assert usable_cores(groups) == 0.5
    assert available_cores(groups) == 1


def test_cpu_use_is_that_of_the_group_with_the_quota(tmp_path: Path) -> None:
    meter = CpuMeter(version_2(tmp_path))
    assert meter.cores == 0.5
    assert meter.percent() == 0
    write(tmp_path / "user.slice", cpu__stat="usage_usec 9000000000")
    assert meter.percent() == 100


@both
def test_a_container_that_sees_its_group_as_the_root_is_limited(layout: Layout, tmp_path: Path) -> None:
    groups = layout(tmp_path, membership="/docker/0123456789ab")
    mounted = tmp_path if layout is version_2 else tmp_path / "memory"
    names = ("memory__max", "memory__current")
    if layout is version_1:
        names = ("memory__limit_in_bytes", "memory__usage_in_bytes")
    write(mounted, **dict(zip(names, (96 * MIB, 8 * MIB), strict=True)))
    assert memory.total_bytes(groups) == 96 * MIB


def test_without_control_groups_the_machine_is_the_limit(tmp_path: Path) -> None:
    groups = ControlGroups(tmp_path / "none", tmp_path / "none")
    assert memory.total_bytes(groups) == psutil.virtual_memory().total
    assert usable_cores(groups) >= 1
    assert why_wait(100, groups) is None

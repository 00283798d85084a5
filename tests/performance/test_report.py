"""Scores, recommendations and the report, from literal figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from workbench.performance import endpoint_answers, scores
from workbench.performance.optimization_report import IMPACT_MEASUREMENTS, optimization_report
from workbench.performance.prometheus import exposition
from workbench.performance.recommendations import recommend
from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSample
from workbench.performance.totals import POOL_COUNTERS, PROCESSOR_COUNTERS
from workbench.settings import Settings
from workbench.store.library.records import ProcessRecord
from workbench.store.memory_cache import CACHE_COUNTERS

GIB = 1024**3


def with_available(sample: SystemSample, available_bytes: float) -> SystemSample:
    used_percent = 100 * (1 - available_bytes / sample.memory_total_bytes)
    return replace(sample, memory_available_bytes=int(available_bytes), memory_used_percent=used_percent)


CALM = SystemSample(
    at=1000.0, memory_total_bytes=8 * GIB, memory_available_bytes=6 * GIB, memory_used_percent=25.0,
    memory_cached_bytes=GIB, cpu_percent=10.0,
    cores=4.0, load_average=(0.5, 0.5, 0.5), disk_total_bytes=100 * GIB, disk_free_bytes=50 * GIB, disk_read_bytes=0,
    disk_write_bytes=0, network_sent_bytes=0, network_received_bytes=0,
)  # fmt: skip
SHORT = with_available(CALM, GIB // 2)
BUSY = {"total_processed": 20, "queued_operations": 9, "busy_seconds": 9, "available_seconds": 10}
DONE = {"total_processed": 20}
LOADED = replace(CALM, load_average=(9.0, 9.0, 9.0))
LATE = {"total_processed": 8, "total_failed": 2, "total_timeouts": 2}
SETTINGS = Settings(data_dir=Path("/nowhere"), async_workers=2)


def snapshot(cache: Any = None, pool: Any = None, processor: Any = None, **window: Any) -> Snapshot:
    payload = {
        "caches": {"analysis_cache": cache or {}},
        "database_pool": pool or {},
        "async_processor": processor or {},
    }
    return Snapshot(1000.0, (ProcessRecord("h:1:0", 1, "server", 0.0, 999.0, payload),), **window)


def test_nothing_done_yet_is_not_known_rather_than_good() -> None:
    found = scores.scores(snapshot(), CALM, memory_limit_percent=85)
    assert found["cache_efficiency"] is found["database_efficiency"] is found["processor_efficiency"] is None
    assert found["memory_efficiency"] == 100
    assert found["overall_score"] is None
    assert set(scores.reasons(snapshot(), CALM)) == {"memory_efficiency"}


def test_idle_workers_take_no_points_and_each_known_score_has_a_reason() -> None:
    state = snapshot({"hits": 30, "misses": 10}, {"total_queries": 90}, DONE)
    assert scores.processor_efficiency(state) == 100
    known = scores.scores(state, CALM, memory_limit_percent=85)
    found = scores.reasons(state, CALM)
    assert set(found) == {name for name in known if name != "overall_score"}
    assert found["cache_efficiency"].startswith("30 of 40 lookups were hits")


def test_each_score_follows_its_definition() -> None:
    assert scores.cache_efficiency(snapshot({"hits": 30, "misses": 10})) == 75
    pool = {
        "total_queries": 90,
        "failed_queries": 10,
        "pool_hits": 90,
        "pool_misses": 10,
        "wait_seconds": 1.0,
    }
    assert scores.database_efficiency(snapshot(pool=pool)) == pytest.approx(100 * 0.9 / 2)
    work = {
        "total_processed": 8,
        "total_failed": 2,
        "total_timeouts": 1,
        "busy_seconds": 5,
        "available_seconds": 10,
    }
    assert scores.processor_efficiency(snapshot(processor=work)) == pytest.approx(100 * 0.8 * 0.9 * 0.75)
    assert scores.memory_efficiency(with_available(CALM, 1.2 * GIB), 85) == pytest.approx(0, abs=1e-6)
    half = with_available(CALM, 8 * GIB * (1 - 0.85 * 0.875))
    assert scores.memory_efficiency(half, 85) == pytest.approx(50, abs=0.1)


def test_rates_are_about_the_window() -> None:
    start = {"caches": {"analysis_cache": {"hits": 100, "misses": 0}}}
    now = snapshot({"hits": 110, "misses": 10}, window_start=start, window_s=900.0)
    assert scores.cache_efficiency(now) == 50


@settings(max_examples=40)
@given(
    st.fixed_dictionaries({name: st.integers(0, 10**6) for name in CACHE_COUNTERS}),
    st.fixed_dictionaries({name: st.integers(0, 10**6) for name in POOL_COUNTERS}),
    st.fixed_dictionaries({name: st.integers(0, 10**6) for name in PROCESSOR_COUNTERS}),
    st.integers(0, 8 * GIB),
)
def test_scores_stay_between_0_and_100(cache: Any, pool: Any, processor: Any, available: int) -> None:
    sample = with_available(CALM, available)
    found = scores.scores(snapshot(cache, pool, processor), sample, memory_limit_percent=85)
    assert all(score is None or 0 <= score <= 100 for score in found.values())


def test_all_well_needs_no_advice() -> None:
    good = snapshot(
        {"hits": 90, "misses": 10}, {"pool_hits": 100, "total_queries": 100}, {"total_processed": 50}
    )
    assert recommend(SETTINGS, good, CALM) == []


@pytest.mark.parametrize(
    ("state", "sample", "expected"),
    [
        (snapshot({"hits": 10, "misses": 90, "evictions": 50}), CALM, {"CACHE_SIZE_MB": 512}),
        (snapshot({"hits": 10, "misses": 90, "rejected": 9}), CALM, {"CACHE_SIZE_MB": 512}),
        (snapshot({"hits": 10, "misses": 90, "expirations": 50}), CALM, {"CACHE_TTL_SECONDS": 7200}),
        (snapshot(pool={"pool_hits": 90, "pool_misses": 10, "wait_seconds": 2.0}), CALM, {"DB_MAX_CONNECTIONS": 20}),
        (snapshot(pool={"pool_hits": 50, "pool_misses": 50}), CALM, {"DB_MIN_CONNECTIONS": 4}),
        (snapshot(processor=BUSY), CALM, {"ASYNC_WORKERS": 4}),
        (snapshot(processor=LATE), CALM, {"ANALYSIS_TIMEOUT_SECONDS": 600}),
        (snapshot(), SHORT, {"CACHE_SIZE_MB": 128, "ASYNC_WORKERS": 1, "STREAM_BLOCK_SECONDS": 5}),
    ],
)  # fmt: skip
def test_trouble_names_the_setting_and_its_new_value(
    state: Snapshot, sample: Any, expected: dict[str, Any]
) -> None:
    found = recommend(SETTINGS, state, sample)
    check_advice(SETTINGS, found, expected)


@pytest.mark.parametrize(
    ("changes", "state", "sample", "expected"),
    [
        ({"async_workers": 8}, snapshot(processor=DONE), LOADED, {"ASYNC_WORKERS": 4}),
        ({"process_pool": False}, snapshot(processor=DONE), CALM, {"PROCESS_POOL": True}),
        ({"async_workers": 1, "cache_size_mb": 16, "stream_block_seconds": 5}, snapshot(), SHORT, {}),
        ({"cache_size_mb": 600_000}, snapshot({"hits": 1, "misses": 99, "evictions": 9}), CALM, {}),
    ],
)
def test_settings_that_do_not_suit_the_machine(
    changes: dict[str, Any], state: Snapshot, sample: Any, expected: dict[str, Any]
) -> None:
    settings = SETTINGS.with_(**changes)
    check_advice(settings, recommend(settings, state, sample), expected)


def check_advice(settings: Settings, found: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    """Check that advice names settings, what they are and what they should be, which they can be."""
    assert {entry["setting"]: entry["suggested"] for entry in found} == expected
    for entry in found:
        assert entry["present"] == settings.to_dict()[entry["setting"]]
        assert f"{entry['setting']}={entry['suggested']} (now {entry['present']})" in entry["message"]
        settings.with_(**{entry["setting"].lower(): entry["suggested"]})


def test_few_measurements_give_no_recommendation() -> None:
    assert recommend(SETTINGS, snapshot({"hits": 0, "misses": 10, "evictions": 5}), CALM) == []


def test_impact_is_null_until_measured_and_then_says_when() -> None:
    report = optimization_report(SETTINGS, snapshot(), CALM, None)
    assert all(report["performance_impact"][name] is None for name in IMPACT_MEASUREMENTS)
    assert "workbench bench" in report["performance_impact"]["how_to_measure"]
    measured = {
        "at": 0.0,
        "figures": {"startup_time": {"before": 9.0, "after": 1.0, "unit": "s", "samples": 5}},
    }
    impact = optimization_report(SETTINGS, snapshot(), CALM, measured)["performance_impact"]
    assert impact["startup_time"]["after"] == 1.0
    assert impact["measured_at"].startswith("1970-01-01")
    assert impact["memory_usage"] is None


@pytest.mark.parametrize(
    ("probe", "sample", "status"),
    [
        ({"started": False}, CALM, "healthy"),
        ({"started": True, "response_time_ms": 3.0, "workers": {"expected": 2, "alive": 2}}, CALM, "healthy"),
        (
            {
                "started": True,
                "response_time_ms": 3.0,
                "workers": {"expected": 2, "alive": 1},
                "reasons": ["one lost"],
            },
            CALM,
            "degraded",
        ),
        (
            {"started": True, "response_time_ms": None, "workers": {"expected": 2, "alive": 0}},
            CALM,
            "unhealthy",
        ),
        ({"started": True, "status": "unhealthy", "reasons": ["scheduler is silent"]}, CALM, "unhealthy"),
        ({"started": False}, SHORT, "degraded"),
    ],
)
def test_health_follows_the_round_trip_and_memory(probe: Any, sample: Any, status: str) -> None:
    health = endpoint_answers.processor_health(snapshot(), sample, probe, memory_limit_percent=85)
    assert health["status"] == status
    assert health["memory_ok"] is (sample is CALM)
    assert bool(health["reasons"]) is (status == "degraded" or bool(probe.get("reasons")))


def test_usage_has_series_of_one_length_and_rates() -> None:
    later = replace(CALM, at=1002.0, disk_read_bytes=4 * 2**20, network_sent_bytes=2**20)
    usage = endpoint_answers.resource_usage([CALM, later])
    assert usage["disk_io"]["read_mb_per_s"] == [0, 2.0]
    assert usage["network"]["sent_mb_per_s"] == [0, 0.5]
    lengths = {
        len(series) for name in ("memory", "cpu", "disk_io", "network") for series in usage[name].values()
    }
    assert lengths == {len(usage["timestamps"])} == {2}


def test_exposition_parses_and_says_what_the_figures_say() -> None:
    state = snapshot({"hits": 7, "max_size_mb": 2.0}, {"total_queries": 9}, {"total_processed": 3})
    state = replace(state, retired={"processes": 2, "caches": {"analysis_cache": {"hits": 5}}})
    health = endpoint_answers.processor_health(state, CALM, {"started": False}, memory_limit_percent=85)
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(exposition(state, CALM, health))
        for sample in family.samples
    }
    assert samples["workbench_cache_hits_total", "analysis_cache"] == 12
    assert samples["workbench_cache_max_size_bytes", "analysis_cache"] == 2 * 2**20
    assert samples["workbench_database_queries_total",] == 9
    assert samples["workbench_processor_tracks_processed_total",] == 3
    assert samples["workbench_processes_ended_total",] == 2
    assert samples["workbench_processor_status", "healthy"] == 1


def test_exposition_escapes_labels() -> None:
    row = ProcessRecord("h:1:0", 1, 'a"b\\c\nd', 0.0, 0.0, {"memory": {"rss_bytes": 5}})
    text = exposition(
        Snapshot(0.0, (row,)), CALM, {"workers": 0, "status": "healthy", "response_time_ms": None}
    )
    found = next(
        f for f in text_string_to_metric_families(text) if f.name == "workbench_process_rss_memory_bytes"
    )
    assert found.samples[0].labels["role"] == 'a"b\\c\nd'

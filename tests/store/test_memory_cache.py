from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import json
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import until

from workbench.store.library.records import FeatureRecord
from workbench.store.memory_cache import MemoryCache


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def counting(max_bytes: int, **options: Any) -> MemoryCache:
    """Make a cache of values that count as one byte each."""
    return MemoryCache(max_bytes, 10, getsizeof=lambda value: 1, **options)


def own_size(max_bytes: int) -> MemoryCache:
    """Make a cache of numbers that count as so many bytes."""
    return MemoryCache(max_bytes, 10, getsizeof=lambda value: value)


# What cachetools asks of its own mappings


def test_it_starts_empty_and_says_its_limits() -> None:
    cache = counting(2)
    assert len(cache) == 0
    assert not cache
    assert cache.maxsize == 2
    assert cache.currsize == 0


def test_insert_over_the_limit_evicts() -> None:
    cache = counting(2)
    cache.update({1: 1, 2: 2})
    assert len(cache) == 2
    cache[3] = 3
    assert len(cache) == 2
    assert cache[3] == 3
    assert 1 not in cache
    cache[4] = 4
    assert sorted(cache) == [3, 4]


def test_update_of_a_present_key_evicts_nothing() -> None:
    cache = counting(2)
    cache.update({1: 1, 2: 2})
    cache.update({1: "a", 2: "b"})
    assert dict(cache) == {1: "a", 2: "b"}


def test_delete() -> None:
    cache = counting(2)
    cache.update({1: 1, 2: 2})
    del cache[2]
    assert len(cache) == 1
    assert 2 not in cache
    del cache[1]
    assert len(cache) == 0
    with pytest.raises(KeyError):
        del cache[1]


def test_pop() -> None:
    cache = counting(2)
    cache.update({1: 1, 2: 2})
    assert cache.pop(2) == 2
    assert cache.pop(1) == 1
    assert len(cache) == 0
    with pytest.raises(KeyError):
        cache.pop(2)
    assert cache.pop(2, None) is None


def test_popitem_takes_all_then_raises() -> None:
    cache = counting(2)
    cache.update({1: 1, 2: 2})
    assert {cache.popitem(), cache.popitem()} == {(1, 1), (2, 2)}
    with pytest.raises(KeyError):
        cache.popitem()


def test_get_and_setdefault() -> None:
    cache = counting(2)
    assert cache.get(1) is None
    assert cache.get(1, "other") == "other"
    assert cache.setdefault(1, "first") == "first"
    assert cache.setdefault(1, "second") == "first"


def test_sizes_decide_what_is_evicted() -> None:
    cache = own_size(3)
    cache[1] = 1
    cache[2] = 2
    assert cache.currsize == 3
    cache[3] = 3
    assert dict(cache) == {3: 3}
    cache[3] = 1
    assert cache.currsize == 1
    cache[4] = 2
    assert dict(cache) == {3: 1, 4: 2}


def test_oversize_is_refused_counted_and_empties_nothing() -> None:
    cache = own_size(3)
    cache[1] = 1
    cache[2] = 2
    for key in (1, 9):
        with pytest.raises(ValueError, match="too large"):
            cache[key] = 4
    assert dict(cache) == {1: 1, 2: 2}
    assert cache.stats()["rejected"] == 2


def test_oversize_is_refused_by_the_estimate_too() -> None:
    cache = MemoryCache(100_000, 10)
    cache["small"] = np.zeros(10)
    big = np.random.default_rng(0).random(100_000)
    with pytest.raises(ValueError, match="too large"):
        cache["big"] = big
    assert cache.get_or_compute("big", lambda: big) is big
    assert list(cache) == ["small"]
    assert cache.stats()["rejected"] == 2


def test_the_least_recently_used_goes_first() -> None:
    cache = counting(3)
    cache.update({1: 1, 2: 2, 3: 3})
    assert cache[1] == 1
    cache[2] = 2
    cache[4] = 4
    assert sorted(cache) == [1, 2, 4]
    assert 1 in cache  # asking does not count as use
    cache[5] = 5
    assert sorted(cache) == [2, 4, 5]
    assert cache.popitem() == (2, 2)


def test_iteration_survives_changes() -> None:
    cache = counting(10)
    cache.update(dict.fromkeys(range(10)))
    for key in cache:
        del cache[key]
    assert len(cache) == 0


# Time


def test_values_expire_by_age_not_by_use() -> None:
    clock = Clock()
    cache = counting(10, timer=clock)
    cache["old"] = 1
    clock.now = 6
    cache["young"] = 2
    assert cache["old"] == 1
    clock.now = 10
    assert "old" not in cache
    with pytest.raises(KeyError):
        cache["old"]
    assert cache["young"] == 2
    assert list(cache) == ["young"]
    assert cache.cleanup() == 0 or cache.stats()["expirations"] == 1
    clock.now = 16
    assert len(cache) == 0
    assert cache.stats()["expirations"] == 2
    assert cache.stats()["evictions"] == 0


def test_cleanup_frees_what_has_expired() -> None:
    clock = Clock()
    cache = counting(10, timer=clock)
    cache.update({1: 1, 2: 2})
    clock.now = 11
    assert cache.cleanup() == 2
    stats = cache.stats()
    assert (stats["cleanup_runs"], stats["expirations"], stats["current_size_bytes"]) == (1, 2, 0)


def test_background_cleanup_runs_and_ends_with_close() -> None:
    cleaned = threading.Event()

    class Watched(MemoryCache):
        def cleanup(self) -> int:
            found = super().cleanup()
            cleaned.set()
            return found

    cache = Watched(1000, 10, name="watched", getsizeof=lambda value: 1, cleanup_interval_seconds=0.001)
    cache[1] = 1
    assert cleaned.wait(60)
    cache.close()
    assert "watched-cleanup" not in {thread.name for thread in threading.enumerate()}
    cache[1] = 1  # no thread any more, but it works
    assert cache[1] == 1
    assert "watched-cleanup" not in {thread.name for thread in threading.enumerate()}


def test_background_cleanup_does_not_keep_an_unused_cache_alive() -> None:
    cache = MemoryCache(1000, 10, name="forgotten", getsizeof=lambda value: 1)
    cache[1] = 1
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "forgotten-cleanup")
    gone = weakref.ref(cache)
    del cache
    gc.collect()
    assert gone() is None
    thread.join(60)
    assert not thread.is_alive()


def test_background_cleanup_ends_with_the_process() -> None:
    code = """
from workbench.store.memory_cache import MemoryCache
cache = MemoryCache(10**6, 3600, cleanup_interval_seconds=3600)
cache[1] = "kept"
print("end")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


# Values


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@settings(max_examples=60)
@given(value=values, compress_over_bytes=st.sampled_from([0, 10**9]))
def test_values_come_out_equal(value: Any, compress_over_bytes: int) -> None:
    cache = MemoryCache(10**7, 10, compress_over_bytes=compress_over_bytes)
    cache["key"] = value
    assert cache["key"] == value
    assert isinstance(cache["key"], type(value))
    cache.close()


@pytest.mark.parametrize("compress_over_bytes", [0, 10**9])
@pytest.mark.parametrize(
    "array",
    [
        np.zeros((300, 20), "f4"),
        np.arange(12).reshape(3, 4).T,
        np.zeros((0, 12), "f4"),
        np.array(3.5),
        np.array(["a", "bc"]),
        np.array([True, False] * 500),
        np.arange(1000, dtype=">i4"),
    ],
    ids=["zeros", "transposed", "empty", "scalar", "text", "bool", "big-endian"],
)
def test_a_cached_array_cannot_be_changed(array: np.ndarray[Any, Any], compress_over_bytes: int) -> None:
    cache = MemoryCache(10**7, 10, compress_over_bytes=compress_over_bytes)
    original = array.copy()
    cache["key"] = array
    if array.size:
        array.flat[0] = array.flat[-1] if array.dtype.kind == "U" else 1 - array.flat[0]
    out = cache["key"]
    np.testing.assert_array_equal(out, original)
    assert out.shape == original.shape
    assert not out.flags.writeable
    if out.size:
        with pytest.raises(ValueError, match="WRITEABLE"):
            out.setflags(write=True)
    cache.close()


@pytest.mark.parametrize("compress_over_bytes", [0, 10**9])
def test_a_caller_cannot_change_a_cached_container(compress_over_bytes: int) -> None:
    cache = MemoryCache(10**7, 10, compress_over_bytes=compress_over_bytes)
    value = {"tracks": [{"title": "a" * 5000}], "peaks": np.zeros(3)}
    cache["key"] = value
    value["tracks"].append("later")
    out = cache["key"]
    for change in (
        lambda: out["tracks"].append("later"),
        lambda: out["tracks"][0].update(title="changed"),
        lambda: out["tracks"].clear(),
        lambda: out.pop("tracks"),
        lambda: out.__setitem__("tracks", []),
    ):
        with contextlib.suppress(TypeError):
            change()
    assert cache["key"]["tracks"] == [{"title": "a" * 5000}]
    own = copy.deepcopy(cache["key"])
    own["tracks"].append("mine")
    assert json.loads(json.dumps(cache["key"]["tracks"])) == [{"title": "a" * 5000}]
    cache.close()


def test_changing_a_cached_container_is_an_error_that_says_what_to_do() -> None:
    cache = counting(10)
    cache["key"] = {"list": [1], "dict": {}}
    for change in (
        lambda: cache["key"]["list"].append(2),
        lambda: cache["key"]["list"].sort(),
        lambda: cache["key"]["dict"].update(a=1),
        lambda: cache["key"].pop("list"),
    ):
        with pytest.raises(TypeError, match="copy"):
            change()
    assert cache["key"] == {"list": [1], "dict": {}}
    own = cache["key"].copy()
    own["list"] = 3
    assert type(own) is dict


@pytest.mark.parametrize("compress_over_bytes", [0, 10**9])
def test_records_keep_their_class_and_their_arrays_are_safe(compress_over_bytes: int) -> None:
    cache = MemoryCache(10**7, 10, compress_over_bytes=compress_over_bytes)
    beats = np.zeros(5000, "f4")
    record = FeatureRecord(1, {"bpm": 120.0, "key": None}, np.ones(4, "f4"), {"beats_s": beats}, 0.5)
    cache["key"] = record
    beats[:] = 7
    out = cache["key"]
    assert type(out) is FeatureRecord
    assert out.scalars == record.scalars
    assert out.series["beats_s"].max() == 0
    assert not out.series["beats_s"].flags.writeable
    assert dataclasses.replace(out, version=2).version == 2
    assert cache.stats()["compressions"] == (1 if compress_over_bytes == 0 else 0)
    cache.close()


def test_compression_happens_only_where_it_pays() -> None:
    cache = MemoryCache(10**7, 10, compress_over_bytes=1000)
    cache["noise"] = np.random.default_rng(0).random(10_000)
    assert cache.stats()["compressions"] == 0
    size = cache.currsize
    assert size > 80_000
    cache["text"] = ["the same line again"] * 5000
    assert cache.stats()["compressions"] == 1
    assert cache.currsize - size < 20_000
    assert cache["text"] == ["the same line again"] * 5000
    assert cache.stats()["decompressions"] == 1
    cache["object"] = object_list = [object()] * 2000  # cannot be encoded: kept as it is
    assert cache["object"] == object_list
    assert cache.stats()["compressions"] == 1
    cache.close()


def test_the_limit_in_bytes_holds_for_what_is_really_kept() -> None:
    cache = MemoryCache(1_000_000, 10)
    rng = np.random.default_rng(0)
    for key in range(100):
        cache[key] = {"vector": rng.random(4000), "name": "x" * 100}
    kept = sum(cache[key]["vector"].nbytes for key in cache)
    assert 0.8 * 1_000_000 < kept <= cache.currsize <= 1_000_000
    assert cache.stats()["evictions"] == 100 - len(cache)
    cache.close()


# Threads


def test_concurrent_misses_compute_once() -> None:
    cache = counting(10)
    entered, go = threading.Event(), threading.Event()
    calls = []

    def compute() -> list[int]:
        calls.append(1)
        entered.set()
        assert go.wait(60)
        return [1, 2]

    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(cache.get_or_compute, "key", compute)
        assert entered.wait(60)
        others = [threads.submit(cache.get_or_compute, "key", compute) for _ in range(7)]
        until(lambda: cache.stats()["hits"] == 7)
        go.set()
        results = [future.result(60) for future in (first, *others)]
    assert results == [[1, 2]] * 8
    assert len(calls) == 1
    assert cache.stats()["misses"] == 1


def test_an_exception_reaches_everyone_and_is_not_kept() -> None:
    cache = counting(10)
    entered, go = threading.Event(), threading.Event()

    def fail() -> None:
        entered.set()
        assert go.wait(60)
        raise LookupError("no such file")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get_or_compute, "key", fail)
        assert entered.wait(60)
        second = threads.submit(cache.get_or_compute, "key", fail)
        until(lambda: cache.stats()["hits"] == 1)
        go.set()
        for future in (first, second):
            with pytest.raises(LookupError):
                future.result(60)
    assert cache.get_or_compute("key", lambda: "now") == "now"


def test_none_is_a_value() -> None:
    cache = counting(10)
    assert cache.get_or_compute("key", lambda: None) is None
    assert cache.get_or_compute("key", lambda: 1) is None


@pytest.mark.parametrize("forget", [MemoryCache.clear, lambda cache: cache.pop("key", None)])
def test_what_was_deleted_meanwhile_is_not_kept(forget: Any) -> None:
    cache = counting(10)

    def compute() -> str:
        forget(cache)
        return "stale"

    assert cache.get_or_compute("key", compute) == "stale"
    assert "key" not in cache


def test_what_was_set_meanwhile_is_not_overwritten() -> None:
    cache = counting(10)

    def compute() -> str:
        cache["key"] = "newer"
        return "stale"

    assert cache.get_or_compute("key", compute) == "stale"
    assert cache["key"] == "newer"


def test_a_computation_that_asks_for_itself_is_an_error_not_a_deadlock() -> None:
    cache = counting(10)
    with pytest.raises(RuntimeError, match="asks for"):
        cache.get_or_compute("key", lambda: cache.get_or_compute("key", lambda: 1))


def test_many_threads_keep_the_books_straight() -> None:
    cache = MemoryCache(20_000, 1000)

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for key in rng.integers(0, 40, 400):
            value = cache.get_or_compute(int(key), lambda key=key: np.full(50, key))
            assert value[0] == key
            if key % 10 == 0:
                cache.pop(int(key), None)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    stats = cache.stats()
    assert stats["hits"] + stats["misses"] == 8 * 400
    assert 0 < stats["current_size_bytes"] <= 20_000
    cache.clear()
    assert cache.currsize == 0
    cache.close()


def test_statistics_have_the_names_of_the_endpoint() -> None:
    cache = counting(4, name="analysis_cache")
    cache[1] = 1
    assert cache[1] == 1
    assert cache.get(2) is None
    stats = cache.stats()
    assert stats == {
        "name": "analysis_cache",
        "hits": 1,
        "misses": 1,
        "evictions": 0,
        "expirations": 0,
        "rejected": 0,
        "compressions": 0,
        "decompressions": 0,
        "cleanup_runs": 0,
        "current_size_bytes": 1,
        "current_entries": 1,
        "hit_rate": 0.5,
        "size_mb": 1 / 2**20,
        "max_size_mb": 4 / 2**20,
        "utilization_percent": 25.0,
    }
    cache.clear()
    assert cache.stats()["hits"] == 1
    cache.close()

"""A cache in memory, limited in bytes and in time, safe to share between threads.

The least recently used value is evicted first, and every value expires (cachetools' ``TTLCache``). Large values are
kept compressed where that saves memory. A value comes out equal to what went in. Its arrays, dicts and lists cannot be
changed (copy them first), so a hit needs no copy.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Hashable, Iterator, MutableMapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

from cachetools import TTLCache

from workbench.store.cached_values import Packed, freeze, pack, size_bytes, unpack
from workbench.store.sqlite.fork_safety import watch_forks

MIB = 1024.0 * 1024.0
COMPRESS_OVER_BYTES = 16 * 1024  # smaller ones are read often; bench_store.py measures a hit
_ENTRY_BYTES = 400  # memory of an entry in cachetools: 260 measured, and more because dicts grow by doubling
CACHE_COUNTERS = (
    "hits",
    "misses",
    "evictions",
    "expirations",
    "rejected",
    "compressions",
    "decompressions",
    "cleanup_runs",
)


_TOO_LARGE = object()


class _Entry(NamedTuple):
    value: Any
    size_bytes: int


class _Store(TTLCache[Hashable, _Entry]):
    """Counts evictions and expirations."""

    def __init__(self, max_bytes: float, ttl: float, timer: Callable[[], float]) -> None:
        super().__init__(max_bytes, ttl, timer, getsizeof=lambda entry: entry.size_bytes)
        self.evictions = 0
        self.expirations = 0

    def popitem(self) -> tuple[Hashable, _Entry]:
        item = super().popitem()
        self.evictions += 1
        return item

    def expire(self, time: float | None = None) -> Any:
        expired = super().expire(time)
        self.expirations += len(expired)
        return expired


class MemoryCache(MutableMapping[Hashable, Any]):
    """Values by key.

    Parameters
    ----------
    max_bytes : float
        Limit for values, keys and overhead together.
    ttl_seconds : float
        Age at which a value expires, counted from when it was set.
    name : str
        Name in statistics and messages.
    timer : callable
        Clock of the ages.
    getsizeof : callable, optional
        Returns the size of a value in bytes, instead of an estimate of everything in it.
    compress_over_bytes : float
        Larger values are kept compressed if that saves a quarter.
    cleanup_interval_seconds : float
        How often a background thread removes expired values.

    Notes
    -----
    Setting a value over ``max_bytes`` raises ``ValueError``, as in cachetools; it counts as rejected and evicts
    nothing. :meth:`get_or_compute` returns such a value without keeping it.
    """

    def __init__(
        self,
        max_bytes: float,
        ttl_seconds: float,
        *,
        name: str = "cache",
        timer: Callable[[], float] = time.monotonic,
        getsizeof: Callable[[Any], int] | None = None,
        compress_over_bytes: float = COMPRESS_OVER_BYTES,
        cleanup_interval_seconds: float = 60.0,
    ) -> None:
        self.name = name
        self.max_bytes = max_bytes
        self._getsizeof = getsizeof
        self._compress_over_bytes = compress_over_bytes
        self._interval = cleanup_interval_seconds
        self._store = _Store(max_bytes, ttl_seconds, timer)
        self._flights: dict[Hashable, _Flight] = {}
        self._counts = dict.fromkeys(CACHE_COUNTERS, 0)
        self._lock = threading.RLock()
        self._cleaner: _Cleaner | None = None
        self._closed = False
        watch_forks(self)

    def __getitem__(self, key: Hashable) -> Any:
        with self._lock:
            entry = self._look_up(key)
        return self._value(entry)

    def __setitem__(self, key: Hashable, value: Any) -> None:
        entry = self._make_entry(key, value)
        with self._lock:
            self._flights.pop(key, None)
            self._keep(key, entry)

    def __delitem__(self, key: Hashable) -> None:
        with self._lock:
            self._flights.pop(key, None)
            del self._store[key]

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self._store

    def __iter__(self) -> Iterator[Hashable]:
        with self._lock:
            return iter(list(self._store))

    def __len__(self) -> int:
        with self._lock:
            return len(self._store)

    def __repr__(self) -> str:
        return f"<MemoryCache {self.name}: {len(self)} values, {self.currsize} of {self.max_bytes} bytes>"

    @property
    def currsize(self) -> int:
        """Bytes in use."""
        with self._lock:
            return int(self._store.currsize)

    @property
    def maxsize(self) -> float:
        """Bytes allowed."""
        return self.max_bytes

    def pop(self, key: Hashable, *default: Any) -> Any:
        """Remove a value and return it, or ``default``, if given, when there is none."""
        with self._lock:
            self._flights.pop(key, None)
            try:
                entry = self._store.pop(key)
            except KeyError:
                if default:
                    return default[0]
                raise
        return self._value(entry)

    def popitem(self) -> tuple[Hashable, Any]:
        """Remove and return the least recently used pair."""
        with self._lock:
            key, entry = self._store.popitem()
        return key, self._value(entry)

    def setdefault(self, key: Hashable, default: Any = None) -> Any:
        """Return the value of a key; set it to ``default`` first when there is none."""
        with self._lock:
            return super().setdefault(key, default)

    def get_or_compute(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """Return the value of a key; compute it first when there is none.

        Other threads that ask for the same key wait for that computation and get its value or its exception. An
        exception is not kept. A key that was deleted or set during the computation is not overwritten.
        """
        with self._lock:
            entry = self._store.get(key)
            flight = self._flights.get(key)
            self._counts["misses" if entry is None and flight is None else "hits"] += 1
            if entry is None and flight is None:
                mine = self._flights[key] = _Flight()
        if entry is not None:
            return self._value(entry)
        return self._compute(key, mine, compute) if flight is None else flight.wait(key)

    def clear(self) -> None:
        """Remove everything; the results of computations under way are not kept."""
        with self._lock:
            self._flights.clear()
            self._store.clear()

    def cleanup(self) -> int:
        """Remove expired values and return how many there were."""
        with self._lock:
            self._counts["cleanup_runs"] += 1
            return len(self._store.expire())

    def stats(self) -> dict[str, Any]:
        """Return the statistics; counters only grow, and ``hit_rate`` is between 0 and 1, 0 before the first lookup."""
        with self._lock:
            size, entries = self._store.currsize, len(self._store)
            counts = self._counts | {
                "evictions": self._store.evictions,
                "expirations": self._store.expirations,
            }
        lookups = counts["hits"] + counts["misses"]
        return {
            "name": self.name,
            **counts,
            "current_size_bytes": int(size),
            "current_entries": entries,
            "hit_rate": counts["hits"] / lookups if lookups else 0.0,
            "size_mb": size / MIB,
            "max_size_mb": self.max_bytes / MIB,
            "utilization_percent": 100.0 * size / self.max_bytes if self.max_bytes else 0.0,
        }

    def close(self) -> None:
        """Empty the cache and end its thread. The cache can still be used, without the thread."""
        with self._lock:
            self._closed = True
            cleaner, self._cleaner = self._cleaner, None
        if cleaner is not None:
            cleaner.stop()
        self.clear()

    def before_fork(self) -> None:
        """Hold the lock, so that the child gets a consistent cache."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Release the lock."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Forget the cleaner and the computations: their threads run only in the parent."""
        self._cleaner = None
        self._flights.clear()
        self._lock.release()

    def _look_up(self, key: Hashable) -> _Entry:
        try:
            entry = self._store[key]
        except KeyError:
            self._counts["misses"] += 1
            raise
        self._counts["hits"] += 1
        return entry

    def _value(self, entry: _Entry) -> Any:
        if isinstance(entry.value, Packed):
            with self._lock:
                self._counts["decompressions"] += 1
            return unpack(entry.value)
        return entry.value

    def _make_entry(self, key: Hashable, value: Any) -> _Entry:
        """Return the value in its stored form, with its size. This is slow, so callers do it outside the lock."""
        if self._getsizeof is not None:
            size, overhead = self._getsizeof(value), 0
        else:
            size, overhead = size_bytes(value), size_bytes(key) + _ENTRY_BYTES
        if size > self._compress_over_bytes and (packed := pack(value)) is not None:
            return _Entry(packed, len(packed.data) + overhead)
        if size + overhead > self.max_bytes:
            return _Entry(_TOO_LARGE, size + overhead)  # it will be rejected, so a copy is not needed
        return _Entry(freeze(value), size + overhead)

    def _keep(self, key: Hashable, entry: _Entry) -> None:
        try:
            self._store[key] = entry
        except ValueError:
            self._counts["rejected"] += 1
            raise
        self._counts["compressions"] += isinstance(entry.value, Packed)
        self._start_cleaner()

    def _compute(self, key: Hashable, flight: _Flight, compute: Callable[[], Any]) -> Any:
        try:
            value = compute()
            entry = self._make_entry(key, value)
        except BaseException as error:
            self._land(key, flight)
            flight.fail(error)
            raise
        with self._lock, suppress(ValueError):
            if self._land(key, flight):
                self._keep(key, entry)
        flight.deliver((lambda: value) if entry.value is _TOO_LARGE else (lambda: self._value(entry)))
        return flight.take()

    def _land(self, key: Hashable, flight: _Flight) -> bool:
        """End a computation; return false if its key was deleted or set during the computation."""
        with self._lock:
            if self._flights.get(key) is not flight:
                return False
            del self._flights[key]
            return True

    def _start_cleaner(self) -> None:
        if self._cleaner is None and not self._closed:
            self._cleaner = _Cleaner(self, self._interval)


class _Flight:
    """A computation under way, for the threads that wait for it."""

    def __init__(self) -> None:
        self._result: Future[Callable[[], Any]] = Future()
        self._thread = threading.get_ident()

    def deliver(self, result: Callable[[], Any]) -> None:
        self._result.set_result(result)

    def fail(self, error: BaseException) -> None:
        if not isinstance(error, Exception):  # Ctrl-C is meant for one thread only
            error = RuntimeError(f"the computation was interrupted ({type(error).__name__})")
        self._result.set_exception(error)

    def wait(self, key: Hashable) -> Any:
        if self._thread == threading.get_ident():
            raise RuntimeError(f"the computation of {key!r} asks for {key!r} itself")
        return self.take()

    def take(self) -> Any:
        return self._result.result()()


class _Cleaner:
    """Removes expired values at intervals; ends with the process or with the cache."""

    def __init__(self, cache: MemoryCache, interval_seconds: float) -> None:
        self._stop = threading.Event()
        arguments = (weakref.ref(cache, lambda _: self._stop.set()), self._stop, interval_seconds)
        self._thread = threading.Thread(
            target=_clean, args=arguments, name=f"{cache.name}-cleanup", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=5.0)


def _clean(cache: weakref.ref[MemoryCache], stop: threading.Event, interval_seconds: float) -> None:
    while not stop.wait(interval_seconds):
        if (alive := cache()) is None:
            return
        alive.cleanup()
        del alive

"""Return freed memory to the system, which glibc does by itself only at the end of its heap."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
_LARGE_BYTES = 1 << 20  # set by hand: only in a large library are arrays of a whole column larger
_HEAPS = 2  # set by hand: Python's lock lets few threads ask for memory at the same moment


def give_back_freed_memory() -> None:
    """Return free memory to the system. It takes milliseconds, so call it after large, rare work."""
    if trim := _trim():
        trim(0)


def keep_little_freed_memory() -> None:
    """Make this process and its forks return large blocks as soon as they are freed, and let threads share heaps.

    Otherwise, glibc keeps larger and larger blocks in a heap for each thread (up to eight per core), whose end
    ``malloc_trim`` does not reach. Call it before threads are started.
    """
    if _trim():
        for limit in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            ctypes.CDLL(None).mallopt(limit, _LARGE_BYTES)
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _HEAPS)


@lru_cache(1)
def _trim() -> Any:
    """Return glibc's ``malloc_trim``; ``None`` with another C library."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None

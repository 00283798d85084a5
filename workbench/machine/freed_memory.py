"""Give freed memory back to the system, which glibc does by itself only at the end of its heap."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from typing import Any


def give_back_freed_memory() -> None:
    """Let the system have what is free; for after large and rare work, as it takes milliseconds."""
    if trim := _trim():
        trim(0)


@lru_cache(1)
def _trim() -> Any:
    """Return glibc's ``malloc_trim``; ``None`` where there is another C library."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None

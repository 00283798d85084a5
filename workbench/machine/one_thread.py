"""Keep BLAS and OpenMP from starting more threads."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """Limit BLAS and OpenMP to one thread, so that a result has the same bits on every machine.

    On small matrices, more threads also use more CPU time and save none.
    """
    return _thread_pools(len(sys.modules)).limit(limits=1)  # type: ignore[no-any-return]


@lru_cache(1)
def _thread_pools(modules: int) -> Any:
    """Find the thread pools of this process again after an import, which may bring new ones; it takes 4 ms."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

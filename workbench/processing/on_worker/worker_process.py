"""Code that every worker process of our own clusters preloads: run at low priority, and end with the parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

NICENESS = 10  # half of the range, so that an analysis does not slow down the desktop; set by hand
_PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>


def dask_setup(worker: Any) -> None:
    """Set up the worker; Dask calls this when the worker starts, before it accepts tasks."""
    os.nice(NICENESS)
    _die_with_parent()


def _die_with_parent() -> None:
    # Dask's own check needs the GIL, which native code that never returns may hold forever.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

"""Warm up every worker once, including restarted ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin


class WarmUp(WorkerPlugin):
    """Runs a function in each worker before its first file."""

    name = "workbench-warm-up"
    idempotent = True  # sessions that join a shared cluster do not warm it again

    def __init__(self, function: Callable[[], None]) -> None:
        self._function = function

    def setup(self, worker: Any) -> None:
        self._function()

"""The Dask cluster of a session (skeleton: signatures are final, bodies follow)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.settings import Settings


class Cluster:
    """One Dask cluster a session, started or joined when first used. Also a context manager.

    Order: SCHEDULER_ADDRESS or SCHEDULER_FILE; else the live cluster published in the data folder (unless
    ``workers`` is given); else an own one of ``settings.async_workers`` workers. ``share=True`` publishes it.
    """

    settings: Settings

    def __init__(
        self,
        settings: Settings,
        *,
        warm_up: Callable[[], None] | None = None,
        workers: int | None = None,
        share: bool = False,
        memory_limit_bytes: int | None = None,
    ) -> None: ...

    @property
    def client(self) -> Any: ...
    @property
    def workers(self) -> int: ...
    @property
    def started(self) -> bool: ...
    @property
    def address(self) -> str | None: ...
    def health(self, timeout_s: float = 2.0) -> dict[str, Any]: ...
    def close(self) -> None: ...

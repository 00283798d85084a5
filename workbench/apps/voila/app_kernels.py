"""Manage the kernels of the apps: limit their number in all and for each client, and end unused ones."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from workbench.apps.voila.kernel_host import KernelHost
from workbench.apps.voila.page_error import PageError
from workbench.apps.voila.voila_internals import prepare_kernels
from workbench.machine.freed_memory import give_back_freed_memory

PAGES = 32  # set by hand: with 30 to 80 MB each, they fit in a small machine
PAGES_PER_CLIENT = 16  # set by hand: more tabs than anybody uses; leaves room for others
# Set by hand: with more open pages, prepared kernels would take memory that the pages need (35 MB each). Without them,
# a new page opens half a second later.
PAGES_WITH_PREPARED = 5
GONE_S = 60.0  # set by hand: a page reconnects within this time if only its connection was lost
UNSEEN_S = 40.0  # set by hand: enough for a slow phone to load the scripts; with the check every 10 s, less than 60 s


@dataclass
class Visit:
    """A page that a client has requested, and its kernel if it has one."""

    client: str
    kernel_id: str | None = None
    delivered_at: float | None = None
    seen: bool = False  # whether the page has connected to its kernel
    lost_at: float | None = None  # when its last connection ended

    @property
    def is_loading(self) -> bool:
        return self.delivered_at is None

    @property
    def is_left(self) -> bool:
        """Whether the page is gone: it never connected, or its browser ended without notice."""
        if self.lost_at is not None:
            return time.monotonic() > self.lost_at + GONE_S
        return (
            not self.seen
            and self.delivered_at is not None
            and time.monotonic() > self.delivered_at + UNSEEN_S
        )


class AppKernels(AsyncMappingKernelManager):
    """Counts visits, and starts the idle time of a prepared kernel with the visit, not with the preparation.

    While few pages are open, a kernel is prepared for the next visit of each app.

    Voila does not end the kernels in its pool. Without this class, a kernel that has waited there for longer than
    ``cull_idle_timeout`` would be ended while its page is still loading.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._visits: list[Visit] = []
        self._ending: set[asyncio.Future[None]] = set()
        self._prepares, self._ends = True, False
        self.host = KernelHost() if sys.platform == "linux" else None  # elsewhere, forking is not safe

    async def end_all(self) -> None:
        """End every kernel and the host process from which they are forked."""
        self._ends = True
        # Jupyter cannot end a kernel that is being started.
        await asyncio.gather(*self._pending_kernels.values(), return_exceptions=True)
        # If a kernel ends by itself meanwhile, this raises an error before the others have ended.
        await asyncio.gather(self.shutdown_all(now=True), return_exceptions=True)
        left = [self.shutdown_kernel(kernel_id, now=True) for kernel_id in self.list_kernel_ids()]  # type: ignore[no-untyped-call]
        await asyncio.gather(*left, return_exceptions=True)
        if self.host is not None:
            self.host.close()

    @contextmanager
    def visit(self, client: str) -> Iterator[Visit]:
        """Count a page while it is made, and then as long as its kernel runs.

        Raises
        ------
        PageError
            Too many pages are open, in total or for this client.
        """
        self._visits = [visit for visit in self._visits if self._is_open(visit)]
        if _full(self._visits, client):
            self._end_disconnected()
        if reason := _full(self._visits, client):
            raise reason
        visit = Visit(client)
        self._visits.append(visit)
        self._prepare_for_next()
        try:
            yield visit
        finally:
            visit.delivered_at = time.monotonic()
            if visit.kernel_id in self._kernels:
                kernel: Any = self._kernels[visit.kernel_id]
                kernel.last_activity = datetime.now(UTC)
            give_back_freed_memory()  # making a page needs memory for a moment

    def notify_connect(self, kernel_id: str) -> None:
        """Note that a page has connected to its kernel."""
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]
        if visit := self._visit_of(kernel_id):
            visit.seen, visit.lost_at = True, None

    def notify_disconnect(self, kernel_id: str) -> None:
        """Note that a page has lost a connection to its kernel."""
        super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]
        visit = self._visit_of(kernel_id)
        if visit and not self._kernel_connections.get(kernel_id, 0):
            visit.lost_at = time.monotonic()

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended.

        Also close what Jupyter keeps for a reconnection, which would stay open if the page left at the same time.
        """
        if kernel_id in self._kernels:
            self.stop_buffering(kernel_id)  # type: ignore[no-untyped-call]
            self.stop_watching_activity(kernel_id)  # type: ignore[no-untyped-call]
        removed = super().remove_kernel(kernel_id)
        self._prepare_for_next()
        return removed

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody uses. Voila calls this only for kernels outside its pool."""
        if any(visit.is_loading and visit.kernel_id in (None, kernel_id) for visit in self._visits):
            return  # the kernel may belong to that page
        visit = self._visit_of(kernel_id)
        if visit and visit.is_left:
            await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]
        else:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]

    def _prepare_for_next(self) -> None:
        """Keep prepared kernels for the next visits only while few pages are open."""
        few = sum(map(self._is_open, self._visits)) < PAGES_WITH_PREPARED
        if few != self._prepares and not self._ends:
            self._prepares = few
            prepare_kernels(self, of_each_app=int(few))

    def _end_disconnected(self) -> None:
        """End the kernels of pages that were closed or lost, to make room."""
        gone = [v for v in self._visits if v.seen and not self._kernel_connections.get(str(v.kernel_id), 0)]
        self._visits = [visit for visit in self._visits if visit not in gone]
        for visit in gone:
            ending = asyncio.ensure_future(self.shutdown_kernel(visit.kernel_id))  # type: ignore[no-untyped-call]
            self._ending.add(ending)  # the event loop itself does not keep tasks alive
            ending.add_done_callback(self._ending.discard)

    def _visit_of(self, kernel_id: str) -> Visit | None:
        return next((visit for visit in self._visits if visit.kernel_id == kernel_id), None)

    def _is_open(self, visit: Visit) -> bool:
        return visit.is_loading or visit.kernel_id in self._kernels


def _full(visits: list[Visit], client: str) -> PageError | None:
    """Return why there is no room for another page of a client; ``None`` if there is room."""
    if len(visits) >= PAGES:
        return PageError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{len(visits)} pages are open, and the server keeps no more. Close some, then reload this one.",
        )
    if sum(visit.client == client for visit in visits) >= PAGES_PER_CLIENT:
        return PageError(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"You have {PAGES_PER_CLIENT} pages open, and the server keeps no more for one address. Close some, then "
            "reload this one.",
        )
    return None

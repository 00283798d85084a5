"""The kernels of the apps: how many there may be, for whom, and when they end."""

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
PAGES_PER_CLIENT = 16  # set by hand: more tabs than anybody looks at; leaves room for others
# Set by hand: with as many pages open, kernels that wait for the next ones would take the memory that pages need (35 MB
# each); the next page is there half a second later.
PAGES_WITH_PREPARED = 5
GONE_S = 60.0  # set by hand: a page comes back by then if only its connection was lost
UNSEEN_S = 40.0  # set by hand: a slow phone has loaded the scripts by then, and the check every 10 s keeps it under 60


@dataclass
class Visit:
    """A page that was asked for by a client, and its kernel once there is one."""

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
        """Whether the page is not there: it never came to life, or its browser ended without a goodbye."""
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

    Voila does not end kernels in its pool. A kernel that has waited there for longer than ``cull_idle_timeout`` would
    otherwise be ended while the page that took it is still loading.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._visits: list[Visit] = []
        self._ending: set[asyncio.Future[None]] = set()
        self._prepares, self._ends = True, False
        self.host = KernelHost() if sys.platform == "linux" else None  # elsewhere, forking is not safe

    async def end_all(self) -> None:
        """End every kernel, and the process from which they are forked."""
        self._ends = True
        # Jupyter cannot end a kernel that is being started.
        await asyncio.gather(*self._pending_kernels.values(), return_exceptions=True)
        # One that ends by itself meanwhile makes this raise an error before the others have ended.
        await asyncio.gather(self.shutdown_all(now=True), return_exceptions=True)
        left = [self.shutdown_kernel(kernel_id, now=True) for kernel_id in self.list_kernel_ids()]  # type: ignore[no-untyped-call]
        await asyncio.gather(*left, return_exceptions=True)
        if self.host is not None:
            self.host.close()

    @contextmanager
    def visit(self, client: str) -> Iterator[Visit]:
        """Count a page while it is made, and then for as long as its kernel runs.

        Raises
        ------
        PageError
            Too many pages are open, in all or for this client.
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
            give_back_freed_memory()  # making a page needs some for a moment

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

        What Jupyter keeps for a page to come back to would stay open if the page left while its kernel was ended.
        """
        if kernel_id in self._kernels:
            self.stop_buffering(kernel_id)  # type: ignore[no-untyped-call]
            self.stop_watching_activity(kernel_id)  # type: ignore[no-untyped-call]
        removed = super().remove_kernel(kernel_id)
        self._prepare_for_next()
        return removed

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody uses. Voila calls this for kernels outside its pool only."""
        if any(visit.is_loading and visit.kernel_id in (None, kernel_id) for visit in self._visits):
            return  # it may be the one of that page
        visit = self._visit_of(kernel_id)
        if visit and visit.is_left:
            await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]
        else:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]

    def _prepare_for_next(self) -> None:
        """Let kernels wait for the next visits only while few pages are open."""
        few = sum(map(self._is_open, self._visits)) < PAGES_WITH_PREPARED
        if few != self._prepares and not self._ends:
            self._prepares = few
            prepare_kernels(self, of_each_app=int(few))

    def _end_disconnected(self) -> None:
        """Make room: end the kernels of pages that were closed, or whose browser has gone."""
        gone = [v for v in self._visits if v.seen and not self._kernel_connections.get(str(v.kernel_id), 0)]
        self._visits = [visit for visit in self._visits if visit not in gone]
        for visit in gone:
            ending = asyncio.ensure_future(self.shutdown_kernel(visit.kernel_id))  # type: ignore[no-untyped-call]
            self._ending.add(ending)  # the event loop itself keeps no task alive
            ending.add_done_callback(self._ending.discard)

    def _visit_of(self, kernel_id: str) -> Visit | None:
        return next((visit for visit in self._visits if visit.kernel_id == kernel_id), None)

    def _is_open(self, visit: Visit) -> bool:
        return visit.is_loading or visit.kernel_id in self._kernels


def _full(visits: list[Visit], client: str) -> PageError | None:
    """Return why there is no room for another page of a client, ``None`` if there is."""
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

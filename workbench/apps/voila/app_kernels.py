"""The kernels of the apps: one that waited for a visitor is idle from the visit on, not from when it was prepared."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager


class AppKernels(AsyncMappingKernelManager):
    """Starts the idle time of a kernel when it is first met outside Voila's pool.

    Voila spares the kernels of its pool. One that has waited there for longer than ``cull_idle_timeout`` would
    otherwise be ended while the page that took it is still loading.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._met: WeakSet[Any] = WeakSet()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody has used for a while; Voila asks for those outside its pool only."""
        kernel = self._kernels[kernel_id]
        if kernel in self._met:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]
        else:
            self._met.add(kernel)
            kernel.last_activity = utcnow()

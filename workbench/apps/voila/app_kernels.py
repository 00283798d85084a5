"""The kernels of the apps. The idle time of a prepared kernel starts with the visit, not with the preparation."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from workbench.apps.voila.kernel_host import KernelHost


class AppKernels(AsyncMappingKernelManager):
    """Starts the idle time of a kernel when it is first checked outside Voila's pool.

    Voila does not end kernels in its pool. A kernel that has waited there for longer than ``cull_idle_timeout`` would
    otherwise be ended while the page that took it is still loading.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._met: WeakSet[Any] = WeakSet()
        self.host = KernelHost() if sys.platform == "linux" else None  # elsewhere, forking is not safe

    def close_host(self) -> None:
        """End the process from which kernels are forked, and the remaining kernels."""
        if self.host is not None:
            self.host.close()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that has not been used for a while. Voila calls this only for kernels outside its pool."""
        kernel: Any = self.get_kernel(kernel_id)
        if kernel in self._met:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]
        else:
            self._met.add(kernel)
            kernel.last_activity = datetime.now(UTC)

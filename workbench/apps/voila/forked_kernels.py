"""Make Jupyter fork the kernels of the apps, on systems that allow it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

LAUNCHER = ["-m", "ipykernel_launcher", "-f"]


class ForkedKernels(LocalProvisioner):
    """Starts a kernel by a fork of the host process of the kernel manager.

    Jupyter's own provisioner starts kernels of other programs or with other options, and all kernels after the host
    process has ended.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch a kernel with a command; see ``LocalProvisioner``."""
        host = self.parent.parent.host if self.parent else None
        if host is None or cmd[1:-1] != LAUNCHER:
            return await super().launch_kernel(cmd, **kwargs)
        env = kwargs.get("env") or os.environ
        try:
            process = await asyncio.to_thread(host.fork, cmd[-1], env=env, cwd=kwargs.get("cwd"))
        except OSError:
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = process
        self.pid = self.pgid = process.pid
        self.cwd: Any = kwargs.get("cwd", Path.cwd())
        return self.connection_info

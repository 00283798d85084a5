"""The kernels of the apps: all from one process that has imported what they need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from waiting import until


def kernels(server: Any) -> list[psutil.Process]:
    """Return the kernels of a server that have told about themselves."""
    roles = {"performance app"}
    processes = server.get("performance/metrics").json()["processes"]
    pids = [process["pid"] for process in processes if process["role"] in roles]
    return [
        psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)
    ]  # one that was killed is listed for a while


def test_kernels_share_what_was_imported_and_outlive_its_process_no_longer(
    serve: Callable[..., Any],
    performance_app: Path,
) -> None:
    server = serve(apps=performance_app)
    [first] = until(lambda: kernels(server), 60)
    server.client.get("voila/render/performance.ipynb")  # takes the prepared one, and another is prepared
    both = until(lambda: len(found := kernels(server)) == 2 and found, 60)
    assert first in both
    [host] = {kernel.parent() for kernel in both}
    assert host is not None and host.ppid() == server.process.pid

    host.kill()
    assert not psutil.wait_procs(both, timeout=60)[1]
    assert server.client.get("voila/render/performance.ipynb").status_code == 200
    other = until(lambda: [kernel for kernel in kernels(server) if kernel not in both], 60)
    assert {kernel.ppid() for kernel in other} == {server.process.pid}

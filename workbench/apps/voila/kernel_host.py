"""Fork kernels from a host process that has imported the modules of the apps.

Starting Python, IPython and the apps takes seconds and 100 MB for every page; a fork takes milliseconds and shares the
memory. The host process has one thread and no event loop, so that forking it is safe.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IMPORTED_BEFORE = (
    "workbench.apps.voila.page_kernel",
    "ipykernel.debugger",
    "ipykernel.inprocess",
    "tornado.platform.asyncio",
    "tornado.queues",
    "anywidget",
    "numpy.ma",
    "scipy.linalg",
    "scipy.sparse.csgraph",
    "threadpoolctl",
    "msgspec.json",
    "psutil",
    "sqlite3",
    "tomllib",
    "encodings.ascii",
    "importlib_metadata",
    "email.headerregistry",
)
PACKAGES = ("apps.dashboards", "session", "store", "playlists", "performance")  # used by the apps
STOP_WAIT_S = 3.0  # set by hand: the process has nothing to save


class KernelHost:
    """The host process, which starts at once.

    The host process and its kernels end when this object is closed or its owner ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # Ctrl-C reaches only the server, which then ends its kernels
        )

    def fork(self, connection_file: str, *, env: Mapping[str, str], cwd: str | None) -> ForkedProcess:
        """Start a kernel, after waiting until the host has imported everything.

        Raises
        ------
        OSError
            The host process has ended.
        """
        request = {"connection_file": connection_file, "env": dict(env), "cwd": cwd}
        with self._lock:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer:
            raise BrokenPipeError("The process that starts kernels has ended.")
        return ForkedProcess(int(answer))

    def close(self) -> None:
        """End the host process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class ForkedProcess:
    """The process of a kernel, which is not our child, with the methods of ``subprocess.Popen`` that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        try:
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:  # it has ended already
            self._descriptor = -1
            self.returncode = 1

    def poll(self) -> int | None:
        """Return ``None`` while the process runs, and then 0, because its exit status is not known here."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until the process has ended."""
        return self._ended(timeout)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            poller = select.poll()
            poller.register(self._descriptor, select.POLLIN)
            if poller.poll(None if timeout is None else 1000 * timeout):
                os.close(self._descriptor)
                self.returncode = 0
        return self.returncode


def main() -> None:
    """Import the modules, then fork a kernel for each line of standard input, and answer with its process id."""
    _import_everything()
    from workbench.apps.voila.page_kernel import make_shell
    from workbench.machine.freed_memory import keep_little_freed_memory

    make_shell()
    keep_little_freed_memory()
    gc.freeze()  # a collection in a kernel would otherwise copy the shared memory
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no process waits for the kernels to end
    requests, answers = sys.stdin.buffer, sys.stdout
    while line := requests.readline():
        host = os.getpid()
        pid = os.fork()
        if not pid:
            _become_kernel(json.loads(line), host)
            return
        answers.write(f"{pid}\n")
        answers.flush()


def _import_everything() -> None:
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # 8 MB a page, and nobody debugs one
    for name in IMPORTED_BEFORE:
        importlib.import_module(name)
    for name in PACKAGES:
        package = importlib.import_module(f"workbench.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def _become_kernel(request: dict[str, Any], host: int) -> None:
    os.setsid()  # so that a signal reaches the kernel and its child processes only
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.environ.clear()
    os.environ.update(request["env"])
    if request["cwd"]:
        os.chdir(request["cwd"])
    import numpy as np

    from workbench.apps.voila.page_kernel import run_kernel

    np.random.seed()  # otherwise, all kernels would draw the same random numbers
    run_kernel(Path(request["connection_file"]), parent=host)

"""The program of the process that runs the scheduler and nannies of a session.

A process of its own, because workers are spawned and a spawned process imports its parent's ``__main__``: a
script without ``if __name__ == "__main__"`` would run twice if it were the parent. It also keeps scheduling
going while the session holds the GIL. It answers with one line of JSON and ends, with every process below it,
when its standard input closes or its parent is gone, however that died.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import multiprocessing
import os
import select
import shutil
import signal
import sys
import threading
import traceback
from multiprocessing import forkserver, resource_tracker
from typing import Any, NoReturn

from workbench.machine.gpu import RESOURCE, VISIBLE, share_gpus

LAST_WAIT_S = 1.0  # set by hand; it takes milliseconds
PARENT_POLL_S = 0.5  # how long workers may run after their session was killed; set by hand
# A forked worker is there in a fifth of the time, and a killed one should be back soon. Not on macOS, whose
# frameworks do not survive a fork.
START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# Dask has glibc give back every freed 64 KiB, and with it take every array of 128 KiB afresh from the kernel: six
# times the page faults, and a quarter more CPU for an analysis. This keeps what the next file needs again.
KEPT_BY_MALLOC = {"MALLOC_TRIM_THRESHOLD_": 128 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}
IMPORTED_BEFORE_FORK = ["distributed", "distributed.nanny", "workbench.processing.on_worker.batch"]


def main(shared_modules: list[str], local_directory: str, semaphore_prefix: str) -> NoReturn:
    """Get ready, wait for the plan that HostProcess writes, and serve until the parent ends or stops it.

    Parameters
    ----------
    local_directory : str
        For everything temporary.
    semaphore_prefix : str
        With which the names of semaphores begin, so that one knows whose they are if every process here is killed.
    """
    parent = os.getppid()
    multiprocessing.current_process()._config["semprefix"] = semaphore_prefix  # type: ignore[attr-defined]
    signal.signal(signal.SIGTERM, lambda *_: _end(local_directory, 0))
    _prepare_forks(shared_modules)  # imports on another core while we import here
    import distributed  # noqa: F401

    if not (line := sys.stdin.readline()):
        _end(local_directory, 0)
    threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()
    try:
        asyncio.run(_serve(json.loads(line), local_directory))
    except BaseException:  # noqa: BLE001 - printed; this process ends with status 1
        traceback.print_exc()
    _end(local_directory, 1)


async def _serve(plan: dict[str, Any], local_directory: str) -> None:
    from distributed import Nanny, Scheduler
    from distributed.security import Security

    _configure(plan)
    _try_semaphore()
    security = Security(**plan["security"])  # type: ignore[no-untyped-call]
    everyone: dict[str, Any] = {
        "host": "127.0.0.1",
        "protocol": "tls://",
        "security": security,
        "dashboard": False,
    }
    gpus = share_gpus(plan["gpus"], plan["workers"])
    scheduler = await Scheduler(dashboard_address="127.0.0.1:0", **everyone)
    # Not a LocalCluster: that gives up a worker which happens to be restarting 15 s after it died once before.
    nannies = [
        Nanny(
            scheduler.address,
            name=number,
            nthreads=plan["threads"],
            memory_limit=plan["memory_limit_bytes"],
            local_directory=local_directory,
            preload=["workbench.processing.on_worker.worker_process"],
            resources={RESOURCE: len(gpus[number])} if gpus[number] else None,
            env={VISIBLE: ",".join(gpus[number])} if plan["gpus"] else None,
            silence_logs=logging.ERROR,
            **everyone,
        )
        for number in range(plan["workers"])
    ]
    await asyncio.gather(*nannies)
    sys.stdout.write(json.dumps({"address": scheduler.address}) + "\n")
    sys.stdout.flush()
    await scheduler.finished()


def _try_semaphore() -> None:
    """Raise ``OSError`` with what to do where the system has no shared memory; a nanny would not say it."""
    try:
        multiprocessing.get_context(START_METHOD).Semaphore()
    except OSError as error:
        reason = f"shared memory (/dev/shm) cannot be used: {error.strerror}; mount a tmpfs there"
        raise OSError(reason) from error


def _configure(plan: dict[str, Any]) -> None:
    import dask

    logging.getLogger("distributed").setLevel(logging.ERROR)
    dask.config.set(
        {
            "distributed.scheduler.allowed-failures": 0,  # jobs look into a crash themselves
            "distributed.scheduler.worker-saturation": 1.0,  # queue on the scheduler, not behind a slow file
            "distributed.scheduler.worker-ttl": plan["worker_ttl_s"],
            "distributed.scheduler.http.routes": [],
            "distributed.scheduler.active-memory-manager.start": False,
            "distributed.nanny.pre-spawn-environ": KEPT_BY_MALLOC
            | dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1),
            "distributed.worker.multiprocessing-method": START_METHOD,
            "distributed.worker.http.routes": [],
            "distributed.worker.profile.enabled": False,
            "distributed.worker.memory.target": False,
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,  # a worker with a fragmented heap would stay paused
            "distributed.worker.memory.terminate": 0.95,
            "distributed.worker.memory.monitor-interval": "250ms",
            "distributed.admin.log-length": 100,
            "distributed.admin.low-level-log-length": 100,
            "distributed.admin.tick.interval": "1s",  # looks for a blocked loop 50 times a second otherwise
            "distributed.admin.system-monitor.interval": "2s",
        }
    )


def _prepare_forks(shared_modules: list[str]) -> None:
    """Start the process that workers are forked from. Dask would name modules to it later, pandas among them."""
    if START_METHOD == "forkserver":
        multiprocessing.set_forkserver_preload([*IMPORTED_BEFORE_FORK, *shared_modules])
        forkserver.ensure_running()


def _watch_parent(parent: int) -> None:
    """End when standard input closes, or the parent is gone: others may have inherited the other end of the pipe."""
    while os.getppid() == parent and not select.select([sys.stdin], [], [], PARENT_POLL_S)[0]:
        continue
    # on the main thread, so that no nanny starts a worker again meanwhile
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _end(local_directory: str, code: int) -> NoReturn:
    """End with every process below. Nothing here has state worth an orderly end, and a hung worker would hold one up.

    The resource tracker ends by itself when no other process is left, and removes their semaphores; it ends last.
    """
    import psutil

    tracker: Any = resource_tracker._resource_tracker
    below = psutil.Process().children(recursive=True)
    last = [child for child in below if child.pid == tracker._pid]
    for child in below:
        if child not in last:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    if last:
        os.close(tracker._fd)
        psutil.wait_procs(last, timeout=LAST_WAIT_S)
    sys.stderr.flush()
    if code == 0:  # otherwise the parent reads the log before it removes the folder
        shutil.rmtree(local_directory, ignore_errors=True)
    os._exit(code)

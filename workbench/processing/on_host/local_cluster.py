"""The program of the process that runs the scheduler and nannies of a session.

This is a separate process, because workers are spawned and a spawned process imports its parent's ``__main__``: a
script without ``if __name__ == "__main__"`` would run twice if it were the parent. Scheduling also continues while the
session holds the GIL. The process answers with one line of JSON. It ends, with all its descendants, when its standard
input is closed or its parent has ended in any way.
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

LAST_WAIT_S = 1.0  # set by hand; the last steps take milliseconds
PARENT_POLL_S = 0.5  # how long workers may run after their session was killed; set by hand
# A forked worker starts in a fifth of the time, and a killed one should be replaced soon. Not on macOS, whose
# frameworks do not survive a fork.
START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# Dask makes glibc give back every freed 64 KiB, so that every array of 128 KiB is taken from the kernel again: six
# times the page faults, and a quarter more CPU time for an analysis. These values keep the memory for the next file.
KEPT_BY_MALLOC = {"MALLOC_TRIM_THRESHOLD_": 128 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}
IMPORTED_BEFORE_FORK = ["distributed", "distributed.nanny", "workbench.processing.on_worker.batch"]


def main(shared_modules: list[str], local_directory: str, semaphore_prefix: str) -> NoReturn:
    """Import the modules, wait for the plan of HostProcess, and serve until the parent ends or stops this process.

    Parameters
    ----------
    local_directory : str
        Folder for temporary files.
    semaphore_prefix : str
        Prefix of the names of semaphores, by which they can be removed if every process here is killed.
    """
    parent = os.getppid()
    multiprocessing.current_process()._config["semprefix"] = semaphore_prefix  # type: ignore[attr-defined]
    signal.signal(signal.SIGTERM, lambda *_: _end(local_directory, 0))
    _prepare_forks(shared_modules)  # imports on another core while this process imports
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
    # Not a LocalCluster, which gives up a worker that is restarting 15 s after it died once before.
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
    """Raise ``OSError`` with advice if the system has no shared memory, because a nanny would not report it."""
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
            "distributed.scheduler.allowed-failures": 0,  # jobs handle crashes themselves
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
            "distributed.worker.memory.pause": False,  # otherwise, a worker with a fragmented heap would stay paused
            "distributed.worker.memory.terminate": 0.95,
            "distributed.worker.memory.monitor-interval": "250ms",
            "distributed.admin.log-length": 100,
            "distributed.admin.low-level-log-length": 100,
            "distributed.admin.tick.interval": "1s",  # by default, it checks for a blocked loop 50 times a second
            "distributed.admin.system-monitor.interval": "2s",
        }
    )


def _prepare_forks(shared_modules: list[str]) -> None:
    """Start the process from which workers are forked. Otherwise, Dask would add modules to it, such as pandas."""
    if START_METHOD == "forkserver":
        multiprocessing.set_forkserver_preload([*IMPORTED_BEFORE_FORK, *shared_modules])
        forkserver.ensure_running()


def _watch_parent(parent: int) -> None:
    """End when standard input is closed or the parent has ended, because others may have inherited the pipe."""
    while os.getppid() == parent and not select.select([sys.stdin], [], [], PARENT_POLL_S)[0]:
        continue
    # on the main thread, so that no nanny restarts a worker meanwhile
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _end(local_directory: str, code: int) -> NoReturn:
    """End with all descendants at once: no process here has state to save, and a hung worker would cause a delay.

    The resource tracker ends last, by itself, when no other process is left, and removes their semaphores.
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

"""The program of the process that runs the scheduler and nannies of a session.

A process of its own, because workers are spawned and a spawned process imports its parent's ``__main__``: a
script without ``if __name__ == "__main__"`` would run twice if it were the parent. It also keeps scheduling
going while the session holds the GIL. It answers with one line of JSON and ends, with every process below it,
when its standard input closes or its parent is gone, however that died.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import traceback
from multiprocessing import forkserver
from typing import Any, NoReturn

from workbench.machine.gpu import RESOURCE, VISIBLE, share_gpus

PARENT_POLL_S = 0.5  # how long workers may run after their session was killed; set by hand
# A forked worker is there in a fifth of the time, and a killed one should be back soon. Not on macOS, whose
# frameworks do not survive a fork.
START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
# Dask has glibc give back every freed 64 KiB, and with it take every array of 128 KiB afresh from the kernel: six
# times the page faults, and a quarter more CPU for an analysis. This keeps what the next file needs again.
KEPT_BY_MALLOC = {"MALLOC_TRIM_THRESHOLD_": 128 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}
IMPORTED_BEFORE_FORK = ["distributed", "distributed.nanny", "workbench.processing.on_worker.batch"]


def main(shared_modules: list[str]) -> NoReturn:
    """Get ready, wait for the plan that HostProcess writes, and serve until the parent ends or stops it."""
    parent = os.getppid()
    _prepare_forks(shared_modules)  # imports on another core while we import here
    import distributed  # noqa: F401

    if not (line := sys.stdin.readline()):
        os._exit(0)
    plan = json.loads(line)
    try:
        asyncio.run(_serve(plan, parent))
    except BaseException:  # noqa: BLE001 - printed; this process ends with status 1
        traceback.print_exc()
        _end(plan["local_directory"], 1)
    _end(plan["local_directory"], 0)


async def _serve(plan: dict[str, Any], parent: int) -> None:
    from distributed import Nanny, Scheduler
    from distributed.security import Security

    _configure(plan)
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
            local_directory=plan["local_directory"],
            preload=["workbench.processing.on_worker.worker_process"],
            resources={RESOURCE: len(gpus[number])} if gpus[number] else None,
            env={VISIBLE: ",".join(gpus[number])} if plan["gpus"] else None,
            silence_logs=logging.ERROR,
            **everyone,
        )
        for number in range(plan["workers"])
    ]
    await asyncio.gather(*nannies)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    threading.Thread(target=_wait_for_eof, args=(loop, stop), daemon=True).start()
    sys.stdout.write(json.dumps({"address": scheduler.address}) + "\n")
    sys.stdout.flush()
    while os.getppid() == parent and not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), PARENT_POLL_S)
        except TimeoutError:
            continue
    # Nothing here has state worth an orderly end, and a hung worker would hold one up.
    _end(plan["local_directory"], 0)


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
            "distributed.admin.tick.interval": "1s",  # looks for a blocked loop 50 times a second otherwise
            "distributed.admin.system-monitor.interval": "2s",
        }
    )


def _prepare_forks(shared_modules: list[str]) -> None:
    """Start the process that workers are forked from. Dask would name modules to it later, pandas among them."""
    if START_METHOD == "forkserver":
        multiprocessing.set_forkserver_preload([*IMPORTED_BEFORE_FORK, *shared_modules])
        forkserver.ensure_running()


def _wait_for_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(stop.set)


def _end(local_directory: str, code: int) -> NoReturn:
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    sys.stderr.flush()
    if code == 0:  # otherwise the parent reads the log before it removes the folder
        shutil.rmtree(local_directory, ignore_errors=True)
    os._exit(code)

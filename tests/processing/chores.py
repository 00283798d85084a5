"""Functions that the tests run on workers: easy, slow, failing and deadly ones. Workers import them by name."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from workbench.errors import AudioFormatError

WARMED = []
IMPORTED_IN = os.getpid()


def length(path):
    return len(path)


def imported_in():
    return IMPORTED_IN


def worker_facts(path):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    return {
        "pid": os.getpid(),
        "nice": os.nice(0),
        "threads": [os.environ.get(name) for name in names],
        "warmed": len(WARMED),
        "cwd": str(Path.cwd()),
        "loaded": sorted({"numpy", "tensorflow", "essentia", "sqlite3", "pysqlite3"} & sys.modules.keys()),
    }


def warm_up():
    WARMED.append(os.getpid())


def cannot_warm_up():
    raise RuntimeError("no flour")


def behave(path):
    """Behave as the name of the file says, and write a line to the log beside it at every start."""
    place = Path(path)
    with (place.parent / "starts.log").open("a") as log:
        log.write(f"{place.name} {os.getpid()}\n")
    what = place.name.partition("-")[0]
    if what == "raise":
        raise AudioFormatError(f"{path} is no music")
    if what == "bug":
        raise ValueError("a bug")
    if what == "exit":
        sys.exit(3)
    if what == "die":
        os._exit(7)
    if what == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "spin":
        while True:
            pass
    if what == "native":
        # PyDLL keeps the GIL: no other thread of this worker runs again.
        ctypes.PyDLL(None).sleep(3600)
    if what == "eat":
        hoard = []
        while True:
            hoard.append(b"x" * 2**24)
            time.sleep(0.02)
    if what == "unpicklable":
        return lambda: None
    if what == "nap":
        time.sleep(0.2)
    if what == "wait":
        while not (place.parent / "go").exists():
            time.sleep(0.01)
    return place.name


def meet(path):
    """Wait until another file of the job runs at the same time; return whether one did, and where this ran."""
    place = Path(path)
    here = place.with_suffix(f".{os.getpid()}")
    here.touch()
    met, until = False, time.monotonic() + 0.4
    while not met and time.monotonic() < until:
        met = len(list(place.parent.glob("*.[0-9]*"))) > 1
        time.sleep(0.01)
    if met:
        time.sleep(0.1)  # let the other see this one
    here.unlink()
    return {"met": met, "pid": os.getpid(), "gpus": os.environ.get("CUDA_VISIBLE_DEVICES")}


def die_once(path):
    """Kill the worker at the first try, meet at the second."""
    mark = Path(path).with_suffix(".died")
    if not mark.exists():
        mark.touch()
        os._exit(7)
    return meet(path)

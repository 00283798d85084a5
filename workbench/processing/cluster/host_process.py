"""Start and stop the process of our own scheduler and workers (see ``local_cluster``)."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ProcessingError
from workbench.machine.run_folder import TemporaryFolder
from workbench.processing.cluster.credentials import Credentials

START_TIMEOUT_S = 90.0  # for a cold disk and a busy machine; an idle one needs 1 s
STOP_TIMEOUT_S = 3.0  # the process has nothing to save, so it hangs if it takes longer

# This ``__main__`` has no file, so the workers that it spawns do not import it again. Folders that only the parent has
# in its path, such as the folder of the user's script, are last, so that a file ``random.py`` there does not replace
# Python's module.
_PROGRAM = """
import json, sys
needs = json.loads(sys.stdin.readline())
sys.path += [entry for entry in needs["sys_path"] if entry not in sys.path]
from workbench.processing.on_host.local_cluster import main
main(needs["shared_modules"], needs["local_directory"], needs["semaphore_prefix"])
"""

ONE_THREAD_EACH = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


@dataclass(frozen=True)
class ClusterPlan:
    """The workers of our own cluster.

    Attributes
    ----------
    workers : int
        Number of processes.
    threads : int
        Number of threads in each process.
    memory_limit_bytes : int
        Limit of each process.
    worker_ttl_s : float, seconds
        The scheduler removes a worker that has sent no message for this long.
    gpus : sequence of str
        The GPUs that the workers share.
    """

    workers: int
    threads: int
    memory_limit_bytes: int
    worker_ttl_s: float
    gpus: Sequence[str]


class HostProcess:
    """Scheduler, nannies and workers, in their own process group, so that Ctrl-C in a terminal does not end them.

    They are in the session of their parent, because Linux applies niceness only within a session (see sched(7),
    autogroup). The constructor starts the process, which imports its modules while its parent does the same. Then call
    :meth:`serve`.
    """

    def __init__(self, shared_modules: Sequence[str] = ()) -> None:
        self._folder = TemporaryFolder("dask")
        self._log = self._folder.path / "cluster.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM],  # -P leaves out the current folder
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                process_group=0,
                env=_environment(os.environ, self._folder.path),
            )
        sys_path = [str(Path(entry).absolute()) for entry in sys.path]
        self._tell(
            {
                "sys_path": sys_path,
                "shared_modules": list(shared_modules),
                "local_directory": str(self._folder.path),
                "semaphore_prefix": self._folder.semaphore_prefix,
            }
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def serve(self, plan: ClusterPlan, credentials: Credentials) -> str:
        """Start the scheduler and the workers, and return the scheduler's address.

        Raises
        ------
        ProcessingError
            The process has ended, or has not answered in time.
        """
        self._tell(asdict(plan) | {"security": credentials.security_fields()})
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if selector.select(START_TIMEOUT_S) else ""
        if line:
            return str(json.loads(line)["address"])
        reason = self._last_words()
        self.close()
        raise ProcessingError(f"The analysis workers did not start: {reason}.")

    def close(self) -> None:
        """End the process and all its descendants. A second call does nothing."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()
        self._folder.close()

    def _tell(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended already; serve() raises an error with the reason
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT_S)
        if (self._process.returncode or 0) < 0:  # the last line of the log is not the reason then
            return f"their process was killed by {signal.Signals(-self._process.returncode).name}"
        lines = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
        return lines[-1] if lines else f"no answer within {START_TIMEOUT_S:g} s"


def _environment(base: Mapping[str, str], temporary: Path) -> dict[str, str]:
    # Native libraries read these variables when they load. Each worker has one core.
    added = {"TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": str(temporary)}
    return dict(base) | dict.fromkeys(ONE_THREAD_EACH, "1") | added

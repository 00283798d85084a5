"""Keep all temporary files of a process in one folder, which is removed when the process ends, or at the next start.

The name of the folder has the id and the start of the process. A lock in the folder tells whether its owner still runs.
The system releases the lock when the process ends in any way, also in a container that was restarted.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from workbench.machine.process_identity import process_name

PREFIX = "workbench-"
_UNFINISHED = ".new-"  # a folder whose lock is not held yet
_LOCK = "lock"
# Python's fork server and Jupyter's kernels have sockets in such folders, and the path of a socket has 107 bytes at
# most.
_LONGEST_RUN_FOLDER = "/workbench-4194304-1234567890-abcdefgh"
_SOCKETS = ("/dask1/pymp-abcdefgh/listener-abcdefgh", "/k1/kernel-00000000-0000-0000-0000-000000000000-ipc-4")
_LONGEST_HOME = 107 - len(_LONGEST_RUN_FOLDER) - max(map(len, _SOCKETS))
_SEMAPHORES = Path("/dev/shm")


class TemporaryFolder:
    """A folder in the run folder of this process; also a context manager that returns its path.

    The first one creates the run folder and removes those of dead processes; closing the last one removes it. Named
    semaphores with the prefix :attr:`semaphore_prefix` are removed with the folder.

    Parameters
    ----------
    name : str
        The purpose, in a few letters.
    """

    def __init__(self, name: str) -> None:
        with _lock:
            self._run = _enter()
            self.path = self._run.path / f"{name}{self._run.made}"
        self.path.mkdir(mode=0o700)
        self._closed = False

    @property
    def semaphore_prefix(self) -> str:
        return f"/{self._run.path.name}.{self.path.name}."

    def close(self) -> None:
        """Remove the folder. A second call does nothing; a forked process leaves the folder to its parent."""
        if self._run.pid == os.getpid() and not self._closed:
            self._closed = True
            _remove(self.path, self.semaphore_prefix)
            with _lock:
                _leave(self._run)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _RunFolder:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self.users, self.made = 0, 0
        _, pid, start = process_name().split(":")
        made = Path(tempfile.mkdtemp(prefix=f"{_UNFINISHED}{PREFIX}{pid}-{start}-", dir=_home()))
        self._lock = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = made.rename(made.with_name(made.name.removeprefix(_UNFINISHED)))

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


_lock = threading.Lock()
_current: _RunFolder | None = None


def _enter() -> _RunFolder:
    global _current
    if _current is None or _current.pid != os.getpid():
        sweep()
        _current = _RunFolder()
    _current.users += 1
    _current.made += 1
    return _current


def _leave(run: _RunFolder) -> None:
    global _current
    run.users -= 1
    if not run.users:
        run.close()
        _current = None


def sweep() -> list[Path]:
    """Remove the run folders and semaphores of this user's processes that have ended without removing them."""
    found = sorted(_home().glob(f"{PREFIX}*-*-*"))
    return [folder for folder in found if _is_left(folder)]


def _home() -> Path:
    """Return the folder for temporary files, or ``/tmp`` if paths of sockets would be too long there."""
    found = tempfile.gettempdir()
    return Path(found if len(os.fsencode(found)) <= _LONGEST_HOME else "/tmp")


def _is_left(folder: Path) -> bool:
    """Remove a run folder if its owner has ended."""
    with contextlib.suppress(OSError):  # of another user, not a run folder, or just removed
        about = folder.lstat()
        if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid():
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder, f"/{folder.name}.")
            finally:
                os.close(lock)
            return True
    return False


def _remove(folder: Path, semaphore_prefix: str) -> None:
    for semaphore in _SEMAPHORES.glob(f"sem.{semaphore_prefix.removeprefix('/')}*"):
        semaphore.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)

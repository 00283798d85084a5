"""Replace the content of a file atomically, also if the power is cut, and keep its other properties."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from workbench.errors import AudioPermissionError


def place_beside(path: Path) -> Path:
    """Return the path of the changed copy of a file, in a hidden folder beside it. A file always has the same path."""
    return path.parent / f".workbench-{path.stat().st_ino}" / path.name


def remove_beside(beside: Path) -> None:
    """Remove the copy and its folder, if they exist."""
    shutil.rmtree(beside.parent, ignore_errors=True)


def check_writable(path: Path) -> None:
    """Raise AudioPermissionError if a file may not be changed, even if its folder would allow to replace it."""
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        said = f"{path} is on a disk that is mounted read-only. Mount it for writing, or leave the file out."
    elif _is_locked(path):
        said = (
            f"{path} is locked against changes, whatever its permissions are. Unlock it (sudo chattr -i -a; on macOS "
            "chflags nouchg), or leave the file out."
        )
    elif not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
        said = f"{path} is read-only. Allow writing (chmod u+w), or leave the file out."
    else:
        return
    raise AudioPermissionError(said, path=str(path))


def _is_locked(path: Path) -> bool:
    """Whether the file system refuses every change: the file is immutable, or may only grow."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        return error.errno == errno.EPERM
    return False


def can_be_replaced(changed: Path, path: Path) -> bool:
    """Give a copy owner, mode and attributes of a file; return whether that succeeded and no other link exists."""
    before = path.stat()
    if before.st_nlink > 1 or not hasattr(os, "listxattr"):
        return False
    try:
        os.chown(changed, before.st_uid, before.st_gid)
        changed.chmod(stat.S_IMODE(before.st_mode))
        return _attributes(changed) == _attributes(path)
    except OSError:
        return False


def _attributes(path: Path) -> dict[str, bytes]:
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


def replace(changed: Path, path: Path) -> None:
    """Replace a file by a complete copy in one step, which is on the disk when this returns."""
    changed.replace(path)
    _sync(path.parent)


def overwrite(changed: Path, path: Path) -> None:
    """Write the content and the time of a complete copy into a file that keeps its names, owner and attributes.

    An interruption leaves a mixture. So the copy must be kept until this has returned, to repeat it.
    """
    with changed.open("rb") as source, path.open("r+b") as target:
        if hasattr(os, "posix_fallocate"):  # so that a full disk raises an error before any byte changes
            os.posix_fallocate(target.fileno(), 0, changed.stat().st_size)
        shutil.copyfileobj(source, target)
        target.truncate()
        os.fsync(target.fileno())
    times = changed.stat()
    with suppress(PermissionError):  # only the owner may set a time
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

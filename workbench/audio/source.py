"""Open an audio file for reading, and translate errors of the operating system into our own."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from workbench.audio.bounds import may_read
from workbench.errors import (
    AudioEmptyError,
    AudioError,
    AudioFileMissingError,
    AudioFormatError,
    AudioOutsideError,
    AudioPermissionError,
    AudioSlowError,
)
from workbench.readable import valid

OUTSIDE = "The link leads outside LIBRARY_ROOTS, the folders that this server may read."

_INT64_MAX = 2**63 - 1
_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE}
_DENIED = {errno.EACCES, errno.EPERM}


def file_error(path: str | os.PathLike[str], error: OSError) -> AudioError:
    """Return the :class:`AudioError` that corresponds to an error of the operating system."""
    name = os.fspath(path)
    if error.errno in _MISSING:
        gone = f"{name} does not exist any more: it was moved or deleted after the scan. Scan again."
        return AudioFileMissingError(gone, path=name)
    if error.errno in _DENIED:
        denied = f"{name} cannot be read: permission denied. Give this user read access."
        return AudioPermissionError(denied, path=name)
    if error.errno == errno.ELOOP:
        return AudioFileMissingError(f"{name} is a link that leads to itself. Remove it.", path=name)
    unread = f"{name} cannot be read: {error.strerror}. Check the disk or network it is on."
    return AudioError(unread, path=name)


def slow_error(path: str | os.PathLike[str], timeout_s: float) -> AudioSlowError:
    """Return the error for a file that could not be read within ANALYSIS_TIMEOUT_SECONDS."""
    name = os.fspath(path)
    return AudioSlowError(
        f"{name} was not read to its end in ANALYSIS_TIMEOUT_SECONDS={timeout_s:g}: it is too large, or its disk or "
        "network is too slow. Check them, or raise the limit.",
        path=name,
    )


@contextmanager
def open_file(path: str | os.PathLike[str]) -> Iterator[int]:
    """Return a context manager that opens a regular file, lends its descriptor, and closes it.

    Raises
    ------
    AudioFileMissingError, AudioPermissionError, AudioError
        The file does not exist, may not be read, or the disk reports an error.
    AudioFormatError
        The path is a folder, a pipe or a device.
    AudioOutsideError
        The file is outside of the folders that this block is :func:`~workbench.audio.bounds.staying_inside`.
    """
    descriptor = _opened(os.fspath(path))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_binary(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for libraries that read from file objects; errors as in :func:`open_file`."""
    return open(path, "rb", opener=lambda name, _: _opened(name))


def _opened(name: str) -> int:
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to would wait forever.
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise file_error(name, error) from error
    except ValueError as error:
        raise AudioFileMissingError(f"{name!r} is not a path: {error}. Correct it.", path=name) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise AudioFormatError(f"{name} is a folder or device, not a file. Leave it out.", path=name)
        if not may_read(descriptor):
            raise AudioOutsideError(f"{name}: {OUTSIDE}", path=name)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def size_and_time(status: os.stat_result) -> tuple[int, int]:
    """Return the size in bytes and the time of the last change in nanoseconds.

    Both are limited to 64 bits, which SQLite can store: a later time counts as the last possible one, in 2262.
    """
    return max(0, min(status.st_size, _INT64_MAX)), _storable(status.st_mtime_ns)


def inode_time(status: os.stat_result) -> int:
    """Return the time at which content, name, owner or permissions of a file last changed (ctime), in nanoseconds.

    Programs that write tags can keep the time of the last change, but not this one. It is only a hint: changes of
    permissions and hard links change it too, and on some network shares and Windows it has another meaning. The limits
    are those of :func:`size_and_time`.
    """
    return _storable(status.st_ctime_ns)


def _storable(time_ns: int) -> int:
    return max(-_INT64_MAX, min(time_ns, _INT64_MAX))


def read_head(descriptor: int, path: str, size_bytes: int = 4096) -> bytes:
    """Return the first bytes of an open file without moving its position.

    Raises
    ------
    AudioEmptyError
        The file is empty.
    """
    try:
        head = os.pread(descriptor, size_bytes, 0)
    except OSError as error:
        raise file_error(path, error) from error
    if not head:
        raise AudioEmptyError(f"{path} is empty (0 bytes). Copy it again or delete it.", path=path)
    return head


def file_stem(path: str | os.PathLike[str]) -> str:
    """Return the file name without folder and extension, as text that can always be encoded."""
    return " ".join(valid(Path(path).stem).split()) or "untitled"

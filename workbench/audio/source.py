"""Open a file of samples for reading, with every refusal of the system translated into our errors."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import (
    AudioEmptyError,
    AudioError,
    AudioFileMissingError,
    AudioFormatError,
    AudioPermissionError,
)

_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE}
_DENIED = {errno.EACCES, errno.EPERM}


def file_error(path: str | os.PathLike[str], error: OSError) -> AudioError:
    """Return the error of ours that says what ``error`` says about ``path``."""
    name = os.fspath(path)
    if error.errno in _MISSING:
        gone = f"{name} is gone: moved or deleted after it was found. Scan again."
        return AudioFileMissingError(gone, path=name)
    if error.errno in _DENIED:
        denied = f"{name} cannot be read: no permission. Give this user read access."
        return AudioPermissionError(denied, path=name)
    if error.errno == errno.ELOOP:
        return AudioFileMissingError(f"{name} is a link that leads to itself. Remove it.", path=name)
    unread = f"{name} cannot be read: {error.strerror}. Check the disk or network it is on."
    return AudioError(unread, path=name)


@contextmanager
def open_file(path: str | os.PathLike[str]) -> Iterator[int]:
    """Open a regular file, yield its descriptor and close it.

    Raises
    ------
    AudioFileMissingError, AudioPermissionError, AudioError
        As the system refuses it.
    AudioFormatError
        A folder, pipe or device.
    """
    name = os.fspath(path)
    try:
        # O_NONBLOCK: a pipe that nobody writes to must not hold us here.
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise file_error(name, error) from error
    except ValueError as error:
        raise AudioFileMissingError(f"{name!r} is not a path: {error}. Correct it.", path=name) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise AudioFormatError(f"{name} is a folder or device, not a file. Leave it out.", path=name)
        yield descriptor
    finally:
        os.close(descriptor)


def read_head(descriptor: int, path: str, size_bytes: int = 4096) -> bytes:
    """Return the first bytes of an open file, which it leaves at its start.

    Raises
    ------
    AudioEmptyError
        There are none.
    """
    try:
        head = os.pread(descriptor, size_bytes, 0)
    except OSError as error:
        raise file_error(path, error) from error
    if not head:
        raise AudioEmptyError(f"{path} is empty (0 bytes). Copy it again or delete it.", path=path)
    return head


def file_stem(path: str | os.PathLike[str]) -> str:
    """Return the name without folder and extension, as text that can always be written out."""
    name = os.fsencode(Path(path).stem).decode("utf-8", "replace")
    return " ".join(name.split()) or "untitled"

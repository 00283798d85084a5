"""Store arrays in one file that processes map into memory and share; it is checked when it is opened.

Layout, little-endian: ``b"PWARRAY1"``, the size of the header and its checksum (uint64 each), the header as JSON, then
the arrays, each at a multiple of 64 bytes. The header has the writer's description of the arrays, the size of the file,
and the type, shape, offset and checksum (XXH3, 64 bits) of each array.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import orjson

from workbench.errors import StoreError

if TYPE_CHECKING:
    import numpy.typing as npt

_MAGIC = b"PWARRAY1"
_PREFIX = struct.Struct("<8sQQ")
_FAR = 2**50  # farther than any array
_ALIGNED = 64  # bytes of a cache line, so that no value of an array lies in two


class ArrayFile(NamedTuple):
    """The content of an array file.

    Attributes
    ----------
    about : mapping
        The writer's description, made of JSON values.
    arrays : mapping of str to array
        Read-only views of the file.
    size_bytes : int
    """

    about: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[Any]]
    size_bytes: int


def write_array_file(path: Path, about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bool:
    """Write arrays of numbers to a file. It replaces an earlier one, which readers keep until they open the new one.

    Returns
    -------
    bool
        False if another process is writing the same file; then nothing is written.

    Raises
    ------
    OSError
        The file cannot be written; an earlier file is kept.
    """
    part = path.with_name(f"{path.name}.part")
    with open(part, "r+b", opener=_for_owner) as file:
        if not _is_mine(file, part):
            return False
        try:
            file.truncate(0)  # the remains of a process that was killed
            _write(file, about, arrays)
            file.flush()
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return True


def _is_mine(file: BinaryIO, part: Path) -> bool:
    """Lock a file for writing; return false if another process has locked it or has just renamed it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return part.stat().st_ino == os.fstat(file.fileno()).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


def read_about(path: Path) -> Mapping[str, Any] | None:
    """Return the description in a file without reading its arrays; ``None`` if there is no file or it is damaged."""
    try:
        with path.open("rb") as file:
            about: Mapping[str, Any] = _header(file.read(_PREFIX.size), file.read, path)["about"]
            return about
    except (OSError, StoreError):
        return None


def open_array_file(path: Path) -> ArrayFile:
    """Compare the header and the arrays of a file with their checksums, and map the file into memory.

    Raises
    ------
    OSError
        There is no such file.
    StoreError
        The file is damaged, or has another format.
    """
    import numpy as np
    import xxhash

    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        header = _header(file.read(_PREFIX.size), file.read, path)
        if header["size_bytes"] != size:
            raise _damaged(path, "it is cut off")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {}
    for name, (kind, shape, start, length, checksum) in header["arrays"].items():
        if xxhash.xxh3_64_intdigest(memoryview(data)[start : start + length]) != checksum:
            raise _damaged(path, f"the values of {name} changed")
        count = length // np.dtype(kind).itemsize
        arrays[name] = (
            np.frombuffer(data, kind, count, start).reshape(shape) if count else np.empty(shape, kind)
        )
    return ArrayFile(header["about"], arrays, size)


def _write(file: BinaryIO, about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    import numpy as np
    import xxhash

    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    sums = {name: xxhash.xxh3_64_intdigest(_bytes(array)) for name, array in plain.items()}

    def header_for(start: int) -> tuple[bytes, dict[str, list[Any]], int]:
        places: dict[str, list[Any]] = {}
        for name, array in plain.items():
            places[name] = [array.dtype.str, list(array.shape), start, array.nbytes, sums[name]]
            start = _aligned(start + array.nbytes)
        made = orjson.dumps({"about": dict(about), "size_bytes": start, "arrays": places})
        return made, places, start

    longest = _aligned(_PREFIX.size + len(header_for(_FAR)[0]))  # larger places take more digits
    made, places, end = header_for(longest)
    header = made.ljust(longest - _PREFIX.size)
    file.write(_PREFIX.pack(_MAGIC, len(header), xxhash.xxh3_64_intdigest(header)) + header)
    for name, array in plain.items():
        file.seek(places[name][2])
        file.write(_bytes(array))
    file.truncate(end)


def _header(prefix: bytes, read: Any, path: Path) -> dict[str, Any]:
    import xxhash

    if len(prefix) < _PREFIX.size:
        raise _damaged(path, "it is cut off")
    magic, length, checksum = _PREFIX.unpack(prefix)
    header = read(length) if magic == _MAGIC and length < 2**24 else b""
    if not header or xxhash.xxh3_64_intdigest(header) != checksum:
        raise _damaged(path, "its header is not readable")
    found: dict[str, Any] = orjson.loads(header)
    return found


def _bytes(array: npt.NDArray[Any]) -> memoryview:
    return array.reshape(-1).view("u1").data if array.size else memoryview(b"")


def _aligned(place: int) -> int:
    return place + -place % _ALIGNED


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o600)


def _damaged(path: Path, why: str) -> StoreError:
    return StoreError(f"{path} is damaged: {why}. Delete it; it is made again.", path=str(path))

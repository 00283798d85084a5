"""Hash the content of a file, so that the library recognizes moved files and copies."""

from __future__ import annotations

import math
import os
import time

import xxhash

from workbench.audio.source import file_error, open_file, slow_error

# Few system calls, little memory; set by hand.
_READ_BYTES = 1 << 20


def content_hash(path: str | os.PathLike[str], timeout_s: float = math.inf) -> str:
    """Return the XXH3-128 hash of the bytes of a file as 32 hexadecimal digits. Hashing releases the GIL.

    Raises
    ------
    AudioSlowError
        Reading took longer than ``timeout_s``, which is ANALYSIS_TIMEOUT_SECONDS.
    AudioError
        The file is missing, may not be read, or is not a regular file.

    References
    ----------
    https://github.com/Cyan4973/xxHash: XXH3, 128 bits. It is not a cryptographic hash: two files do not have the same
    hash by chance, but somebody could construct such files.
    """
    digest = xxhash.xxh3_128()
    give_up_at = time.monotonic() + timeout_s
    buffer = memoryview(bytearray(_READ_BYTES))
    with open_file(path) as descriptor:
        try:
            while size := os.readv(descriptor, [buffer]):
                digest.update(buffer[:size])
                if time.monotonic() > give_up_at:
                    raise slow_error(path, timeout_s)
        except OSError as error:
            raise file_error(path, error) from error
    return digest.hexdigest()

"""Hash the content of a file, so that the library recognizes moved files and copies."""

from __future__ import annotations

import os

import xxhash

from workbench.audio.source import file_error, open_file

# Few system calls, little memory; set by hand.
_READ_BYTES = 1 << 20


def content_hash(path: str | os.PathLike[str]) -> str:
    """Return the XXH3-128 hash of the bytes of a file as 32 hexadecimal digits. Hashing releases the GIL.

    Raises
    ------
    AudioError
        The file is missing, may not be read, or is not a regular file.

    References
    ----------
    https://github.com/Cyan4973/xxHash: XXH3, 128 bits. It is not a cryptographic hash: two files do not have the same
    one by chance, but somebody could make them.
    """
    digest = xxhash.xxh3_128()
    buffer = memoryview(bytearray(_READ_BYTES))
    with open_file(path) as descriptor:
        try:
            while size := os.readv(descriptor, [buffer]):
                digest.update(buffer[:size])
        except OSError as error:
            raise file_error(path, error) from error
    return digest.hexdigest()

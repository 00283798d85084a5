"""Names and decoders of coded sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Sound(NamedTuple):
    """A kind of coded sound, and FFmpeg's demuxer for it; ``None`` if FFmpeg cannot decode it.

    ``unpacker`` makes an object that extracts the frames from pieces of bytes. It is needed where the demuxer does not
    expect the bytes between them.
    """

    name: str
    demuxer: str | None
    unpacker: Callable[[], Callable[[bytes], bytes]] | None = None

"""What coded sound is called, and how it is decoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Sound(NamedTuple):
    """A kind of coded sound, and FFmpeg's demuxer for it; ``None`` if FFmpeg cannot decode it.

    ``unpacker`` makes what takes the frames out of the bytes, one piece after the other, where the demuxer does not
    expect what lies between them.
    """

    name: str
    demuxer: str | None
    unpacker: Callable[[], Callable[[bytes], bytes]] | None = None

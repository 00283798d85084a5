"""Make a small cover of a track from the picture in its file, or beside it."""

from __future__ import annotations

import io
import os
from pathlib import Path

from workbench.audio.source import open_binary, open_file
from workbench.audio.tags.reading import cover_file
from workbench.errors import AudioError

COVER_PIXELS = 224  # twice the size on a card, for screens with two pixels per point


def small_cover(path: str | os.PathLike[str]) -> bytes | None:
    """Return the cover as a JPEG of at most 224 × 224 pixels; ``None`` if the track has no readable cover."""
    for content in (_embedded(os.fspath(path)), _beside(Path(path))):
        if content and (small := _smaller(content)):
            return small
    return None


def _embedded(path: str) -> bytes | None:
    import av
    from av.stream import Disposition

    from workbench.audio.ffmpeg_decoder import open_container  # 10 MB, which a server needs only for covers

    try:
        with open_file(path) as descriptor, open_container(descriptor) as container:
            pictures = [
                stream for stream in container.streams.video if stream.disposition & Disposition.attached_pic
            ]
            return bytes(next(container.demux(pictures[0]))) if pictures else None
    except (AudioError, OSError, av.FFmpegError, ValueError, StopIteration):
        return None


def _beside(path: Path) -> bytes | None:
    file = cover_file(path)
    if file is None:
        return None
    try:
        with open_binary(file) as opened:
            return opened.read()
    except (AudioError, OSError):
        return None


def _smaller(content: bytes) -> bytes | None:
    """Scale a picture down and encode it again, so that a page never gets the bytes of an unknown file."""
    from PIL import Image

    small = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.draft("RGB", (COVER_PIXELS, COVER_PIXELS))
            shown = picture.convert("RGB")
            shown.info.clear()
            shown.thumbnail((COVER_PIXELS, COVER_PIXELS))
            shown.save(small, "JPEG", quality=82)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return small.getvalue()

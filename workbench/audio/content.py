"""Read the facts about an open file: its container, the start of its audio, and the length in its header."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from workbench.audio.containers import (
    aiff_promised_frames,
    au_promised_frames,
    caf_promised_frames,
    container_of,
    id3_size,
    is_surround,
    mp3_promised_frames,
    w64_promised_frames,
    wav_counted_frames,
    wav_promised_frames,
)
from workbench.audio.data_end import is_cut
from workbench.audio.last_frame import ends_within_a_frame
from workbench.audio.ogg_pages import ogg_layout
from workbench.audio.source import read_head
from workbench.audio.unfinished import corrections


class Content(NamedTuple):
    """The facts that decide how an open file is decoded."""

    container: str | None
    """A key of :data:`workbench.audio.decoders.DECODERS`."""
    audio_at: int
    """The number of bytes before the audio, which are an ID3 tag."""
    links: Sequence[tuple[int, int]]
    """First byte and end of each part of a chained Ogg file; empty for other files."""
    complete: bool
    """False if the header shows, by something else than the number of frames, that the end of the file is missing."""


def look_into(descriptor: int, path: str) -> Content:
    """Recognize an open file by its content.

    Raises
    ------
    AudioEmptyError
        The file has zero bytes.
    """
    head = read_head(descriptor, path)
    audio_at = id3_size(head)
    container = container_of(os.pread(descriptor, 64, audio_at)) if audio_at else container_of(head)
    if container == "wav":
        container = "surround wav" if is_surround(descriptor) else "wav"
    if corrections(descriptor, container):
        return Content(f"unfinished {container}", audio_at, links=(), complete=True)
    if container not in ("ogg", "opus"):
        return Content(container, audio_at, links=(), complete=_is_whole(descriptor, container, audio_at))
    links, complete = ogg_layout(descriptor)
    return Content(container, audio_at, links if len(links) > 1 else (), complete)


def is_unfinished(container: str | None) -> bool:
    """Return whether the sizes in the header of a file of this container are too small."""
    return container is not None and container.startswith("unfinished ")


def _is_whole(descriptor: int, container: str | None, audio_at: int) -> bool:
    counted = _FRAMES_IN_HEADER.get(container)
    if counted and counted(descriptor):
        return True  # the decoded length is compared with this number
    if container == "mp3" and mp3_promised_frames(descriptor, audio_at):
        return True
    return not is_cut(descriptor, container) and not ends_within_a_frame(descriptor, container)


def promised_frames(descriptor: int, content: Content, decoder_frames: int | None) -> int | None:
    """Return the number of frames in the header of an open file; ``None`` if a decoder would only estimate it.

    Parameters
    ----------
    decoder_frames : int or None
        The number that the decoder read from the header, for the containers that this function does not read.
    """
    container = content.container
    if content.links or container == "aac" or is_unfinished(container):
        return None
    if container in ("mp3", "free mp3"):
        return mp3_promised_frames(descriptor, content.audio_at)
    counted = _FRAMES_IN_HEADER.get(container)
    return counted(descriptor) if counted else decoder_frames


def counted_frames(descriptor: int, container: str | None) -> int | None:
    """Return the number of frames in the header of a WAV file of compressed data, which may be wrong."""
    return wav_counted_frames(descriptor) if container in ("wav", "surround wav") else None


_FRAMES_IN_HEADER: dict[str | None, Callable[[int], int | None]] = {
    "wav": wav_promised_frames,
    "surround wav": wav_promised_frames,
    "aiff": aiff_promised_frames,
    "caf": caf_promised_frames,
    "w64": w64_promised_frames,
    "au": au_promised_frames,
}

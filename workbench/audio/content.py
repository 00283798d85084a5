"""Look into an open file: which container it is, where its audio starts, and what its header promises."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from workbench.audio.containers import (
    aiff_promised_frames,
    au_promised_frames,
    avi_is_whole,
    caf_promised_frames,
    container_of,
    id3_size,
    matroska_is_whole,
    mp3_promised_frames,
    w64_promised_frames,
    wav_is_whole,
    wav_kind,
    wav_promised_frames,
)
from workbench.audio.last_frame import ends_within_a_frame
from workbench.audio.ogg_pages import ogg_layout
from workbench.audio.source import read_head


class Content(NamedTuple):
    """The facts that decide how an open file is decoded."""

    container: str | None
    """A key of :data:`workbench.audio.decoders.DECODERS`."""
    audio_at: int
    """Bytes before the audio: an ID3 tag."""
    links: Sequence[tuple[int, int]]
    """First byte and end of each part of a chained Ogg file; empty for other files."""
    complete: bool
    """False if the file says, other than by its number of frames, that its end is missing."""


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
        container = wav_kind(descriptor)
    if container not in ("ogg", "opus"):
        return Content(container, audio_at, links=(), complete=_is_whole(descriptor, container, audio_at))
    links, complete = ogg_layout(descriptor)
    return Content(container, audio_at, links if len(links) > 1 else (), complete)


def _is_whole(descriptor: int, container: str | None, audio_at: int) -> bool:
    if container in ("wav", "surround wav"):
        return wav_promised_frames(descriptor) is not None or wav_is_whole(descriptor)
    if container == "matroska":
        return matroska_is_whole(descriptor)
    if container == "avi":
        return avi_is_whole(descriptor)
    if container == "mp3" and mp3_promised_frames(descriptor, audio_at):
        return True
    return not ends_within_a_frame(descriptor, container)


def promised_frames(descriptor: int, content: Content, decoder_frames: int | None) -> int | None:
    """Return the number of frames in the header of an open file; ``None`` if a decoder would only estimate it.

    Parameters
    ----------
    decoder_frames : int or None
        The number that the decoder read from the header, for the containers that this function does not read.
    """
    container = content.container
    if content.links or container in ("unfinished wav", "aac"):
        return None
    if container in ("wav", "surround wav"):
        return wav_promised_frames(descriptor)
    if container == "aiff":
        return aiff_promised_frames(descriptor)
    if container == "caf":
        return caf_promised_frames(descriptor)
    if container == "w64":
        return w64_promised_frames(descriptor)
    if container == "au":
        return au_promised_frames(descriptor)
    if container in ("mp3", "free mp3"):
        return mp3_promised_frames(descriptor, content.audio_at)
    return decoder_frames

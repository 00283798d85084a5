"""Look into an open file: which container it is, where its audio starts, and what its header promises."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from workbench.audio.containers import (
    aiff_promised_frames,
    caf_promised_frames,
    container_of,
    id3_size,
    mp3_promised_frames,
    wav_kind,
    wav_promised_frames,
)
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
    """False for an Ogg file whose last page is missing."""


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
        return Content(container, audio_at, links=(), complete=True)
    links, complete = ogg_layout(descriptor)
    return Content(container, audio_at, links if len(links) > 1 else (), complete)


def promised_frames(descriptor: int, content: Content, decoder_frames: int | None) -> int | None:
    """Return the number of frames in the header of an open file; ``None`` if a decoder would only estimate it.

    Parameters
    ----------
    decoder_frames : int or None
        The number that the decoder read from the header, for the containers that this function does not read.
    """
    container = content.container
    if content.links or container in ("coded wav", "unfinished wav", "aac"):
        return None
    if container in ("wav", "surround wav"):
        return wav_promised_frames(descriptor)
    if container == "aiff":
        return aiff_promised_frames(descriptor)
    if container == "caf":
        return caf_promised_frames(descriptor)
    if container in ("mp3", "free mp3"):
        return mp3_promised_frames(descriptor, content.audio_at)
    return decoder_frames

"""Choose the decoders of a file by its container, and open the first one that can read it.

:data:`DECODERS` has the decoders of each container in the order in which they are tried;
``tests/benchmarks/bench_streaming.py`` measures them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from workbench.errors import AudioFormatError

Block = npt.NDArray[np.float32]

# CPU time of FFmpeg relative to libsndfile, measured: opus 0.35, ogg 0.6 to 0.75, flac and mp3 1.0 to 1.25, wav and
# aiff 1.15 to 1.4 (3.5 for float samples). FFmpeg still reads flac and mp3, because it continues after a damaged packet
# where libsndfile stops. libsndfile reads only the free format of mp3, because it writes about damaged files to
# standard error.
DECODERS: dict[str | None, tuple[str, ...]] = {
    "wav": ("libsndfile", "ffmpeg"),
    "surround wav": ("ffmpeg", "libsndfile"),  # FFmpeg says which channel is which
    "coded wav": ("ffmpeg",),
    "unfinished wav": ("ffmpeg to the end", "libsndfile"),
    "aiff": ("libsndfile", "ffmpeg"),
    "flac": ("ffmpeg", "libsndfile"),
    "ogg": ("ffmpeg", "libsndfile"),
    "opus": ("ffmpeg", "libsndfile"),
    "mp3": ("ffmpeg",),
    "free mp3": ("libsndfile", "ffmpeg"),  # FFmpeg does not know the free format
    "aac": ("ffmpeg",),
    "mp4": ("ffmpeg",),
    "wma": ("ffmpeg",),
    "ape": ("ffmpeg",),
    "wavpack": ("ffmpeg",),
    "caf": ("ffmpeg", "libsndfile"),
    None: ("ffmpeg", "libsndfile"),
}


class Decoder(Protocol):
    """The interface of a decoder: it returns frames in order, as float32, until the file ends."""

    name: str
    rate: int
    channels: int
    channel_names: tuple[str, ...]
    codec: str
    header_frames: int | None
    damaged: bool
    ends_damaged: bool

    def read(self, out: Block) -> int: ...

    def close(self) -> None: ...


Opener = Callable[[], Decoder]


def open_first(
    names: Sequence[str], descriptor: int, path: str, links: Sequence[tuple[int, int]]
) -> tuple[Decoder, list[Opener]]:
    """Open the first of some decoders that can read a file.

    Parameters
    ----------
    names : sequence of str
        In the order in which they are tried.
    links : sequence of (int, int)
        First byte and end of each part of a chained Ogg file; empty for other files.

    Returns
    -------
    decoder : Decoder
    others : list of callables
        Open the decoders that have not been tried.

    Raises
    ------
    AudioFormatError
        None of them can read the file.
    """
    openers: list[Opener] = [partial(_open_decoder, name, descriptor, path, links) for name in names]
    while openers:
        try:
            return openers.pop(0)(), openers
        except AudioFormatError:
            continue
    raise AudioFormatError(
        f"{path} cannot be decoded: it is not audio, or too damaged (tried: {', '.join(names)}). "
        "Copy it again, convert it or remove it.",
        path=path,
    )


def _open_decoder(name: str, descriptor: int, path: str, links: Sequence[tuple[int, int]]) -> Decoder:
    os.lseek(descriptor, 0, os.SEEK_SET)
    if name == "libsndfile":
        from workbench.audio.sndfile_decoder import SndfileDecoder

        return SndfileDecoder(descriptor, path)
    from workbench.audio.ffmpeg_decoder import FFmpegDecoder

    return FFmpegDecoder(descriptor, path, links=links, whole_file=name == "ffmpeg to the end")

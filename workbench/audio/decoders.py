"""Choose the decoders of a file by its container, and open the first one that can read it.

:data:`DECODERS` has the decoders of each container in the order in which they are tried;
``tests/benchmarks/bench_streaming.py`` measures them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

from workbench.audio.coded.payload import find_coding
from workbench.audio.decoder import Decoder
from workbench.errors import AudioFormatError

# CPU time of FFmpeg relative to libsndfile, measured: opus 0.35, ogg 0.6 to 0.75, flac and mp3 1.0 to 1.25, wav and
# aiff 1.15 to 1.4 (3.5 for float samples). FFmpeg still reads flac and mp3, because it continues after a damaged packet
# where libsndfile stops. Of mp3, libsndfile reads only the free format, because it writes messages about damaged files
# to standard error.
DECODERS: dict[str | None, tuple[str, ...]] = {
    "wav": ("libsndfile", "ffmpeg"),
    "surround wav": ("ffmpeg", "libsndfile"),  # FFmpeg knows the names of the channels
    "unfinished wav": ("ffmpeg to the end", "libsndfile"),
    "unfinished surround wav": ("ffmpeg to the end", "libsndfile"),
    "unfinished aiff": ("ffmpeg to the end", "libsndfile"),
    "unfinished au": ("ffmpeg to the end", "libsndfile"),
    "aiff": ("libsndfile", "ffmpeg"),
    "w64": ("libsndfile", "ffmpeg"),
    "au": ("libsndfile", "ffmpeg"),
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
    "ac3": ("ffmpeg",),
    "dts": ("ffmpeg",),
    "matroska": ("ffmpeg",),
    "truehd": ("ffmpeg",),
    "loas": ("ffmpeg",),
    "avi": ("ffmpeg",),
    "ts": ("ffmpeg",),
    "m2ts": ("ffmpeg",),
    "voc": ("ffmpeg", "libsndfile"),
    None: ("ffmpeg", "libsndfile"),
}


# Lossless codecs, by the names of FFmpeg and libsndfile. Their samples may contain coded sound.
_EXACT_CODECS = ("pcm_", "flac", "alac", "wavpack", "tta", "ape", "tak", "shorten", "float", "double")

Opener = Callable[[], Decoder]


def open_first(
    names: Sequence[str], descriptor: int, path: str, links: Sequence[tuple[int, int]]
) -> tuple[Decoder, list[Opener]]:
    """Open the first of some decoders that can read a file.

    Parameters
    ----------
    names : sequence of str
        Names of decoders in the order in which they are tried.
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
        opener = openers.pop(0)
        try:
            decoder = opener()
        except AudioFormatError:
            continue
        if not decoder.codec.startswith(_EXACT_CODECS):
            return decoder, openers
        coding = find_coding(decoder.integers(), decoder.channels)
        decoder.close()
        if coding is None:
            return opener(), openers
        from workbench.audio.coded.coded_decoder import CodedDecoder

        return CodedDecoder(opener(), coding, path), []
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
    from workbench.audio.ffmpeg_decoder import FFmpegDecoder, ogg_links, open_container, open_corrected

    if links:
        return FFmpegDecoder(path, ogg_links(descriptor, links))
    if name == "ffmpeg to the end":
        return FFmpegDecoder(path, [partial(open_corrected, descriptor)])
    return FFmpegDecoder(path, [partial(open_container, descriptor)])

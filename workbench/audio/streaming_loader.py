"""File → float32 blocks in bounded memory, in order, whatever the format.

The decoder is chosen by the file's content. :data:`DECODERS` holds the choice for each format, the faster one
first, as ``tests/benchmarks/bench_streaming.py`` measures it.
"""

from __future__ import annotations

import gc
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import numpy.typing as npt

from workbench.audio.containers import (
    aiff_promised_frames,
    container_of,
    id3_size,
    mp3_promised_frames,
    wav_promised_frames,
)
from workbench.audio.source import open_file, read_head
from workbench.errors import AudioEmptyError, AudioFormatError, AudioMemoryError
from workbench.machine.memory import MemoryAccount, MemorySampler, memory_accounts

Block = npt.NDArray[np.float32]

# FFmpeg takes 0.6 to 0.75 of libsndfile's CPU seconds for ogg, 0.35 for opus, 1.15 to 1.4 for wav and aiff (3.5 for
# floats), and 1.0 to 1.25 for flac and mp3. There it is chosen all the same: it goes on after a damaged packet,
# where libsndfile stops, and libsndfile writes about damaged mp3 files to standard error, so it is never asked.
DECODERS: dict[str | None, tuple[str, ...]] = {
    "wav": ("libsndfile", "ffmpeg"),
    "aiff": ("libsndfile", "ffmpeg"),
    "flac": ("ffmpeg", "libsndfile"),
    "ogg": ("ffmpeg", "libsndfile"),
    "opus": ("ffmpeg", "libsndfile"),
    "mp3": ("ffmpeg",),
    "aac": ("ffmpeg",),
    "mp4": ("ffmpeg",),
    "wma": ("ffmpeg",),
    "ape": ("ffmpeg",),
    "wavpack": ("ffmpeg",),
    None: ("ffmpeg", "libsndfile"),
}
MIN_BLOCK_SECONDS = 0.25
TRUNCATED_UNDER = 0.95  # of what the header promised
PACKET_S = 0.1
# Whoever analyses a block holds its spectra and copies besides the block.
_SHARE_OF_ROOM = 8
_BYTES_BETWEEN_CHECKS = 1 << 20


class Decoder(Protocol):
    """What the stream needs of a decoder: frames in order, as float32, until there are none."""

    name: str
    rate: int
    channels: int
    codec: str
    header_frames: int | None
    damaged: bool

    def read(self, out: Block) -> int: ...

    def close(self) -> None: ...


class AudioStream:
    """One open file, read once from start to end; made by :func:`open_audio`.

    Attributes
    ----------
    path : str
    rate : int
        Hz.
    channels : int
    decoder, codec : str
        ``"libsndfile"`` or ``"ffmpeg"``, and what it decodes.
    header_duration_s : float or None
        What the header promises; ``None`` where the format makes no promise.
    decoded_frames : int
        Frames yielded so far.
    nonfinite_samples : int
        NaN and infinities among them, each replaced by 0.
    damaged : bool
        Whether packets had to be passed over.
    """

    def __init__(
        self,
        decoder: Decoder,
        path: str,
        *,
        header_frames: int | None,
        block_seconds: float,
        memory_limit_percent: float,
        memory: MemorySampler,
    ) -> None:
        self.path = path
        self.rate = decoder.rate
        self.channels = decoder.channels
        self.decoder = decoder.name
        self.codec = decoder.codec
        self.header_duration_s = None if header_frames is None else header_frames / decoder.rate
        self.decoded_frames = 0
        self.nonfinite_samples = 0
        self._decoder = decoder
        self._wanted_frames = max(1, round(block_seconds * decoder.rate))
        self._memory_limit_percent = memory_limit_percent
        self._memory = memory
        self._bytes_to_check = 0
        self._block_frames = self._wanted_frames
        self._buffers: list[Block] = []
        self._started = False

    @property
    def duration_s(self) -> float:
        """Seconds decoded so far: after the last block, the duration of the file."""
        return self.decoded_frames / self.rate

    @property
    def damaged(self) -> bool:
        return self._decoder.damaged

    @property
    def truncated(self) -> bool:
        """Whether under 95 % of what the header promised could be decoded; ask after the last block."""
        promised_s = self.header_duration_s or 0.0
        # A packet that an encoder padded or a decoder primed with is no loss, however short the file.
        return self.duration_s < min(TRUNCATED_UNDER * promised_s, promised_s - PACKET_S)

    def __iter__(self) -> Iterator[Block]:
        """Yield blocks, shape (frames, channels), C-contiguous, full scale 1.0.

        All but the last are equally long, unless memory gets short: then they shrink. A block that the caller
        no longer holds is written over by a later one; a block that is kept stays as it is.

        Raises
        ------
        AudioEmptyError
            There was not one frame.
        AudioMemoryError
            Not even small blocks fit under the memory limit.
        """
        if self._started:
            raise RuntimeError(f"{self.path} has been read; open it again to read it again")
        self._started = True
        while True:
            buffer = self._free_buffer(self._frames_that_fit())
            frames = self._decoder.read(buffer)
            if frames == 0:
                break
            block = buffer[:frames]
            del buffer
            self._replace_nonfinite(block)
            self.decoded_frames += frames
            self._bytes_to_check -= block.nbytes
            yield block
            del block
        if self.decoded_frames == 0:
            empty = f"{self.path} holds no samples. Copy it again or delete it."
            raise AudioEmptyError(empty, path=self.path)

    def _frames_that_fit(self) -> int:
        """Return the frames of the next block: what was asked for, or less when memory is short."""
        if self._bytes_to_check > 0:
            return self._block_frames
        self._bytes_to_check = _BYTES_BETWEEN_CHECKS
        frame_bytes = 4 * self.channels
        least = min(self._wanted_frames, math.ceil(MIN_BLOCK_SECONDS * self.rate))
        account, room_bytes = self._tightest()
        if room_bytes < _SHARE_OF_ROOM * least * frame_bytes:
            self._buffers.clear()
            gc.collect()
            account, room_bytes = self._tightest()
        fitting = room_bytes // (_SHARE_OF_ROOM * frame_bytes)
        if fitting < least:
            raise AudioMemoryError(
                f"Memory is too short to decode {self.path}: the {account.name} uses "
                f"{account.used_bytes >> 20} of {account.total_bytes >> 20} MiB, over "
                f"MEMORY_LIMIT_PERCENT={self._memory_limit_percent:g}. "
                "Close other programs, use fewer workers or raise the limit.",
                path=self.path,
                used_bytes=account.used_bytes,
                total_bytes=account.total_bytes,
            )
        self._block_frames = min(self._wanted_frames, fitting)
        return self._block_frames

    def _tightest(self) -> tuple[MemoryAccount, int]:
        rooms = [(a, a.room_bytes(self._memory_limit_percent)) for a in self._memory()]
        return min(rooms, key=lambda pair: pair[1])

    def _free_buffer(self, frames: int) -> Block:
        """Return a buffer that nobody else holds: a view of it that a caller kept counts as a reference."""
        self._buffers = [buffer for buffer in self._buffers if len(buffer) == frames]
        for index in range(len(self._buffers)):
            if sys.getrefcount(self._buffers[index]) == 2:  # the list, and the argument of getrefcount
                return self._buffers[index]
        try:
            fresh = np.empty((frames, self.channels), np.float32)
        except MemoryError as error:
            raise AudioMemoryError(
                f"Memory is too short for a block of {self.path}. Lower STREAM_BLOCK_SECONDS.", path=self.path
            ) from error
        self._buffers = [*self._buffers[-1:], fresh]
        return fresh

    def _replace_nonfinite(self, block: Block) -> None:
        with np.errstate(invalid="ignore", over="ignore"):
            if math.isfinite(float(np.add.reduce(block, axis=None))):  # the cheapest look at every sample
                return
        nonfinite = ~np.isfinite(block)
        self.nonfinite_samples += int(np.count_nonzero(nonfinite))
        block[nonfinite] = 0.0


@contextmanager
def open_audio(
    path: str | os.PathLike[str],
    *,
    block_seconds: float = 10.0,
    memory_limit_percent: float = 85.0,
    decoder: str | None = None,
    memory: MemorySampler = memory_accounts,
) -> Iterator[AudioStream]:
    """Open an audio file as a stream of blocks, for a ``with`` statement.

    Parameters
    ----------
    path : path
        wav, flac, ogg, opus, mp3, aiff, m4a (AAC, ALAC), aac, wma, ape, wavpack and more, told by content.
    block_seconds : float
        Audio decoded at a time, at most.
    memory_limit_percent : float
        Share of the machine's, the container's and this process's memory that blocks must not go over.
    decoder : {"libsndfile", "ffmpeg"}, optional
        Use this one alone.
    memory : callable
        Samples the memory accounts.

    Yields
    ------
    AudioStream

    Raises
    ------
    AudioFileMissingError, AudioPermissionError
        It is gone, or may not be read.
    AudioEmptyError
        It has zero bytes.
    AudioFormatError
        It is not audio, or no decoder knows it.
    """
    name = os.fspath(path)
    with open_file(name) as descriptor:
        head = read_head(descriptor, name)
        audio_at = id3_size(head)
        container = container_of(os.pread(descriptor, 64, audio_at)) if audio_at else container_of(head)
        opened = _open_decoder(descriptor, name, (decoder,) if decoder else DECODERS[container])
        try:
            yield AudioStream(
                opened,
                name,
                header_frames=_promised_frames(opened, descriptor, container, audio_at),
                block_seconds=block_seconds,
                memory_limit_percent=memory_limit_percent,
                memory=memory,
            )
        finally:
            opened.close()


def _open_decoder(descriptor: int, path: str, names: tuple[str, ...]) -> Decoder:
    for name in names:
        try:
            return _decoder_class(name)(descriptor, path)
        except AudioFormatError:
            os.lseek(descriptor, 0, os.SEEK_SET)
    raise AudioFormatError(
        f"{path} is not audio that can be decoded, or too damaged ({' and '.join(names)} refused it). "
        "Copy it again, convert or remove it.",
        path=path,
    )


def _decoder_class(name: str) -> Callable[[int, str], Decoder]:
    if name == "libsndfile":
        from workbench.audio.sndfile_decoder import SndfileDecoder

        return SndfileDecoder
    from workbench.audio.ffmpeg_decoder import FFmpegDecoder

    return FFmpegDecoder


def _promised_frames(decoder: Decoder, descriptor: int, container: str | None, audio_at: int) -> int | None:
    """Return what the header promises, without the guesses that decoders make where it promises nothing."""
    if container == "wav":
        return wav_promised_frames(descriptor)
    if container == "aiff":
        return aiff_promised_frames(descriptor)
    if container == "mp3":
        return mp3_promised_frames(descriptor, audio_at)
    return None if container == "aac" else decoder.header_frames

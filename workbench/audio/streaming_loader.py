"""Decode an audio file of any format as a stream of float32 blocks, in bounded memory."""

from __future__ import annotations

import gc
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from workbench.audio.content import counted_frames, look_into, promised_frames
from workbench.audio.decoder import Block, Decoder
from workbench.audio.decoders import DECODERS, Opener, open_first
from workbench.audio.source import open_file
from workbench.errors import AudioEmptyError, AudioFormatError, AudioMemoryError
from workbench.machine.memory import MemoryAccount, MemorySampler, memory_accounts

# Telephones use 8000 Hz; below this rate, not even the fundamentals of a voice remain. Set by hand.
LEAST_RATE_HZ = 1000
# In shorter blocks, the overhead of each block would exceed the time for decoding. Set by hand.
MIN_BLOCK_SECONDS = 0.25
# A file with less than this share of the length in its header counts as truncated. Set by hand.
TRUNCATED_UNDER = 0.95
# Complete files of these formats have exactly the length in the header: measured with FFmpeg, LAME, flac and wavpack.
EXACT_HEADERS = frozenset({"wav", "surround wav", "aiff", "caf", "w64", "au", "flac", "wavpack", "mp3"})
# Longer than a packet of the usual formats (AAC at 16 kHz: 64 ms).
PACKET_S = 0.1
# A block may take an eighth of the free memory, because its spectra and copies need memory too. Set by hand.
_SHARE_OF_ROOM = 8
# Memory is checked after this much audio (3 s of stereo at 44.1 kHz), because reading the counters takes time.
_BYTES_BETWEEN_CHECKS = 1 << 20


class AudioStream:
    """An open audio file that is read once from start to end, made by :func:`open_audio`.

    Attributes
    ----------
    path : str
    rate : int
        Hz.
    channels : int
    channel_names : tuple of str
        FFmpeg's names, such as ``("FL", "FR", "LFE")``; empty if the file does not name its channels.
    decoder, codec : str
        ``"libsndfile"`` or ``"ffmpeg"``, and the codec that it decodes.
    header_duration_s : float or None
        Duration according to the header; ``None`` if the format does not have one.
    decoded_frames : int
        Frames yielded so far.
    nonfinite_samples : int
        Number of NaN and infinite samples in these frames. They are replaced by 0.
    damaged : bool
        Whether damaged packets were skipped.
    """

    def __init__(
        self,
        decoder: Decoder,
        path: str,
        *,
        header_frames: int | None,
        counted_frames: int | None = None,
        container: str | None = None,
        complete: bool = True,
        others: Sequence[Opener] = (),
        block_seconds: float,
        memory_limit_percent: float,
        memory: MemorySampler,
    ) -> None:
        self.path = path
        self.rate = decoder.rate
        self.channels = decoder.channels
        self.channel_names = decoder.channel_names
        self.decoder = decoder.name
        self.codec = decoder.codec
        rate = decoder.carrier.rate if decoder.carrier else decoder.rate
        self.header_duration_s = None if header_frames is None else header_frames / rate
        self._counted_s = (counted_frames or 0) / rate
        self.decoded_frames = 0
        self.nonfinite_samples = 0
        self._decoder = decoder
        self._container = container
        self._complete = complete
        self._others = list(others)
        self._wanted_frames = max(1, round(block_seconds * decoder.rate))
        self._memory_limit_percent = memory_limit_percent
        self._memory = memory
        self._bytes_to_check = 0
        self._block_frames = self._wanted_frames
        self._buffers: list[Block] = []
        self._started = False

    @property
    def duration_s(self) -> float:
        """Seconds decoded so far; after the last block, the duration of the file."""
        return self.decoded_frames / self.rate

    @property
    def damaged(self) -> bool:
        return self._decoder.damaged

    @property
    def coded(self) -> bool:
        """Whether the samples of an uncompressed or lossless file are coded sound (AC-3, DTS …)."""
        return self._decoder.carrier is not None

    @property
    def truncated(self) -> bool:
        """Whether the end of the file is missing, or less than the duration in its header was decoded.

        If the header can be wrong and the last packet is complete, less than 95 % of the duration counts. Valid after
        the last block.
        """
        # Only AAC: at the end of an MP3 file, a tag can look like a damaged packet.
        ends_within_a_packet = self._container == "aac" and self._decoder.ends_damaged
        incomplete = not self._complete or self._decoder.lacks_parts
        return incomplete or self._is_short() or ends_within_a_packet

    def _is_short(self) -> bool:
        exact = self._container in EXACT_HEADERS or self._decoder.ends_damaged
        heard_s = self._decoder.carrier_s if self.coded else self.duration_s
        promised_s = self.header_duration_s or (self._counted_s if self.damaged else 0.0)
        least_s = promised_s if exact else TRUNCATED_UNDER * promised_s
        # One packet of padding is not a loss, even in a short file.
        return heard_s < min(least_s, promised_s - PACKET_S)

    def __iter__(self) -> Iterator[Block]:
        """Yield blocks, shape (frames, channels), C-contiguous, full scale 1.0.

        All blocks except the last have the same length, unless memory runs low; then they get shorter. The buffer of a
        block is reused when the caller has no reference to it any more; a block that the caller keeps does not change.

        Raises
        ------
        AudioEmptyError
            The file has no audio.
        AudioMemoryError
            Not even a short block fits under the memory limit.
        """
        if self._started:
            raise RuntimeError(f"{self.path} has been read. Open it again to read it again.")
        self._started = True
        while True:
            buffer = self._free_buffer(self._frames_that_fit())
            frames = self._decoder.read(buffer)
            if frames == 0:
                if self._continue_with_another():
                    continue
                break
            block = buffer[:frames]
            del buffer
            self._replace_nonfinite(block)
            self.decoded_frames += frames
            self._bytes_to_check -= block.nbytes
            yield block
            del block
        if self.decoded_frames == 0:
            empty = f"{self.path} has no audio: no decoder found a sample in it. Copy it again or remove it."
            raise AudioEmptyError(empty, path=self.path)

    def close(self) -> None:
        self._decoder.close()

    def _continue_with_another(self) -> bool:
        """Continue with another decoder if this one stopped early; return whether there may be more frames."""
        if not (self.decoded_frames == 0 or self._is_short()):
            return False
        while self._others:
            try:
                other = self._others.pop(0)()
            except AudioFormatError:
                continue
            same_shape = (other.rate, other.channels) == (self.rate, self.channels)
            if same_shape and _skip(other, self.decoded_frames):
                self._decoder.close()
                self._decoder, self.decoder = other, other.name
                return True
            other.close()
        return False

    def _frames_that_fit(self) -> int:
        """Return the length of the next block: the requested one, or less if memory is low."""
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
                f"Not enough memory to decode {self.path}: the {account.name} uses "
                f"{account.used_bytes >> 20} of {account.total_bytes >> 20} MiB, more than "
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
        """Return a buffer that the caller does not use any more; a view that the caller kept counts as a reference."""
        self._buffers = [buffer for buffer in self._buffers if len(buffer) == frames]
        for index in range(len(self._buffers)):
            if sys.getrefcount(self._buffers[index]) == 2:  # the list, and the argument of getrefcount
                return self._buffers[index]
        try:
            fresh = np.empty((frames, self.channels), np.float32)
        except MemoryError as error:
            raise AudioMemoryError(
                f"Not enough memory for a block of {self.path}. Lower STREAM_BLOCK_SECONDS.", path=self.path
            ) from error
        self._buffers = [*self._buffers[-1:], fresh]
        return fresh

    def _replace_nonfinite(self, block: Block) -> None:
        with np.errstate(invalid="ignore", over="ignore"):
            if math.isfinite(float(np.add.reduce(block, axis=None))):  # the fastest check of all samples
                return
        nonfinite = ~np.isfinite(block)
        self.nonfinite_samples += int(np.count_nonzero(nonfinite))
        block[nonfinite] = 0.0


def _skip(decoder: Decoder, frames: int) -> bool:
    """Read and drop this many frames; return whether the decoder had all of them."""
    dropped = np.empty((16384, decoder.channels), np.float32)
    while frames:
        got = decoder.read(dropped[: min(frames, len(dropped))])
        if got == 0:
            return False
        frames -= got
    return True


@contextmanager
def open_audio(
    path: str | os.PathLike[str],
    *,
    block_seconds: float = 10.0,
    memory_limit_percent: float = 85.0,
    decoder: str | None = None,
    memory: MemorySampler = memory_accounts,
) -> Iterator[AudioStream]:
    """Return a context manager that opens an audio file as a stream of blocks.

    Parameters
    ----------
    path : path
        wav, flac, ogg, opus, mp3, aiff, m4a (AAC, ALAC), aac, wma, ape, wavpack and more, recognized by content.
    block_seconds : float
        Longest block.
    memory_limit_percent : float
        Limit for the memory of the machine, the container and this process; blocks get shorter to keep within it.
    decoder : {"libsndfile", "ffmpeg"}, optional
        Use only this decoder.
    memory : callable
        Reads the memory accounts.

    Yields
    ------
    AudioStream

    Raises
    ------
    AudioFileMissingError, AudioPermissionError
        The file does not exist, or may not be read.
    AudioEmptyError
        The file has zero bytes.
    AudioFormatError
        The file is not audio, or no decoder can read it.
    """
    name = os.fspath(path)
    with open_file(name) as descriptor:
        content = look_into(descriptor, name)
        names = (decoder,) if decoder else DECODERS[content.container]
        opened, others = open_first(names, descriptor, name, content.links)
        if opened.rate < LEAST_RATE_HZ:
            opened.close()
            raise AudioFormatError(
                f"{name} has a sample rate of {opened.rate} Hz, which cannot carry music. "
                "Correct its header or remove it.",
                path=name,
            )
        carrier = opened.carrier
        promised = promised_frames(descriptor, content, (carrier or opened).header_frames)
        stream = AudioStream(
            opened,
            name,
            header_frames=promised,
            counted_frames=counted_frames(descriptor, content.container),
            container=content.container,
            complete=content.complete,
            others=others,
            block_seconds=block_seconds,
            memory_limit_percent=memory_limit_percent,
            memory=memory,
        )
        try:
            yield stream
        finally:
            stream.close()

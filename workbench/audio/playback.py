"""Provide audio for a browser: tell whether it can play a file, and convert any other file to WAV while it plays."""

from __future__ import annotations

import os
import struct
from collections.abc import Generator, Iterator

import av

from workbench.audio.containers import wav_promised_frames
from workbench.audio.content import is_unfinished, look_into
from workbench.audio.ffmpeg_decoder import open_container, take_layout
from workbench.audio.source import open_file
from workbench.audio.streaming_loader import open_audio
from workbench.errors import AudioFormatError

HEADER_BYTES = 44
MOST_BYTES = 0xFFFFFFFF - HEADER_BYTES  # the sizes in a WAV header have 32 bits
HIGHEST_RATE = 48000  # most sound cards play this without resampling
SAMPLE_BYTES = 2
# Decoding starts this long before the wanted sample, because lossy decoders need earlier packets, and packet times are
# coarse.
# Set by hand; tests/audio/test_playback.py compares it with decoding from the start.
RUN_UP_S = 1.0
# Zeros sent at a time after the decoder has ended early.
_SILENCE_BYTES = 1 << 16
_PLAYED = frozenset({"ogg", "opus", "aac"})
_LAYER_3 = 0x02


def browser_plays(path: str | os.PathLike[str]) -> bool:
    """Return whether Chromium and Firefox can play a file. The content decides, not the name.

    They play mp3, flac, ogg, opus, AAC and uncompressed wav. They do not play wma, ape, wavpack, aiff, ALAC and mp2.

    Raises
    ------
    AudioError
        The file cannot be read.
    """
    name = os.fspath(path)
    with open_file(name) as descriptor:
        container, audio_at, links, _ = look_into(descriptor, name)
        if container in ("wav", "surround wav"):
            return wav_promised_frames(descriptor) is not None and not _is_coded(name)
        if container == "mp3":
            return os.pread(descriptor, 2, audio_at)[1] & 0x06 == _LAYER_3
        if container == "mp4":
            return _codec(descriptor) == "aac"
        if container == "flac":
            return not _is_coded(name)
        return container in _PLAYED and not links


def _is_coded(path: str) -> bool:
    """Return whether the samples are coded sound (AC-3, DTS), which a browser would play as noise."""
    with open_audio(path) as stream:
        return stream.coded


def _must_be_read_in_order(container: str | None) -> bool:
    """Return whether FFmpeg refuses a file, or believes the size in its header."""
    return container == "free mp3" or is_unfinished(container)


def _codec(descriptor: int) -> str:
    try:
        with open_container(descriptor) as container:
            return container.streams.audio[0].codec_context.name if container.streams.audio else ""
    except (av.FFmpegError, ValueError):
        return ""


class WavRendition:
    """A file converted to 16-bit WAV. Any range of bytes can be read; the file is decoded while it is read.

    Parameters
    ----------
    path : path
    duration_s : float, optional
        The duration that the analysis has measured; by default, the one in the header. If the decoder gives less,
        silence follows; if it gives more, the rest is left out.

    Attributes
    ----------
    size_bytes : int
        Size of the whole WAV file.
    rate, channels : int
        As in the file, but at most 48 kHz and two channels, and less if the WAV file would exceed 4 GiB.

    Raises
    ------
    AudioError
        The file cannot be read or decoded.
    """

    def __init__(self, path: str | os.PathLike[str], duration_s: float | None = None) -> None:
        self.path = os.fspath(path)
        with open_file(self.path) as descriptor:
            container, _, links, _ = look_into(descriptor, self.path)
        self._in_order = bool(links) or _must_be_read_in_order(container) or _is_coded(self.path)
        rate, channels, promised_s = self._described_in_order() if self._in_order else self._described()
        if duration_s is None:
            duration_s = promised_s
        self.rate, self.channels = min(rate, HIGHEST_RATE), min(channels, 2)
        while round(duration_s * self.rate) * self.frame_bytes > MOST_BYTES:
            self.channels, self.rate = 1, self.rate if self.channels == 2 else self.rate // 2
        self.frames = round(duration_s * self.rate)
        self.size_bytes = HEADER_BYTES + self.frames * self.frame_bytes

    @property
    def frame_bytes(self) -> int:
        return SAMPLE_BYTES * self.channels

    def _described(self) -> tuple[int, int, float]:
        """Return rate, channels and duration from the header."""
        with open_file(self.path) as descriptor, self._opened(descriptor) as container:
            stream = container.streams.audio[0]
            channels = len(take_layout(stream))
            return stream.codec_context.sample_rate, channels, (container.duration or 0) / av.time_base

    def _described_in_order(self) -> tuple[int, int, float]:
        with open_audio(self.path) as stream:
            for _ in stream:
                pass
            return stream.rate, stream.channels, stream.duration_s

    def _opened(self, descriptor: int) -> av.container.InputContainer:
        refusal = AudioFormatError(f"{self.path} cannot be decoded. Convert it or remove it.", path=self.path)
        try:
            container = open_container(descriptor)
        except (av.FFmpegError, ValueError) as error:
            raise refusal from error
        if not container.streams.audio or not container.streams.audio[0].codec_context.sample_rate:
            container.close()
            raise refusal
        return container

    def header(self) -> bytes:
        """Return the header: 44 bytes (RIFF, WAVE format 1)."""
        data_bytes = self.frames * self.frame_bytes
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF",
            HEADER_BYTES - 8 + data_bytes,
            b"WAVE",
            b"fmt ",
            16,
            1,
            self.channels,
            self.rate,
            self.rate * self.frame_bytes,
            self.frame_bytes,
            8 * SAMPLE_BYTES,
            b"data",
            data_bytes,
        )

    def read(self, start: int, end: int) -> Generator[bytes, None, None]:
        """Yield the bytes from ``start`` up to ``end``, one packet at a time. The file stays open in between."""
        if start < HEADER_BYTES:
            yield self.header()[start:end]
        first = max(0, start - HEADER_BYTES)
        left = min(end, self.size_bytes) - HEADER_BYTES - first
        skipped = first % self.frame_bytes
        for samples in self._samples(first // self.frame_bytes):
            if left <= 0:
                return
            piece = samples[skipped : skipped + left]
            skipped = max(0, skipped - len(samples))
            left -= len(piece)
            yield piece
        while left > 0:  # the decoder ended early
            yield bytes(min(left, _SILENCE_BYTES))
            left -= min(left, _SILENCE_BYTES)

    def _samples(self, start: int) -> Iterator[bytes]:
        """Yield interleaved samples from frame ``start`` until the decoder ends."""
        layout = "stereo" if self.channels == 2 else "mono"
        resampler = av.AudioResampler(format="s16", layout=layout, rate=self.rate)
        position: int | None = None
        for at_s, frame in self._frames_in_order() if self._in_order else self._frames_from(start):
            if position is None:
                position = max(0, round(at_s * self.rate))
            frame.pts = None
            for piece in resampler.resample(frame):
                unwanted = max(0, start - position)
                position += piece.samples
                if unwanted < piece.samples:
                    used = piece.samples * self.frame_bytes
                    yield bytes(piece.planes[0])[unwanted * self.frame_bytes : used]

    def _frames_in_order(self) -> Iterator[tuple[float, av.AudioFrame]]:
        """Yield the blocks that the analysis also reads, from the start."""
        with open_audio(self.path, block_seconds=1.0) as stream:
            layout = {1: "mono", 2: "stereo"}.get(stream.channels, f"{stream.channels}c")
            for block in stream:
                frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout=layout)
                frame.sample_rate = stream.rate
                yield 0.0, frame

    def _frames_from(self, start: int) -> Iterator[tuple[float, av.AudioFrame]]:
        """Seek to shortly before frame ``start``; yield each decoded frame with its time in seconds."""
        with open_file(self.path) as descriptor, self._opened(descriptor) as container:
            stream = container.streams.audio[0]
            take_layout(stream)
            origin_s = float((stream.start_time or 0) * (stream.time_base or 0))
            from_s = start / self.rate - RUN_UP_S
            sought = from_s > 0
            if sought:
                try:
                    container.seek(round((origin_s + from_s) * av.time_base))
                except av.FFmpegError:
                    sought = False  # this file does not allow seeking: decode from the start
            for frame in self._decoded(container, stream):
                at_s = frame.time if sought and frame.time is not None else origin_s
                yield at_s - origin_s, frame

    def _decoded(
        self, container: av.container.InputContainer, stream: av.AudioStream
    ) -> Iterator[av.AudioFrame]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError):
                return  # the file is truncated
            if packet is None:
                return
            try:
                yield from packet.decode()
            except (av.FFmpegError, ValueError):
                continue  # a damaged packet

"""Decode with FFmpeg (PyAV): nearly every audio format. It skips damaged packets and opens no other file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.stream import Disposition

from workbench.audio.coded.integers import Integers, as_integers
from workbench.audio.containers import container_of
from workbench.audio.decoder import Decoder
from workbench.audio.formats import EXTENSIONS_BY_DEMUXER
from workbench.audio.unfinished import Corrections, corrections
from workbench.errors import AudioEmptyError, AudioFormatError

# Without advanced_editlist, FFmpeg does not copy the packet table of MP4 files: 8 MiB less for three hours, measured.
_OPTIONS = {
    "format_whitelist": ",".join(EXTENSIONS_BY_DEMUXER),
    "protocol_whitelist": "fd",
    "advanced_editlist": "0",
}

# PyAV 19 and newer replace metadata that is not UTF-8 by default.
_TOLERANT: dict[str, Any] = {} if int(av.__version__.split(".")[0]) >= 19 else {"metadata_errors": "replace"}

# FFmpeg's sample formats: type, factor to full scale 1.0, value of silence. A name that ends in "p" is planar.
_SAMPLES: dict[str, tuple[type[np.generic], float, float]] = {
    "u8": (np.uint8, 2.0**-7, 128.0),
    "s16": (np.int16, 2.0**-15, 0.0),
    "s32": (np.int32, 2.0**-31, 0.0),
    "s64": (np.int64, 2.0**-63, 0.0),
    "flt": (np.float32, 1.0, 0.0),
    "dbl": (np.float64, 1.0, 0.0),
}
# Packets are joined to pieces of this length for NumPy, to save calls; a stereo piece (128 KiB) fits the L2 cache.
_PIECE_FRAMES = 16384
Opener = Callable[[], av.container.InputContainer]

# PyAV reads past the end of its table with eight planes or more, so FFmpeg interleaves such audio.
_MOST_PLANES = 8


def open_container(descriptor: int) -> av.container.InputContainer:
    """Open the file of a descriptor, from its start.

    FFmpeg gets no file name, so neither the extension nor unusual characters can mislead it.
    """
    os.lseek(descriptor, 0, os.SEEK_SET)
    options = _OPTIONS | {"fd": str(descriptor)}
    container: av.container.InputContainer = av.open("fd:", options=options, **_TOLERANT)
    return container


def open_stream(stream: io.RawIOBase, demuxer: str) -> av.container.InputContainer:
    """Open a file-like object in a known format."""
    container: av.container.InputContainer = av.open(stream, format=demuxer, **_TOLERANT)
    return container


def open_corrected(descriptor: int) -> av.container.InputContainer:
    """Open a recording that was not closed, with a corrected header."""
    container = container_of(os.pread(descriptor, 64, 0))
    stream = _Part(descriptor, 0, os.fstat(descriptor).st_size, corrections(descriptor, container))
    options = {"ignore_length": "1"} if container == "wav" else {}
    opened: av.container.InputContainer = av.open(stream, format=container, options=options, **_TOLERANT)
    return opened


def take_layout(stream: av.AudioStream) -> tuple[str, ...]:
    """Return the names of the channels of a stream that is not decoded yet, and remove a custom order of channels.

    Files of Apple's programs can have a custom order. Since its pull request 2284 (seen in 18.1), PyAV frees it with
    every copy of the layout, which ends the process. The copy that is made here frees it once.
    """
    layout = stream.codec_context.layout
    names = tuple(channel.name for channel in layout.channels)
    if "(" in layout.name:
        stream.codec_context.layout = f"{len(names)}C"  # this number of channels without an order
    return names


def ogg_links(descriptor: int, links: Sequence[tuple[int, int]]) -> list[Opener]:
    """Return a function that opens a part of a chained Ogg file for each first byte and end."""
    return [partial(open_stream, _Part(descriptor, *link), "ogg") for link in links]


class _Part(io.RawIOBase):
    """A file-like part of an open file, in which some bytes can be replaced."""

    def __init__(self, descriptor: int, start: int, end: int, corrections: Corrections | None = None) -> None:
        self._descriptor, self._start, self._end = descriptor, start, end
        self._corrections = corrections or []
        self._position = start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._position
        data = os.pread(self._descriptor, left if size < 0 else min(size, left), self._position)
        for place, corrected in self._corrections:
            data = _replaced(data, place - self._position, corrected)
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._position, os.SEEK_END: self._end}[whence]
        self._position = base + offset
        return self._position - self._start

    def tell(self) -> int:
        return self._position - self._start


def _replaced(data: bytes, place: int, new: bytes) -> bytes:
    """Return ``data`` with ``new`` at a position, as far as it is inside."""
    first, last = max(0, place), min(len(data), place + len(new))
    return data[:first] + new[first - place : last - place] + data[last:] if first < last else data


class FFmpegDecoder:
    """A :class:`workbench.audio.decoder.Decoder` for one file.

    Parameters
    ----------
    path : str
        The path in messages.
    parts : sequence of callables
        Functions that open the containers, which are decoded one after the other; only a chained Ogg file has several.
    """

    name = "ffmpeg"
    carrier: Decoder | None = None

    def __init__(self, path: str, parts: Sequence[Opener]) -> None:
        self.damaged = self.ends_damaged = self.lacks_parts = False
        for number, part in enumerate(parts):
            self._parts = parts[number + 1 :]
            try:
                self._container = part()
            except (av.FFmpegError, ValueError):
                continue
            if self._start(path):
                self.lacks_parts = number > 0
                return
            self._container.close()
        raise AudioFormatError(
            f"{path} is not audio that FFmpeg can decode. Convert it or remove it.", path=path
        )

    def _check_not_silent_video(self, path: str) -> None:
        """Raise an error if the file has pictures that are not covers, but no audio."""
        if any(not stream.disposition & Disposition.attached_pic for stream in self._container.streams.video):
            self._container.close()
            raise AudioEmptyError(f"{path} has no audio: it is a video without sound.", path=path)

    def _start(self, path: str) -> bool:
        """Decode the first frame of the open container; return whether there is one."""
        streams = self._container.streams.audio
        if not streams:
            self._check_not_silent_video(path)
        if not streams or streams[0].codec_context is None:
            return False
        self._stream = streams[0]
        self._stream.codec_context.thread_count = 1
        names = take_layout(self._stream)
        self._frames = self._decoded_frames()
        self._fifo = av.AudioFifo()
        # The header may have the wrong rate and channels (HE-AAC); the first decoded frame has the right ones.
        first = next(self._frames, None)
        if first is None or not first.rate or not first.layout.nb_channels:
            return False
        queued = first.format if first.layout.nb_channels < _MOST_PLANES else first.format.packed
        self._shape = (queued.name, first.layout.nb_channels, first.sample_rate)
        self._layout = first.layout.name
        self._time_base = first.time_base
        self._resampler: tuple[tuple[str, int, int], av.AudioResampler] | None = None
        for same in self._conform(first):
            self._fifo.write(same)
        self.rate: int = first.rate
        self.channels: int = first.layout.nb_channels
        decoded = tuple(channel.name for channel in first.layout.channels)
        self.channel_names = names if len(names) == len(decoded) and set(decoded) == {"NONE"} else decoded
        self.codec: str = self._stream.codec_context.name
        self.header_frames = self._header_frames()
        return True

    def _header_frames(self) -> int | None:
        if self._stream.duration and self._stream.time_base:
            return round(self._stream.duration * self._stream.time_base * self.rate)
        if self._container.duration:
            return round(self._container.duration / av.time_base * self.rate)
        return None

    def _decoded_frames(self) -> Generator[av.AudioFrame]:
        yield from self._frames_of(self._container, self._stream)
        for part in self._parts:
            try:
                with part() as container:
                    take_layout(container.streams.audio[0])
                    yield from self._frames_of(container, container.streams.audio[0])
            except (av.FFmpegError, ValueError, IndexError):
                self.damaged = self.lacks_parts = True

    def _frames_of(
        self, container: av.container.InputContainer, stream: av.AudioStream
    ) -> Generator[av.AudioFrame]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError):  # the container itself is truncated or damaged
                self.damaged = self.ends_damaged = True
                return
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                self.damaged = self.ends_damaged = True
                continue
            if packet.size:  # a packet without content only requests the remaining frames
                self.ends_damaged = False
            for frame in frames:
                frame.pts = None  # with timestamps, the queue would refuse gaps
                yield frame

    @property
    def carrier_s(self) -> float:
        return 0.0

    def read(self, out: npt.NDArray[np.float32]) -> int:
        """Fill ``out``, shape (frames, channels), from its start; return the number of frames, 0 at the end."""
        filled = 0
        while filled < len(out):
            wanted = min(_PIECE_FRAMES, len(out) - filled)
            self._queue(wanted)
            piece = self._fifo.read(wanted, partial=True)
            if piece is None:
                break
            _interleave(piece, out[filled : filled + piece.samples])
            filled += piece.samples
        return filled

    def integers(self) -> Iterator[Integers]:
        """Yield the samples instead of :meth:`read`: interleaved, shape (samples,), full scale 2 ** 31."""
        while True:
            self._queue(_PIECE_FRAMES)
            piece = self._fifo.read(_PIECE_FRAMES, partial=True)
            if piece is None:
                return
            yield as_integers(_samples(piece).reshape(-1))

    def _queue(self, wanted: int) -> None:
        """Decode until ``wanted`` frames are in the queue, or until the file ends."""
        if self._fifo.samples >= wanted:
            return
        for frame in self._frames:
            for same in self._conform(frame):
                self._fifo.write(same)
            if self._fifo.samples >= wanted:
                return

    def _conform(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        """Convert a frame to the format of the queue, because rate and channels can change within a file."""
        shape = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
        if shape == self._shape:
            return [frame]
        if self._resampler is None or self._resampler[0] != shape:
            name, _, rate = self._shape
            self._resampler = (shape, av.AudioResampler(format=name, layout=self._layout, rate=rate))
        converted = self._resampler[1].resample(frame)
        for piece in converted:
            piece.pts, piece.time_base = None, self._time_base
        return converted

    def close(self) -> None:
        self._frames.close()
        self._container.close()


def _samples(frame: Any) -> npt.NDArray[Any]:
    """Return the unchanged samples of ``frame``, shape (frames, channels); PyAV cannot do this for 64 bits."""
    dtype = _SAMPLES[frame.format.name.removesuffix("p")][0]
    count = frame.samples if frame.format.is_planar else frame.samples * frame.layout.nb_channels
    planes = [np.frombuffer(plane, dtype, count) for plane in frame.planes]
    return np.stack(planes, axis=-1) if frame.format.is_planar else planes[0]


def _interleave(frame: Any, out: npt.NDArray[np.float32]) -> None:
    """Write the samples of ``frame`` to ``out``, shape (frames, channels), as float32 with full scale 1.0."""
    name = frame.format.name
    dtype, scale, silence = _SAMPLES[name.removesuffix("p")]
    if name.endswith("p"):
        for channel, plane in enumerate(frame.planes):
            _scale(np.frombuffer(plane, dtype, len(out)), scale, silence, out[:, channel])
    else:
        samples = np.frombuffer(frame.planes[0], dtype, out.size).reshape(out.shape)
        _scale(samples, scale, silence, out)


def _scale(
    samples: npt.NDArray[np.generic], scale: float, silence: float, out: npt.NDArray[np.float32]
) -> None:
    out[...] = samples
    if silence:
        np.subtract(out, np.float32(silence), out=out)
    if scale != 1.0:
        np.multiply(out, np.float32(scale), out=out)

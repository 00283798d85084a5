"""Decode with libsndfile, in order and without seeking."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import soundfile

from workbench.audio.coded.integers import Integers, as_integers
from workbench.audio.decoder import Decoder
from workbench.errors import AudioFormatError

_PIECE_FRAMES = 16384


class _InOrderFile(soundfile.SoundFile):  # type: ignore[misc]
    def seekable(self) -> bool:
        # soundfile seeks after each read of a seekable file, which takes time, and hangs in a truncated FLAC file.
        return False


class SndfileDecoder:
    """A :class:`workbench.audio.decoder.Decoder` for one open file."""

    name = "libsndfile"
    carrier: Decoder | None = None
    lacks_parts = False

    def __init__(self, descriptor: int, path: str) -> None:
        try:
            self._file = _InOrderFile(descriptor, closefd=False)
        except soundfile.SoundFileError as error:
            refusal = f"{path} is not audio that libsndfile can decode. Convert it or remove it."
            raise AudioFormatError(refusal, path=path) from error
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.channel_names: tuple[str, ...] = ()
        self.codec: str = self._file.subtype.lower()
        self.header_frames: int | None = self._file.frames or None
        self.damaged = self.ends_damaged = False

    def read(self, out: npt.NDArray[np.float32]) -> int:
        """Fill ``out``, shape (frames, channels), from its start; return the number of frames, 0 at the end."""
        filled = 0
        try:
            while filled < len(out) and (frames := self._file.buffer_read_into(out[filled:], "float32")):
                filled += frames
        except soundfile.SoundFileError:
            self.damaged = self.ends_damaged = True  # the frames decoded so far are kept
        return filled

    def integers(self) -> Iterator[Integers]:
        """Yield the samples instead of :meth:`read`: interleaved, shape (samples,), full scale 2 ** 31."""
        name = "float32" if self.codec in ("float", "double") else "int32"
        piece = np.empty((_PIECE_FRAMES, self.channels), name)
        try:
            while frames := self._file.buffer_read_into(piece, name):
                yield as_integers(piece[:frames].reshape(-1))
        except soundfile.SoundFileError:
            self.damaged = self.ends_damaged = True

    def close(self) -> None:
        self._file.close()

    @property
    def carrier_s(self) -> float:
        return 0.0

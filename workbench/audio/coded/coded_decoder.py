"""Decode coded sound in the samples of another file."""

from __future__ import annotations

from functools import partial

from workbench.audio.coded.payload import Coding, Payload
from workbench.audio.decoder import Decoder
from workbench.audio.ffmpeg_decoder import FFmpegDecoder, open_stream
from workbench.errors import AudioFormatError


class CodedDecoder(FFmpegDecoder):
    """A :class:`workbench.audio.decoder.Decoder` for sound whose bytes are the samples of another decoder.

    Raises
    ------
    AudioFormatError
        FFmpeg cannot decode the sound, which would be noise if it were played as samples.
    """

    def __init__(self, carrier: Decoder, coding: Coding, path: str) -> None:
        self._payload = Payload(carrier.integers(), carrier.channels, coding)
        demuxer = coding.sound.demuxer
        try:
            super().__init__(path, [partial(open_stream, self._payload, demuxer)] if demuxer else [])
        except AudioFormatError as error:
            carrier.close()
            raise AudioFormatError(
                f"{path} says that it is uncompressed, but has coded sound ({coding.sound.name}) that FFmpeg cannot "
                "decode. Convert it or remove it.",
                path=path,
            ) from error
        self.carrier = self._carrier = carrier

    @property
    def carrier_s(self) -> float:
        """The seconds of the other file that have been read."""
        return self._payload.samples / (self._carrier.rate * self._carrier.channels)

    def close(self) -> None:
        super().close()
        self._carrier.close()

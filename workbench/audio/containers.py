"""Tell what a file holds from its first bytes, and how many frames its header promises."""

from __future__ import annotations

import os
import struct

_MP4_BRANDS_AT = slice(4, 8)
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# Written by programs that stream and do not come back to fill in the size.
_STREAMED_BYTES = 0x7FFF0000


def container_of(head: bytes) -> str | None:
    """Name the container by its magic bytes; ``None`` when they are none that we know.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, 64 or more, after an ID3 tag in front (:func:`id3_size`).

    Returns
    -------
    str or None
        A key of :data:`workbench.audio.streaming_loader.DECODERS`.
    """
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"OggS":
        return "opus" if b"OpusHead" in head[:64] else "ogg"
    for magic, name in ((b"fLaC", "flac"), (b"MAC ", "ape"), (b"wvpk", "wavpack"), (_ASF, "wma")):
        if head.startswith(magic):
            return name
    if head[_MP4_BRANDS_AT] == b"ftyp":
        return "mp4"
    if len(head) >= 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    return None


def id3_size(head: bytes) -> int:
    """Return the bytes that an ID3v2 tag at the front takes; 0 without one.

    References
    ----------
    ID3v2.4.0 structure, section 3.1: a size of four times seven bits, footer not counted.
    """
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)


def wav_promised_frames(descriptor: int) -> int | None:
    """Return the frames that a WAV's data chunk claims to hold, also when the file ends before them.

    Decoders clip this to the file's length, which hides that it was cut off. ``None`` for compressed data and
    for sizes left open by a program that was streaming.

    References
    ----------
    EBU Tech 3306 (RF64: sizes over 4 GiB are in the ``ds64`` chunk).
    """
    position, frame_bytes, long_data_bytes = 12, 0, 0
    for _ in range(64):
        chunk = os.pread(descriptor, 48, position)
        if len(chunk) < 8:
            return None
        name, size = struct.unpack_from("<4sI", chunk)
        if name == b"ds64" and len(chunk) >= 24:
            long_data_bytes = struct.unpack_from("<Q", chunk, 16)[0]
        if name == b"fmt " and len(chunk) >= 22:
            tag, frame_bytes = struct.unpack_from("<H10xH", chunk, 8)
            if tag not in (_PCM, _FLOAT, _EXTENSIBLE):
                return None
        if name == b"data":
            data_bytes = long_data_bytes or size
            known = frame_bytes and data_bytes and (long_data_bytes or data_bytes < _STREAMED_BYTES)
            return data_bytes // frame_bytes if known else None
        position += 8 + size + (size & 1)
    return None


def aiff_promised_frames(descriptor: int) -> int | None:
    """Return the frames that an AIFF's common chunk promises, also when the file ends before them."""
    position = 12
    for _ in range(64):
        chunk = os.pread(descriptor, 14, position)
        if len(chunk) < 14:
            return None
        name, size, frames = struct.unpack(">4sI2xI", chunk)
        if name == b"COMM":
            return frames or None
        position += 8 + size + (size & 1)
    return None


def mp3_promised_frames(descriptor: int, offset: int) -> int | None:
    """Return the frames that the Xing, Info or VBRI header of an MP3 promises; ``None`` without one.

    Without one, decoders guess from the bit rate of the first packet, which is no promise.

    Parameters
    ----------
    descriptor : int
        The open file.
    offset : int
        Where the first MPEG packet starts (after the ID3 tag).

    References
    ----------
    ISO 11172-3 (packet header); the Xing and VBRI headers have no standard, LAME writes the first.
    """
    packet = os.pread(descriptor, 256, offset)
    if len(packet) < 64 or packet[0] != 0xFF or packet[1] & 0xE0 != 0xE0:
        return None
    version = packet[1] >> 3 & 3  # 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    packet_frames = 1152 if version == 3 else 576
    mono = packet[3] >> 6 == 3
    xing = 4 + (17 if mono else 32) if version == 3 else 4 + (9 if mono else 17)
    if packet[xing : xing + 4] in (b"Xing", b"Info") and packet[xing + 7] & 1:
        packets = struct.unpack_from(">I", packet, xing + 8)[0]
        trimmed = _lame_trimmed_frames(packet, xing)
    elif packet[36:40] == b"VBRI":
        packets, trimmed = struct.unpack_from(">I", packet, 50)[0], 0
    else:
        return None
    return max(0, packets * packet_frames - trimmed) or None


def _lame_trimmed_frames(packet: bytes, xing: int) -> int:
    """Return the frames that decoders cut off at start and end, because the encoder added them."""
    flags = packet[xing + 7]
    lame = xing + 8 + 4 * (flags & 1) + 2 * (flags & 2) + 25 * (flags & 4) + (flags & 8) // 2
    if packet[lame : lame + 4] not in (b"LAME", b"Lavf", b"Lavc") or len(packet) < lame + 24:
        return 0
    start_and_end = int.from_bytes(packet[lame + 21 : lame + 24], "big")
    return (start_and_end >> 12) + (start_and_end & 0xFFF)

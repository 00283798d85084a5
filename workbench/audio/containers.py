"""Recognize the format of a file by its content, and read the length that its header promises."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

_MP4_BRANDS_AT = slice(4, 8)
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_EBML, _SEGMENT = bytes.fromhex("1a45dfa3"), bytes.fromhex("18538067")
_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")
_W64_FORMAT = bytes.fromhex("666d7420f3acd3118cd100c04f8edb8a")
_FREE_FORMAT = 0  # the bit rate index of MPEG packets with a bit rate that is not in the table
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# Sizes from here on are placeholders of programs that stream and never fill in the real size (FFmpeg: 0xFFFFFFFF,
# others: 0x7FFFFFFF or a little less).
_STREAMED_BYTES = 0x7FFF0000
# Sun audio: the number of an encoding, and the bytes of its samples.
_AU_SAMPLE_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
# Less than this after the samples is a tag or padding, not sound: a third of a second of CD audio.
_MOST_TAG_BYTES = 1 << 16
# No real file has as many chunks before its samples; the limit ends the search in a damaged file.
_MOST_CHUNKS = 64


def container_of(head: bytes) -> str | None:
    """Name the container by its magic bytes; ``None`` if they are unknown.

    Parameters
    ----------
    head : bytes
        At least the first 64 bytes after the ID3 tag, if the file starts with one (:func:`id3_size`).

    Returns
    -------
    str or None
        A key of :data:`workbench.audio.decoders.DECODERS`.
    """
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"OggS":
        return "opus" if b"OpusHead" in head[:64] else "ogg"
    for magic, name in (
        (b"fLaC", "flac"),
        (b"MAC ", "ape"),
        (b"wvpk", "wavpack"),
        (b"caff", "caf"),
        (b".snd", "au"),
        (_W64, "w64"),
        (b"\x0b\x77", "ac3"),
        (b"\x7f\xfe\x80\x01", "dts"),
        (_EBML, "matroska"),
        (_ASF, "wma"),
    ):
        if head.startswith(magic):
            return name
    if head[_MP4_BRANDS_AT] == b"ftyp":
        return "mp4"
    if len(head) >= 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        if head[1] & 0x06 == 0:
            return "aac"
        return "free mp3" if len(head) > 2 and head[2] >> 4 == _FREE_FORMAT else "mp3"
    return None


def id3_size(head: bytes) -> int:
    """Return the size of the ID3v2 tag at the start of a file, in bytes; 0 if there is none.

    References
    ----------
    ID3v2.4.0 structure, section 3.1: the size has four times seven bits and does not include the footer.
    """
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)


def wav_kind(descriptor: int) -> str:
    """Say how a WAV file must be read.

    Returns
    -------
    str
        A key of :data:`workbench.audio.decoders.DECODERS`: ``"wav"``; ``"unfinished wav"`` if the recorder did not
        write the final size; ``"surround wav"`` for more than two channels.
    """
    magic = os.pread(descriptor, 4, 0)
    file_bytes, channels = os.fstat(descriptor).st_size, 0
    for name, size, position in _chunks(descriptor, "<"):
        if name == b"fmt ":
            channels = int.from_bytes(os.pread(descriptor, 2, position + 10), "little")
        if name == b"data":
            end = position + 8 + size + (size & 1)
            left_bytes = file_bytes - end
            is_longer = magic == b"RIFF" and size < _STREAMED_BYTES and left_bytes > _MOST_TAG_BYTES
            if is_longer and not _may_be_chunk(os.pread(descriptor, 8, end), left_bytes):
                return "unfinished wav"
            break
    return "surround wav" if channels > 2 else "wav"


def wav_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames in the header of a WAV file, even if the file ends earlier.

    Decoders limit this number to the length of the file, which hides that a file is truncated. ``None`` for compressed
    data, and for a size that a streaming program left open.

    References
    ----------
    EBU Tech 3306 (RF64: sizes above 4 GiB are in the ``ds64`` chunk).
    """
    frame_bytes, long_data_bytes = 0, 0
    for name, size, position in _chunks(descriptor, "<"):
        chunk = os.pread(descriptor, 24, position)
        if name == b"ds64" and len(chunk) == 24:
            long_data_bytes = struct.unpack_from("<Q", chunk, 16)[0]
        if name == b"fmt " and len(chunk) >= 22:
            tag, frame_bytes = struct.unpack_from("<H10xH", chunk, 8)
            if tag not in (_PCM, _FLOAT, _EXTENSIBLE):
                return None
        if name == b"data":
            data_bytes = long_data_bytes or size
            known = frame_bytes and data_bytes and (long_data_bytes or data_bytes < _STREAMED_BYTES)
            return data_bytes // frame_bytes if known else None
    return None


def wav_is_whole(descriptor: int) -> bool:
    """Return whether a WAV file has the samples that its header promises, but for a tenth of a second.

    For compressed data, where :func:`wav_promised_frames` cannot say it.
    """
    file_bytes, bytes_per_s = os.fstat(descriptor).st_size, 0
    for name, size, position in _chunks(descriptor, "<"):
        if name == b"fmt ":
            bytes_per_s = int.from_bytes(os.pread(descriptor, 4, position + 16), "little")
        if name == b"data" and size < _STREAMED_BYTES:
            return position + 8 + size - file_bytes <= bytes_per_s // 10
    return True


def matroska_is_whole(descriptor: int) -> bool:
    """Return whether a Matroska file is as long as its segment; True if the segment does not say how long it is.

    References
    ----------
    RFC 8794 (EBML: element sizes of 1 to 8 bytes, all bits set for an unknown size); RFC 9559 (Matroska).
    """
    head = os.pread(descriptor, 4096, 0)
    header_bytes, start = _ebml_size(head, 4)
    position = start + (header_bytes or 0)
    if head[position : position + 4] != _SEGMENT:
        return True
    segment_bytes, start = _ebml_size(head, position + 4)
    return segment_bytes is None or start + segment_bytes <= os.fstat(descriptor).st_size


def _ebml_size(data: bytes, position: int) -> tuple[int | None, int]:
    """Return the size of an element and where its content starts; ``None`` for an unknown size."""
    first = data[position] if position < len(data) else 0
    length = 9 - first.bit_length() if first else 8
    bits = 7 * length
    value = int.from_bytes(data[position : position + length], "big") & (1 << bits) - 1
    return (None if value == (1 << bits) - 1 else value), position + length


def avi_is_whole(descriptor: int) -> bool:
    """Return whether an AVI file is as long as the size at its start, which programs that stream leave 0."""
    size = int.from_bytes(os.pread(descriptor, 4, 4), "little")
    return size >= _STREAMED_BYTES or size + 8 <= os.fstat(descriptor).st_size


def aiff_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames in the common chunk of an AIFF file, even if the file ends earlier."""
    for name, _, position in _chunks(descriptor, ">"):
        if name == b"COMM":
            frames = os.pread(descriptor, 4, position + 10)
            return int.from_bytes(frames, "big") or None
    return None


def caf_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames that the header of a CAF file promises; ``None`` where it was not filled in.

    References
    ----------
    Apple Core Audio Format Specification 1.0: chunks ``desc``, ``pakt`` and ``data``.
    """
    file_bytes = os.fstat(descriptor).st_size
    position, packet_bytes, packet_frames = 8, 0, 0
    for _ in range(_MOST_CHUNKS):
        chunk = os.pread(descriptor, 36, min(position, file_bytes))  # a damaged size may be 2 ** 63
        if len(chunk) < 16:
            return None
        name, size = struct.unpack_from(">4sq", chunk)
        if name == b"desc" and len(chunk) == 36:
            packet_bytes, packet_frames = struct.unpack_from(">II", chunk, 28)
        if name == b"pakt":
            return int.from_bytes(chunk[20:28], "big") or None
        if size < 0:  # the data go on to the end of the file
            return None
        if name == b"data" and packet_bytes:
            return (size - 4) // packet_bytes * packet_frames or None  # 4 bytes count the edits
        position += 12 + size
    return None


def w64_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames in the header of a Wave64 file; ``None`` for compressed data.

    References
    ----------
    Sony Wave64: chunks have GUIDs of 16 bytes, and sizes of 64 bits that include the 24 bytes of the chunk's head.
    """
    position, frame_bytes = 40, 0
    for _ in range(_MOST_CHUNKS):
        chunk = os.pread(descriptor, 40, min(position, os.fstat(descriptor).st_size))
        if len(chunk) < 24:
            return None
        size = int.from_bytes(chunk[16:24], "little")
        if chunk[:16] == _W64_FORMAT and len(chunk) == 40:
            tag, frame_bytes = struct.unpack_from("<H10xH", chunk, 24)
            if tag not in (_PCM, _FLOAT, _EXTENSIBLE):
                return None
        if chunk[:16] == _W64_DATA:
            return max(0, size - 24) // frame_bytes or None if frame_bytes else None
        position += max(24, -(-size // 8) * 8)
    return None


def au_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames in the header of a Sun audio file; ``None`` where it says "unknown", or for ADPCM."""
    head = os.pread(descriptor, 24, 0)
    if len(head) < 24:
        return None
    size, encoding, _, channels = struct.unpack_from(">IIII", head, 8)
    frame_bytes = _AU_SAMPLE_BYTES.get(encoding, 0) * channels
    return size // frame_bytes or None if frame_bytes and size != 0xFFFFFFFF else None


def _chunks(descriptor: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, size of the content and position of each chunk of a RIFF (``<``) or IFF (``>``) file."""
    position = 12
    for _ in range(_MOST_CHUNKS):
        head = os.pread(descriptor, 8, position)
        if len(head) < 8:
            return
        name, size = struct.unpack(f"{order}4sI", head)
        yield name, size, position
        position += 8 + size + (size & 1)


def _may_be_chunk(head: bytes, left_bytes: int) -> bool:
    """Return whether these eight bytes can be the head of a chunk; samples hardly ever can."""
    if len(head) < 8 or not any(head):  # a few bytes, or padding
        return True
    name, size = struct.unpack("<4sI", head)
    return all(0x20 <= byte < 0x7F for byte in name) and 8 + size <= left_bytes + 1


def mp3_promised_frames(descriptor: int, offset: int) -> int | None:
    """Return the number of frames in the Xing, Info or VBRI header of an MP3 file; ``None`` if it has none.

    Without such a header, decoders estimate the length from the bit rate of the first packet, which is often wrong.

    Parameters
    ----------
    descriptor : int
        The open file.
    offset : int
        Where the first MPEG packet starts (after the ID3 tag).

    References
    ----------
    ISO 11172-3 for the packet header. The Xing and VBRI headers have no standard; LAME writes the former.
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
    """Return how many frames the encoder added at the start and the end; decoders remove them."""
    flags = packet[xing + 7]
    lame = xing + 8 + 4 * (flags & 1) + 2 * (flags & 2) + 25 * (flags & 4) + (flags & 8) // 2
    if packet[lame : lame + 4] not in (b"LAME", b"Lavf", b"Lavc") or len(packet) < lame + 24:
        return 0
    start_and_end = int.from_bytes(packet[lame + 21 : lame + 24], "big")
    return (start_and_end >> 12) + (start_and_end & 0xFFF)

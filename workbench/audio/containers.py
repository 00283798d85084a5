"""Recognize the format of a file by its content, and read the length in its header."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

_MP4_BRANDS_AT = slice(4, 8)
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_EBML = bytes.fromhex("1a45dfa3")
_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")
W64_FORMAT = bytes.fromhex("666d7420f3acd3118cd100c04f8edb8a")
TRUEHD_SYNC, MLP_SYNC = bytes.fromhex("f8726fba"), bytes.fromhex("f8726fbb")
TS_SYNC = b"G"
_FREE_FORMAT = 0  # the bit rate index of MPEG packets with a bit rate that is not in the table
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# Sizes from here on are placeholders of programs that stream and never write the real size (FFmpeg: 0xFFFFFFFF,
# others: 0x7FFFFFFF or a little less).
STREAMED_BYTES = 0x7FFF0000
UNKNOWN_SIZE = 0xFFFFFFFF
# Sun audio: the number of an encoding, and the bytes of its samples.
_AU_SAMPLE_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
# AIFC: the compression types with one value for each sample.
_AIFC_SAMPLES = frozenset(b"none sowt twos raw\x20 in24 42ni in32 23ni fl32 fl64 ulaw alaw".split(b" "))
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
        (b"Creative Voice File\x1a", "voc"),
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
    if head[:1] == head[188:189] == head[376:377] == TS_SYNC:
        return "ts"
    if head[4:5] == head[196:197] == head[388:389] == TS_SYNC:
        return "m2ts"
    if head[4:8] in (TRUEHD_SYNC, MLP_SYNC):
        return "truehd"
    if head[:1] == b"\x56" and head[1:2] >= b"\xe0":
        return "loas"
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


def is_surround(descriptor: int) -> bool:
    """Return whether a WAV file has more than two channels."""
    for name, _, position in chunks(descriptor, "<"):
        if name == b"fmt ":
            return int.from_bytes(os.pread(descriptor, 2, position + 10), "little") > 2
    return False


def wav_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames in the header of a WAV file, even if the file ends earlier.

    Decoders limit this number to the length of the file, so a truncated file is not detected. ``None`` for compressed
    data, and for a placeholder of a streaming program.

    References
    ----------
    EBU Tech 3306 (RF64: sizes above 4 GiB are in the ``ds64`` chunk).
    """
    frame_bytes, long_data_bytes = 0, 0
    for name, size, position in chunks(descriptor, "<"):
        chunk = os.pread(descriptor, 24, position)
        if name == b"ds64" and len(chunk) == 24:
            long_data_bytes = struct.unpack_from("<Q", chunk, 16)[0]
        if name == b"fmt " and len(chunk) >= 22:
            tag, frame_bytes = struct.unpack_from("<H10xH", chunk, 8)
            if tag not in (_PCM, _FLOAT, _EXTENSIBLE):
                return None
        if name == b"data":
            data_bytes = long_data_bytes or size
            known = frame_bytes and data_bytes and (long_data_bytes or data_bytes < STREAMED_BYTES)
            return data_bytes // frame_bytes if known else None
    return None


def wav_counted_frames(descriptor: int) -> int | None:
    """Return the number of frames in the ``fact`` chunk of a WAV file, which is wrong in files of some programs."""
    for name, _, position in chunks(descriptor, "<"):
        if name == b"fact":
            return int.from_bytes(os.pread(descriptor, 4, position + 8), "little") or None
    return None


def aiff_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames in the common chunk of an AIFF file, even if the file ends earlier.

    ``None`` for compressed data, where some programs count packets.
    """
    for name, size, position in chunks(descriptor, ">"):
        if name == b"COMM":
            chunk = os.pread(descriptor, 30, position)
            # AIFF, unlike AIFC, does not name a compression.
            compression = chunk[26:30].lower() if size >= 22 else b"none"
            return int.from_bytes(chunk[10:14], "big") or None if compression in _AIFC_SAMPLES else None
    return None


def caf_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames in the header of a CAF file; ``None`` if it was not written.

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
        if size < 0:  # the data continue to the end of the file
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
        if chunk[:16] == W64_FORMAT and len(chunk) == 40:
            tag, frame_bytes = struct.unpack_from("<H10xH", chunk, 24)
            if tag not in (_PCM, _FLOAT, _EXTENSIBLE):
                return None
        if chunk[:16] == W64_DATA:
            return max(0, size - 24) // frame_bytes or None if frame_bytes else None
        position += max(24, -(-size // 8) * 8)
    return None


def au_promised_frames(descriptor: int) -> int | None:
    """Return the number of frames in the header of a Sun audio file; ``None`` for an unknown number, or for ADPCM."""
    head = os.pread(descriptor, 24, 0)
    if len(head) < 24:
        return None
    size, encoding, _, channels = struct.unpack_from(">IIII", head, 8)
    frame_bytes = _AU_SAMPLE_BYTES.get(encoding, 0) * channels
    return size // frame_bytes or None if frame_bytes and size != UNKNOWN_SIZE else None


def chunks(descriptor: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, size of the content and position of each chunk of a RIFF (``<``) or IFF (``>``) file."""
    position = 12
    for _ in range(_MOST_CHUNKS):
        head = os.pread(descriptor, 8, position)
        if len(head) < 8:
            return
        name, size = struct.unpack(f"{order}4sI", head)
        yield name, size, position
        position += 8 + size + (size & 1)


def mp3_promised_frames(descriptor: int, offset: int) -> int | None:
    """Return the number of frames in the Xing, Info or VBRI header of an MP3 file; ``None`` if it has none.

    Without such a header, decoders estimate the length from the bit rate of the first packet, which is often wrong.

    Parameters
    ----------
    descriptor : int
        The open file.
    offset : int
        Position of the first MPEG packet (after the ID3 tag).

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

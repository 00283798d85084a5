"""Check whether a file in a format of frames without a header ends inside a frame.

Such formats have no other information about their length. A file that was cut between two frames looks complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from workbench.audio.coded.frames import ac3_bytes, dts_bytes, frames_follow
from workbench.audio.containers import MLP_SYNC, TRUEHD_SYNC, TS_SYNC

# Eight of the longest frames (DTS: 16 KiB).
_TAIL_BYTES = 1 << 17
_TAGS = (b"TAG", b"APETAGEX")
_LAYER_1, _LAYER_3 = 3, 1
_MPEG_1 = 3
# ISO 11172-3 and 13818-3: kbit/s by version (1, or 2 and 2.5) and layer; the first and the last index are not in use.
_KBPS = {
    (True, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)


def mpeg_bytes(head: bytes) -> int:
    """Return the size of an MPEG audio frame (layer I, II or III) from its header; 0 if it is not valid."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer, index, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 0 or not 0 < index < 15 or rate == 3:
        return 0
    bits = _KBPS[version == _MPEG_1, layer][index - 1] * 1000
    hertz = _RATES[rate] // {3: 1, 2: 2, 0: 4}[version]
    padding = head[2] >> 1 & 1
    if layer == _LAYER_1:
        return 4 * (12 * bits // hertz + padding)
    return (72 if layer == _LAYER_3 and version != _MPEG_1 else 144) * bits // hertz + padding


def _loas_bytes(head: bytes) -> int:
    """Return the size of a frame of AAC in LOAS (ISO 14496-3, section 1.7.2)."""
    is_frame = len(head) >= 3 and head[0] == 0x56 and head[1] & 0xE0 == 0xE0
    return 3 + (int.from_bytes(head[1:3], "big") & 0x1FFF) if is_frame else 0


def _truehd_bytes(head: bytes) -> int:
    """Return the size of an access unit of TrueHD or MLP: twelve bits, in words of two bytes."""
    return 0 if head.startswith(_TAGS) else 2 * (int.from_bytes(head[:2], "big") & 0xFFF)


def _ts_bytes(head: bytes) -> int:
    """Return the size of a packet of an MPEG transport stream (ISO 13818-1)."""
    return 188 if head.startswith(TS_SYNC) else 0


def _m2ts_bytes(head: bytes) -> int:
    """Return the size of an MPEG transport packet with the time before it, as on Blu-ray discs."""
    return 192 if head[4:5] == TS_SYNC else 0


_SIZES: dict[str | None, Callable[[bytes], int]] = {
    "mp3": mpeg_bytes,
    "ac3": ac3_bytes,
    "dts": dts_bytes,
    "loas": _loas_bytes,
    "truehd": _truehd_bytes,
    "ts": _ts_bytes,
    "m2ts": _m2ts_bytes,
}


def ends_within_a_frame(descriptor: int, container: str | None) -> bool:
    """Return whether the end of the last frame is missing; False for formats that have a header.

    A tag after the last frame is not a frame.
    """
    size_of = _SIZES.get(container)
    if size_of is None:
        return False
    tail = os.pread(descriptor, _TAIL_BYTES, max(0, os.fstat(descriptor).st_size - _TAIL_BYTES))
    place = _first_frame(tail, size_of)
    while place < len(tail) and (size := size_of(tail[place : place + 16])):
        place += size
    return place > len(tail) or _starts_mpeg(tail[place:], container)


def _first_frame(tail: bytes, size_of: Callable[[bytes], int]) -> int:
    if size_of is _truehd_bytes:  # only every 128th unit has a sync word, or more
        synced = [place - 4 for sync in (TRUEHD_SYNC, MLP_SYNC) if (place := tail.find(sync)) >= 4]
        return min(synced, default=len(tail))
    return next((start for start in range(len(tail)) if frames_follow(tail, start, size_of)), len(tail))


def _starts_mpeg(left: bytes, container: str | None) -> bool:
    """Whether the rest of a file is the beginning of an MPEG frame's header, which has four bytes."""
    return container == "mp3" and len(left) in (2, 3) and left[0] == 0xFF and left[1] & 0xE0 == 0xE0

"""Read the pages of an Ogg file, to find the start of its links and whether it is complete.

A chained Ogg file consists of several complete files, one after the other ("links"). FFmpeg reads across links with
the same codec, but ends without an error where the parameters of the codec change.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_HEAD_BYTES = 27
_MOST_BYTES = _HEAD_BYTES + 255
_FIRST, _LAST = 2, 4
_SEARCH_BYTES = 1 << 16
"""The largest size of a page, 65,307 bytes (RFC 3533), rounded up."""


class OggLayout(NamedTuple):
    """``links``: first byte and end of each link. ``complete``: whether the file has its last page."""

    links: list[tuple[int, int]]
    complete: bool


class _Page(NamedTuple):
    start: int
    end: int
    flags: int


def ogg_layout(descriptor: int) -> OggLayout:
    """Find the links of an Ogg file.

    References
    ----------
    RFC 3533, section 6: a page is marked as first or last of its stream; a file without a last page is truncated.
    """
    size = os.fstat(descriptor).st_size
    starts: list[int] = []
    flags, end = _FIRST, 0
    before_is_first = False
    for page in _pages(descriptor, size):
        is_first = bool(page.flags & _FIRST)
        if is_first and not before_is_first:
            starts.append(page.start)
        before_is_first, flags, end = is_first, page.flags, page.end
    links = list(pairwise([*starts, size]))
    return OggLayout(links, bool(flags & _LAST) and end <= size)


def _pages(descriptor: int, size: int) -> Iterator[_Page]:
    position = 0
    while position < size:
        head = os.pread(descriptor, _MOST_BYTES, position)
        if head[:4] != b"OggS" or len(head) < _HEAD_BYTES:
            found = os.pread(descriptor, _SEARCH_BYTES, position + 1).find(b"OggS")
            position += 1 + found if found >= 0 else _SEARCH_BYTES
            continue
        segments = head[26]
        end = position + _HEAD_BYTES + segments + sum(head[_HEAD_BYTES : _HEAD_BYTES + segments])
        yield _Page(position, end, head[5])
        position = _next_after(descriptor, position, end, size)


def _next_after(descriptor: int, position: int, end: int, size: int) -> int:
    """Return the end of a page, or the start of the next page inside it if its end is missing."""
    if end >= size or os.pread(descriptor, 4, end) == b"OggS":
        return end
    found = os.pread(descriptor, end - position, position + 4).find(b"OggS")
    return position + 4 + found if found >= 0 else end

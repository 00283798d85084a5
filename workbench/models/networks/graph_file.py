"""Read the names of the nodes in a frozen graph without TensorFlow, to recognize a damaged or wrong file.

A ``.pb`` file is a ``GraphDef`` message: field 1 repeats ``NodeDef`` messages, whose field 1 is the node's name.
Source of the wire format: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import mmap
from pathlib import Path

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_NODE = _NAME = 1
_GRAPH_FIELDS = range(1, 6)  # node, library, version, versions, debug_info


def node_names(path: Path) -> set[str]:
    """Return the names of the nodes of a frozen graph.

    Raises
    ------
    ValueError
        The file is empty, truncated, or not a graph.
    """
    names = set()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        place = 0
        while place < len(data):
            field, start, place = _field(data, place, len(data))
            if field not in _GRAPH_FIELDS:
                raise ValueError(f"field {field} does not belong in a graph")
            if field == _NODE:
                names.add(_name(data, start, place))
    return names


def _name(data: mmap.mmap, start: int, end: int) -> str:
    place = start
    while place < end:
        field, inner, place = _field(data, place, end)
        if field == _NAME:
            return data[inner:place].decode("utf-8")
    raise ValueError("a node has no name")


def _field(data: mmap.mmap, place: int, end: int) -> tuple[int, int, int]:
    """Return number, start and end of the field at ``place``, which may not reach beyond ``end``."""
    tag, start = _varint(data, place, end)
    kind = tag & 7
    if kind == _BYTES:
        size, start = _varint(data, start, end)
        stop = start + size
    elif kind == _VARINT:
        _, stop = _varint(data, start, end)
    elif kind in (_FIXED64, _FIXED32):
        stop = start + (8 if kind == _FIXED64 else 4)
    else:
        raise ValueError(f"no message has a field of kind {kind}")
    if stop > end:
        raise ValueError(f"it ends {stop - end} bytes early")
    return tag >> 3, start, stop


def _varint(data: mmap.mmap, place: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if place >= end:
            raise ValueError("it ends in the middle of a number")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number is longer than 64 bits")

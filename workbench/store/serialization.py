"""Values as bytes and back, without pickle: a JSON header, then raw little-endian arrays.

Layout: ``b"PWB1"``, the header's length (uint32, little-endian), the header, padding to 8 bytes, then the
buffers, each padded to 8 bytes. The header holds the value as JSON; a value that JSON does not have
is a mapping with one key, ``{"~x": …}``. Decoded arrays are views of the given bytes: they are not copied and cannot
be written to.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson

from workbench.errors import StoreError

MAGIC = b"PWB1"
_PREFIX = struct.Struct("<4sI")
_KINDS = "biufcSU"  # plain memory: bool, integers, floats, complex, fixed-width text; never objects
_INT64 = range(-(2**63), 2**63)


def encode(value: Any) -> bytes:
    """Encode a value made of dict, list, tuple, str, numbers, bool, None, bytes and NumPy arrays.

    Raises
    ------
    TypeError
        The value contains anything else.
    """
    body = bytearray()
    header = orjson.dumps(_to_json(value, body))
    padding = bytes(-(_PREFIX.size + len(header)) % 8)
    return b"".join((_PREFIX.pack(MAGIC, len(header)), header, padding, body))


def decode(data: bytes) -> Any:
    """Decode bytes that :func:`encode` returned; arrays are read-only.

    Raises
    ------
    StoreError
        The bytes are damaged or of another format.
    """
    try:
        magic, header_size = _PREFIX.unpack_from(data)
        if magic != MAGIC or _PREFIX.size + header_size > len(data):
            raise ValueError("no header")
        header = orjson.loads(memoryview(data)[_PREFIX.size : _PREFIX.size + header_size])
        start = _PREFIX.size + header_size
        return _from_json(header, data, start + -start % 8)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        struct.error,
        RecursionError,
        OverflowError,
    ) as error:
        raise StoreError(f"A stored value is damaged: {error}. Analyze the track again.") from error


def _to_json(value: Any, body: bytearray) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.generic):
        value = _plain_scalar(value)
    convert = _ENCODERS.get(type(value))
    if convert is None:
        raise TypeError(f"cannot store a {type(value).__name__}")
    return convert(value, body)


def _plain_scalar(value: Any) -> Any:
    plain = value.item()
    if isinstance(plain, np.generic):
        raise TypeError(f"cannot store a {value.dtype}")
    return plain


def _encode_int(value: int, body: bytearray) -> Any:
    return value if value in _INT64 else {"~i": hex(value)}


def _encode_float(value: float, body: bytearray) -> Any:
    return value if math.isfinite(value) else {"~f": repr(value)}


def _encode_complex(value: complex, body: bytearray) -> Any:
    return {"~c": [_encode_float(value.real, body), _encode_float(value.imag, body)]}


def _encode_text(value: str, body: bytearray) -> Any:
    if value.isascii():
        return value
    data = value.encode("utf-8", "surrogatepass")
    return value if data.decode("utf-8", "ignore") == value else {"~s": _append(data, body)}


def _encode_bytes(value: bytes, body: bytearray) -> Any:
    return {"~b": _append(value, body)}


def _encode_list(value: list[Any], body: bytearray) -> Any:
    return [_to_json(item, body) for item in value]


def _encode_tuple(value: tuple[Any, ...], body: bytearray) -> Any:
    return {"~t": [_to_json(item, body) for item in value]}


def _encode_dict(value: dict[Any, Any], body: bytearray) -> Any:
    if all(type(key) is str and not key.startswith("~") and key.isascii() for key in value):
        return {key: _to_json(item, body) for key, item in value.items()}
    return {"~d": [[_to_json(key, body), _to_json(item, body)] for key, item in value.items()]}


def _encode_array(value: np.ndarray[Any, Any], body: bytearray) -> Any:
    if value.dtype.kind not in _KINDS:
        raise TypeError(f"cannot store an array of {value.dtype}")
    little = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
    return {"~a": [little.dtype.str, list(value.shape), *_append(little.tobytes(), body)]}


def _append(data: bytes, body: bytearray) -> list[int]:
    place = [len(body), len(data)]
    body += data
    body += bytes(-len(data) % 8)
    return place


_ENCODERS: dict[type, Callable[[Any, bytearray], Any]] = {
    int: _encode_int,
    float: _encode_float,
    complex: _encode_complex,
    str: _encode_text,
    bytes: _encode_bytes,
    list: _encode_list,
    tuple: _encode_tuple,
    dict: _encode_dict,
    np.ndarray: _encode_array,
}


def _from_json(node: Any, data: bytes, start: int) -> Any:
    if isinstance(node, list):
        return [_from_json(item, data, start) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((key, inner),) = node.items()
        if key.startswith("~"):
            return _DECODERS[key](inner, data, start)
    return {key: _from_json(item, data, start) for key, item in node.items()}


def _slice(place: list[int], data: bytes, start: int) -> bytes:
    offset, size = place
    if offset < 0 or size < 0 or start + offset + size > len(data):
        raise ValueError("it is incomplete")
    return data[start + offset : start + offset + size]


def _decode_array(inner: list[Any], data: bytes, start: int) -> np.ndarray[Any, Any]:
    name, shape, offset, size = inner
    dtype = np.dtype(name)
    if dtype.kind not in _KINDS or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != size:
        raise ValueError("an array does not fit its header")
    if not size:
        empty = np.empty(shape, dtype)
        empty.flags.writeable = False
        return empty
    return np.frombuffer(data, dtype, math.prod(shape), start + offset).reshape(shape)


_DECODERS: dict[str, Callable[[Any, bytes, int], Any]] = {
    "~i": lambda inner, data, start: int(inner, 16),
    "~f": lambda inner, data, start: float(inner),
    "~c": lambda inner, data, start: complex(*(_from_json(part, data, start) for part in inner)),
    "~s": lambda inner, data, start: _slice(inner, data, start).decode("utf-8", "surrogatepass"),
    "~b": _slice,
    "~t": lambda inner, data, start: tuple(_from_json(item, data, start) for item in inner),
    "~d": lambda inner, data, start: {
        _from_json(k, data, start): _from_json(v, data, start) for k, v in inner
    },
    "~a": _decode_array,
}

"""Values in a cache: they cannot be changed, have a known size, and are compressed if that saves memory."""

from __future__ import annotations

import copy
import dataclasses
import sys
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from workbench.store.serialization import decode, encode

# Measured by tests/benchmarks/bench_store.py: float series shrink by 10–20 % with any codec (byte-shuffled or not),
# which is not worth 0.5 ms at each hit. Text, JSON-like values and quantized or constant series shrink to half or
# less; on them, zlib's fastest level is within a few percent of zstd and blosc2.
LEVEL = 1
WORTH_RATIO = 0.75  # compressed size to full size; above this, the value is not compressed
_SAMPLE_BYTES = 4096  # enough to predict the ratio; compressing them takes 0.1 ms
_CONTAINERS = (dict, list, tuple, set, frozenset)


class Packed(NamedTuple):
    """A compressed value, and the function that makes the value from its decoded form."""

    data: bytes
    rebuild: Callable[[Any], Any] | None


def _refuse(self: Any, *arguments: Any, **named: Any) -> Any:
    raise TypeError("this value belongs to a cache; copy it before you change it")


class FrozenDict(dict[Any, Any]):
    """A dict that cannot be changed; ``copy`` and ``dict`` return one that can."""

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class FrozenList(list[Any]):
    """A list that cannot be changed; ``copy`` and ``list`` return one that can."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = clear = extend = _refuse
    insert = pop = remove = reverse = sort = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


def freeze(value: Any) -> Any:
    """Return an equal value that shares no memory with the given one and that cannot be changed.

    Arrays become read-only and cannot be made writable again; dicts and lists stay dicts and lists for
    ``isinstance``. The fields of frozen dataclasses are frozen too; other objects are returned unchanged.
    """
    kind = type(value)
    if kind is np.ndarray:
        return _frozen_array(value)
    if kind is dict:
        return FrozenDict((key, freeze(item)) for key, item in value.items())
    if kind is list:
        return FrozenList(map(freeze, value))
    if kind is tuple:
        return tuple(map(freeze, value))
    if kind in (set, bytearray):
        return (frozenset if kind is set else bytes)(value)
    if _is_record(value):
        made = copy.copy(value)
        for field in dataclasses.fields(value):
            object.__setattr__(made, field.name, freeze(getattr(value, field.name)))
        return made
    return value


def size_bytes(value: Any) -> int:
    """Estimate how many bytes of memory a value takes, with everything in it."""
    if isinstance(value, np.ndarray):
        return value.nbytes + 160 + (sum(map(sys.getsizeof, value.flat)) if value.dtype == object else 0)
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(size_bytes(key) + size_bytes(item) for key, item in value.items())
    if isinstance(value, _CONTAINERS):
        return size + sum(map(size_bytes, value))
    if _is_record(value):
        return size + sum(size_bytes(getattr(value, field.name)) for field in dataclasses.fields(value))
    return size


def pack(value: Any) -> Packed | None:
    """Compress a value, or return ``None`` where that saves too little or the value cannot be encoded."""
    rebuild = None
    plain = value
    if _is_record(value):
        plain = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        rebuild = _Rebuild(value)
    try:
        data = encode(plain)
    except TypeError:
        return None
    if not _shrinks(_sample(data)):
        return None
    packed = zlib.compress(data, LEVEL)
    return Packed(packed, rebuild) if len(packed) <= WORTH_RATIO * len(data) else None


def unpack(packed: Packed) -> Any:
    """Return the value that was packed."""
    plain = decode(zlib.decompress(packed.data))
    return plain if packed.rebuild is None else packed.rebuild(plain)


class _Rebuild:
    """Makes a record of the same class again without running its constructor."""

    def __init__(self, value: Any) -> None:
        self._class: type = type(value)

    def __call__(self, fields: dict[str, Any]) -> Any:
        value: Any = object.__new__(self._class)
        for name, item in fields.items():
            object.__setattr__(value, name, item)
        return value


def _is_record(value: Any) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return parameters is not None and parameters.frozen


def _frozen_array(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.hasobject or not array.size:
        own = array.copy()
        own.flags.writeable = False
        return own
    # An array on the memory of a bytes object cannot be made writable again, not even with setflags.
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)


def _sample(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[max(0, middle - _SAMPLE_BYTES // 2) : middle + _SAMPLE_BYTES // 2]


def _shrinks(sample: bytes) -> bool:
    return len(zlib.compress(sample, LEVEL)) <= WORTH_RATIO * len(sample)

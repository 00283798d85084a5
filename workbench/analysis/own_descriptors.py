"""Own descriptors: a class that receives each block of a file, and the description of the value that it gives.

The meters receive the blocks that the analysis decodes anyway. If a meter fails, only its own value is left out.
"""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Protocol, TypeVar

from workbench.analysis.blocks import Samples
from workbench.analysis.descriptors import DESCRIPTORS, Descriptor
from workbench.analysis.sound_tags import BY_NAME, FAMILIES
from workbench.errors import PluginError
from workbench.store.library.records import TAG_NAMES

OwnValue = float | str | bool | None

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# Names that are taken: the other columns of the library table, and the words of the filter language.
_COLUMNS = (
    "id path content_hash status added_at has_lyrics kind same_recording copy_rank plays last_played_at loved"
)
_WORDS = "and or not energy tempo loudness duration length centroid mode lufs stars replaygain"
_TAKEN = {
    *(d.name for d in DESCRIPTORS),
    *(*TAG_NAMES, *BY_NAME, *FAMILIES),
    *f"{_COLUMNS} {_WORDS}".split(),
}


class OwnMeter(Protocol):
    """The methods that the class of an own descriptor has besides ``__init__(self, rate)``, rate in hertz."""

    def feed(self, block: Samples) -> None:
        """Take the next samples, shape (n, channels), full scale 1.0; they cannot be changed."""

    def finish(self) -> OwnValue:
        """Return the value of the file: a number, a text, true or false, or ``None``."""


MeterClass = TypeVar("MeterClass", bound=Callable[[int], OwnMeter])


@dataclass(frozen=True)
class OwnDescriptor:
    """An own descriptor, which a plug-in adds.

    Attributes
    ----------
    about : Descriptor
        Name, unit, range and meaning, as those of the built-in ones.
    version : int
        Version of the meter. When it changes, tracks are analyzed again.
    meter : callable
        Returns the meter of one file; called with its rate in hertz.
    """

    about: Descriptor
    version: int
    meter: Callable[[int], OwnMeter]


def descriptor(
    name: str,
    *,
    meaning: str,
    version: int = 1,
    unit: str = "",
    kind: Literal["scalar", "text"] = "scalar",
    low: float | None = None,
    high: float | None = None,
) -> Callable[[MeterClass], MeterClass]:
    """Make the decorated class the meter of a descriptor of your own.

    Parameters
    ----------
    name : str
        Small letters, digits and underscores; the unit last, where it has one: ``side_level_db``. It is the name of the
        column, also in filters.
    meaning : str
        One line about the meaning of the value.
    version : int
        Raise it when the meter gives other values than before: the tracks are then analyzed again.
    kind : {"scalar", "text"}
        A number (or true and false), or a word.
    low, high : float, optional
        Smallest and largest value, where there is one.

    Raises
    ------
    PluginError
        The name is not allowed, or something else has it; the version is not a whole number of 1 or more.

    Examples
    --------
    >>> @descriptor("peak", meaning="largest sample", low=0)
    ... class Peak:
    ...     def __init__(self, rate):
    ...         self.peak = 0.0
    ...     def feed(self, block):
    ...         self.peak = max(self.peak, abs(block).max())
    ...     def finish(self):
    ...         return self.peak
    """
    if not _NAME.fullmatch(name):
        raise PluginError(f"{name!r} cannot name a descriptor. Use small letters, digits and underscores.")
    if name in _TAKEN:
        raise PluginError(
            f"{name} already means something in the library. Choose another name for the descriptor."
        )
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise PluginError(
            f"version={version!r} of {name} is not allowed; allowed: a whole number, 1 or more."
        )

    def mark(meter: MeterClass) -> MeterClass:
        about = Descriptor(name, kind, unit, low, high, meaning, "your own")
        _KNOWN[name] = about
        meter.own_descriptor = OwnDescriptor(about, version, meter)  # type: ignore[attr-defined]
        return meter

    return mark


_KNOWN: dict[str, Descriptor] = {}


def about(name: str) -> Descriptor:
    """Return the description of an own descriptor, even if no plug-in has it any more."""
    unknown = Descriptor(name, "scalar", "", None, None, "of a plug-in that is not installed now", "your own")
    return _KNOWN.get(name, unknown)


def changed(stored: Mapping[str, int], wanted: Mapping[str, int]) -> str | None:
    """Return why values of own descriptors are missing or outdated; ``None`` if all are current.

    Parameters
    ----------
    stored, wanted : mapping of str to int
        Versions of the meters by name.
    """
    new = [name for name in wanted if name not in stored]
    other = [
        f"{name} has version {wanted[name]}"
        for name in wanted
        if stored.get(name, wanted[name]) != wanted[name]
    ]
    without = [f"without the descriptor {', '.join(new)}"] if new else []
    return "; ".join([*without, *other]) or None


@dataclass(frozen=True)
class SentMeter:
    """The meter of a descriptor, packed for a worker.

    Attributes
    ----------
    packed : bytes
        The class, as cloudpickle packs it: by value from a file, by name from an installed package.
    """

    name: str
    version: int
    kind: str
    packed: bytes = field(repr=False)


class OwnMeters:
    """The meters of the own descriptors for one file.

    Attributes
    ----------
    problems : dict of str to str
        For each descriptor without a value for this file, the reason.
    """

    def __init__(self, sent: Sequence[SentMeter]) -> None:
        self._sent = sent
        self._running: dict[str, OwnMeter] | None = None
        self.problems: dict[str, str] = {}

    @property
    def versions(self) -> dict[str, int]:
        return {each.name: each.version for each in self._sent}

    def hear(self, block: Samples, rate: int) -> None:
        """Take the next samples, shape (n, channels)."""
        if self._running is None:
            self._running = self._start(rate)
        seen = block.view()
        seen.flags.writeable = False
        for name, meter in list(self._running.items()):
            with self._spared(name):
                meter.feed(seen)

    def finish(self) -> dict[str, OwnValue]:
        """Return the value of every descriptor; ``None`` where it has none."""
        values: dict[str, OwnValue] = {each.name: None for each in self._sent}
        kinds = {each.name: each.kind for each in self._sent}
        for name, meter in list((self._running or {}).items()):
            with self._spared(name):
                values[name] = _checked(meter.finish(), kinds[name])
        return values

    def _start(self, rate: int) -> dict[str, OwnMeter]:
        started: dict[str, OwnMeter] = {}
        for each in self._sent:
            with self._spared(each.name):
                started[each.name] = _unpacked(each).meter(rate)
        return started

    @contextmanager
    def _spared(self, name: str) -> Iterator[None]:
        """Note an error of one meter as its problem and stop that meter for this file; the other meters go on."""
        try:
            yield
        except PluginError as error:
            reason = error.message
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the code of a plug-in raises
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        else:
            return
        self.problems[name] = reason
        if self._running is not None:
            self._running.pop(name, None)


def _unpacked(sent: SentMeter) -> OwnDescriptor:
    try:
        found: OwnDescriptor = _unpickled(sent.packed).own_descriptor
    except (ImportError, AttributeError) as error:
        import socket

        host = socket.gethostname()
        raise PluginError(
            f"it is not installed on the worker {host} ({error}); install it there too"
        ) from error
    if found.version != sent.version:
        raise PluginError(
            f"the worker has version {found.version} of it, not {sent.version}; update it there"
        )
    return found


@cache
def _unpickled(packed: bytes) -> Any:
    return pickle.loads(packed)


def _checked(value: Any, kind: str) -> OwnValue:
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or (kind == "text" and isinstance(value, str)):
        return value or None
    if kind == "scalar" and isinstance(value, bool | int | float):
        return value if math.isfinite(value) else None
    wanted = "a text" if kind == "text" else "a number"
    raise PluginError(f"its value is {type(value).__name__}, not {wanted}")

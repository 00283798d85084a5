"""The interface of decoders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from workbench.audio.coded.integers import Integers

Block = npt.NDArray[np.float32]


class Decoder(Protocol):
    """The interface of a decoder: it returns frames in order, as float32, until the file ends."""

    name: str
    rate: int
    channels: int
    channel_names: tuple[str, ...]
    codec: str
    header_frames: int | None
    damaged: bool
    ends_damaged: bool
    lacks_parts: bool
    """Whether a part of a chained Ogg file cannot be decoded."""
    carrier: Decoder | None
    """The decoder of coded sound in the samples, if there is any; see :mod:`workbench.audio.coded`."""

    @property
    def carrier_s(self) -> float: ...

    def read(self, out: Block) -> int: ...

    def integers(self) -> Iterator[Integers]: ...

    def close(self) -> None: ...

"""One file to its features: decode once, describe, forget."""

from __future__ import annotations

from functools import cache
from os import PathLike
from typing import Any

from workbench.analysis.features import TrackFeatures
from workbench.settings import Settings


def warm_up() -> None:
    """Import and build what the analysis needs, so that a worker's first file costs no more than its others."""
    import numpy as np

    from workbench.analysis.one_pass import describe
    from workbench.audio.streaming_loader import open_audio  # noqa: F401 (imported for its cost)

    noise = np.random.default_rng(0).standard_normal((5 * 44100, 2)).astype(np.float32)
    describe([0.1 * noise], 44100, 2)


def analyze_file(path: str | PathLike[str], settings: Settings | None = None) -> TrackFeatures:
    """Describe one audio file. Pure: no database, no cache, no cluster.

    Parameters
    ----------
    path : path-like
    settings : Settings, optional
        STREAM_BLOCK_SECONDS and MEMORY_LIMIT_PERCENT are used.

    Raises
    ------
    AudioError
        One of its kinds, when the file cannot be decoded.
    """
    from workbench.analysis.one_pass import describe
    from workbench.audio.streaming_loader import open_audio

    settings = settings or Settings()
    with (
        _one_thread(),
        open_audio(
            path,
            block_seconds=settings.stream_block_seconds,
            memory_limit_percent=settings.memory_limit_percent,
        ) as stream,
    ):
        found = describe(stream, stream.rate, stream.channels)
        return TrackFeatures(
            **found, sample_rate_hz=stream.rate, channels=stream.channels, truncated=stream.truncated
        )


def _one_thread() -> Any:
    """Keep BLAS to one thread: on matrices this small, more of them spend several times the CPU for no gain."""
    return _thread_pools().limit(limits=1)


@cache
def _thread_pools() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

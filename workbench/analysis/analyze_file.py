"""Analyze one file: decode it once, block by block, and compute its features."""

from __future__ import annotations

import time
from functools import cache
from os import PathLike
from typing import Any

from workbench.analysis.features import TrackFeatures
from workbench.settings import Settings


def warm_up() -> None:
    """Import the analysis and fill its tables, so that a worker's first file takes no longer than the others."""
    import numpy as np

    from workbench.analysis.one_pass import describe
    from workbench.audio.streaming_loader import open_audio  # noqa: F401 (importing it is the point)

    noise = np.random.default_rng(0).standard_normal((5 * 44100, 2)).astype(np.float32)
    describe([0.1 * noise], 44100, 2)


def analyze_file(path: str | PathLike[str], settings: Settings | None = None) -> TrackFeatures:
    """Analyze one audio file. This function is pure: it uses no database, no cache and no cluster.

    Parameters
    ----------
    path : path-like
    settings : Settings, optional
        ``STREAM_BLOCK_SECONDS`` and ``MEMORY_LIMIT_PERCENT`` apply; the defaults when left out.

    Returns
    -------
    TrackFeatures

    Raises
    ------
    AudioError
        The file cannot be read or decoded; the subclass says why.
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
        found = describe(stream, stream.rate, stream.channels, stream.channel_names)
        return TrackFeatures(
            **found, sample_rate_hz=stream.rate, channels=stream.channels, truncated=stream.truncated
        )


def analyze_file_timed(path: str, settings: Settings) -> tuple[TrackFeatures, float]:
    """Return the features of a file and the seconds that the analysis took: the task that workers run."""
    start = time.perf_counter()
    features = analyze_file(path, settings)
    return features, time.perf_counter() - start


def _one_thread() -> Any:
    """Limit BLAS to one thread: on matrices this small, more threads use more CPU time and save none."""
    return _thread_pools().limit(limits=1)


@cache
def _thread_pools() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

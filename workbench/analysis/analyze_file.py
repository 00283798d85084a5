"""Analyze one file: decode it once, block by block, and compute its features."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Protocol

from workbench.analysis.blocks import Samples
from workbench.analysis.features import TrackFeatures, version_of
from workbench.analysis.own_descriptors import OwnMeters, SentMeter
from workbench.analysis.rhythm.second_opinion import Vote
from workbench.errors import WorkbenchError
from workbench.machine.one_thread import one_thread
from workbench.settings import Settings

logger = logging.getLogger(__name__)

Hear = Callable[[Samples, int], None]


class Listener(Protocol):
    """Receives the blocks of one file during its analysis, as a model does."""

    @property
    def vote(self) -> Vote | None: ...
    def hear(self, block: Samples, rate: int) -> None: ...
    def finish(self) -> Sequence[Any]: ...


@dataclass(frozen=True, eq=False)
class Analyzed:
    """The features of a file, the outputs of its listener, and the seconds that the analysis took.

    ``own_problems`` has the names of the own descriptors without a value, and the reason for each.
    """

    features: TrackFeatures
    seconds: float
    outputs: tuple[Any, ...] = ()
    own_problems: Mapping[str, str] = field(default_factory=dict)


def warm_up() -> None:
    """Import the analysis and fill its tables, so that a worker's first file takes no longer than the others."""
    import numpy as np

    from workbench.analysis.one_pass import describe
    from workbench.audio.streaming_loader import open_audio  # noqa: F401 (importing it is the point)

    noise = np.random.default_rng(0).standard_normal((5 * 44100, 2)).astype(np.float32)
    describe([0.1 * noise], 44100, 2)


def analyze_file(
    path: str | PathLike[str],
    settings: Settings | None = None,
    *,
    hear: Hear | None = None,
    vote: Vote | None = None,
    own: OwnMeters | None = None,
) -> TrackFeatures:
    """Analyze one audio file. This function is pure: it uses no database, no cache and no cluster.

    Parameters
    ----------
    path : path-like
    settings : Settings, optional
        ``DESCRIPTORS``, ``STREAM_BLOCK_SECONDS`` and ``MEMORY_LIMIT_PERCENT`` apply; the defaults when left out.
    hear : callable, optional
        Called with every block that is decoded, shape (n, channels), and the rate in hertz. It may not change the block
        or keep it: the next one is written in its place.
    vote : callable, optional
        Called after the last block if the tempo is uncertain; returns a function that gives the probability of tempos.
    own : OwnMeters, optional
        The meters of the own descriptors for this file.

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
        one_thread(),
        open_audio(
            path,
            block_seconds=settings.stream_block_seconds,
            memory_limit_percent=settings.memory_limit_percent,
        ) as stream,
    ):
        listening = [each for each in (hear, own.hear if own else None) if each is not None]
        blocks = _heard(stream, stream.rate, listening) if listening else stream
        found = describe(
            blocks,
            stream.rate,
            stream.channels,
            stream.channel_names,
            extended=settings.descriptors == "extended",
            vote=vote,
        )
        return TrackFeatures(
            **found,
            version=version_of(settings.descriptors),
            sample_rate_hz=stream.rate,
            channels=stream.channels,
            truncated=stream.truncated,
            own=own.finish() if own else {},
            own_versions=own.versions if own else {},
        )


def analyze_and_listen(
    path: str,
    settings: Settings,
    listen: Callable[[], Listener] | None = None,
    own: Sequence[SentMeter] = (),
) -> Analyzed:
    """Analyze a file and pass the same samples to a listener. Workers run this task.

    If the listener fails, the analysis still counts: the error is logged, and ``outputs`` is empty.

    Parameters
    ----------
    path : str
    settings : Settings
    listen : callable, optional
        Returns a listener for one file.
    own : sequence of SentMeter
        The meters of the own descriptors.

    Raises
    ------
    AudioError
        The file cannot be read or decoded.
    """
    start = time.perf_counter()
    meters = OwnMeters(own) if own else None
    if listen is None:
        features, outputs = analyze_file(path, settings, own=meters), ()
    else:
        listener = listen()
        features = analyze_file(path, settings, hear=listener.hear, vote=listener.vote, own=meters)
        outputs = _outputs(listener, path)
    return Analyzed(features, time.perf_counter() - start, outputs, meters.problems if meters else {})


def _outputs(listener: Listener, path: str) -> tuple[Any, ...]:
    try:
        return tuple(listener.finish())
    except WorkbenchError as error:
        logger.warning("%s: no model was run: %s", path, error)
        return ()


def _heard(blocks: Iterable[Samples], rate: int, listening: Sequence[Hear]) -> Iterator[Samples]:
    for block in blocks:
        for hear in listening:
            hear(block, rate)
        yield block

"""Describe the progress of a job in words."""

from __future__ import annotations

from workbench.processing.job.task import Progress
from workbench.readable import clock, counted, one_line


def done_of(progress: Progress) -> str:
    """Return how many of the files found are done.

    >>> done_of(Progress(done=3, total=12, scanning=False)), done_of(Progress(done=3, total=12))
    ('3 of 12 files', '3 of 12 files found so far')
    """
    more = " found so far" if progress.scanning else ""
    return f"{progress.finished:,} of {counted(progress.total, progress.unit)}{more}"


def describe(progress: Progress) -> str:
    """Return the facts that a bar does not show, in a few words.

    >>> describe(Progress(failed=1, audio_seconds=725, audio_rate=96.4, eta_s=81, state="running"))
    '12:05 of audio, 96x real time, 1:21 left, 1 failed'
    """
    parts = []
    if progress.audio_seconds:
        parts.append(f"{clock(progress.audio_seconds)} of audio")
    if progress.audio_rate:
        parts.append(f"{progress.audio_rate:.0f}x real time")
    if progress.eta_s and progress.state == "running":
        parts.append(f"{clock(progress.eta_s)} left")
    counts = ((progress.cached, "known"), (progress.failed, "failed"))
    parts += [f"{count} {name}" for count, name in counts if count]
    if progress.note:
        parts.append(one_line(progress.note))
    return ", ".join(parts)

"""The task that workers run instead of ``analyze_file_timed``; this module imports no more than that one."""

from __future__ import annotations

import time

from workbench.analysis.analyze_file import analyze_file
from workbench.analysis.features import TrackFeatures
from workbench.settings import Settings


def analyze_file_cpu(path: str, settings: Settings) -> tuple[TrackFeatures, float]:
    """Return the features of a file and the CPU seconds that they took."""
    start = time.thread_time()
    features = analyze_file(path, settings)
    return features, time.thread_time() - start

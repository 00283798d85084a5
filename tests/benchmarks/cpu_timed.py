"""What workers run in place of ``analyze_file_timed``: a module that imports no more than that does."""

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

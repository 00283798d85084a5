"""What a worker runs for one file."""

from __future__ import annotations

import time

from workbench.analysis.analyze_file import analyze_file
from workbench.analysis.features import TrackFeatures
from workbench.settings import Settings


def analyze_file_timed(path: str, settings: Settings) -> tuple[TrackFeatures, float]:
    """Return the features of a file and the seconds that they took."""
    start = time.perf_counter()
    features = analyze_file(path, settings)
    return features, time.perf_counter() - start

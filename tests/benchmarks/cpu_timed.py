"""The task that workers run instead of ``analyze_and_listen``; this module imports no more than that one."""

from __future__ import annotations

import time

from workbench.analysis.analyze_file import Analyzed, analyze_file
from workbench.settings import Settings


def analyze_file_cpu(path: str, settings: Settings) -> Analyzed:
    """Return the features of a file and the CPU seconds that they took."""
    start = time.thread_time()
    features = analyze_file(path, settings)
    return Analyzed(features, time.thread_time() - start)

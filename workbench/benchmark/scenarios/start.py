"""Open the library: how soon, and in how much memory. The parent adds ``startup_time``."""

from __future__ import annotations

from workbench.benchmark.child import Job


def before(job: Job) -> dict[str, float]:
    from workbench.benchmark.plain_program import count_tracks, import_everything

    import_everything()
    count_tracks(job.library)
    return {"memory_usage": resident_mb()}


def after(job: Job) -> dict[str, float]:
    from workbench import Workbench

    with Workbench(job.library.parent) as wb:
        wb.library.count()
        return {"memory_usage": resident_mb()}


def resident_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss / 2**20)

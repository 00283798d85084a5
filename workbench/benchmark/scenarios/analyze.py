"""Start and analyze new tracks. The parent process adds the time, CPU time and memory of all processes."""

from __future__ import annotations

from workbench.benchmark.child import ScenarioInput, tell


def before(given: ScenarioInput) -> dict[str, float]:
    from workbench.benchmark.plain_program import analyze_all, import_everything, make_table

    import_everything()
    database = given.folder / "plain.sqlite3"
    make_table(database)
    tell({"memory_usage": resident_mb()})
    analyze_all(given.tracks, database)
    return {}


def after(given: ScenarioInput) -> dict[str, float]:
    from workbench import Workbench

    with Workbench(given.folder / "library") as wb:
        wb.library.tracks.count()
        tell({"memory_usage": resident_mb()})
        report = wb.analyze(*given.tracks, show=False).result()
    if report.failed:
        raise RuntimeError(f"{report.failed[0].path}: {report.failed[0].error}")
    return {}


def resident_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss / 2**20)

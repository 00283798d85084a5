"""Analyse tracks that nobody has seen, from the command on. The parent adds time, CPU and memory of all processes."""

from __future__ import annotations

from workbench.benchmark.child import Job


def before(job: Job) -> dict[str, float]:
    from workbench.benchmark.plain_program import analyse_all, import_everything

    import_everything()
    analyse_all(job.tracks, job.folder / "plain.sqlite3")
    return {}


def after(job: Job) -> dict[str, float]:
    from workbench import Workbench

    with Workbench(job.folder / "library") as wb:
        report = wb.analyze(*job.tracks, show=False).result()
    if report.failed:
        raise RuntimeError(f"{report.failed[0].path}: {report.failed[0].error}")
    return {}

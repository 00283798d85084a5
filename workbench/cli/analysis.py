"""``workbench analyze`` and ``workbench demo``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.options import DONE, SOME_FAILED, Add, add_analysis_options, open_for_analysis
from workbench.cli.output import print_json, put, say
from workbench.readable import clock, counted, naming, one_line

if TYPE_CHECKING:
    from workbench.processing.job.job import Job
    from workbench.session.jobs.report import Report
    from workbench.session.workbench import Workbench


def add_commands(add: Add) -> None:
    sub = add("demo", _demo, "synthesize a small library, analyze it, make and export playlists")
    sub.add_argument(
        "--out", metavar="DIR", help="folder for the playlists (default: playlists/ in the data folder)"
    )
    sub.add_argument(
        "--styles", metavar="FOLDER", help="only write music of four styles to FOLDER, to train a tagger on"
    )
    add_analysis_options(sub)

    sub = add("analyze", _analyze, "analyze every audio file below the given folders and files")
    sub.add_argument("paths", nargs="+", metavar="PATH")
    sub.add_argument(
        "--force", action="store_true", help="analyze known files again, and retry those that failed"
    )
    add_analysis_options(sub)


def _demo(options: argparse.Namespace) -> int:
    if options.styles:
        return _write_styles(options)
    with open_for_analysis(options) as wb:
        folder = wb.make_demo_library()
        say(f"demo library in {folder}")
        report = _run_analysis(wb, [str(folder)], force=False)
        out = Path(options.out) if options.out else wb.settings.data_dir / "playlists"
        written = _demo_playlists(wb, out)
        if options.json:
            print_json(report | {"playlists": [str(path) for path in written]})
        else:
            _print_report(report)
            for path in written:
                put(f"playlist  {path}")
            put(
                f"\nLibrary in {wb.settings.data_dir}. Next: workbench serve, workbench lab, or workbench tracks"
            )
    return SOME_FAILED if report["failed"] else DONE


def _write_styles(options: argparse.Namespace) -> int:
    from workbench.audio.demo.style_library import make_style_library

    paths = make_style_library(Path(options.styles))
    if options.json:
        print_json({"folder": options.styles, "tracks": [str(path) for path in paths]})
    else:
        put(f"{len(paths)} tracks of four styles in {options.styles}")
    return DONE


def _demo_playlists(wb: Workbench, folder: Path) -> list[Path]:
    start = wb.track.first_playable()
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        ("Demo: like the first track", "similarity", {"start": start, "size": 10}),
        ("Demo: k-means", "kmeans", {"size": 10}),
        ("Demo: random", "random", {"size": 10}),
    ]
    written = []
    for name, method, parameters in wanted:
        playlist = wb.playlist(method, name=name, random_state=7, **parameters)
        written.append(playlist.save(folder / f"demo_{method}.m3u8", force=True))
    return written


def _analyze(options: argparse.Namespace) -> int:
    with open_for_analysis(options) as wb:
        report = _run_analysis(wb, options.paths, force=options.force)
    if options.json:
        print_json(report)
    else:
        _print_report(report)
    return SOME_FAILED if report["failed"] else DONE


def _run_analysis(wb: Workbench, paths: list[str], *, force: bool) -> dict[str, Any]:
    plan = wb.analyze.plan(*paths, force=force)
    say(plan.describe())
    report = wait_for(wb.analyze(plan=plan, show=True))
    if advice := wb.models.advice():
        say(advice)
    return report


def wait_for(job: Job[Report]) -> dict[str, Any]:
    """Return the report of a job as JSON-serializable values; Ctrl-C cancels the job."""
    try:
        return job.result().to_dict()
    except KeyboardInterrupt:
        job.cancel()
        raise


def _print_report(report: dict[str, Any]) -> None:
    from workbench.session.jobs.scan_notes import scan_notes

    put(
        f"{report['found']} found, {report['analyzed']} analyzed, {report['cached']} cached, "
        f"{len(report['failed'])} failed in {report['seconds']:.1f} s "
        f"({clock(report['audio_seconds'])} of audio, {counted(report['workers'], 'worker')})"
    )
    for note in scan_notes(report):
        put(note)
    print_failures(report)


def print_failures(report: Mapping[str, Any]) -> None:
    for failure in report["failed"]:
        put(f"failed    {one_line(naming(failure['path'], failure['error']))} [{failure['kind']}]")

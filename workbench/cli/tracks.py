"""``workbench tracks`` lists the library, ``workbench problems`` its problems."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from workbench.cli.options import DONE, ERROR, Add, open_library
from workbench.cli.output import print_json, print_json_pages, put, say
from workbench.errors import WorkbenchError
from workbench.readable import counted, one_line

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench

_BEST = 20  # as many as a screen shows


def add_commands(add: Add) -> None:
    sub = add("tracks", _tracks, "list the tracks of the library")
    sub.add_argument(
        "--query", metavar="TEXT", help="only tracks whose title, artist, album, genre or path has TEXT"
    )
    sub.add_argument(
        "--like",
        metavar="WORDS",
        help='tracks that sound so, the best first: "calm piano without singing", "fast 80s rock in A minor"',
    )
    sub.add_argument(
        "--limit", type=int, metavar="N", help="at most so many tracks (default: all; 20 with --like)"
    )
    sub.add_argument(
        "--failed", action="store_true", help="only tracks that could not be analyzed, with the reason"
    )
    add("problems", _problems, "list copies, failed and missing files, clipping, odd tags and loudness")


def _tracks(options: argparse.Namespace) -> int:
    if options.limit is not None and options.limit < 1:
        raise WorkbenchError(f"--limit {options.limit}: give a whole number from 1.")
    if options.like is not None and (options.query is not None or options.failed):
        raise WorkbenchError("--like searches by sound: give it without --query and --failed.")
    with open_library(options) as wb:
        if options.like is not None:
            return _like(wb, options)
        status = "failed" if options.failed else None
        pages = wb.track.pages(options.query, status=status, limit=options.limit)
        if options.json:
            return DONE if print_json_pages("tracks", pages) else ERROR
        total = 0
        for page in pages:
            put("\n".join(map(_track_line, page)))
            sys.stdout.flush()
            total += len(page)
        put(counted(total, "track"))
    return DONE


def _like(wb: Workbench, options: argparse.Namespace) -> int:
    found = wb.search(like=options.like, limit=options.limit or _BEST)
    for note in found.notes:
        say(note)
    tracks = wb.track.described_matches(found)
    if options.json:
        print_json({"total": found.total, "tracks": tracks, "notes": list(found.notes)})
        return DONE
    for track, match in zip(tracks, found.tracks, strict=True):
        who = " – ".join(one_line(part) for part in (track["artist"], track["title"]) if part)
        put(f"{track['id']:>6}  {match.match:>4.0%}  {who}: {match.why}")
    put(f"{len(tracks)} of {counted(found.total, 'track')}")
    return DONE


def _track_line(track: dict[str, Any]) -> str:
    from workbench.models.predicted import predicted_text
    from workbench.playlists.sound.heard import heard_text

    features, error = track["features"], track["error"]
    who = " – ".join(one_line(part) for part in (track["artist"], track["title"]) if part)
    if error:
        return f"{track['id']:>6}  {track['status']:<9} {one_line(track['path'])}: {one_line(error)}"
    if not features:
        return f"{track['id']:>6}  {track['status']:<9} {who}"

    def show(name: str, form: str) -> str:
        value = features.get(name)
        return "–" if value is None else format(value, form)

    return (
        f"{track['id']:>6}  {track['status']:<9} {show('bpm', '5.1f'):>5} BPM  {features.get('camelot') or '–':>3}  "
        f"{show('loudness_lufs', '5.1f'):>5} LUFS  {who}"
        + (f"  predicted: {one_line(predicted_text(track['predicted']))}" if track["predicted"] else "")
        + (f"  heard: {heard_text(track['sound_tags'])}" if track["sound_tags"] else "")
    )


def _problems(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        problems, paths = wb.problems(), wb.table()
        if options.json:
            print_json({"problems": [problem.to_dict(paths) for problem in problems]})
            return DONE
        for problem in (problem for problem in problems if problem.findings):
            put(f"{problem.title}: {counted(len(problem.findings), 'track')}. {problem.advice}")
            for finding in problem.to_dict(paths)["findings"]:
                put(f"{finding['id']:>6}  {one_line(finding['path'])}: {one_line(finding['reason'])}")
        if not any(problem.findings for problem in problems):
            put("No problem found.")
    return DONE

"""``workbench tracks`` lists the library, ``workbench problems`` its problems."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from workbench.cli.options import DONE, ERROR, Add, open_library
from workbench.cli.output import print_json, print_json_pages, put, say, table_lines, write
from workbench.errors import WorkbenchError
from workbench.readable import counted, json_escaped, one_line
from workbench.values import split_list

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench

_BEST = 20  # as many as a screen shows


def add_commands(add: Add) -> None:
    sub = add("tracks", _tracks, "list the tracks of the library")
    sub.add_argument(
        "--query",
        metavar="TEXT",
        help="only tracks with these words in title, artist, album, genre or path, the best first",
    )
    sub.add_argument(
        "--where",
        metavar="FILTER",
        help='only tracks that match a filter: "bpm 120-128 and key 8A", "genre ~ house or year 1990s"',
    )
    sub.add_argument("--sort", metavar="COLUMNS", help='order of the tracks: bpm, "artist, year desc"')
    sub.add_argument(
        "--columns", metavar="COLUMNS", help="what to show of each track: title,artist,bpm,camelot,energy"
    )
    sub.add_argument("--csv", action="store_true", help="print CSV, for spreadsheets")
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
    if options.csv and options.json:
        raise WorkbenchError("Give --csv or --json, not both.")
    narrowed = (options.query, options.sort, options.columns, options.failed or None, options.csv or None)
    if options.like is not None and any(value is not None for value in narrowed):
        raise WorkbenchError(
            "--like searches by sound: give it with --where and --limit, and without other options."
        )
    with open_library(options) as wb:
        if options.like is not None:
            return _like(wb, options)
        if options.csv or options.columns is not None:
            return _columns(wb, options)
        pages = wb.track.pages(options.query, **_which(options), limit=options.limit)
        if options.json:
            return DONE if print_json_pages("tracks", pages) else ERROR
        total = 0
        for page in pages:
            put("\n".join(map(_track_line, page)))
            sys.stdout.flush()
            total += len(page)
        put(counted(total, "track"))
    return DONE


def _which(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "where": options.where,
        "sort": options.sort,
        "status": "failed" if options.failed else None,
    }


def _columns(wb: Workbench, options: argparse.Namespace) -> int:
    from workbench.playlists.query.listing import DEFAULT_COLUMNS

    asked = options.columns
    columns = DEFAULT_COLUMNS if asked is None else split_list(asked)
    listed = wb.track.listing(options.query, **_which(options))
    page = listed.page(0, options.limit)
    if options.csv:
        for part in page.csv(columns):
            write(part)
    elif options.json:
        return DONE if print_json_pages("tracks", [page.records(columns)]) else ERROR
    else:
        for line in table_lines(columns, page.records(columns)):
            put(line)
        put(_counted(len(page), len(listed)))
    return DONE


def _counted(shown: int, total: int) -> str:
    return counted(total, "track") if shown == total else f"{shown:,} of {counted(total, 'track')}"


def _like(wb: Workbench, options: argparse.Namespace) -> int:
    found = wb.search(options.where, like=options.like, limit=options.limit or _BEST)
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
    from workbench.session.problems import as_json

    with open_library(options) as wb:
        problems, paths = wb.problems(), wb.table()
        if options.json:
            for piece in as_json(problems, paths):
                sys.stdout.write(json_escaped(piece))
            return DONE
        for problem in (problem for problem in problems if problem.findings):
            put(f"{problem.title}: {counted(len(problem.findings), 'track')}. {problem.advice}")
            for finding in problem.described(paths):
                put(f"{finding['id']:>6}  {one_line(finding['path'])}: {one_line(finding['reason'])}")
        if not any(problem.findings for problem in problems):
            put("No problem found.")
    return DONE

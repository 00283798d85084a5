"""``workbench history``: import and list listening histories of other programs."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from workbench.cli.options import DONE, ERROR, SOME_FAILED, Add, open_library
from workbench.cli.output import confirm, print_json, put, say
from workbench.errors import WorkbenchError
from workbench.readable import counted, one_line

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench

_SHOWN = 10  # tracks that are not in the library; --json lists all
_EXAMPLES = """examples:
  workbench history listenbrainz_export.zip
  workbench history Streaming_History_Audio_*.json
  workbench history
  workbench history --forget Spotify
"""


def add_commands(add: Add) -> None:
    sub = add(
        "history", _history, "what you played elsewhere: import exports, list what is known", epilog=_EXAMPLES
    )
    sub.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="an export of ListenBrainz, Last.fm, Spotify, Apple Music, iTunes or Music; without one, list the sources",
    )
    sub.add_argument("--forget", metavar="SOURCE", help="delete what was imported from a source")


def _history(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        if options.forget is not None:
            return _forget(wb, options)
        return _import(wb, options) if options.files else _list_sources(wb, options)


def _import(wb: Workbench, options: argparse.Namespace) -> int:
    done: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for file in options.files:
        try:
            done.append(wb.history.read(file).to_dict())
        except WorkbenchError as error:
            refused.append({"file": file, "error": error.kind, "message": error.message})
            say(f"workbench: {error}")
        else:
            if not options.json:
                _print_import(done[-1])
    if options.json:
        print_json({"imported": done, "failed": refused})
    if not refused:
        return DONE
    return SOME_FAILED if done else ERROR


def _print_import(made: dict[str, Any]) -> None:
    put(
        f"{one_line(made['file'])}: {made['source']}, {counted(made['plays'], 'play')}, {made['matched']} of your "
        f"tracks, {made['added']} new"
    )
    if made["facts"]:
        put(f"counted   {counted(made['facts'], 'track')} with a new play count, rating or heart")
    for name in made["playlists"]:
        put(f"playlist  {one_line(name)}")
    for reason, count in made["skipped"].items():
        put(f"left out  {count:,} {reason}")
    unmatched = made["unmatched"]
    for track in unmatched[:_SHOWN]:
        who = " – ".join(one_line(part) for part in (track["artist"], track["title"]) if part)
        put(f"not here  {who} ({counted(track['plays'], 'play')})")
    if len(unmatched) > _SHOWN:
        put(f"          and {len(unmatched) - _SHOWN:,} more; --json lists them all")


def _list_sources(wb: Workbench, options: argparse.Namespace) -> int:
    sources = [source._asdict() for source in wb.history()]
    if options.json:
        print_json({"sources": sources})
        return DONE
    for source in sources:
        days = (
            "" if source["last_at"] is None else f", {_day(source['first_at'])} to {_day(source['last_at'])}"
        )
        told = f", {source['told_tracks']:,} counted or rated" if source["told_tracks"] else ""
        put(
            f"{source['source']:<22} {counted(source['plays'], 'play')} of {source['tracks']:,} tracks{days}{told}"
        )
    if not sources:
        put("No history was imported. Import one with: workbench history FILE")
    return DONE


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def _forget(wb: Workbench, options: argparse.Namespace) -> int:
    count = wb.history.forget(options.forget)
    if not count:
        known = ", ".join(source.source for source in wb.history()) or "none"
        raise WorkbenchError(f"Nothing was imported from {options.forget!r}. Sources: {known}.")
    said = f"forgotten {counted(count, 'play or fact', 'plays and facts')} of {options.forget}"
    confirm(said, {"forgotten": count}, options)
    return DONE

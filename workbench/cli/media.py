"""``workbench media``: connect to the media servers that play the music."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.cli.options import DONE, Add, add_prefix_option, open_library
from workbench.cli.output import confirm, print_json, put, say
from workbench.errors import MediaServerError
from workbench.readable import clock, one_line

if TYPE_CHECKING:
    from workbench.session.media.song_matching import Matched

PASSWORD = "WORKBENCH_MEDIA_PASSWORD"
_SHOWN = 20  # as many as a screen shows; --all shows the others
_EXAMPLES = f"""examples:
  workbench media add home --url http://localhost:4533 --user me
  workbench media match home
  workbench playlist similarity --start "Miller's Waltz" --name Waltzes --to home
  workbench media pull home

The password is asked for on the terminal. A script gives it in {PASSWORD}, or as a line of standard input.
"""


def add_commands(add: Add, common: argparse.ArgumentParser) -> None:
    sub = add(
        "media", _media, "media servers such as Navidrome: songs, stars, plays, playlists", epilog=_EXAMPLES
    )
    actions = sub.add_subparsers(title="actions", metavar="ACTION", required=True, dest="action")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = actions.add_parser(
            name, help=text, description=text, parents=[common]
        )
        if name != "list":
            made.add_argument("name", metavar="NAME", help="name of the server in the workbench")
        return made

    _add_add(
        action(
            "add", "log in to a server that speaks (Open)Subsonic, or to Jellyfin, and keep it under a name"
        )
    )
    action("list", "list the servers that were added")
    action("check", "connect to a server, and say what it is")
    action("remove", "forget a server; its playlists stay there")
    matching = action("match", "find the track of the library that each song of a server is")
    matching.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="SONG",
        help="the id of a doubtful song that is what was found for it, or all; may be repeated",
    )
    matching.add_argument("--all", action="store_true", help="list all doubtful and unknown songs")
    action("pull", "fetch stars, ratings, play counts and last plays")


def _add_add(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--url", required=True, help="where its web page opens, such as http://localhost:4533")
    sub.add_argument(
        "--kind",
        choices=("subsonic", "jellyfin"),
        default="subsonic",
        help="protocol of the server (default subsonic)",
    )
    sub.add_argument("--user", default="", help="your name there; without it, an API key is asked for")
    add_prefix_option(sub, "the server sees the folder HERE as THERE; most folders are found without this")
    sub.add_argument(
        "--send-password",
        action="store_true",
        help="allow an old server to get the password over a connection that is not encrypted",
    )


def _media(options: argparse.Namespace) -> int:
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "add": _add,
        "list": _list,
        "check": _check,
        "remove": _remove,
        "match": _match,
        "pull": _pull,
    }
    return actions[options.action](options)


def _add(options: argparse.Namespace) -> int:
    from workbench.media.kept_servers import check_name

    check_name(options.name)  # before the password is requested
    secret = _secret(f"Password of {options.user}" if options.user else "API key")
    with open_library(options) as wb:
        found = wb.media.add(
            options.name,
            url=options.url,
            user=options.user,
            secret=secret,
            kind=options.kind,
            prefixes=dict(options.prefix),
            send_password=options.send_password,
        )
    confirm(f"{options.name}: {found}", {"name": options.name, "server": found}, options)
    return DONE


def _secret(what: str) -> str:
    """Ask for the password, which is never an argument, because other users of a machine can see command lines."""
    given = os.environ.get(PASSWORD)
    if given is None:
        given = getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise MediaServerError(
            f"No password was given. Type it, set {PASSWORD}, or write it to standard input."
        )
    return given


def _list(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        servers = wb.media.servers()
    if options.json:
        print_json({"servers": [{"name": one.name, "url": one.url, "user": one.user} for one in servers]})
        return DONE
    for one in servers:
        put(f"{one.name:<16} {one.url}  {one.user or 'API key'}")
    if not servers:
        say("No media server was added yet; see workbench media add --help.")
    return DONE


def _check(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        found = wb.media.check(options.name)
    confirm(found, {"server": found}, options)
    return DONE


def _remove(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        wb.media.remove(options.name)
    confirm(f"{options.name} is forgotten", {"removed": options.name}, options)
    return DONE


def _match(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        matched = wb.media.match(options.name, accept=options.accept)
        most = None if options.all else _SHOWN
        ids = [song.track_id for song in matched.doubtful[:most] if song.track_id is not None]
        tracks = {id_: _named(vars(wb.track(id_))) for id_ in ids}
    if options.json:
        songs = {f"{name}_songs": _told(getattr(matched, name)) for name in ("doubtful", "unknown")}
        print_json(_counts(matched) | songs)
        return DONE
    put(repr(matched))
    for song in matched.doubtful[:most]:
        put(f"doubtful  {song.song_id}  {_song(song)} = {tracks.get(song.track_id or 0, '')}? (by {song.by})")
    for song in matched.unknown[:most]:
        put(f"not known {song.song_id}  {_song(song)}")
    if most and len(matched.doubtful) + len(matched.unknown) > most:
        say("More are shown with --all.")
    if matched.doubtful:
        say(f"To accept a doubtful song: workbench media match {options.name} --accept SONG (or all).")
    return DONE


def _pull(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        pulled = wb.media.pull(options.name)
    counts = {name: getattr(pulled, name) for name in ("starred", "rated", "played", "new_plays")}
    confirm(repr(pulled), _counts(pulled.matched) | counts, options)
    return DONE


def _counts(matched: Matched) -> dict[str, Any]:
    kinds = {name: len(getattr(matched, name)) for name in ("sure", "doubtful", "unknown")}
    return {"server": matched.server, "songs": len(matched.songs), **kinds}


def _told(songs: Sequence[Any]) -> list[dict[str, Any]]:
    return [song._asdict() for song in songs]


def _song(song: Any) -> str:
    who = " – ".join(one_line(part) for part in (song.artist, song.title) if part)
    length = "" if song.duration_s is None else f" ({clock(song.duration_s)})"
    return f"{who or one_line(song.path or '')}{length}"


def _named(track: dict[str, Any]) -> str:
    who = " – ".join(one_line(part) for part in (track["artist"], track["title"]) if part)
    length = "" if track["duration_s"] is None else f" ({clock(track['duration_s'])})"
    return f"{who or one_line(track['path'])}{length}"

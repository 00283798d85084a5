"""``workbench playlist``: make, keep, make again, refresh, compare and read playlists."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.options import (
    DONE,
    ERROR,
    SOME_FAILED,
    USAGE,
    Add,
    add_parameter_option,
    add_prefix_option,
    open_library,
    pair,
)
from workbench.cli.output import confirm, print_json, put, say
from workbench.errors import PlaylistError
from workbench.readable import clock, counted, one_line
from workbench.settings import Settings
from workbench.values import DEFAULT_SIZE, SIZE

if TYPE_CHECKING:
    from workbench.playlists import Playlist
    from workbench.session.workbench import Workbench
    from workbench.values import Value


def add_commands(add: Add, arguments: Sequence[str]) -> None:
    sub = add("playlist", playlist, "make a playlist", epilog=_methods_text(arguments))
    sub.add_argument("method", nargs="?", metavar="METHOD", help="how tracks are chosen; see below")
    sub.add_argument(
        "--size", type=int, default=None, metavar="N", help=f"{SIZE.help} (default {DEFAULT_SIZE})"
    )
    sub.add_argument("--count", type=int, metavar="N", help="how many playlists; --out is then a folder")
    sub.add_argument("--start", metavar="TRACK", help="id, path or title of the track to start from")
    sub.add_argument("--end", metavar="TRACK", help="id, path or title of the track to end with")
    sub.add_argument("--random-state", type=int, metavar="INT", help="same number, same playlist")
    sub.add_argument("--order", metavar="NAME", help="none, smooth, harmonic, ramp_up, ramp_down or shuffle")
    add_parameter_option(sub, "a parameter of the method, or a constraint; may be repeated", _parameter)
    sub.add_argument(
        "--recipe", metavar="NAME|FILE|ID", help="make a playlist of a recipe, or of a kept playlist again"
    )
    sub.add_argument(
        "--save-recipe",
        metavar="NAME",
        help="with METHOD: keep it and its parameters as a recipe, also for the app",
    )
    sub.add_argument("--recipes", action="store_true", help="the names of the recipes that are kept")
    sub.add_argument("--refresh", metavar="ID", help="bring a kept playlist up to date and show what changed")
    sub.add_argument("--compare", nargs=2, metavar="ID", help="what two kept playlists share")
    sub.add_argument(
        "--read",
        metavar="FILE",
        help="which tracks of the library a playlist file names: m3u, xspf, pls, wpl, asx, a table, a text list …",
    )
    sub.add_argument("--list", action="store_true", help="the kept playlists; with --name its history")
    sub.add_argument("--show", metavar="ID", help="the tracks of a kept playlist, with the reasons")
    sub.add_argument("--rename", metavar="ID", help="give a kept playlist the name that --name says")
    sub.add_argument("--delete", metavar="ID", help="delete a kept playlist with its history")
    sub.add_argument("--name", metavar="TEXT", help="name of the playlist")
    sub.add_argument(
        "--out", metavar="FILE", help="write it: .m3u8 .xspf .jspf .pls .csv .json .nsp .xml .nml"
    )
    sub.add_argument(
        "--format",
        metavar="NAME",
        help="m3u8, xspf, jspf, pls, csv, json, nsp (Navidrome smart playlist), xml (Rekordbox) or nml (Traktor); "
        "default: the suffix of FILE",
    )
    sub.add_argument(
        "--to",
        metavar="SERVER",
        help="store it on a media server: the name of one that was added (workbench media), mpd (asks MPD_HOST, as mpc "
        "does), mpd://HOST:PORT or mpd:///SOCKET",
    )
    sub.add_argument("--absolute", action="store_true", help="absolute paths instead of relative to FILE")
    add_prefix_option(sub, "write paths below HERE as if they were below THERE (another machine or player)")
    sub.add_argument(
        "--force",
        action="store_true",
        help="overwrite a file, or a playlist on a server, that the workbench did not make or that has twice as many "
        "tracks",
    )


def _methods_text(arguments: Sequence[str]) -> str | None:
    """Return the help of all methods if it is requested, because only then they are imported."""
    if "playlist" not in arguments or not {"-h", "--help"} & set(arguments):
        return None
    from workbench.playlists import COMMON_PARAMETERS, METHODS
    from workbench.session.plugins.plugins import Plugins

    Plugins(Settings.load(data_dir=_data_dir(arguments)).data_dir)  # registers the methods of plug-ins

    def lines(parameters: Mapping[str, Any]) -> list[str]:
        return [
            f"    {name}: {parameter.help} ({parameter.allowed}{default(parameter)})"
            for name, parameter in parameters.items()
        ]

    def default(parameter: Value) -> str:
        if parameter.required:
            return "; required"
        return "" if parameter.default is None else f"; default {json.dumps(parameter.default)}"

    text = ["methods, each with its parameters (-p NAME=VALUE):"]
    for name, method in METHODS.items():
        text += [f"  {name}: {method.help}", *lines(method.parameters)]
    return "\n".join([*text, "", "constraints and order, for every method:", *lines(COMMON_PARAMETERS)])


def _data_dir(arguments: Sequence[str]) -> str | None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--data-dir")
    found: str | None = parser.parse_known_args(arguments)[0].data_dir
    return found


def playlist(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    ways = {
        "method": _make,
        "recipe": _make_again,
        "refresh": _refresh,
        "compare": _compare,
        "read": _read,
        "list": _list_playlists,
        "recipes": _list_recipes,
        "show": _show,
        "rename": _rename,
        "delete": _delete,
    }
    asked = [way for way in ways if getattr(options, way)]
    if len(asked) != 1:
        say(
            "usage: workbench playlist METHOD, or one of --recipe, --refresh, --compare, --read, --list, --recipes, "
            "--show, --rename and --delete; see workbench playlist --help"
        )
        return USAGE
    if options.rename and not options.name:
        say("usage: workbench playlist --rename ID --name NAME")
        return USAGE
    from workbench.playlists import check_folder

    with open_library(options) as wb:
        if _one_file(options):
            wb.playlists.check_target(options.out, format=options.format, force=options.force)
        elif options.out:
            check_folder(options.out)
        if options.to:
            wb.media.check(options.to)
        return ways[asked[0]](wb, options)


def _one_file(options: argparse.Namespace) -> bool:
    if not options.out:
        return False
    from workbench.playlists.dj.writing import is_collection

    one = options.count in (None, 1) and options.method != "all"
    return is_collection(options.out, options.format) or (one and bool(Path(options.out).suffix))


def _make(wb: Workbench, options: argparse.Namespace) -> int:
    named = ("start", "end", "order", "size", "count", "name", "random_state")
    asked = {name: value for name in named if (value := getattr(options, name)) is not None}
    for key, value in options.parameter:
        if key in asked or key == "method":
            raise PlaylistError(f"-p {key}={value}: {key} is given already. Give it once.")
        asked[key] = value
    if _wants_rules(options):
        from workbench.playlists.files.nsp import rules_of

        rules_of({"method": options.method, "parameters": asked})
    made = wb.playlists.make_many(options.method, **asked)
    if options.save_recipe:
        path = _save_recipe(wb, options, asked)
        say(f"recipe    {path}")
    return _show_playlists(wb, made, options)


def _save_recipe(wb: Workbench, options: argparse.Namespace, asked: Mapping[str, Any]) -> Path:
    given = {name: value for name, value in asked.items() if name not in ("count", "name", "random_state")}
    return wb.recipes.save(options.save_recipe, options.method, given, random_state=asked.get("random_state"))


def _list_recipes(wb: Workbench, options: argparse.Namespace) -> int:
    names = list(wb.recipes)
    if options.json:
        print_json({"folder": str(wb.recipes.folder), "recipes": names})
        return DONE
    for name in names:
        put(one_line(name))
    return DONE


def _wants_rules(options: argparse.Namespace) -> bool:
    return "nsp" in (options.format, Path(options.out or "").suffix.removeprefix("."))


def _make_again(wb: Workbench, options: argparse.Namespace) -> int:
    return _show_playlists(wb, [wb.playlists.again(options.recipe)], options)


def _refresh(wb: Workbench, options: argparse.Namespace) -> int:
    old = wb.playlists.get(options.refresh)
    refreshed = wb.playlists.refresh(options.refresh)
    say(f"{len(refreshed.kept)} kept, {len(refreshed.added)} added, {len(refreshed.removed)} removed")
    if not options.json:
        _print_tracks(old, refreshed.playlist, {"added": refreshed.added, "removed": refreshed.removed})
    return _show_playlists(wb, [refreshed.playlist], options, {"refreshed": refreshed.to_dict()})


def _compare(wb: Workbench, options: argparse.Namespace) -> int:
    a, b = (wb.playlists.get(playlist) for playlist in options.compare)
    comparison = wb.playlists.compare(*options.compare).to_dict()
    if options.json:
        print_json(comparison)
    else:
        _print_comparison(a, b, comparison)
    return DONE


def _print_comparison(a: Playlist, b: Playlist, comparison: dict[str, Any]) -> None:
    put(f"a: {_kept(a)}; b: {_kept(b)}")
    tau = comparison["order_agreement"]
    order = "" if tau is None else f", order agreement {tau:.2f} (1 the same, -1 reversed)"
    put(f"overlap {comparison['overlap']:.0%}{order}")
    costs = (comparison["mean_transition_a"], comparison["mean_transition_b"])
    put("mean transition " + ", ".join(_cost(name, cost) for name, cost in zip("ab", costs, strict=True)))
    kinds = {"in both": "shared", "only in a": "only_in_a", "only in b": "only_in_b"}
    _print_tracks(a, b, {title: comparison[kind] for title, kind in kinds.items()})


def _print_tracks(a: Playlist, b: Playlist, tracks: Mapping[str, Sequence[int]]) -> None:
    """Print tracks of either playlist by name, each with a heading before it."""
    names = {track.id: _named(vars(track)) for track in [*a, *b]}
    for title, ids in tracks.items():
        for track_id in ids:
            put(f"{title:<10} {names[track_id]}")


def _cost(name: str, cost: float | None) -> str:
    return f"{name} unknown" if cost is None else f"{name} {cost:.2f}"


def _read(wb: Workbench, options: argparse.Namespace) -> int:
    matches = wb.playlists.read_file(options.read)
    entries = [
        {
            "location": match.entry.location,
            "artist": match.entry.artist,
            "title": match.entry.title,
            "track_id": match.track_id,
            "by": match.by,
            "score": match.score,
        }
        for match in matches
    ]
    known = sum(entry["track_id"] is not None for entry in entries)
    if options.json:
        print_json({"entries": entries, "known": known, "total": len(entries)})
    else:
        _print_matches(wb, entries)
        put(f"{known} of {len(entries)} are tracks of this library")
    if not known:
        return ERROR
    return DONE if known == len(entries) else SOME_FAILED


def _print_matches(wb: Workbench, entries: Sequence[dict[str, Any]]) -> None:
    """Print how each entry was matched, doubtful ones first, with the track unless it was matched by its path."""
    for entry in sorted(entries, key=lambda entry: entry["score"]):
        asked = " – ".join(part for part in (entry["artist"], entry["title"]) if part)
        asked = one_line(str(entry["location"] or asked))
        if entry["track_id"] is None:
            put(f"{'not known':<24} {asked}")
            continue
        found = f"{entry['track_id']} by {entry['by']} ({entry['score']:.0%})"
        meant = "" if entry["score"] == 1 else f" = {_named(vars(wb.track(entry['track_id'])))}"
        put(f"{found:<24} {asked}{meant}")


def _show(wb: Workbench, options: argparse.Namespace) -> int:
    return _show_playlists(wb, [wb.playlists.get(options.show)], options)


def _rename(wb: Workbench, options: argparse.Namespace) -> int:
    before = wb.playlists.get(options.rename)
    wb.playlists.rename(options.rename, options.name)
    name = options.name.strip()
    confirm(f"{one_line(before.name)} is now {one_line(name)}", {"name": name}, options)
    return DONE


def _delete(wb: Workbench, options: argparse.Namespace) -> int:
    deleted = wb.playlists.discard(options.delete)
    ids = [version.id for version in deleted.versions]
    said = f"{one_line(deleted.name)} is deleted ({counted(len(ids), 'version')})"
    confirm(said, {"deleted": ids}, options)
    return DONE


def _list_playlists(wb: Workbench, options: argparse.Namespace) -> int:
    kept = wb.playlists(options.name)
    if options.json:
        print_json({"total": len(kept), "playlists": [vars(summary) for summary in kept]})
        return DONE
    for summary in kept:
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.created_at))
        put(f"{summary.id:>6}  {made}  {summary.method:<13} {summary.size:>5}  {one_line(summary.name)}")
    return DONE


def _show_playlists(
    wb: Workbench, playlists: list[Playlist], options: argparse.Namespace, more: dict[str, Any] | None = None
) -> int:
    answers = [playlist.to_dict() | (more or {}) for playlist in playlists]
    written = _write(wb, playlists, options)
    for answer, path in zip(answers, cycle(written), strict=False):
        answer["file"] = str(path)
    if options.to:
        for answer, made in zip(answers, playlists, strict=True):
            answer["sent"] = _sent(wb, made, options)
    code = SOME_FAILED if any(answer.get("sent", {}).get("unknown") for answer in answers) else DONE
    if options.json:
        print_json(answers[0] if len(answers) == 1 and options.count in (None, 1) else {"playlists": answers})
        return code
    for answer in answers:
        _print_playlist(answer)
        if "file" in answer:
            put(f"written   {answer['file']}")
        if "sent" in answer:
            _print_sent(answer["sent"])
    return code


def _sent(wb: Workbench, made: Playlist, options: argparse.Namespace) -> dict[str, Any]:
    sent = wb.media.send(made, options.to, force=options.force)
    return {**vars(sent), "unknown": [{"id": track.id, "path": track.path} for track in sent.unknown]}


def _print_sent(sent: dict[str, Any]) -> None:
    before = "" if sent["replaced"] is None else f", in place of {sent['replaced']}"
    put(f"stored    {sent['server']}: {sent['name']}, {sent['stored']} tracks{before}")
    for track in sent["unknown"]:
        put(f"not there {one_line(track['path'] or str(track['id']))}")


def _write(wb: Workbench, playlists: list[Playlist], options: argparse.Namespace) -> list[Path]:
    if not options.out:
        return []
    return wb.playlists.save(
        playlists,
        options.out,
        format=options.format,
        paths="absolute" if options.absolute else "relative",
        force=options.force,
        prefix_map=dict(options.prefix) or None,
    )


def _print_playlist(playlist: dict[str, Any]) -> None:
    from workbench.playlists.quality_card import card_text

    put(
        f"{playlist['name']}: {counted(len(playlist['tracks']), 'track')}, {clock(playlist['duration_s'])}, "
        f"random_state {playlist['random_state']}, kept as {playlist['id']}"
    )
    for number, track in enumerate(playlist["tracks"], 1):
        put(f"{number:>4}  {_named(track)}: {track['explanation'].get('text', '')}")
    if quality := card_text(playlist["card"]):
        put(f"quality   {quality}")
    for note in playlist["card"].get("notes", []):
        put(f"note      {note['message']}")


def _kept(playlist: Playlist) -> str:
    return f"{one_line(playlist.name)} (kept as {playlist.id}), {counted(len(playlist), 'track')}"


def _named(track: Mapping[str, Any]) -> str:
    who = " – ".join(one_line(part) for part in (track["artist"], track["title"]) if part)
    return who or one_line(track["path"] or f"track {track['id']}")


def _parameter(text: str) -> tuple[str, Any]:
    key, value = pair(text)
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value

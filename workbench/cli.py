"""The ``workbench`` command: thin over :class:`workbench.Workbench`.

Standard output carries the answer (with ``--json`` one JSON document and nothing else), standard error the progress.
Exit codes: 0 done, 1 error said in one line, 2 usage, 3 done but some tracks failed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import __version__
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.session import Workbench
    from workbench.store.library import Library

DONE, ERROR, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = _parser(arguments).parse_args(arguments)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
        return code
    except WorkbenchError as error:
        if options.json:
            _print_json({"error": error.kind, "message": error.message})
        print(f"workbench: {error}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        print("workbench: interrupted; what was done is saved, run the command again to go on", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return ERROR


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data-dir", metavar="DIR", help="where the library is kept (default: your user data folder)")
    common.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    parser = argparse.ArgumentParser(
        prog="workbench", description="Analyse a music library, explore it in notebooks, make playlists.")
    parser.add_argument("--version", action="version", version=f"playlist-workbench {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Command, text: str, **more: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[common], help=text, description=text,
                                  formatter_class=argparse.RawDescriptionHelpFormatter, **more)
        sub.set_defaults(command=command)
        return sub

    sub = add("demo", _demo, "synthesise a small library, analyse it, make and export playlists")
    sub.add_argument("--out", metavar="DIR", help="folder for the playlists (default: playlists/ in the data folder)")
    _add_analysis_options(sub)

    sub = add("analyze", _analyze, "analyse every audio file below the given folders and files")
    sub.add_argument("paths", nargs="+", metavar="PATH")
    sub.add_argument("--force", action="store_true", help="analyse again what is known, retry what failed")
    _add_analysis_options(sub)

    sub = add("tracks", _tracks, "list the tracks of the library")
    sub.add_argument("--query", metavar="TEXT", help="only tracks whose title, artist, album, genre or path has TEXT")
    sub.add_argument("--failed", action="store_true", help="only tracks that could not be analysed, with the reason")

    sub = add("playlist", _playlist, "make a playlist", epilog=_methods_text(arguments))
    _add_playlist_options(sub)

    sub = add("serve", _serve, "Voila apps and REST on one port")
    sub.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    sub.add_argument("--port", type=int, help="port to listen on (default 8500)")
    sub.add_argument("--base-url", default="/", metavar="PATH", help="prefix behind a proxy (default /)")

    sub = add("lab", _lab, "JupyterLab on the notebooks, with the same REST")
    sub.add_argument("--port", type=int, help="port to listen on (default 8500)")
    sub.add_argument("--no-browser", action="store_true", help="do not open a browser")

    sub = add("db", _db, "look after the database")
    actions = sub.add_subparsers(title="actions", metavar="ACTION", required=True, dest="action")
    for name, text in (("info", "sizes, counts and versions"), ("check", "look for damage"),
                       ("vacuum", "give unused space back to the disk")):
        actions.add_parser(name, help=text, description=text, parents=[common])
    for name, text in (("backup", "copy the database to FILE"), ("restore", "replace the database by FILE")):
        actions.add_parser(name, help=text, description=text, parents=[common]).add_argument("file", metavar="FILE")

    add("doctor", _doctor, "what is installed, what is missing and the fix")
    return parser


def _add_analysis_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--workers", type=int, metavar="N", help="workers (default: ASYNC_WORKERS)")
    sub.add_argument("--timeout", type=float, metavar="S", help="deadline for one file (ANALYSIS_TIMEOUT_SECONDS)")
    sub.add_argument("--scheduler", metavar="ADDR", help="Dask scheduler of a remote cluster, tcp:// or tls://")


def _add_playlist_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("method", nargs="?", metavar="METHOD", help="how tracks are chosen; see below")
    sub.add_argument("--size", type=int, default=None, metavar="N", help="tracks in a playlist (default 25)")
    sub.add_argument("--count", type=int, default=1, metavar="N", help="how many playlists; --out is then a folder")
    sub.add_argument("--start", metavar="TRACK", help="id, path or title of the track to start from")
    sub.add_argument("--end", metavar="TRACK", help="id, path or title of the track to end with")
    sub.add_argument("--random-state", type=int, metavar="INT", help="same number, same playlist")
    sub.add_argument("--order", metavar="NAME", help="none, smooth, harmonic, ramp_up, ramp_down or shuffle")
    sub.add_argument("-p", "--parameter", action="append", default=[], metavar="KEY=VALUE",
                     help="a parameter of the method, or a constraint; may be repeated")
    sub.add_argument("--recipe", metavar="FILE|ID", help="make again the playlist of a stored recipe")
    sub.add_argument("--refresh", metavar="ID", help="bring a stored playlist up to date and show what changed")
    sub.add_argument("--name", metavar="TEXT", help="name of the playlist")
    sub.add_argument("--out", metavar="FILE", help="write it: .m3u8 .xspf .jspf .pls .csv .json")
    sub.add_argument("--absolute", action="store_true", help="absolute paths instead of relative to FILE")
    sub.add_argument("--prefix", action="append", default=[], metavar="HERE=THERE",
                     help="write paths below HERE as if they were below THERE (another machine or player)")
    sub.add_argument("--force", action="store_true", help="overwrite a file that the workbench did not make")


def _methods_text(arguments: list[str]) -> str | None:
    if "playlist" not in arguments or not {"-h", "--help"} & set(arguments):
        return None
    from workbench.playlists import COMMON_PARAMETERS, METHODS

    def lines(parameters: Mapping[str, Any]) -> list[str]:
        return [f"    {name}: {parameter.help} ({parameter.allowed})" for name, parameter in parameters.items()]

    text = ["methods, each with its parameters (-p NAME=VALUE):"]
    for name, method in METHODS.items():
        text += [f"  {name}: {method.help}", *lines(method.parameters)]
    return "\n".join([*text, "", "constraints and order, for every method:", *lines(COMMON_PARAMETERS)])


def _open(options: argparse.Namespace, **settings: Any) -> Workbench:
    from workbench.session import Workbench

    return Workbench(options.data_dir, **settings)


def _open_for_analysis(options: argparse.Namespace) -> Workbench:
    return _open(options, async_workers=options.workers, analysis_timeout_seconds=options.timeout,
                 scheduler_address=options.scheduler)


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write("\n")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _demo(options: argparse.Namespace) -> int:
    with _open_for_analysis(options) as wb:
        folder = wb.make_demo_library()
        _say(f"demo library in {folder}")
        report = _run_analysis(wb, [str(folder)], force=False)
        out = Path(options.out) if options.out else wb.settings.data_dir / "playlists"
        written = _demo_playlists(wb, out)
        if options.json:
            _print_json(report | {"playlists": [str(path) for path in written]})
        else:
            _print_report(report)
            for path in written:
                print(f"playlist  {path}")
            print(f"\nLibrary in {wb.settings.data_dir}. Next: workbench serve, workbench lab, or workbench tracks")
    return SOME_FAILED if report["failed"] else DONE


def _demo_playlists(wb: Workbench, folder: Path) -> list[Path]:
    start = int(wb.table().ids[0])
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        ("Demo: like the first track", "similarity", {"start": start, "size": 10}),
        ("Demo: k-means", "kmeans", {"size": 10}),
        ("Demo: random", "random", {"size": 10}),
    ]
    written = []
    for name, method, parameters in wanted:
        playlist = wb.playlist(method, name=name, random_state=7, **parameters)
        written.append(playlist.save(folder / f"demo_{method}.m3u8"))
    return written


def _analyze(options: argparse.Namespace) -> int:
    with _open_for_analysis(options) as wb:
        report = _run_analysis(wb, options.paths, force=options.force)
    if options.json:
        _print_json(report)
    else:
        _print_report(report)
    return SOME_FAILED if report["failed"] else DONE


def _run_analysis(wb: Workbench, paths: list[str], *, force: bool) -> dict[str, Any]:
    plan = wb.plan(*paths, force=force)
    _say(plan.describe())
    job = wb.analyze(plan=plan, show=True)
    try:
        report: dict[str, Any] = job.result().to_dict()
        return report
    except KeyboardInterrupt:
        job.cancel()
        raise


def _print_report(report: dict[str, Any]) -> None:
    print(f"{report['found']} found, {report['analyzed']} analysed, {report['cached']} cached, "
          f"{len(report['failed'])} failed in {report['seconds']:.1f} s "
          f"({report['audio_seconds'] / 60:.1f} min of audio, {report['workers']} workers)")
    for failure in report["failed"]:
        print(f"failed    {_one_line(failure['path'])}: {_one_line(failure['error'])} [{failure['kind']}]")


def _one_line(text: str) -> str:
    return text.replace("\n", "\\n").replace("\r", "\\r")


def _tracks(options: argparse.Namespace) -> int:
    with _open(options) as wb:
        status = "failed" if options.failed else None
        tracks = wb.library.tracks(query=options.query, status=status)
        if options.json:
            _print_json({"total": len(tracks), "tracks": [track.to_dict() for track in tracks]})
            return DONE
        for track in tracks:
            print(_track_line(track.to_dict(), track.error))
        print(f"{len(tracks)} tracks")
    return DONE


def _track_line(track: dict[str, Any], error: str | None) -> str:
    features = track["features"]
    who = " – ".join(_one_line(part) for part in (track["artist"], track["title"]) if part)
    if error:
        return f"{track['id']:>6}  {track['status']:<9} {_one_line(track['path'])}: {_one_line(error)}"
    if not features:
        return f"{track['id']:>6}  {track['status']:<9} {who}"

    def show(name: str, form: str) -> str:
        value = features.get(name)
        return "–" if value is None else format(value, form)

    return (f"{track['id']:>6}  {track['status']:<9} {show('bpm', '5.1f'):>5} BPM  {features.get('camelot') or '–':>3}  "
            f"{show('loudness_lufs', '5.1f'):>5} LUFS  {who}")


def _playlist(options: argparse.Namespace) -> int:
    if sum(value is not None for value in (options.method, options.recipe, options.refresh)) != 1:
        _say("usage: workbench playlist METHOD, or --recipe FILE|ID, or --refresh ID; see workbench playlist --help")
        return USAGE
    parameters = _parameters(options.parameter)
    if parameters is None:
        return USAGE
    prefixes = dict(pair.partition("=")[::2] for pair in options.prefix)
    with _open(options) as wb:
        playlists, notes = _make_playlists(wb, options, parameters)
        answers = []
        for number, playlist in enumerate(playlists, 1):
            answer = playlist.to_dict()
            if options.out:
                target = _target(Path(options.out), playlist.name, number, len(playlists))
                answer["file"] = str(playlist.save(target, paths="absolute" if options.absolute else "relative",
                                                   prefix_map=prefixes or None, force=options.force))
            answers.append(answer)
        for note in notes:
            _say(note)
        if options.json:
            _print_json(answers[0] if options.count == 1 and len(answers) == 1 else {"playlists": answers})
        else:
            for playlist, answer in zip(playlists, answers, strict=True):
                _print_playlist(answer)
                if "file" in answer:
                    print(f"written   {answer['file']}")
    return DONE


def _print_playlist(playlist: dict[str, Any]) -> None:
    print(f"{playlist['name']}: {len(playlist['tracks'])} tracks, {playlist['duration_s'] / 60:.1f} min, "
          f"random_state {playlist['random_state']}, kept as {playlist['id']}")
    for number, track in enumerate(playlist["tracks"], 1):
        who = " – ".join(_one_line(part) for part in (track["artist"], track["title"]) if part)
        print(f"{number:>4}  {who or _one_line(track['path'] or '')}: {track['explanation'].get('text', '')}")
    for note in playlist["card"].get("notes", []):
        print(f"note      {note['message']}")


def _make_playlists(wb: Workbench, options: argparse.Namespace,
                    parameters: dict[str, Any]) -> tuple[list[Any], list[str]]:
    if options.recipe is not None:
        return [wb.playlist_from_recipe(options.recipe)], []
    if options.refresh is not None:
        playlist, changes = wb.refresh_playlist(options.refresh)
        return [playlist], [str(changes)]
    named = {"start": options.start, "end": options.end, "order": options.order, "size": options.size}
    parameters = {key: value for key, value in named.items() if value is not None} | parameters
    return wb.make_playlists(options.method, count=options.count, name=options.name,
                             random_state=options.random_state, **parameters), []


def _parameters(pairs: list[str]) -> dict[str, Any] | None:
    parameters: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            _say(f"workbench: -p {pair!r} is not KEY=VALUE")
            return None
        try:
            parameters[key] = json.loads(value)
        except ValueError:
            parameters[key] = value
    return parameters


def _target(out: Path, name: str, number: int, count: int) -> Path:
    if count == 1 and out.suffix:
        return out
    safe = "".join(c if c.isalnum() or c in " -_." else "_" for c in name).strip(" .") or f"playlist {number}"
    return out / f"{safe}.m3u8"


def _serve(options: argparse.Namespace) -> int:
    from workbench.apps.server import serve
    from workbench.settings import Settings

    settings = Settings.load(data_dir=options.data_dir, host=options.host, port=options.port)
    return serve(settings, base_url=options.base_url)


def _lab(options: argparse.Namespace) -> int:
    from workbench.apps.lab import lab
    from workbench.settings import Settings

    settings = Settings.load(data_dir=options.data_dir, port=options.port)
    return lab(settings, ["--no-browser"] if options.no_browser else [])


def _db(options: argparse.Namespace) -> int:
    with _open(options) as wb:
        answer = _db_actions(wb.library, getattr(options, "file", None))[options.action]()
    if options.json:
        _print_json(answer)
    else:
        for name, value in answer.items():
            print(f"{name:<24} {value}")
    return DONE if answer.get("ok", True) else ERROR


def _db_actions(library: Library, file: str | None) -> dict[str, Callable[[], dict[str, Any]]]:
    path = Path(file or "")

    def check() -> dict[str, Any]:
        problems = library.check()
        return {"ok": not problems, "problems": problems}

    def vacuum() -> dict[str, Any]:
        before = library.info()["size_bytes"]
        library.vacuum()
        return {"size_bytes_before": before, "size_bytes": library.info()["size_bytes"]}

    return {
        "info": library.info,
        "check": check,
        "vacuum": vacuum,
        "backup": lambda: {"backup": str(library.backup(path))},
        "restore": lambda: {"restored": str(path), "before": str(library.restore(path))},
    }


def _doctor(options: argparse.Namespace) -> int:
    from workbench.doctor import examine
    from workbench.settings import Settings

    answer = examine(Settings.load(data_dir=options.data_dir))
    if options.json:
        _print_json(answer)
    else:
        for check in answer["checks"]:
            print(f"{'ok' if check['ok'] else 'FIX':<4} {check['name']:<22} {check['found']}")
            if not check["ok"]:
                print(f"     {check['fix']}")
    return DONE if answer["ok"] else ERROR

"""The ``workbench`` command: thin over :class:`workbench.Workbench`.

Standard output carries the answer (with ``--json`` one JSON document and nothing else), standard error the progress.
Exit codes: 0 done, 1 error said in one line, 2 usage, 3 done but some tracks failed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import __version__
from workbench.cli import bench as cli_bench
from workbench.cli import models as cli_models
from workbench.cli import playlist as cli_playlist
from workbench.cli.output import one_line, print_json, replace_what_cannot_be_shown, say, show
from workbench.errors import WorkbenchError
from workbench.readable import clock, counted

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench

DONE, ERROR, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if argv is None and sys.getfilesystemencoding() != "utf-8":
        _start_again_with_utf8_names()
    replace_what_cannot_be_shown()
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = _parser(arguments).parse_args(arguments)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
        return code
    except WorkbenchError as error:
        if options.json:
            print_json({"error": error.kind, "message": error.message})
        print(f"workbench: {error}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        print(
            "workbench: interrupted; what was done is saved, run the command again to go on", file=sys.stderr
        )
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return ERROR


def _start_again_with_utf8_names() -> None:
    """Replace this process by one that reads names as UTF-8, as do its workers; it prints in the same encoding."""
    shown = sys.stdout.encoding if sys.stdout else "utf-8"
    os.environ |= {"PYTHONUTF8": "1", "PYTHONIOENCODING": f"{shown}:replace"}
    os.execv(sys.executable, [sys.executable, "-m", "workbench", *sys.argv[1:]])


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data-dir", metavar="DIR", help="where the library is kept (default: your user data folder)"
    )
    common.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    parser = argparse.ArgumentParser(
        prog="workbench", description="Analyze a music library, explore it in notebooks, make playlists."
    )
    parser.add_argument("--version", action="version", version=f"playlist-workbench {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Command, text: str, **more: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            parents=[common],
            help=text,
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **more,
        )
        sub.set_defaults(command=command)
        return sub

    sub = add("demo", _demo, "synthesize a small library, analyze it, make and export playlists")
    sub.add_argument(
        "--out", metavar="DIR", help="folder for the playlists (default: playlists/ in the data folder)"
    )
    sub.add_argument(
        "--styles", metavar="FOLDER", help="only write music of four styles to FOLDER, to train a tagger on"
    )
    cli_models.add_analysis_options(sub)

    sub = add("analyze", _analyze, "analyze every audio file below the given folders and files")
    sub.add_argument("paths", nargs="+", metavar="PATH")
    sub.add_argument("--force", action="store_true", help="analyze again what is known, retry what failed")
    cli_models.add_analysis_options(sub)

    sub = add("tracks", _tracks, "list the tracks of the library")
    sub.add_argument(
        "--query", metavar="TEXT", help="only tracks whose title, artist, album, genre or path has TEXT"
    )
    sub.add_argument(
        "--failed", action="store_true", help="only tracks that could not be analyzed, with the reason"
    )

    sub = add(
        "playlist", cli_playlist.playlist, "make a playlist", epilog=cli_playlist.methods_text(arguments)
    )
    cli_playlist.add_options(sub)

    sub = add("serve", _serve, "Voila apps and REST on one port")
    sub.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    sub.add_argument("--port", type=int, help="port to listen on (default 8500)")
    sub.add_argument("--base-url", default="/", metavar="PATH", help="prefix behind a proxy (default /)")
    sub.add_argument(
        "--token-file",
        metavar="FILE",
        help="take the token from FILE; made and shown once when it is not there",
    )

    sub = add("lab", _lab, "JupyterLab on the notebooks, with the same REST")
    sub.add_argument("--port", type=int, help="port to listen on (default 8500)")
    sub.add_argument("--no-browser", action="store_true", help="do not open a browser")
    sub.add_argument(
        "jupyter",
        nargs="*",
        metavar="OPTION",
        help="JupyterLab's own options, after --: workbench lab -- --allow-root",
    )

    sub = add("bench", cli_bench.bench, "measure before and after on this machine")
    cli_bench.add_options(sub)

    sub = add("db", _db, "look after the database")
    actions = sub.add_subparsers(title="actions", metavar="ACTION", required=True, dest="action")
    for name, text in (
        ("info", "sizes, counts and versions"),
        ("check", "look for damage"),
        ("vacuum", "give unused space back to the disk"),
    ):
        actions.add_parser(name, help=text, description=text, parents=[common])
    for name, text in (("backup", "copy the database to FILE"), ("restore", "replace the database by FILE")):
        actions.add_parser(name, help=text, description=text, parents=[common]).add_argument(
            "file", metavar="FILE"
        )

    add("doctor", _doctor, "what is installed, what is missing and the fix")
    cli_models.add_commands(add, common)
    return parser


def _open(options: argparse.Namespace, **settings: Any) -> Workbench:
    from workbench.session.workbench import Workbench

    return Workbench(options.data_dir, **settings)


def _open_for_analysis(options: argparse.Namespace) -> Workbench:
    return _open(
        options,
        async_workers=options.workers,
        analysis_timeout_seconds=options.timeout,
        scheduler_address=options.scheduler,
    )


def _demo(options: argparse.Namespace) -> int:
    if options.styles:
        return _write_styles(options)
    with _open_for_analysis(options) as wb:
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
                print(f"playlist  {path}")
            print(
                f"\nLibrary in {wb.settings.data_dir}. Next: workbench serve, workbench lab, or workbench tracks"
            )
    return SOME_FAILED if report["failed"] else DONE


def _write_styles(options: argparse.Namespace) -> int:
    from workbench.audio.demo.style_library import make_style_library

    paths = make_style_library(Path(options.styles))
    if options.json:
        print_json({"folder": options.styles, "tracks": [str(path) for path in paths]})
    else:
        print(f"{len(paths)} tracks of four styles in {options.styles}")
    return DONE


def _demo_playlists(wb: Workbench, folder: Path) -> list[Path]:
    start = wb.first_playable()
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
        print_json(report)
    else:
        _print_report(report)
    return SOME_FAILED if report["failed"] else DONE


def _run_analysis(wb: Workbench, paths: list[str], *, force: bool) -> dict[str, Any]:
    plan = wb.plan(*paths, force=force)
    say(plan.describe())
    job = wb.analyze(plan=plan, show=True)
    try:
        report: dict[str, Any] = job.result().to_dict()
        if advice := wb.models.advice():
            say(advice)
        return report
    except KeyboardInterrupt:
        job.cancel()
        raise


def _print_report(report: dict[str, Any]) -> None:
    from workbench.session.jobs.plan import skipped_text

    print(
        f"{report['found']} found, {report['analyzed']} analyzed, {report['cached']} cached, "
        f"{len(report['failed'])} failed in {report['seconds']:.1f} s "
        f"({clock(report['audio_seconds'])} of audio, {report['workers']} workers)"
    )
    if skipped := skipped_text(report["skipped"]):
        print(skipped)
    for failure in report["failed"]:
        print(f"failed    {one_line(failure['path'])}: {one_line(failure['error'])} [{failure['kind']}]")


def _tracks(options: argparse.Namespace) -> int:
    with _open(options) as wb:
        status = "failed" if options.failed else None
        tracks = wb.find(options.query, status=status).tracks
        if options.json:
            print_json({"total": len(tracks), "tracks": wb.described(tracks)})
            return DONE
        for track in wb.described(tracks):
            print(_track_line(track))
        print(counted(len(tracks), "track"))
    return DONE


def _track_line(track: dict[str, Any]) -> str:
    from workbench.models.predicted import predicted_text

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
    )


def _serve(options: argparse.Namespace) -> int:
    from workbench.apps.server.serve import serve
    from workbench.settings import Settings

    settings = Settings.load(data_dir=options.data_dir, host=options.host, port=options.port)
    if options.token_file and not settings.token:
        from workbench.apps.server.token_file import kept_token

        settings = settings.with_(token=kept_token(Path(options.token_file), say))
    return serve(settings, base_url=options.base_url)


def _lab(options: argparse.Namespace) -> int:
    from workbench.apps.server.lab import lab
    from workbench.settings import Settings

    settings = Settings.load(data_dir=options.data_dir, port=options.port)
    return lab(settings, [*(["--no-browser"] if options.no_browser else []), *options.jupyter])


def _db(options: argparse.Namespace) -> int:
    with _open(options) as wb:
        answer = _DB_ACTIONS[options.action](wb, options)
    show(answer, options)
    return DONE if answer.get("ok", True) else ERROR


def _db_check(wb: Workbench, options: argparse.Namespace) -> dict[str, Any]:
    problems = wb.database.check()
    return {"ok": not problems, "problems": problems}


def _db_vacuum(wb: Workbench, options: argparse.Namespace) -> dict[str, Any]:
    before = wb.database.info()["size_bytes"]
    wb.database.vacuum()
    return {"size_bytes_before": before, "size_bytes": wb.database.info()["size_bytes"]}


def _db_restore(wb: Workbench, options: argparse.Namespace) -> dict[str, Any]:
    return {"restored": str(Path(options.file)), "before": str(wb.database.restore(Path(options.file)))}


_DB_ACTIONS: dict[str, Callable[[Workbench, argparse.Namespace], dict[str, Any]]] = {
    "info": lambda wb, options: wb.database.info(),
    "check": _db_check,
    "vacuum": _db_vacuum,
    "backup": lambda wb, options: {"backup": str(wb.database.backup(Path(options.file)))},
    "restore": _db_restore,
}


def _doctor(options: argparse.Namespace) -> int:
    from workbench.session.doctor import examine
    from workbench.settings import Settings

    answer = examine(Settings.load(data_dir=options.data_dir))
    if options.json:
        print_json(answer)
    else:
        for check in answer["checks"]:
            print(f"{'ok' if check['ok'] else 'FIX':<4} {check['name']:<22} {check['found']}")
            if not check["ok"]:
                print(f"     {check['fix']}")
    return DONE if answer["ok"] else ERROR

"""``workbench report`` and ``workbench schedule``: make reports now, or let the system run commands every week."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.options import DONE, Add, add_parameter_option, open_library
from workbench.cli.output import print_json, put, say
from workbench.errors import ReportError
from workbench.user_paths import ensure_home, expand_home

if TYPE_CHECKING:
    from workbench.settings import Settings

_FORMATS = ("html", "pdf")
_EXAMPLES = """examples:
  workbench report library
  workbench report playlist -p playlist="After the ferry" --to pdf --out ferry.pdf
  workbench report library --parameters
"""
_SCHEDULES = """examples:
  workbench schedule report library --at "sun 04:00"
  workbench schedule refresh "After the ferry" --out ~/Playlists/ferry.m3u8
  workbench schedule refresh "After the ferry" --to home
  workbench schedule watch ~/Music
"""


def add_commands(add: Add) -> None:
    sub = add(
        "report", _report, "a report about the library, a playlist, … as one offline file", epilog=_EXAMPLES
    )
    sub.add_argument(
        "name", metavar="NAME", help="library, playlist, performance, tagger, or a notebook of yours"
    )
    _add_report_options(sub)
    sub.add_argument("--to", choices=_FORMATS, help="default: by the name of FILE, or html")
    sub.add_argument("--parameters", action="store_true", help="list the parameters of the report, and stop")

    sub = add(
        "schedule",
        _schedule,
        "what your system needs to make a report every week, or to watch folders",
        epilog=_SCHEDULES,
    )
    sub.add_argument(
        "what",
        choices=("report", "refresh", "watch"),
        help="make a report, refresh a kept playlist, or watch folders all the time",
    )
    sub.add_argument(
        "names", nargs="+", metavar="NAME", help="of the report or playlist, or the folders to watch"
    )
    _add_report_options(sub)
    sub.add_argument(
        "--to", metavar="TO", help="of a report: html or pdf; of a refresh: a media server, such as mpd"
    )
    sub.add_argument(
        "--at", default="sun 04:00", metavar="WHEN", help='day and time (default "sun 04:00"); or daily 04:00'
    )
    sub.add_argument(
        "--for", dest="system", choices=("systemd", "launchd", "cron"), help="default: what this machine has"
    )


def _add_report_options(sub: argparse.ArgumentParser) -> None:
    add_parameter_option(sub, "a parameter of the report")
    sub.add_argument("--out", metavar="FILE", help="default: reports/ in the data folder")


def _report(options: argparse.Namespace) -> int:
    from workbench.apps.reports.run import check_report, find_notebook, parameters_of, run_report
    from workbench.settings import Settings

    if options.parameters:
        for name, meaning in parameters_of(find_notebook(options.name)).items():
            put(f"{name:<20} {meaning}")
        return DONE
    settings = Settings.load(data_dir=options.data_dir)
    ensure_home(settings.data_dir)
    to = _format(options)
    out = expand_home(options.out).absolute() if options.out else _usual_file(settings, options.name, to)
    parameters = _parameters(options)
    notebook = check_report(options.name, parameters, to=to)
    say(f"Making the report {options.name} …")
    started = time.perf_counter()
    run_report(notebook, parameters, data_dir=settings.data_dir, out=out, to=to)
    if options.json:
        seconds = round(time.perf_counter() - started, 3)
        print_json({"report": options.name, "file": str(out), "format": to, "seconds": seconds})
    else:
        put(str(out))
    return DONE


def _format(options: argparse.Namespace) -> str:
    suffix = Path(options.out or "").suffix.lower().lstrip(".")
    return options.to or ("pdf" if suffix == "pdf" else "html")


def _usual_file(settings: Settings, name: str, to: str) -> Path:
    return settings.data_dir / "reports" / f"{Path(name).stem}-{date.today().isoformat()}.{to}"


def _parameters(options: argparse.Namespace) -> dict[str, str]:
    given = {}
    for text in options.parameter:
        name, equals, value = text.partition("=")
        if not equals:
            raise ReportError(f"-p {text} has no value. Write -p {text}=VALUE.")
        given[name] = value
    return given


def _schedule(options: argparse.Namespace) -> int:
    from workbench.apps.reports import keep_running, schedule

    system = options.system or schedule.system_here()
    command, name = _command(options), _scheduled_name(options)
    if options.what == "watch":
        files, steps = keep_running.files_and_steps(name, command, system)
    else:
        plan = schedule.Schedule(name, command, schedule.read_when(options.at))
        files, steps = schedule.files_and_steps(plan, system)
    checked = schedule.check(files, system)
    if options.json:
        print_json({"system": system, "files": files, "steps": steps, "checked": checked, "command": command})
        return DONE
    for path, content in files.items():
        put(f"# {path}\n{content.rstrip()}\n" if system != "cron" else content.rstrip())
    say("\n".join([*steps, f"Checked: {'; '.join(checked)}."]))
    return DONE


def _scheduled_name(options: argparse.Namespace) -> str:
    from workbench.apps.reports.schedule import file_name

    return (
        "workbench-watch"
        if options.what == "watch"
        else f"workbench-{options.what}-{file_name(options.names[0])}"
    )


def _command(options: argparse.Namespace) -> list[str]:
    """Return the command to run with absolute paths, because a timer does not know the current folder."""
    words = {"report": _report_words, "refresh": _refresh_words, "watch": _watch_words}[options.what](options)
    if options.data_dir:
        words += ["--data-dir", _whole(options.data_dir)]
    return [sys.executable, "-m", "workbench", *words]


def _report_words(options: argparse.Namespace) -> list[str]:
    from workbench.apps.reports.run import check_report

    name = _only_name(options)
    if options.to not in (None, *_FORMATS):
        raise ReportError(f"--to {options.to}: a report is {' or '.join(_FORMATS)}.")
    check_report(name, _parameters(options), to=_format(options))
    words = ["report", _whole(name) if expand_home(name).is_file() else name]
    for text in options.parameter:
        words += ["-p", text]
    return words + _to_and_out(options)


def _refresh_words(options: argparse.Namespace) -> list[str]:
    name = _only_name(options)
    if options.parameter:
        raise ReportError("-p is for reports; a refresh takes --out FILE and --to SERVER.")
    with open_library(options) as wb:
        wb.playlists.get(name)
    return ["playlist", "--refresh", name, *_to_and_out(options)]


def _watch_words(options: argparse.Namespace) -> list[str]:
    from workbench.session.watching.watch import check_folders

    if options.parameter or options.to or options.out:
        raise ReportError("-p, --to and --out are not for a watch; it takes folders.")
    check_folders(options.names)
    return ["watch", *map(_whole, options.names)]


def _only_name(options: argparse.Namespace) -> str:
    if len(options.names) > 1:
        raise ReportError(
            f"Only folders can be several. Put a name with spaces in quotes: {' '.join(options.names)!r}."
        )
    name: str = options.names[0]
    return name


def _to_and_out(options: argparse.Namespace) -> list[str]:
    to = ["--to", options.to] if options.to else []
    return [*to, "--out", _whole(options.out)] if options.out else to


def _whole(path: str) -> str:
    return str(expand_home(path).absolute())

"""``workbench report`` and ``workbench schedule``: reports now, and what the system runs every week."""

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
from workbench.user_paths import expand_home

if TYPE_CHECKING:
    from workbench.settings import Settings

_EXAMPLES = """examples:
  workbench report library
  workbench report playlist -p playlist="After the ferry" --to pdf --out ferry.pdf
  workbench report library --parameters
"""
_SCHEDULES = """examples:
  workbench schedule report library --at "sun 04:00"
  workbench schedule refresh "After the ferry" --out ~/Playlists/ferry.m3u8
"""


def add_commands(add: Add) -> None:
    sub = add(
        "report", _report, "a report about the library, a playlist, … as one offline file", epilog=_EXAMPLES
    )
    sub.add_argument(
        "name", metavar="NAME", help="library, playlist, performance, tagger, or a notebook of yours"
    )
    _add_report_options(sub)
    sub.add_argument("--parameters", action="store_true", help="list the parameters of the report, and stop")

    sub = add("schedule", _schedule, "what your system needs to run a report every week", epilog=_SCHEDULES)
    sub.add_argument("what", choices=("report", "refresh"), help="make a report, or refresh a kept playlist")
    sub.add_argument("name", metavar="NAME", help="of the report or playlist")
    _add_report_options(sub)
    sub.add_argument(
        "--at", default="sun 04:00", metavar="WHEN", help='day and time (default "sun 04:00"); or daily 04:00'
    )
    sub.add_argument(
        "--for", dest="system", choices=("systemd", "launchd", "cron"), help="default: what this machine has"
    )


def _add_report_options(sub: argparse.ArgumentParser) -> None:
    add_parameter_option(sub, "a parameter of the report")
    sub.add_argument("--to", choices=("html", "pdf"), help="default: by the name of FILE, or html")
    sub.add_argument("--out", metavar="FILE", help="default: reports/ in the data folder")


def _report(options: argparse.Namespace) -> int:
    from workbench.apps.reports.run import check_report, find_notebook, parameters_of, run_report
    from workbench.settings import Settings

    if options.parameters:
        for name, meaning in parameters_of(find_notebook(options.name)).items():
            put(f"{name:<20} {meaning}")
        return DONE
    settings = Settings.load(data_dir=options.data_dir)
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
    from workbench.apps.reports import schedule
    from workbench.apps.reports.run import check_report

    when = schedule.read_when(options.at)
    if options.what == "report":
        check_report(options.name, _parameters(options), to=_format(options))
    else:
        _check_refresh(options)
    plan = schedule.Schedule(
        f"workbench-{options.what}-{schedule.file_name(options.name)}", _command(options), when
    )
    system = options.system or schedule.system_here()
    files, steps = schedule.files_and_steps(plan, system)
    checked = schedule.check(files, system)
    if options.json:
        print_json(
            {"system": system, "files": files, "steps": steps, "checked": checked, "command": plan.command}
        )
        return DONE
    for name, content in files.items():
        put(f"# {name}\n{content.rstrip()}\n" if system != "cron" else content.rstrip())
    say("\n".join([*steps, f"Checked: {'; '.join(checked)}."]))
    return DONE


def _check_refresh(options: argparse.Namespace) -> None:
    if options.parameter or options.to:
        raise ReportError("-p and --to are for reports; a refresh takes --out FILE.")
    with open_library(options) as wb:
        wb.playlists.get(options.name)


def _command(options: argparse.Namespace) -> list[str]:
    """Return the command that is to run, with whole paths: a timer does not know the current folder."""
    words = ["report", options.name] if options.what == "report" else ["playlist", "--refresh", options.name]
    if options.what == "report" and expand_home(options.name).is_file():
        words[1] = str(expand_home(options.name).absolute())
    for text in options.parameter:
        words += ["-p", text]
    if options.to:
        words += ["--to", options.to]
    if options.out:
        words += ["--out", str(expand_home(options.out).absolute())]
    if options.data_dir:
        words += ["--data-dir", str(expand_home(options.data_dir).absolute())]
    return [sys.executable, "-m", "workbench", *words]

"""The ``workbench`` command, which calls :class:`workbench.Workbench`.

Standard output has the answer (with ``--json`` a single JSON document), standard error the progress. Exit codes:
0 done, 1 an error, which is told in one line, 2 wrong usage, 3 done but some tracks failed, 130 interrupted, 141 the
program that reads the output has ended.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from workbench import __version__
from workbench.cli import (
    analysis,
    bench,
    export,
    history,
    maintenance,
    media,
    models,
    playlist,
    reports,
    servers,
    tags,
    tracks,
    watch,
)
from workbench.cli.options import ERROR, INTERRUPTED, NOT_READ, Command, common_options
from workbench.cli.output import Parser, open_missing_streams, print_json, replace_what_cannot_be_shown, say
from workbench.errors import WorkbenchError
from workbench.log_lines import show_warnings_printable


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if argv is None and sys.getfilesystemencoding() != "utf-8":
        _start_again_with_utf8_names()
    if argv is None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end as on Ctrl-C
    open_missing_streams()
    replace_what_cannot_be_shown()
    show_warnings_printable()
    arguments = list(sys.argv[1:] if argv is None else argv)
    own, passed_on = _at_double_dash(arguments)
    options = _parser(own).parse_args(own, argparse.Namespace(passed_on=passed_on))
    try:
        code: int = options.command(options)
        sys.stdout.flush()
        return code
    except WorkbenchError as error:
        if options.json:
            print_json({"error": error.kind, "message": error.message})
        say(f"workbench: {error}")
        return ERROR
    except KeyboardInterrupt:
        say("workbench: interrupted; what was done is saved, run the command again to go on")
        return INTERRUPTED
    except BrokenPipeError:
        _stop_writing()
        return NOT_READ
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _stop_writing(sys.stdout)
        say(
            "workbench: the disk is full, and the output is not complete. Make room and run the command again."
        )
        return ERROR


def _stop_writing(*streams: TextIO) -> None:
    """Discard further output, because its reader has ended, as ``head`` does, which is not an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams or (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _at_double_dash(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Split off the arguments that ``workbench lab`` passes to JupyterLab, which argparse would take for a FOLDER."""
    if arguments[:1] != ["lab"] or "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _start_again_with_utf8_names() -> None:
    """Replace this process by one that reads names as UTF-8, also in its workers. Its output keeps the encoding."""
    shown = sys.stdout.encoding if sys.stdout else "utf-8"
    os.environ |= {"PYTHONUTF8": "1", "PYTHONIOENCODING": f"{shown}:replace"}
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    common = common_options()
    parser = Parser(
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

    analysis.add_commands(add)
    tracks.add_commands(add)
    watch.add_commands(add)
    playlist.add_commands(add, arguments)
    export.add_commands(add)
    history.add_commands(add)
    media.add_commands(add, common)
    reports.add_commands(add)
    tags.add_commands(add)
    servers.add_commands(add)
    bench.add_commands(add)
    maintenance.add_commands(add, common)
    models.add_commands(add, common)
    return parser

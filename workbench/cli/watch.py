"""``workbench watch``: analyze new files in some folders as they come."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from types import FrameType

from workbench.cli.options import DONE, Add, add_analysis_options, open_for_analysis
from workbench.cli.output import put, say


def add_commands(add: Add) -> None:
    sub = add("watch", _watch, "analyze new and changed files of some folders as they come, until Ctrl-C")
    sub.add_argument("paths", nargs="*", metavar="PATH", help="folders (default: the setting WATCH)")
    sub.add_argument(
        "--poll", type=float, metavar="S", help="look every S seconds, where the system tells no changes"
    )
    sub.add_argument(
        "--quiet", type=float, metavar="S", help="a file is complete when unchanged for S seconds (5)"
    )
    sub.add_argument(
        "--grace", type=float, metavar="S", help="a file is missing when away for S seconds (60)"
    )
    add_analysis_options(sub)


def _watch(options: argparse.Namespace) -> int:
    """Print one event per line, with ``--json`` as a JSON object. Ctrl-C and SIGTERM end it without a message."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    with open_for_analysis(options) as wb:
        watch = wb.watch(*options.paths, quiet_s=options.quiet, grace_s=options.grace, poll_s=options.poll)
        try:
            for event in watch:
                put(json.dumps(event._asdict()) if options.json else f"{event.kind:<10}{event.message}")
                sys.stdout.flush()
        except KeyboardInterrupt:
            watch.stop.set()
            say("stopped; what was analyzed is saved")
    return DONE


def _as_ctrl_c(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

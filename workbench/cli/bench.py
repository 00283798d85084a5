"""``workbench bench``: measure before and after on this machine with this music."""

from __future__ import annotations

import argparse

from workbench.cli.options import DONE, Add, open_library
from workbench.cli.output import print_json, put, say


def add_commands(add: Add) -> None:
    sub = add("bench", bench, "measure before and after on this machine")
    sub.add_argument(
        "paths", nargs="*", metavar="PATH", help="music to measure with (default: the demo library)"
    )
    sub.add_argument("--quick", action="store_true", help="fewer rounds on less audio: about a minute")


def bench(options: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from workbench.benchmark.result_table import markdown
    from workbench.benchmark.run import FULL, QUICK, run_benchmark

    with open_library(options, role="bench") as wb:
        paths = options.paths or [wb.make_demo_library()]
        result = run_benchmark(paths, effort=QUICK if options.quick else FULL, say=say)
        wb.performance.keep_benchmark(result)
    if options.json:
        print_json(result)
    else:
        put(markdown(result))
    return DONE

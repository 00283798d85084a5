"""Exit codes, options, and opening the library, which all commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Parser

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench

# Scripts depend on these; 130 is 128 + SIGINT and 141 is 128 + SIGPIPE, as in shells.
DONE, ERROR, USAGE, SOME_FAILED, INTERRUPTED, NOT_READ = 0, 1, 2, 3, 130, 141

Command = Callable[[argparse.Namespace], int]
"""Runs a command and returns its exit code."""

Add = Callable[..., argparse.ArgumentParser]
"""``add(name, command, text)`` makes the parser of a command, with the common options."""


def common_options() -> Parser:
    """Return a parent parser with the options of every command."""
    common = Parser(add_help=False)
    common.add_argument(
        "--data-dir", metavar="DIR", help="where the library is kept (default: your user data folder)"
    )
    common.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    return common


def add_analysis_options(sub: argparse.ArgumentParser) -> None:
    """Add the options of commands that send files to workers."""
    sub.add_argument("--workers", type=int, metavar="N", help="workers (default: ASYNC_WORKERS)")
    sub.add_argument(
        "--timeout", type=float, metavar="S", help="deadline for one file (ANALYSIS_TIMEOUT_SECONDS)"
    )
    sub.add_argument(
        "--scheduler", metavar="ADDR", help="Dask scheduler of a remote cluster, tcp:// or tls://"
    )


def add_parameter_option(sub: argparse.ArgumentParser, help: str, type: Callable[[str], Any] = str) -> None:
    """Add ``-p KEY=VALUE``, which may be repeated."""
    sub.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="KEY=VALUE", type=type, help=help
    )


def add_prefix_option(sub: argparse.ArgumentParser, help: str) -> None:
    """Add ``--prefix HERE=THERE``, which may be repeated."""
    sub.add_argument("--prefix", action="append", default=[], metavar="HERE=THERE", type=pair, help=help)


def pair(text: str) -> tuple[str, str]:
    """Read ``KEY=VALUE``."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def open_library(options: argparse.Namespace, **more: Any) -> Workbench:
    """Open the library of ``--data-dir``."""
    from workbench.session.workbench import Workbench

    return Workbench(options.data_dir, **more)


def open_for_analysis(options: argparse.Namespace) -> Workbench:
    """Open the library, with the settings of :func:`add_analysis_options`."""
    return open_library(
        options,
        async_workers=options.workers,
        analysis_timeout_seconds=options.timeout,
        scheduler_address=options.scheduler,
    )

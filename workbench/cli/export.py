"""``workbench export``: write the library to one file for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from workbench.cli.options import DONE, Add, add_prefix_option, open_library
from workbench.cli.output import confirm

_EXAMPLES = """examples:
  workbench export library.csv
  workbench export loud.parquet --where "loudness_lufs > -9"
  workbench export rekordbox.xml --prefix ~/Music=/Users/me/Music
"""


def add_commands(add: Add) -> None:
    sub = add(
        "export",
        _export,
        "write the library to a file: a table of every column, or for DJ programs",
        epilog=_EXAMPLES,
    )
    sub.add_argument(
        "file",
        metavar="FILE",
        help=".csv .jsonl .parquet: a table; .xml (Rekordbox) .nml (Traktor): tracks and kept playlists",
    )
    sub.add_argument("--where", metavar="FILTER", help='only tracks that match, such as "bpm 120-128"')
    add_prefix_option(sub, "write paths below HERE as if they were below THERE (another machine or player)")
    sub.add_argument(
        "--force",
        action="store_true",
        help="overwrite a file that the workbench did not make, or an .xml or .nml that has twice as many tracks",
    )


def _export(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        path = wb.export(
            Path(options.file), where=options.where, prefix_map=dict(options.prefix), force=options.force
        )
    confirm(f"written   {path}", {"file": str(path)}, options)
    return DONE

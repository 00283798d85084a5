"""Print answers (with ``--json`` one document) to standard output, and everything else to standard error.

No other module of the command line writes to the terminal, so no name of a file, tag or playlist can control it.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.readable import json_escaped, one_line, printable

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
MOST_WIDE = 40  # set by hand: three such columns fit a wide terminal


def print_json(value: Any) -> None:
    for piece in _encoder(indent=2).iterencode(value):
        _write_json(piece)
    sys.stdout.write("\n")


def print_json_pages(name: str, pages: Iterable[Iterable[Any]]) -> bool:
    """Print ``{name: […], "total"}`` page by page, one item per line, and return whether all pages were printed.

    An error after the first page is added to the same document, as ``error`` and ``message``.
    """
    encoder, total = _encoder(indent=None), 0
    end: dict[str, str] = {}
    sys.stdout.write(f"{{{json.dumps(name)}: [")
    try:
        for page in pages:
            for item in page:
                sys.stdout.write(",\n" if total else "\n")
                _write_json(encoder.encode(item))
                total += 1
            sys.stdout.flush()
    except WorkbenchError as error:
        say(f"workbench: {error}")
        end = {"error": error.kind, "message": error.message}
    _write_json("\n],\n" + encoder.encode({"total": total} | end)[1:] + "\n")
    return not end


def _encoder(*, indent: int | None) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, indent=indent, allow_nan=False)


def _write_json(text: str) -> None:
    unicode = (sys.stdout.encoding or "ascii").lower().replace("-", "") in ("utf8", "utf8sig")
    shown = json_escaped(text)
    sys.stdout.write(shown if unicode or shown.isascii() else _NOT_ASCII.sub(_escape, shown))


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def open_missing_streams() -> None:
    """Open the null device for each standard stream that was closed at the start (``>&-``, some schedulers).

    Otherwise, the next file that is opened would get its descriptor, and output would be written into that file.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end


def replace_what_cannot_be_shown() -> None:
    """Make standard output and error replace characters that the terminal cannot show, instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def put(text: str = "") -> None:
    """Print a line of the answer on standard output."""
    print(printable(text))


def write(text: str) -> None:
    """Print a part of a text file on standard output."""
    sys.stdout.write(printable(text.replace("\r\n", "\n")))


def table_lines(columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table: a head, then one line for each record, with numbers aligned to the right.

    Long texts are cut, except in the last column.
    """
    rows = [[_cell(record[name]) for name in columns] for record in records]
    widths = [max(map(len, texts)) for texts in zip(columns, *rows, strict=True)]
    widths[:-1] = [min(MOST_WIDE, width) for width in widths[:-1]]
    numeric = [all(_is_number(text) for text in texts) for texts in zip(*rows, strict=True)]
    for row in (columns, *rows):
        aligned = zip(row, widths, numeric or [False] * len(widths), strict=True)
        cells = [f"{_cut(text, width):{'>' if right else '<'}{width}}" for text, width, right in aligned]
        yield "  ".join(cells).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else one_line(str(value))


def _is_number(text: str) -> bool:
    return text == "–" or text.lstrip("-").replace(".", "", 1).isdigit()


def say(text: str) -> None:
    """Print a message that is not part of the answer on standard error."""
    print(printable(text), file=sys.stderr, flush=True)


class Parser(argparse.ArgumentParser):
    """A parser whose messages about wrong arguments are printed by this module."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(printable(message or ""), file)


def confirm(text: str, facts: Mapping[str, Any], options: argparse.Namespace) -> None:
    """Print the result of a command: a line, or with ``--json`` its facts."""
    if options.json:
        print_json(facts)
    else:
        put(text)


def show(answer: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print_json(answer)
    else:
        for name, value in answer.items():
            put(f"{name:<24} {value}")

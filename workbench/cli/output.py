"""The output of commands: answers (with ``--json`` one document) on standard output, all else on standard error."""

from __future__ import annotations

import argparse
import io
import json
import sys
from typing import Any


def print_json(value: Any) -> None:
    unicode = (sys.stdout.encoding or "ascii").lower().replace("-", "") in ("utf8", "utf8sig")
    json.dump(value, sys.stdout, ensure_ascii=not unicode, indent=2, allow_nan=False)
    sys.stdout.write("\n")


def replace_what_cannot_be_shown() -> None:
    """Let standard output and error replace characters that the terminal cannot show, instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def show(answer: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print_json(answer)
    else:
        for name, value in answer.items():
            print(f"{name:<24} {value}")


def one_line(text: str) -> str:
    return text.replace("\n", "\\n").replace("\r", "\\r")

"""What commands print: answers on standard output, one JSON document when asked; all else on standard error."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write("\n")


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

"""One scenario, one way, in a process of its own: ``python -m workbench.benchmark.child SCENARIO SIDE JOB``.

Prints what it has found as a line of JSON: measurements on the way, through ``tell``, and the rest at the end.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """What a scenario works on. ``folder`` is its own, empty at first; ``library`` is a database of ours, read only."""

    folder: Path
    tracks: tuple[str, ...]
    library: Path
    longest_minutes: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Job:
        values = json.loads(text)
        return cls(
            Path(values["folder"]),
            tuple(values["tracks"]),
            Path(values["library"]),
            values["longest_minutes"],
        )


def main(scenario: str, side: str, job: str) -> None:
    module = importlib.import_module(f"workbench.benchmark.scenarios.{scenario}")
    tell(getattr(module, side)(Job.from_json(job)) | {"ended": True})


def tell(measurements: Mapping[str, float]) -> None:
    """Send measurements to the parent, which notes when they came."""
    os.write(
        1, (json.dumps(measurements) + "\n").encode()
    )  # native libraries may hold sys.stdout's descriptor


if __name__ == "__main__":
    main(*sys.argv[1:])

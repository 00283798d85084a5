"""Run one side of a scenario in its own process: ``python -m workbench.benchmark.child SCENARIO SIDE INPUT``.

It prints measurements as lines of JSON: some during the run, with ``tell``, and the others at the end.
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
class ScenarioInput:
    """The input of a scenario: an empty ``folder``, tracks, and the database of a ``library`` to read."""

    folder: Path
    tracks: tuple[str, ...]
    library: Path
    longest_minutes: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> ScenarioInput:
        values = json.loads(text)
        return cls(
            Path(values["folder"]),
            tuple(values["tracks"]),
            Path(values["library"]),
            values["longest_minutes"],
        )


def main(scenario: str, side: str, given: str) -> None:
    module = importlib.import_module(f"workbench.benchmark.scenarios.{scenario}")
    tell(getattr(module, side)(ScenarioInput.from_json(given)) | {"ended": True})


def tell(measurements: Mapping[str, float]) -> None:
    """Send measurements to the parent process, which notes the time."""
    os.write(
        1, (json.dumps(measurements) + "\n").encode()
    )  # native libraries may use the descriptor of sys.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])

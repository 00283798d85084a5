"""What a job did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.processing.job.task import Failure


@dataclass(frozen=True)
class Report:
    """What a job did, or has done so far. ``seconds`` is wall time; ``failed`` holds values, not exceptions."""

    found: int
    analyzed: int
    cached: int
    failed: tuple[Failure, ...]
    seconds: float
    audio_seconds: float
    workers: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Extension → how many files the scan left out because of it."""
    excluded: int = 0
    """Tracks that the scan leaves out now, such as those in recycle bins; they count as missing."""
    cue_sheets: int = 0
    """Files among those read now that have a CUE sheet inside."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"failed": [failure.to_dict() for failure in self.failed]}

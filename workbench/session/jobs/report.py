"""The report of a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.cards.card import card, facts, note
from workbench.processing.job.job_card import failures_table
from workbench.processing.job.task import Failure
from workbench.readable import counted, span, valid
from workbench.session.jobs.scan_notes import scan_notes


@dataclass(frozen=True)
class Report:
    """The result of a job, or its state so far. ``seconds`` is wall time; ``failed`` holds values, not exceptions."""

    found: int
    analyzed: int
    cached: int
    failed: tuple[Failure, ...]
    seconds: float
    audio_seconds: float
    workers: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    """The number of files that the scan left out, by extension."""
    excluded: int = 0
    """Tracks that the scan leaves out now, such as those in recycle bins; they count as missing."""
    cue_sheets: int = 0
    """The number of files read by this job that have a CUE sheet inside."""
    plugin_problems: tuple[str, ...] = ()
    """A sentence for each own descriptor without a value for some files: how many files, and why."""

    def __repr__(self) -> str:
        lines = [f"Report: {', '.join(f'{name.lower()} {value}' for name, value in self._facts())}"]
        lines += scan_notes(vars(self))
        if self.failed:
            first = self.failed[0]
            lines.append(
                f"{counted(len(self.failed), 'file')} failed; the first: {first.path}: {first.error}"
            )
        return valid("\n".join(lines))

    def _repr_html_(self) -> str:
        title = "Analysis done" if not self.failed else "Analysis done, some files failed"
        notes = [note(text) for text in scan_notes(vars(self))]
        return card(title, facts(self._facts()), *notes, failures_table(self.failed))

    def _facts(self) -> list[tuple[str, str]]:
        speed = f", {self.audio_seconds / self.seconds:,.0f} × real time" if self.audio_seconds else ""
        facts = [
            ("Found", counted(self.found, "file")),
            ("Analyzed", f"{self.analyzed:,}"),
            ("Known already", f"{self.cached:,}" if self.cached else ""),
            ("Failed", f"{len(self.failed):,}" if self.failed else ""),
            ("Music", span(self.audio_seconds) if self.audio_seconds else ""),
            ("Took", span(self.seconds) + (speed if self.seconds else "")),
            ("Workers", str(self.workers)),
        ]
        return [(name, value) for name, value in facts if value]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"failed": [failure.to_dict() for failure in self.failed]}

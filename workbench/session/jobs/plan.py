"""The plan of an analysis: which files it would analyze and why, as values and as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.audio.scan import FoundFile
from workbench.cards.card import card, facts, note, table
from workbench.processing.job.job_card import failures_table
from workbench.processing.job.task import Failure
from workbench.readable import counted
from workbench.session.jobs.scan_notes import skipped_text
from workbench.store.library.records import FeaturesVersion, KnownFile

Stale = Callable[[FeaturesVersion], str | None]
"""Takes the versions that computed features; returns why they must be computed again, or ``None``."""


@dataclass
class Plan:
    """The files of an analysis by reason. :meth:`describe` returns a sentence about them."""

    found: list[FoundFile]
    reasons: dict[str, str]
    """The reason for an analysis by path."""
    cached: dict[str, KnownFile]
    failed: list[Failure]
    force: bool = False
    retagged: list[FoundFile] = field(default_factory=list)
    """Files of :attr:`cached` whose tags may have changed: only the tags are read again."""
    missing: dict[str, KnownFile] = field(default_factory=dict)
    excluded: dict[str, KnownFile] = field(default_factory=dict)
    """Tracks that scans leave out now, such as those in recycle bins; the analysis marks them as missing."""
    roots: list[str] = field(default_factory=list)
    """The folders and files that were scanned."""
    skipped: dict[str, int] = field(default_factory=dict)
    """The number of files that the scan left out, by extension."""
    within: Sequence[Path] | None = None
    """Files must still be in these folders when they are read; a link may have been created after the scan."""

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(self.reasons.values()))

    def describe(self) -> str:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(self.counts.items()))
        todo = f"{len(self.reasons)} to analyze ({why})" if self.reasons else "nothing to analyze"
        parts = [
            f"{counted(len(self.found), 'file')} found: {todo}",
            f"{len(self.cached)} known and unchanged",
        ]
        if self.failed:
            parts.append(f"{len(self.failed)} that failed before or cannot be read")
        if self.missing:
            parts.append(f"{len(self.missing)} gone since")
        if self.excluded:
            parts.append(f"{len(self.excluded)} in recycle bins and other excluded folders")
        return "; ".join([", ".join(parts), *filter(None, [skipped_text(self.skipped)])])

    def __repr__(self) -> str:
        return f"Plan: {self.describe()}"

    def _repr_html_(self) -> str:
        counts = [
            ("Found", counted(len(self.found), "file")),
            ("Known and unchanged", f"{len(self.cached):,}" if self.cached else ""),
            ("Gone since", f"{len(self.missing):,}" if self.missing else ""),
            ("Left out now", f"{len(self.excluded):,}" if self.excluded else ""),
        ]
        todo = f"{len(self.reasons):,} to analyze" if self.reasons else "nothing to analyze"
        why = [(f"{count:,}", reason) for reason, count in Counter(self.reasons.values()).most_common()]
        return card(
            f"Plan: {todo}",
            facts(counts),
            table(("Files", "Why"), why, right=("Files",)) if why else "",
            note(skipped_text(self.skipped)),
            failures_table(self.failed),
            about=", ".join(self.roots),
        )

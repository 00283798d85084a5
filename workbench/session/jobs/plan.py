"""What an analysis would do, and why, in values and in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.audio.scan import FoundFile
from workbench.processing.job.task import Failure
from workbench.readable import counted
from workbench.store.library.records import KnownFile

Stale = Callable[[int], str | None]
"""Returns, for the version of features, why they must be computed again, or ``None``."""

_CUE_SHEETS = "CUE sheets are not read: an album in one file is one track"


@dataclass
class Plan:
    """What an analysis would do, by reason. :meth:`describe` says it in a sentence."""

    found: list[FoundFile]
    reasons: dict[str, str]
    """Path → why it must be analyzed."""
    cached: dict[str, KnownFile]
    failed: list[Failure]
    force: bool = False
    retagged: list[FoundFile] = field(default_factory=list)
    """Files of :attr:`cached` whose tags may have changed: only the tags are read again."""
    missing: dict[str, KnownFile] = field(default_factory=dict)
    excluded: dict[str, KnownFile] = field(default_factory=dict)
    """Tracks of the library that scans leave out now, such as those in recycle bins; they will count as missing."""
    roots: list[str] = field(default_factory=list)
    """The folders and files that were scanned."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Extension → how many files the scan left out because of it."""

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(self.reasons.values()))

    def describe(self) -> str:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(self.counts.items()))
        todo = f"{len(self.reasons)} to analyze ({why})" if self.reasons else "nothing to analyze"
        parts = [f"{len(self.found)} files found: {todo}", f"{len(self.cached)} known and unchanged"]
        if self.failed:
            parts.append(f"{len(self.failed)} that failed before or cannot be read")
        if self.missing:
            parts.append(f"{len(self.missing)} gone since")
        if self.excluded:
            parts.append(f"{len(self.excluded)} in recycle bins and other excluded folders")
        return "; ".join([", ".join(parts), *filter(None, [skipped_text(self.skipped)])])


def skipped_text(skipped: Mapping[str, int]) -> str:
    """Say what a scan left out, the most frequent first, and what becomes of CUE sheets; empty if it was nothing.

    >>> skipped_text({".sid": 2, ".mid": 10})
    '12 files skipped: .mid 10, .sid 2'
    """
    if not skipped:
        return ""
    ordered = sorted(skipped.items(), key=lambda item: (-item[1], item[0]))
    text = f"{counted(sum(skipped.values()), 'file')} skipped: " + ", ".join(
        f"{ext} {n}" for ext, n in ordered
    )
    return f"{text}. {_CUE_SHEETS}" if ".cue" in skipped else text


def scan_notes(report: Mapping[str, Any]) -> list[str]:
    """Say what a scan left out and which music it took as a whole, from the values of a report.

    >>> scan_notes({"skipped": {".mid": 1}, "excluded": 2, "cue_sheets": 0})
    ['1 file skipped: .mid 1', '2 tracks in recycle bins and other excluded folders count as missing now']
    """
    notes = [skipped_text(report["skipped"])]
    if excluded := report["excluded"]:
        verb = "counts" if excluded == 1 else "count"
        notes.append(
            f"{counted(excluded, 'track')} in recycle bins and other excluded folders {verb} as missing now"
        )
    if sheets := report["cue_sheets"]:
        notes.append(f"{counted(sheets, 'file')} with a CUE sheet inside. {_CUE_SHEETS}")
    return [note for note in notes if note]

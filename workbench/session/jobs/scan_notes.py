"""Sentences about files that a scan left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.readable import counted

_CUE_SHEETS = "CUE sheets are not read: an album in one file is one track"


def skipped_text(skipped: Mapping[str, int]) -> str:
    """Return a sentence about files that a scan left out, the most frequent kind first, and CUE sheets; may be empty.

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
    """Return sentences about files that a scan left out, CUE sheets and failed plug-ins, from the values of a report.

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
    notes += report.get("plugin_problems", ())
    return [note for note in notes if note]

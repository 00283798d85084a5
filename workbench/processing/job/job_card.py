"""Show a job and its failed files in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any

from workbench.cards.card import card, facts, note, problem, table
from workbench.cards.drawings import bar
from workbench.cards.html import Html, element, joined
from workbench.cards.rows import Rows
from workbench.processing.job.progress_words import done_of
from workbench.processing.job.task import Failure, Progress
from workbench.readable import counted, span

_COLUMNS: Mapping[str, Callable[[Failure], Any]] = {
    "File": lambda failure: _file(failure.path),
    "What is wrong": lambda failure: failure.error,
    "Kind": lambda failure: failure.kind,
}


def job_card(
    title: str, now: Progress, failed: Iterable[Failure], error: BaseException | None, *, ended: bool
) -> Html:
    """Return a card with the progress of a job, its current files and its failures so far."""
    share = now.finished / now.total if now.total else 0.0
    counts = [
        ("Done", done_of(now) if now.total or ended else "looking for files"),
        ("Known already", f"{now.cached:,}" if now.cached else ""),
        ("Music heard", span(now.audio_seconds) if now.audio_seconds else ""),
        ("Speed", f"{now.audio_rate:,.0f} × real time" if now.audio_rate else ""),
        ("Rate", f"{counted(round(60 * now.rate), now.unit)} a minute" if now.rate and not ended else ""),
        ("Took" if ended else "So far", span(now.elapsed_s)),
        ("Left", span(now.eta_s) if now.eta_s and not ended else ""),
    ]
    return card(
        f"{title}: {now.state}",
        bar(share, f"{share:.0%} done"),
        facts(counts),
        note(now.note or ""),
        note(f"Now: {', '.join(PurePath(path).name for path in now.current)}" if now.current else ""),
        problem(error),
        failures_table(failed),
    )


def failures_table(failures: Iterable[Failure]) -> Html:
    """Return a table of failed files with the reasons; empty if no file failed."""
    rows = [[show(failure) for show in _COLUMNS.values()] for failure in failures]
    title = problem(f"{counted(len(rows), 'file')} failed")
    return joined(title, table(list(_COLUMNS), rows)) if rows else Html("")


def failure_rows(failures: Iterable[Failure]) -> Rows[Failure]:
    """Return a list of failures that a notebook shows as a table."""
    return Rows(failures, "file that failed", _COLUMNS, several="files that failed", empty="None failed.")


def _file(path: str) -> Html:
    """Return the name of a file, with its folder in small print below."""
    pure = PurePath(path)
    return element("span", pure.name, element("small", str(pure.parent)))

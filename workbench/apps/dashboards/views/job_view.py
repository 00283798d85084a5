"""A running analysis: progress, speed, and failures with reasons; pause, cancel, try again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import ipywidgets as widgets

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.page import (
    button,
    note,
    note_html,
    problem_html,
    row,
    section,
    table_html,
)
from workbench.apps.dashboards.widgets.pulse import Pulse
from workbench.readable import counted, span

PULSE_S = 0.5  # set by hand: a bar that moves visibly
MOST_FAILURES = 100  # set by hand; the Problems app has all of them


class ShownJob(Protocol):
    """The parts of a job that the view shows, so that a test can use a simple object."""

    @property
    def progress(self) -> Any: ...
    @property
    def failed(self) -> Sequence[Any]: ...
    def done(self) -> bool: ...
    def cancel(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class Start(Protocol):
    def __call__(self, paths: Sequence[str], *, force: bool) -> ShownJob: ...


class JobView(widgets.VBox):  # type: ignore[misc]
    """Follow one job at a time.

    Parameters
    ----------
    start : callable
        ``start(paths, force=…)`` starts an analysis and returns its job. It may take long, so it is called on a thread.
    on_change : callable
        Called repeatedly while tracks are analyzed, and at the end.
    """

    def __init__(self, start: Start, on_change: Callable[[], None]) -> None:
        self._start, self._on_change = start, on_change
        self.job: ShownJob | None = None
        self._told = 0
        self._bar = widgets.FloatProgress(min=0, max=1, layout=widgets.Layout(width="100%", height="14px"))
        self._line = note(
            "Choose a folder and press Analyze. You can leave the page meanwhile. Tracks that are analyzed already are "
            "not analyzed again."
        )
        self._problem = widgets.HTML()
        self._pause = button(
            "Pause", self._toggle_pause, tooltip="Files that are being analyzed are finished first"
        )
        self._cancel = button("Cancel", self._stop, tooltip="Finished tracks stay saved")
        self._retry = button("Try failed files again", self._try_again)
        self._failures = widgets.HTML()
        self._failed = section(
            "Files that could not be analyzed", self._failures, row(self._retry), open=True
        )
        self._pulse = Pulse(self.look)
        super().__init__(
            [self._bar, self._line, self._problem, row(self._pause, self._cancel), self._failed, self._pulse]
        )
        self._arrange()

    @property
    def running(self) -> bool:
        return self.job is not None and not self.job.done()

    def begin(self, paths: Sequence[str], *, force: bool = False) -> None:
        """Start an analysis, unless one is running."""
        if self.running or self._pulse.seconds:
            return
        self._problem.value = ""
        self._line.value = note_html("Looking for music and starting the workers …")
        self._pulse.seconds = PULSE_S
        in_background(lambda: self._start(paths, force=force), self.follow, self._refused)

    def follow(self, job: ShownJob) -> None:
        """Show a running job."""
        self.job, self._told = job, 0
        self._pulse.seconds = PULSE_S
        self.look()

    def look(self) -> None:
        """Show the current state of the job."""
        if self.job is None:
            return
        ended = self.job.done()
        progress, failed = self.job.progress, self.job.failed
        self._bar.value = progress.finished / progress.total if progress.total else float(ended)
        self._line.value = note_html(describe(progress))
        self._failures.value = failures_html(failed)
        if ended:
            self._pulse.seconds = 0
            if progress.state == "failed":
                self._problem.value = problem_html(
                    progress.note or "The analysis stopped. Start it again: it continues where it stopped."
                )
        self._arrange()
        if ended or progress.done - self._told >= max(20, progress.total // 20):
            self._told = progress.done
            self._on_change()

    def _arrange(self) -> None:
        state = self.job.progress.state if self.job else ""
        self._pause.description = "Resume" if state == "paused" else "Pause"
        self._pause.disabled = self._cancel.disabled = not self.running
        self._retry.disabled = self.running
        self._failed.layout.display = "" if self.job and self.job.failed else "none"

    def _refused(self, message: str) -> None:
        self._pulse.seconds = 0
        self._line.value = ""
        self._problem.value = problem_html(message)

    def _toggle_pause(self) -> None:
        if self.job is not None:
            (self.job.resume if self.job.progress.state == "paused" else self.job.pause)()
            self.look()

    def _stop(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self.look()

    def _try_again(self) -> None:
        if self.job is not None:
            self.begin([failure.path for failure in self.job.failed], force=True)


def describe(progress: Any) -> str:
    """Return the state of a job in one line."""
    done = (
        f"{progress.finished:,} of {counted(progress.total, progress.unit)}"
        f"{' so far' if progress.scanning else ''}"
    )
    parts = [
        {
            "done": "Done",
            "paused": "Paused",
            "cancelled": "Cancelled",
            "cancelling": "Cancelling",
            "queued": "Waiting",
            "failed": "Stopped",
        }.get(progress.state, "Analyzing" if progress.unit == "file" else "Running"),
        *([done] if progress.total or progress.unit == "file" else []),
    ]
    if progress.cached:
        parts.append(f"{progress.cached:,} known already")
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.audio_rate:
        parts.append(f"{progress.rate * 60:.0f} files/min, {progress.audio_rate:.0f} × real time")
    if progress.state == "running" and progress.eta_s:
        parts.append(f"{span(progress.eta_s)} left")
    if progress.state in ("done", "cancelled"):
        parts.append(f"took {span(progress.elapsed_s)}")
    if progress.note:
        parts.append(progress.note)
    return " · ".join(parts)


def failures_html(failed: Sequence[Any]) -> str:
    """Return a table of the first hundred failed files with their reasons."""
    shown = [[failure.path, failure.error, failure.kind] for failure in failed[:MOST_FAILURES]]
    more = len(failed) - len(shown)
    return table_html(("File", "Why", "Kind"), shown) + note_html(f"and {more:,} more" if more > 0 else "")

"""Show the progress of a job: a card in notebooks, a bar in terminals, single lines elsewhere and under papermill."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from workbench.processing.job.notebook import in_notebook, somebody_watches
from workbench.processing.job.progress_words import describe, done_of
from workbench.processing.job.task import ENDED, Progress

if TYPE_CHECKING:
    from workbench.processing.job.job import Job

LINE_EVERY_S = 10.0  # in a log file, where a bar cannot move; set by hand
BAR_FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix}"


def show_progress(
    job: Job[Any], *, show: bool | None = None, stream: TextIO | None = None
) -> Callable[[], None]:
    """Follow a job until it ends, in the notebook cell or on ``stream`` (standard error by default).

    Parameters
    ----------
    show : bool, optional
        False: show nothing. True: show it always, as lines if there is no terminal. By default, it is shown in a
        notebook and on a terminal.

    Returns
    -------
    callable
        Stops showing it. A second call does nothing.
    """
    stream = stream or sys.stderr
    if show is False:
        return lambda: None
    if somebody_watches():
        return _show_card(job)
    if in_notebook():
        return job.subscribe(_Lines(job.title, stream))
    if stream.isatty():
        from tqdm import tqdm as terminal_bar

        return _show_bar(job, terminal_bar(bar_format=BAR_FORMAT, total=0, file=stream, dynamic_ncols=True))
    return job.subscribe(_Lines(job.title, stream)) if show else lambda: None


def _heading(title: str, progress: Progress) -> str:
    return title if progress.state in ("queued", "running") else progress.state.capitalize()


def _show_card(job: Job[Any]) -> Callable[[], None]:
    """Show a live card, which is replaced at the end by a card that is readable without a kernel."""
    from IPython.display import display

    show: Any = display
    shown = show(job.live_card().mime_bundle(), raw=True, display_id=True)

    def end(progress: Progress) -> None:
        if progress.state in ENDED:
            shown.update({"text/html": job._repr_html_(), "text/plain": repr(job)}, raw=True)

    return job.subscribe(end)


def _show_bar(job: Job[Any], bar: Any) -> Callable[[], None]:
    def update(progress: Progress) -> None:
        bar.total, bar.n = progress.total, progress.finished
        bar.set_description_str(_heading(job.title, progress), refresh=False)
        bar.set_postfix_str(describe(progress), refresh=False)
        bar.refresh()
        if progress.state in ENDED:
            bar.close()

    unsubscribe = job.subscribe(update)

    def stop() -> None:
        unsubscribe()
        bar.close()

    return stop


class _Lines:
    """Progress for logs and cron: a line every ten seconds and one at the end."""

    def __init__(self, title: str, stream: TextIO, timer: Callable[[], float] = time.monotonic) -> None:
        self._title = title
        self._stream = stream
        self._timer = timer
        self._next_at = timer() + LINE_EVERY_S

    def __call__(self, progress: Progress) -> None:
        if progress.state not in ENDED and self._timer() < self._next_at:
            return
        self._next_at = self._timer() + LINE_EVERY_S
        facts = [f"{_heading(self._title, progress)}: {done_of(progress)}", describe(progress)]
        self._stream.write(", ".join(filter(None, facts)) + "\n")
        self._stream.flush()

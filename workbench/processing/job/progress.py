"""Show the progress of a job: a bar in terminals and notebooks, single lines elsewhere and under papermill."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from workbench.processing.job.progress_words import describe
from workbench.processing.job.task import Progress

if TYPE_CHECKING:
    from workbench.processing.job.job import Job

LINE_EVERY_S = 10.0  # in a log file, where a bar cannot move; set by hand
ENDED = ("done", "cancelled", "failed")
BAR_FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix}"


def show_progress(
    job: Job[Any], *, show: bool | None = None, stream: TextIO | None = None
) -> Callable[[], None]:
    """Follow a job until it ends, in the notebook cell or on ``stream`` (standard error by default).

    Parameters
    ----------
    show : bool, optional
        False: not at all. True: in any case, as lines where there is no terminal. By default in a notebook
        and on a terminal.

    Returns
    -------
    callable
        Stops showing; harmless when called again.
    """
    stream = stream or sys.stderr
    if show is False:
        return lambda: None
    if in_notebook() and not _somebody_watches():
        return job.subscribe(_Lines(stream))
    if in_notebook():
        from tqdm.notebook import tqdm

        return _show_bar(job, tqdm(bar_format=BAR_FORMAT, total=job.progress.total))
    if stream.isatty():
        from tqdm import tqdm as terminal_bar

        return _show_bar(job, terminal_bar(bar_format=BAR_FORMAT, total=0, file=stream, dynamic_ncols=True))
    return job.subscribe(_Lines(stream)) if show else lambda: None


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config


def _somebody_watches() -> bool:
    """Whether a person uses this kernel: papermill and nbconvert do not allow input."""
    shell = sys.modules["IPython"].get_ipython()
    return bool(shell.get_parent().get("content", {}).get("allow_stdin", True))


def _heading(progress: Progress) -> str:
    return "Analyzing" if progress.state in ("queued", "running") else progress.state.capitalize()


def _show_bar(job: Job[Any], bar: Any) -> Callable[[], None]:
    def update(progress: Progress) -> None:
        bar.total, bar.n = progress.total, progress.finished
        bar.set_description_str(_heading(progress), refresh=False)
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
    """For logs and cron: a line every ten seconds and one at the end."""

    def __init__(self, stream: TextIO, timer: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._timer = timer
        self._next_at = timer() + LINE_EVERY_S

    def __call__(self, progress: Progress) -> None:
        if progress.state not in ENDED and self._timer() < self._next_at:
            return
        self._next_at = self._timer() + LINE_EVERY_S
        more = "+" if progress.scanning else ""
        details = describe(progress)
        self._stream.write(
            f"{_heading(progress)}: {progress.finished} of {progress.total}{more} tracks"
            + (f", {details}\n" if details else "\n")
        )
        self._stream.flush()

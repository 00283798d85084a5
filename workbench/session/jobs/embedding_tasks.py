"""Run published models over a library: tasks for the workers, and the code that saves their results."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from workbench.models.networks.embed import files_to_embed
from workbench.models.networks.inference import FileOutputs
from workbench.models.networks.model_file import ModelFile
from workbench.processing.job.task import Failure, Task
from workbench.session.jobs.model_outputs import save_outputs
from workbench.session.jobs.report import Report
from workbench.store.library.library import Library


class EmbeddingTasks:
    """The tasks that run models over the analyzed files that they have not seen.

    Parameters
    ----------
    force : bool
        Run the models over all analyzed files.
    """

    def __init__(self, library: Library, models: Sequence[ModelFile], *, force: bool = False) -> None:
        self.library = library
        self.files = files_to_embed(library, models, force=force)
        self.failed: list[Failure] = []
        self.done = 0
        self.audio_seconds = 0.0
        self._started = time.monotonic()

    def tasks(self) -> Iterator[Task]:
        """Yield one task for each content."""
        return (
            Task(key=file.content_hash, path=file.path, size_bytes=file.size_bytes) for file in self.files
        )

    def on_value(self, task: Task, value: FileOutputs) -> float:
        """Store one result at once; return its seconds of audio."""
        save_outputs(self.library, task.key, value.outputs)
        self.done += 1
        self.audio_seconds += value.audio_seconds
        return value.audio_seconds

    def on_failure(self, task: Task | None, failure: Failure) -> None:
        """Remember a failure; the track stays analyzed."""
        self.failed.append(failure)

    def report(self, workers: int) -> Report:
        """Return the report of the work so far."""
        return Report(
            found=len(self.files),
            analyzed=self.done,
            cached=0,
            failed=tuple(self.failed),
            seconds=time.monotonic() - self._started,
            audio_seconds=self.audio_seconds,
            workers=workers,
        )

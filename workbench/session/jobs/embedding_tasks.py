"""Published models over a library: tasks for the workers, and their results into the library."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from workbench.models.networks.embed import files_to_embed
from workbench.models.networks.inference import FileOutputs
from workbench.models.networks.model_file import ModelFile
from workbench.processing.job.task import Failure, Task
from workbench.session.jobs.report import Report
from workbench.store.library.library import Library
from workbench.store.library.records import Embedding, Prediction


class EmbeddingTasks:
    """The tasks that run models over the analyzed files that they have not seen, and what becomes of their results.

    Parameters
    ----------
    force : bool
        Over all analyzed files.
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
        seconds = save_outputs(self.library, task.key, value)
        self.done += 1
        self.audio_seconds += seconds
        return seconds

    def on_failure(self, task: Task | None, failure: Failure) -> None:
        """Remember a failure; the track stays analyzed."""
        self.failed.append(failure)

    def report(self, workers: int) -> Report:
        """Return what has been done so far."""
        return Report(
            found=len(self.files),
            analyzed=self.done,
            cached=0,
            failed=tuple(self.failed),
            seconds=time.monotonic() - self._started,
            audio_seconds=self.audio_seconds,
            workers=workers,
        )


def save_outputs(library: Library, content_hash: str, found: FileOutputs) -> float:
    """Store what models found in a content, in one transaction; return its seconds of audio."""
    with library.transaction():
        library.models.save_embeddings(
            Embedding(content_hash, output.model, output.version, output.model_hash, output.embedding)
            for output in found.outputs
            if output.embedding is not None
        )
        library.models.save_predictions(
            Prediction(
                content_hash, output.model, output.version, output.model_hash, _rounded(output.probabilities)
            )
            for output in found.outputs
            if output.embedding is None
        )
    return found.audio_seconds


def _rounded(probabilities: dict[str, float] | None) -> dict[str, float]:
    """Return probabilities with six digits; a silent file has none, and counts as seen."""
    return {name: round(value, 6) for name, value in (probabilities or {}).items()}

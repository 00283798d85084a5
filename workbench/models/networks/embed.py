"""Bring published models to the library: which files they have not seen, and where their results go.

A session runs :func:`workbench.models.networks.inference.run_models` on workers between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.models.networks.inference import FileOutputs
from workbench.models.networks.model_file import ModelFile
from workbench.store.library.records import Embedding, Prediction, UnseenFile

if TYPE_CHECKING:
    from workbench.store.library.library import Library


def files_to_embed(library: Library, models: Sequence[ModelFile], *, force: bool = False) -> list[UnseenFile]:
    """Return the analyzed files that a model of this name and hash has not seen; with ``force`` all of them."""
    return library.models.unseen([(model.name, "" if force else model.sha256) for model in models])


def save_outputs(library: Library, content_hash: str, found: FileOutputs) -> float:
    """Store what models said of a content, in one transaction; return its seconds of audio."""
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

"""Save the outputs of models in the library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.store.library.library import Library
from workbench.store.library.records import Embedding, Prediction

if TYPE_CHECKING:
    from workbench.models.networks.model_output import ModelOutput


def save_outputs(library: Library, content_hash: str, outputs: Sequence[ModelOutput]) -> None:
    """Store the outputs of models for a content, in one transaction."""
    if not outputs:
        return
    with library.transaction():
        library.models.save_embeddings(
            Embedding(content_hash, output.model, output.version, output.model_hash, output.embedding)
            for output in outputs
            if output.embedding is not None
        )
        library.models.save_predictions(
            Prediction(
                content_hash, output.model, output.version, output.model_hash, _rounded(output.probabilities)
            )
            for output in outputs
            if output.embedding is None
        )


def _rounded(probabilities: dict[str, float] | None) -> dict[str, float]:
    """Return probabilities with six digits; a silent file has no probabilities, and counts as seen."""
    return {name: round(value, 6) for name, value in (probabilities or {}).items()}

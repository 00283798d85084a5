"""Add the predictions of models to a library table as columns and vectors, separate from tags and descriptors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.models.networks.flat_names import moods
from workbench.models.predicted import flat, in_order
from workbench.models.sound_tag_values import HEARD_BY, with_sound_tags
from workbench.store.library.library_table import LibraryTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.store.library.library import Library
    from workbench.store.library.records import Prediction, StoredModel

_PREFERRED = ("discogs", "msd-musicnn", "mtt-musicnn", "audioset-vggish")
"""The preference among embeddings for similarity; those trained on most music are first."""
_SIBLINGS = "musicnn"  # networks of this name complement each other: both together are better than either one
# Set by hand: a track that only one of the two has analyzed counts as one without an embedding, so there may be few.
_SAME_TRACKS = 0.95


def with_model_results(library: Library, table: LibraryTable) -> LibraryTable:
    """Return a table with the predictions of models.

    Published models add ``mood_happy`` and so on, ``mood`` (those of 0.5 or more, such as ``"happy; party"``),
    ``valence``, ``arousal``, ``instrumentalness``, ``acousticness`` and ``predicted_genre``; a tagger adds
    ``predicted_<label>`` and ``predicted_<label>_probability``; the free networks add sound tags. The embedding is
    added beside the sound vector; tracks that its models have not analyzed have none.
    """
    columns = dict(table.columns) | prediction_columns(table, library.models.predictions(without=HEARD_BY))
    predicted = replace(table, columns=columns, embeddings=compared_embeddings(library, table))
    return with_sound_tags(library, predicted)


def prediction_columns(table: LibraryTable, predictions: Iterable[Prediction]) -> dict[str, npt.NDArray[Any]]:
    """Return a column for each flat value in the predictions: float64 with NaN, or text with ``None``."""
    by_content: dict[str, dict[str, float | str]] = {}
    for prediction in in_order(predictions):
        by_content.setdefault(prediction.content_hash, {}).update(flat(prediction))
    for values in by_content.values():
        if (words := moods(values)) is not None:
            values["mood"] = words
    columns: dict[str, npt.NDArray[Any]] = {}
    for row, content in enumerate(table["content_hash"]):
        for name, value in by_content.get(content, {}).items():
            if name not in columns:
                text = isinstance(value, str)
                columns[name] = np.full(len(table), None, object) if text else np.full(len(table), np.nan)
            columns[name][row] = value
    return columns


def best_embedding(library: Library, table: LibraryTable) -> tuple[str, npt.NDArray[np.float32]] | None:
    """Return the name and rows, shape (n, d), of one model's embedding; NaN for a track without an embedding.

    It is the preferred one of the models with at least half as many tracks as the model with most tracks. So a model
    that is being run replaces another one when it is half done.
    """
    model = _best(library.models.with_embeddings())
    return None if model is None else (f"{model.model} {model.model_hash[:12]}", _rows(library, table, model))


def compared_embeddings(library: Library, table: LibraryTable) -> npt.NDArray[np.float32] | None:
    """Return the embedding for similarity, shape (n, d), or ``None``; NaN for a track without an embedding.

    Both networks of MusiCNN are used, side by side, if the second has nearly as many tracks as the preferred one.
    """
    stored = library.models.with_embeddings()
    best = _best(stored)
    if best is None:
        return None
    siblings = [
        model
        for model in stored
        if _SIBLINGS in model.model and _SIBLINGS in best.model and model.model != best.model
    ]
    joined = [best, *(model for model in siblings if model.contents >= _SAME_TRACKS * best.contents)]
    rows = np.hstack([_rows(library, table, model) for model in joined])
    rows[np.isnan(rows).any(axis=1)] = np.nan
    return rows


def _best(stored: Sequence[StoredModel]) -> StoredModel | None:
    most = max((model.contents for model in stored), default=0)
    heard = [model for model in stored if 2 * model.contents >= most]
    return min(heard, key=lambda found: _preference(found.model), default=None)


def _rows(library: Library, table: LibraryTable, model: StoredModel) -> npt.NDArray[np.float32]:
    hashes, matrix = library.models.embeddings(model.model, model_hash=model.model_hash)
    places = {content: place for place, content in enumerate(hashes)}
    found = np.array([places.get(content, -1) for content in table["content_hash"]], np.int64)
    rows = np.full((len(table), matrix.shape[1]), np.nan, np.float32)
    rows[found >= 0] = matrix[found[found >= 0]]
    return rows


def tagger_inputs(library: Library) -> tuple[LibraryTable, str]:
    """Return the table with the inputs of a tagger (sound vectors and the embedding side by side), and their name.

    The name changes with the version of the analysis and with the embedding, so that a tagger is not run on other
    inputs.
    """
    from workbench.analysis.features import VERSION

    table = library.table()
    found = best_embedding(library, table)
    if found is None or not np.isfinite(found[1][table.analyzed]).all():
        return table, f"analysis {VERSION}"
    return replace(table, vectors=np.hstack([table.vectors, found[1]])), f"analysis {VERSION} + {found[0]}"


def _preference(model: str) -> tuple[int, str]:
    return next((place for place, name in enumerate(_PREFERRED) if name in model), len(_PREFERRED)), model

"""Use a trained tagger: score it on artists that it did not learn from, or predict for tracks without a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.cards.card import card, table
from workbench.errors import ModelError
from workbench.models.columns import tagger_inputs
from workbench.models.tagger import storage
from workbench.models.tagger.calibration import Reliability, reliability, softmax
from workbench.models.tagger.examples import Examples, collect
from workbench.models.tagger.labels import labels_of
from workbench.models.tagger.storage import Tagger
from workbench.models.tagger.training_report import Scores, confusion_matrix, confusion_table, score
from workbench.store.library.records import Prediction

if TYPE_CHECKING:
    from workbench.store.library.library import Library


@dataclass(frozen=True)
class Evaluation:
    """Scores of a trained tagger on held-out artists, with the current labels."""

    label: str
    model_id: str
    examples: int
    scores: Scores
    classes: tuple[str, ...]
    confusion: list[list[int]]
    reliability: Reliability

    def _repr_html_(self) -> str:
        return card(f"Tagger: {self.label}", confusion_table(self.classes, self.confusion), about=str(self))

    def __repr__(self) -> str:
        return (
            f"{self.label}: balanced accuracy {self.scores.balanced_accuracy:.3f} on {self.examples} tracks of "
            f"artists that were kept apart (chance {self.scores.chance:.3f}), calibration error "
            f"{self.scores.calibration_error:.3f}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values."""
        return asdict(self)


@dataclass(frozen=True)
class Application:
    """The number of tracks that a tagger was applied to, and the number with each predicted tag."""

    label: str
    model_id: str
    predicted: int
    counts: dict[str, int]
    mean_probability: float | None

    def _repr_html_(self) -> str:
        rows = self._largest_first()
        counts = table((self.label, "Tracks"), rows, right=("Tracks",)) if rows else ""
        return card(f"Predicted: {self.label}", counts, about=str(self))

    def _largest_first(self) -> list[tuple[str, int]]:
        return sorted(self.counts.items(), key=lambda item: -item[1])

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {count}" for name, count in self._largest_first())
        if not self.predicted:
            return f"{self.label}: every analyzed track has a label; nothing to predict"
        return (
            f"{self.label} predicted for {self.predicted} tracks ({shown}), "
            f"on average with probability {self.mean_probability:.2f}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values."""
        return asdict(self)


def evaluate(
    library: Library,
    label: str,
    *,
    folder: Path,
    labels: dict[str, str] | None = None,
) -> Evaluation:
    """Score a tagger on the artists that it did not learn from, with the current labels.

    Raises
    ------
    ModelError
        There is no such tagger, it needs other inputs, or none of its held-out tracks is left.
    """
    tagger = storage.load(folder, label)
    table, inputs = tagger_inputs(library)
    given = labels_of(library, label, table=table) if labels is None else labels
    examples = collect(table, given)
    numbers = {name: number for number, name in enumerate(tagger.classes)}
    held_out = set(tagger.card.get("held_out", ()))
    places = np.array(
        [
            place
            for place, content in enumerate(examples.contents)
            if content in held_out and examples.labels[place] in numbers
        ],
        np.intp,
    )
    if not len(places):
        raise ModelError(
            f"None of the tracks that were kept from the tagger for {label} is in the library with a label. "
            "If it learned from a CSV file or playlists, give them here too; or train it again.",
            label=label,
        )
    targets = np.array([numbers[str(examples.labels[place])] for place in places], np.intp)
    probabilities = _predict(tagger, examples, places, inputs)
    return Evaluation(
        label,
        str(tagger.card["model_id"]),
        len(places),
        score(probabilities, targets),
        tagger.classes,
        confusion_matrix(probabilities, targets).tolist(),
        reliability(probabilities, targets),
    )


def predict(
    library: Library,
    label: str,
    *,
    folder: Path,
    labels: dict[str, str] | None = None,
    everything: bool = False,
) -> tuple[Application, list[Prediction]]:
    """Predict the label of tracks without one; return a summary and the predictions, which the caller stores.

    Parameters
    ----------
    labels : dict of content hash to str, optional
        The labels; those of the library by default. Tracks with a label are left out.
    everything : bool
        Predict for labeled tracks too.

    Raises
    ------
    ModelError
        There is no such tagger, or it needs other inputs than those of the library.
    """
    tagger = storage.load(folder, label)
    table, inputs = tagger_inputs(library)
    given = labels_of(library, label, table=table) if labels is None else labels
    examples = collect(table, {} if everything else given)
    places = np.array([place for place, name in enumerate(examples.labels) if name is None], np.intp)
    if not len(places):
        return Application(label, str(tagger.card["model_id"]), 0, {}, None), []
    probabilities = _predict(tagger, examples, places, inputs)
    contents = [examples.contents[place] for place in places]
    best = probabilities.argmax(axis=1)
    counts = {name: int((best == number).sum()) for number, name in enumerate(tagger.classes)}
    mean = float(probabilities.max(axis=1).mean())
    summary = Application(label, str(tagger.card["model_id"]), len(places), counts, mean)
    return summary, _predictions(tagger, contents, probabilities)


def _predict(
    tagger: Tagger, examples: Examples, places: npt.NDArray[np.intp], inputs: str
) -> npt.NDArray[np.float64]:
    card = tagger.card
    if (card["inputs"], card["dimensions"]) != (inputs, examples.inputs.shape[1]):
        raise ModelError(
            f"The tagger for {card['label']} reads {card['inputs']} ({card['dimensions']} numbers) and "
            f"the library now has {inputs} ({examples.inputs.shape[1]}); train it again.",
            label=card["label"],
        )
    return softmax(tagger.classifier.logits(examples.inputs[places]), float(card["temperature"]))


def _predictions(
    tagger: Tagger, contents: Sequence[str], probabilities: npt.NDArray[np.float64]
) -> list[Prediction]:
    version, file_hash = str(tagger.card["trained_at"]), str(tagger.card["sha256"])
    return [
        Prediction(
            content,
            tagger.name,
            version,
            file_hash,
            dict(zip(tagger.classes, (round(float(p), 6) for p in row), strict=True)),
        )
        for content, row in zip(contents, probabilities, strict=True)
    ]

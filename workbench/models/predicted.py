"""The predictions for a track, separate from its tags, each with its model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.models.networks.flat_names import EMOTIONS, flatten

if TYPE_CHECKING:
    from workbench.store.library.records import Prediction

TAGGER = "tagger:"
"""The prefix of the names under which predictions of taggers are stored."""


def in_order(predictions: Iterable[Prediction]) -> list[Prediction]:
    """Sort predictions so that the last one of each name counts: taggers last, before them models with most classes."""
    return sorted(predictions, key=lambda found: (_tagged(found) is not None, len(found.scores), found.model))


def predicted(predictions: Iterable[Prediction]) -> dict[str, dict[str, Any]]:
    """Return the predictions for one content, by label.

    Returns
    -------
    dict of label to dict
        ``value``: the most probable class (``genre`` and the labels of taggers) or a number, 0–1 (``mood_happy``,
        ``instrumentalness``, ``valence``…). ``probability``: that of the class, or of the label if the value is its
        probability; ``None`` for ``valence`` and ``arousal``. ``model`` and ``version``: the source.
    """
    found: dict[str, dict[str, Any]] = {}
    for prediction in in_order(predictions):
        for name, value in flat(prediction).items():
            if name.endswith("_probability"):
                continue
            number = None if name in EMOTIONS else value
            probability = prediction.scores[value] if isinstance(value, str) else number
            found[name.removeprefix("predicted_")] = {
                "value": value,
                "probability": probability,
                "model": prediction.model,
                "version": prediction.version,
            }
    return found


def flat(prediction: Prediction) -> dict[str, float | str]:
    """Return one prediction under the names of columns."""
    scores, label = prediction.scores, _tagged(prediction)
    if label is None:
        return flatten(prediction.model.partition("-")[0], scores)
    if not scores:
        return {}
    name, best = f"predicted_{label}", max(scores, key=lambda found: scores[found])
    return {name: best, f"{name}_probability": scores[best]}


def predicted_text(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the predictions in one line: classes with their probability, moods of 0.5 or more, and other numbers."""
    parts = []
    for label, entry in sorted(found.items(), key=lambda item: isinstance(item[1]["value"], float)):
        value, probability = entry["value"], entry["probability"]
        if isinstance(value, str):
            parts.append(f"{label} {value} ({probability:.0%})")
        elif not label.startswith("mood_"):
            parts.append(f"{label} {value:.2f}")
        elif value >= 0.5:
            parts.append(f"{label.removeprefix('mood_')} ({value:.0%})")
    return ", ".join(parts)


def _tagged(prediction: Prediction) -> str | None:
    return prediction.model.removeprefix(TAGGER) if prediction.model.startswith(TAGGER) else None

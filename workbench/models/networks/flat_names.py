"""Convert the outputs of published models to the flat names of tables, filters and playlists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.models.networks.published import EMOTION_RANGE

_RENAMED = {
    ("voice_instrumental", "instrumental"): "instrumentalness",
    ("mood_acoustic", "acoustic"): "acousticness",
    ("danceability", "danceable"): "danceable",
    ("tonal_atonal", "tonal"): "tonality",
    ("timbre", "bright"): "timbre_bright",
}
EMOTIONS = ("valence", "arousal")
"""Values that are not probabilities."""


def flat_names(task: str, classes: Sequence[str]) -> tuple[str, ...]:
    """Return the names that :func:`flatten` gives for a model of this task and these classes."""
    return tuple(flatten(task, dict.fromkeys(classes, 0.0)))


def flatten(task: str, probabilities: Mapping[str, float]) -> dict[str, float | str]:
    """Convert the outputs of one model to flat values.

    Parameters
    ----------
    task : str
        First part of the model's name.
    probabilities : mapping of class to mean output

    Returns
    -------
    dict
        ``mood_happy`` and similar names, ``instrumentalness``, ``acousticness``: probabilities 0–1. ``valence`` and
        ``arousal``: 0–1, rescaled from the 1–9 of their data sets and clipped. ``predicted_genre``: the most
        probable class of a genre model (the tag ``genre`` is not changed). Empty for other kinds of models, whose
        classes are stored anyway.
    """
    if set(EMOTIONS) <= probabilities.keys():
        return {name: _unit_range(probabilities[name]) for name in EMOTIONS}
    for (known, label), name in _RENAMED.items():
        if task == known and label in probabilities:
            flat: dict[str, float | str] = {name: probabilities[label]}
            return flat | ({task: probabilities[label]} if task.startswith("mood_") else {})
    if task.startswith("mood_"):
        label = task.removeprefix("mood_")
        return {task: probabilities[label]} if label in probabilities else {}
    if "genre" in task and probabilities:
        return {"predicted_genre": max(probabilities, key=lambda name: probabilities[name])}
    return {}


def _unit_range(value: float) -> float:
    low, high = EMOTION_RANGE
    return min(1.0, max(0.0, (value - low) / (high - low)))


def moods(flat: Mapping[str, float | str]) -> str | None:
    """Return the moods of probability 0.5 or more, most probable first, as ``"happy; party"``; ``None`` if none."""
    found = {
        name.removeprefix("mood_"): value
        for name, value in flat.items()
        if name.startswith("mood_") and isinstance(value, float) and value >= 0.5
    }
    return "; ".join(sorted(found, key=lambda name: -found[name])) or None

"""Calibrate probabilities by temperature scaling, so that 80 % is right in 80 % of the cases, and check it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
BINS = 10  # Guo et al. 2017 use 15; fewer here, because a library has fewer tracks to test on


@dataclass(frozen=True)
class Reliability:
    """Bins of predictions by confidence: the number, the mean confidence and the accuracy of each bin."""

    counts: list[int]
    confidence: list[float | None]
    accuracy: list[float | None]


def softmax(logits: Matrix, temperature: float = 1.0) -> Matrix:
    """Return probabilities, shape (n, classes), of logits divided by a temperature."""
    scaled = np.asarray(logits, np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def fit_temperature(logits: Matrix, targets: npt.NDArray[np.intp]) -> float:
    """Return the temperature, 0.05–1000, at which held-out examples are most probable.

    If all ``n`` examples are right, the probability is at most ``1 - 1 / (n + 2)``. The targets are smoothed by Platt's
    method, because otherwise a few easy examples would make every probability 1.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger 2017, On Calibration of Modern Neural Networks; Platt 1999, Probabilistic Outputs
    for Support Vector Machines, section 2.2.
    """
    from scipy.optimize import minimize_scalar

    count, classes = logits.shape
    doubt = 1.0 / (count + 2)
    wanted = np.full((count, classes), doubt / (classes - 1))
    wanted[np.arange(count), targets] = 1.0 - doubt

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits, float(np.exp(log_temperature)))
        return float(-(wanted * np.log(np.clip(probabilities, 1e-300, 1.0))).sum() / count)

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(1000.0)), method="bounded")
    return float(np.exp(found.x))


def log_loss(probabilities: Matrix, targets: npt.NDArray[np.intp]) -> float:
    """Return the mean negative log-likelihood in nats."""
    chosen = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(np.clip(chosen, 1e-12, 1.0)).mean())


def reliability(probabilities: Matrix, targets: npt.NDArray[np.intp]) -> Reliability:
    """Count predictions in ten bins of confidence."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    members = [bins == number for number in range(BINS)]
    return Reliability(
        [int(inside.sum()) for inside in members],
        [float(confidence[inside].mean()) if inside.any() else None for inside in members],
        [float(right[inside].mean()) if inside.any() else None for inside in members],
    )


def calibration_error(found: Reliability) -> float:
    """Return the expected calibration error: mean gap between confidence and accuracy, weighted by count."""
    total = sum(found.counts)
    gaps = [
        count * abs(confidence - accuracy)
        for count, confidence, accuracy in zip(found.counts, found.confidence, found.accuracy, strict=True)
        if confidence is not None and accuracy is not None
    ]
    return sum(gaps) / total if total else 0.0

"""Probabilities that mean what they say, on logits whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.models.tagger.calibration import (
    calibration_error,
    fit_temperature,
    log_loss,
    reliability,
    softmax,
)
from workbench.models.tagger.training_report import confusion_matrix, score


def drawn(count: int, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and classes drawn with exactly the probabilities that they say."""
    generator = np.random.default_rng(2)
    logits = generator.normal(0, 2, (count, classes))
    return logits, np.array([generator.choice(classes, p=p) for p in softmax(logits)])


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_temperature_undoes_wrong_confidence(factor: float) -> None:
    logits, targets = drawn(20_000)
    assert fit_temperature(logits * factor, targets) == pytest.approx(factor, rel=0.05)
    wrong = calibration_error(reliability(softmax(logits * factor), targets))
    right = calibration_error(reliability(softmax(logits * factor, factor), targets))
    assert right < 0.015 and (factor == 1.0 or wrong > 0.05)


@pytest.mark.parametrize("count", [4, 16, 100])
def test_a_few_easy_examples_are_no_certainty(count: int) -> None:
    targets = np.arange(count) % 2
    logits = np.where(targets[:, None] == np.arange(2), 50.0, -50.0)
    probabilities = softmax(logits, fit_temperature(logits, targets))
    assert probabilities.max() <= 1 - 0.9 / (count + 2)


def test_reliability_counts_by_confidence() -> None:
    probabilities = np.array([[0.95, 0.05], [0.93, 0.07], [0.45, 0.55], [0.5, 0.5]])
    found = reliability(probabilities, np.array([0, 1, 1, 0]))
    assert found.counts == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert found.accuracy[9] == 0.5 and found.confidence[9] == pytest.approx(0.94)
    assert found.accuracy[0] is None
    assert calibration_error(found) == pytest.approx((2 * 0.44 + 2 * (1 - 0.525)) / 4)


def test_scores_by_value() -> None:
    probabilities = np.array([[0.8, 0.2], [0.6, 0.4], [0.7, 0.3], [0.1, 0.9]])
    targets = np.array([0, 0, 1, 1])
    assert confusion_matrix(probabilities, targets).tolist() == [[2, 0], [1, 1]]
    found = score(probabilities, targets)
    assert (found.balanced_accuracy, found.accuracy, found.chance) == (0.75, 0.75, 0.5)
    assert (
        found.log_loss
        == pytest.approx(-np.log([0.8, 0.6, 0.3, 0.9]).mean())
        == pytest.approx(log_loss(probabilities, targets))
    )
    lopsided = score(np.tile([0.9, 0.1], (10, 1)), np.array([0] * 9 + [1]))
    assert (lopsided.accuracy, lopsided.balanced_accuracy) == (0.9, 0.5)

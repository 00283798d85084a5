"""The baselines that the network must beat: nearest neighbors and logistic regression, kept as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Inputs = npt.NDArray[np.float32]
Targets = npt.NDArray[np.intp]
Arrays = dict[str, npt.NDArray[Any]]

NEIGHBORS = 15  # convention: odd, and fewer than the examples of a small class


class Classifier(Protocol):
    """The interface of all kinds of taggers."""

    kind: str

    def logits(self, inputs: Inputs) -> npt.NDArray[np.float64]:
        """Return logits, shape (n, classes), of inputs, shape (n, d)."""


class LogisticRegression:
    """Multinomial logistic regression on standardized inputs, all classes with the same weight."""

    kind = "logistic"

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.arrays: Arrays = dict(arrays)

    @classmethod
    def fit(cls, inputs: Inputs, targets: Targets, *, seed: int) -> LogisticRegression:
        from sklearn.linear_model import LogisticRegression as Fitter

        mean, scale = standardization(inputs)
        fitter = Fitter(class_weight="balanced", max_iter=500, random_state=seed)
        fitter.fit((inputs - mean) / scale, targets)
        weights, bias = fitter.coef_, fitter.intercept_
        if len(weights) == 1:  # scikit-learn keeps one row for two classes
            weights, bias = np.vstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
        return cls({"mean": mean, "scale": scale, "weights": weights, "bias": bias})

    def logits(self, inputs: Inputs) -> npt.NDArray[np.float64]:
        scaled = (inputs - self.arrays["mean"]) / self.arrays["scale"]
        return np.asarray(scaled @ self.arrays["weights"].T + self.arrays["bias"], np.float64)


class NeighborVote:
    """Shares of the classes among the nearest examples in standardized space; every class has the same weight."""

    kind = "neighbors"

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.arrays: Arrays = dict(arrays)

    @classmethod
    def fit(cls, inputs: Inputs, targets: Targets, *, seed: int) -> NeighborVote:
        mean, scale = standardization(inputs)
        return cls(
            {
                "mean": mean,
                "scale": scale,
                "inputs": ((inputs - mean) / scale).astype(np.float32),
                "targets": targets,
            }
        )

    def logits(self, inputs: Inputs) -> npt.NDArray[np.float64]:
        from sklearn.neighbors import NearestNeighbors

        known, targets = self.arrays["inputs"], self.arrays["targets"]
        finder = NearestNeighbors(n_neighbors=min(NEIGHBORS, len(known))).fit(known)
        near = finder.kneighbors((inputs - self.arrays["mean"]) / self.arrays["scale"], return_distance=False)
        sizes = np.bincount(targets)
        votes = (targets[near][:, :, None] == np.arange(len(sizes))).sum(axis=1) / sizes * sizes.mean()
        return np.asarray(np.log(votes + 1.0 / len(sizes)))


BASELINES: dict[str, type[LogisticRegression] | type[NeighborVote]] = {
    LogisticRegression.kind: LogisticRegression,
    NeighborVote.kind: NeighborVote,
}


def standardization(inputs: Inputs) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return mean and standard deviation of each column; 1 for a column that does not vary."""
    scale = inputs.std(axis=0, dtype=np.float64)
    return (
        inputs.mean(axis=0, dtype=np.float64).astype(np.float32),
        np.where(scale > 1e-6, scale, 1.0).astype(np.float32),
    )

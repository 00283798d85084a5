"""Lay out tracks on the map: project the points of the space of sound to two dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.float32]

MOST_NEIGHBORED = 5000  # set by hand: t-SNE then takes a minute at most
NEAREST = 5  # set by hand: the mean place of a few neighbors varies less than the place of one


def principal_components(points: npt.NDArray[np.float32]) -> tuple[Positions, tuple[float, float]]:
    """Project points on the two directions in which tracks differ most; takes milliseconds.

    Parameters
    ----------
    points : float32 array, shape (n, d), finite

    Returns
    -------
    positions : float32 array, shape (n, 2)
    shares : tuple of float
        Share of the variance that each of the two directions explains.
    """
    if len(points) < 2:
        return np.zeros((len(points), 2), np.float32), (0.0, 0.0)
    centered = points - points.mean(axis=0, dtype=np.float64)
    values, directions = np.linalg.eigh(centered.T @ centered)
    positions = np.zeros((len(points), 2), np.float32)
    kept = min(2, points.shape[1])
    positions[:, :kept] = centered @ directions[:, ::-1][:, :kept]
    shares = np.zeros(2)
    shares[:kept] = values[::-1][:kept] / max(float(values.sum()), 1e-12)
    return positions, (float(shares[0]), float(shares[1]))


def neighbor_map(points: npt.NDArray[np.float32], random_state: int = 0) -> Positions:
    """Lay tracks out so that neighbors stay neighbors; takes seconds to a minute, so it belongs in a worker.

    If there are more than ``MOST_NEIGHBORED`` tracks, a random sample of that size is laid out, and every other track
    gets the mean position of its five nearest tracks in the sample.

    Parameters
    ----------
    points : float32 array, shape (n, d), finite

    Returns
    -------
    float32 array, shape (n, 2)

    References
    ----------
    van der Maaten & Hinton 2008, Visualizing data using t-SNE.
    """
    from sklearn.manifold import TSNE
    from sklearn.neighbors import NearestNeighbors

    if len(points) < 5:
        return principal_components(points)[0]
    sample = np.arange(len(points))
    if len(points) > MOST_NEIGHBORED:
        sample = np.sort(
            np.random.default_rng(random_state).choice(len(points), MOST_NEIGHBORED, replace=False)
        )
    perplexity = min(30.0, (len(sample) - 1) / 3)
    model: Any = TSNE(2, perplexity=perplexity, init="pca", random_state=random_state)
    placed = np.asarray(model.fit_transform(points[sample]), np.float32)
    if len(sample) == len(points):
        return placed
    nearest = NearestNeighbors(n_neighbors=NEAREST).fit(points[sample])
    positions: Positions = (
        placed[nearest.kneighbors(points, return_distance=False)].mean(axis=1).astype(np.float32)
    )
    positions[sample] = placed
    return positions

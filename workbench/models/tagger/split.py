"""Split examples into three parts that share no artist and no album, each with its share of every class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]


class Split(NamedTuple):
    """Indices of the examples for learning, for stopping and calibration, and for the test."""

    train: Indices
    validate: Indices
    test: Indices


def grouped_split(
    targets: Indices, groups: Indices, *, seed: int, shares: tuple[float, float, float] = (0.6, 0.2, 0.2)
) -> Split:
    """Assign whole groups to three parts so that each part has about its share of every class.

    The greedy method of stratified group k-fold assigns each group, the largest first and equal ones in seeded order,
    to the part that lacks most of its classes. A class with three groups or more is then in every part.

    Parameters
    ----------
    targets : int array, shape (n,)
        Class of each example, from 0.
    groups : int array, shape (n,)
        Group of each example.
    seed : int
    shares : three floats
        Sizes of the parts; they add up to 1.
    """
    generator = np.random.default_rng(seed)
    names, members = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), int(targets.max()) + 1))
    np.add.at(counts, (members, targets), 1)
    totals = counts.sum(axis=0)
    wanted = np.outer(shares, totals)
    filled = np.zeros_like(wanted)
    part_of_group = np.zeros(len(names), int)
    order = generator.permutation(len(names))
    for group in order[np.argsort(-counts[order].sum(axis=1), kind="stable")]:
        share_of_class = counts[group] / totals
        lack = ((wanted - filled) / wanted) @ share_of_class
        empty = (filled == 0).astype(int) @ (counts[group] > 0)
        part_of_group[group] = np.lexsort((-lack, -empty))[0]
        filled[part_of_group[group]] += counts[group]
    parts = part_of_group[members]
    return Split(*(np.flatnonzero(parts == part) for part in range(3)))

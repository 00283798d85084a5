"""Compare the landmarks of two files: find the offset at which they agree, and the share that agrees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.analysis.same_recording.landmarks import Landmarks

# An original and its copy at 64 kbit/s share 0.66 or more, other music 0.17 or less. Two renders of a sequencer with
# different lead voices share 0.5. Measured, docs/measured.md.
LEAST_SIMILARITY = 0.6
# Of 32 bits. In copies 2 differ on average, in other music 16.
_DIFFERENT_BITS = 6
# Landmarks of a copy are up to two frames of 23 ms away.
_TOLERANCE_MS = 60
_VOTE_MS = 32
# With fewer, landmarks can agree by chance: of 6 landmarks of other music, up to five agreed.
_FEWEST = 10


@dataclass(frozen=True)
class Match:
    """How two files with the same recording match.

    Attributes
    ----------
    offset_s : float
        How much later a moment comes in the first file than in the second.
    similarity : float
        Share of the landmarks in the common part that agree, 0 to 1.
    common_s : float
        Length of the part that both have, within the first ten minutes.
    """

    offset_s: float
    similarity: float
    common_s: float


def compare(one: Landmarks, other: Landmarks) -> Match | None:
    """Return how two files match, ``None`` where they are not the same recording.

    Parameters
    ----------
    one, other : uint32 arrays, shape (n, 2)
        Landmarks, in any order.
    """
    if min(len(one), len(other)) < _FEWEST:
        return None
    if _turned(one, other):  # one way of comparing, so that rounding and ties do not depend on the order
        match = compare(other, one)
        return None if match is None else Match(-match.offset_s, match.similarity, match.common_s)
    one, other = (marks[np.argsort(marks[:, 0], kind="stable")] for marks in (one, other))
    times, others = one[:, 0].astype(np.int64), other[:, 0].astype(np.int64)
    alike = _different_bits(one, other) <= _DIFFERENT_BITS
    offset = _offset_ms(times, others, alike)
    if offset is None:
        return None
    others = others + offset
    low, high = max(times[0], others[0]) - _TOLERANCE_MS, min(times[-1], others[-1]) + _TOLERANCE_MS
    common, commons = (moments[(moments >= low) & (moments <= high)] for moments in (times, others))
    rows, columns = np.nonzero(alike)
    agreeing = len(np.unique(rows[np.abs(times[rows] - others[columns]) <= _TOLERANCE_MS]))
    similarity = agreeing / max(len(common), len(commons), 1)
    if agreeing < _FEWEST or similarity < LEAST_SIMILARITY:
        return None
    return Match(offset / 1000, min(1.0, similarity), float(high - low) / 1000)


def _turned(one: Landmarks, other: Landmarks) -> bool:
    return (len(one), one.tobytes()) > (len(other), other.tobytes())


def _different_bits(one: Landmarks, other: Landmarks) -> npt.NDArray[np.int64]:
    """Return how many bits differ between each landmark of one file and each of the other, shape (n, m)."""
    signs = [_signs(marks[:, 1]) for marks in (one, other)]
    return np.asarray(np.rint((32 - signs[0] @ signs[1].T) / 2), np.int64)


def _signs(bits: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
    spread = np.unpackbits(np.ascontiguousarray(bits, "<u4").view(np.uint8).reshape(-1, 4), axis=1)
    return 2 * spread.astype(np.float32) - 1


def _offset_ms(
    times: npt.NDArray[np.int64], others: npt.NDArray[np.int64], alike: npt.NDArray[np.bool_]
) -> int | None:
    """Return the offset that most pairs of like landmarks have; the smallest of several."""
    rows, columns = np.nonzero(alike)
    if not len(rows):
        return None
    offsets = times[rows] - others[columns]
    slots = np.floor_divide(offsets + _VOTE_MS // 2, _VOTE_MS)
    first = int(slots.min()) - 1
    votes = np.convolve(np.bincount(slots - first, minlength=3), (1, 1, 1), "same")
    best = np.flatnonzero(votes == votes.max()) + first
    slot = int(best[np.argmin(np.abs(best))])
    near = offsets[np.abs(offsets - slot * _VOTE_MS) <= _TOLERANCE_MS]
    return int(np.rint(np.median(near)))

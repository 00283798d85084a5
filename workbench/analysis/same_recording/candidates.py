"""Find pairs of files that may have the same recording, because several landmarks are equal at one offset."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.analysis.same_recording.landmarks import KEY_BITS, Landmarks, keys

SAMPLE = 64
"""How many landmarks of each file are looked up, the first ones. In a copy half of them are equal, and 4 in a copy
that is cut in half."""
# Fewer can agree by chance in a library of 100,000 tracks, docs/measured.md.
_LEAST_VOTES = 3
# A key that this many files share is not specific: silence between words, a single drum.
_MOST_FILES = 16
# One in 32 of the landmarks that are not wanted is looked at as well, and then gives no pair; more would take longer.
_SPARE_BITS = 5
_SLOT_MS = 250
# More than twice the offsets of landmarks within ten minutes.
_OFFSETS = 1 << 13


def candidate_pairs(
    samples: Landmarks, files: npt.NDArray[np.int64], new: npt.NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Return pairs of files (lower first) that have to be compared.

    Parameters
    ----------
    samples : uint32 array, shape (n, 2)
        The first landmarks of all files, one file after the other.
    files : int64 array, shape (n,)
        Number of the file of each landmark, from 0.
    new : bool array, shape (files,)
        Only pairs with at least one of these files are returned.
    """
    key = keys(samples)
    bits = min(KEY_BITS, int(new[files].sum()).bit_length() + _SPARE_BITS)
    place = key & np.uint32((1 << bits) - 1)
    wanted = np.zeros(1 << bits, bool)
    wanted[place[new[files]]] = True
    at = np.flatnonzero(wanted[place])
    at = at[np.argsort(key[at], kind="stable")]
    key, files, slots = key[at], files[at], samples[at, 0].astype(np.int64) // _SLOT_MS
    sizes = np.unique(key, return_counts=True)[1]
    few = np.repeat(sizes <= _MOST_FILES, sizes)
    key, files, slots = key[few], files[few], slots[few]
    votes = []
    for lag in range(1, _MOST_FILES):
        same = np.flatnonzero(key[lag:] == key[:-lag])
        one, other = files[same], files[same + lag]
        useful = (one != other) & (new[one] | new[other])
        same, one, other = same[useful], one[useful], other[useful]
        offset = np.where(one < other, 1, -1) * (slots[same + lag] - slots[same])
        pair = np.minimum(one, other) * len(new) + np.maximum(one, other)
        votes.append(pair * _OFFSETS + _OFFSETS // 2 + offset)
    return [divmod(pair, len(new)) for pair in _agreeing(np.concatenate(votes))]


def _agreeing(votes: npt.NDArray[np.int64]) -> list[int]:
    """Return the pairs with three votes for one offset or two next to each other; a vote is a pair and an offset."""
    pairs: set[int] = set()
    for shift in (0, 1):  # two offsets next to each other are equal in one of these
        slots = np.sort((votes + shift) // 2)
        enough = slots[_LEAST_VOTES - 1 :][
            slots[_LEAST_VOTES - 1 :] == slots[: len(slots) - _LEAST_VOTES + 1]
        ]
        pairs.update((enough // (_OFFSETS // 2)).tolist())
    return sorted(pairs)

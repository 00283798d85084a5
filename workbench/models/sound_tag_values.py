"""Compute values of sound tags from the outputs of networks.

For a piano, a network may give only 0.4, because it learned how rarely people write the word. So an output p is
compared with b, the share of the training music that has the word. The value is 0.5 if p is the square root of b, which
is halfway between b and 1 as a ratio; other values follow the log-odds. Words of both networks with the same meaning
are combined. A mood is a matter of degree, so its value is the mean of this value and its rank in the library.
``docs/decisions.md`` has the measurements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.analysis.sound_tags import (
    ANY_VOICE,
    BY_NAME,
    FAMILIES,
    FEMALE_VOICE,
    HAS,
    MALE_VOICE,
    NO_VOICE,
    SOUND_TAGS,
)
from workbench.models.fetching.manifest import MSD_TAGS, MTT_TAGS

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable

Values = npt.NDArray[np.float32]

MSD, MTT = "msd-musicnn-free-1", "mtt-musicnn-free-1"
HEARD_BY = (MSD, MTT)
_OUTPUTS = {MSD: MSD_TAGS.split(", "), MTT: MTT_TAGS.split(", ")}
# Outputs are in order of the frequency of their words. The values are the share of the most frequent word, and the
# power by which the shares decrease with the place. The shares come from counts of the data sets. MSD: about 100,000 of
# the 240,000 tracks with any of the 50 words are "rock" (Last.fm data set). MTT: about 4,900 of 21,000 clips have
# "guitar" (MagnaTagATune). The powers are estimates: MSD's from the ten counts that the Last.fm data set publishes,
# MTT's between those of its most and its least frequent words. It is assumed that the words between follow them.
_USUAL = {MSD: (0.42, 0.58), MTT: (0.23, 0.48)}
_LEAST = 1e-4  # set by hand: keeps the logarithm of a share of 0 or 1 finite
RELATIVE = ("mood",)
"""Families that are a matter of degree, in whose values the rank in the library counts one half."""


def with_sound_tags(library: Library, table: LibraryTable) -> LibraryTable:
    """Return a table with sound tags and a text column for each family; the same table without outputs of networks."""
    heard = {model: _stored(library, table, model) for model in HEARD_BY}
    if not any(np.isfinite(values[:, :1]).any() for values in heard.values()):
        return table
    values = sound_tag_values(heard[MSD], heard[MTT])
    columns = dict(table.columns)
    for family in FAMILIES:
        own = [place for place, tag in enumerate(SOUND_TAGS) if tag.family == family]
        texts = _texts(values[:, own] >= HAS, [SOUND_TAGS[place].word for place in own])
        columns[family] = _completed(columns.get(family), texts)
    return replace(table, columns=columns, sound_tags=values, sound_tag_names=tuple(BY_NAME))


def sound_tag_values(msd: npt.ArrayLike, mtt: npt.ArrayLike) -> Values:
    """Combine the outputs of both networks.

    Parameters
    ----------
    msd, mtt : array, shape (n, 50)
        Outputs in the order of ``MSD_TAGS`` and ``MTT_TAGS``; NaN rows where a network has not analyzed a track.

    Returns
    -------
    float32 array, shape (n, tags)
        In the order of ``SOUND_TAGS``, 0–1; NaN where no network with this tag has analyzed the track. ``no_voice``,
        ``female_voice`` and ``male_voice`` add up to 1.
    """
    outputs = {MSD: np.asarray(msd, np.float32), MTT: np.asarray(mtt, np.float32)}
    values = np.empty((len(outputs[MSD]), len(SOUND_TAGS)), np.float32)
    places = {tag.name: place for place, tag in enumerate(SOUND_TAGS)}
    for place, tag in enumerate(SOUND_TAGS):
        own = _sigmoid(_log_odds(outputs, {MSD: tag.msd, MTT: tag.mtt}, power=0.5))
        values[:, place] = (own + _ranks(own)) / 2 if tag.family in RELATIVE else own
    none, female, male = _voices(outputs)
    values[:, places[NO_VOICE]] = none
    values[:, places[FEMALE_VOICE]] = female
    values[:, places[MALE_VOICE]] = male
    return values


def _voices(outputs: dict[str, Values]) -> tuple[Values, Values, Values]:
    """Return the shares of no voice, a female voice and a male voice, by the log-odds of each against the usual."""

    def likelier(msd: Sequence[str], mtt: Sequence[str]) -> Values:
        return _log_odds(outputs, {MSD: msd, MTT: mtt}, power=1.0)

    female, male, none = (BY_NAME[name] for name in (FEMALE_VOICE, MALE_VOICE, NO_VOICE))
    some = likelier((*female.msd, *male.msd), ANY_VOICE) - likelier(none.msd, none.mtt)
    sings = _sigmoid(some)
    woman = _sigmoid(likelier(female.msd, female.mtt) - likelier(male.msd, male.mtt))
    return 1 - sings, sings * woman, sings * (1 - woman)


def _log_odds(outputs: dict[str, Values], words: dict[str, Sequence[str]], *, power: float) -> Values:
    """Return the log-odds of any of these words minus those of their usual share to a power, shape (n,).

    Each word comes from different people, so one word is enough. A network without the words or without outputs is left
    out.
    """
    unsaid, usually_unsaid = np.ones((2, len(outputs[MSD])), np.float32)
    for model, names in words.items():
        columns = [_OUTPUTS[model].index(name) for name in names]
        shares = outputs[model][:, columns]
        heard = np.isfinite(shares).all(axis=1)
        unsaid *= np.where(heard, np.prod(1 - shares, axis=1), 1)
        usually_unsaid *= np.where(heard, np.prod(1 - _usual(model)[columns]), 1)
    known = np.where(usually_unsaid < 1, np.float32(1), np.float32(np.nan))
    odds: Values = known * (_logit(1 - unsaid) - _logit((1 - usually_unsaid) ** power))
    return odds


def _usual(model: str) -> Values:
    first, power = _USUAL[model]
    return np.asarray(first * np.arange(1, len(_OUTPUTS[model]) + 1) ** -power, np.float32)


def _logit(share: Values) -> Values:
    inside = np.clip(share, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(inside / (1 - inside)), np.float32)


def _ranks(values: Values) -> Values:
    """Return the share of the library below each value, plus half of the share that is equal; NaN stays NaN."""
    ordered = np.sort(values[np.isfinite(values)])
    twice = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.where(np.isfinite(values), twice / (2 * max(1, len(ordered))), np.nan).astype(np.float32)


def _sigmoid(odds: Values) -> Values:
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def _stored(library: Library, table: LibraryTable, model: str) -> Values:
    """Return the stored outputs of a network for each track of a table, NaN where there are none."""
    hashes, stored = library.models.score_matrix(model, _OUTPUTS[model])
    places = {content: place for place, content in enumerate(hashes)}
    found = np.array([places.get(content, -1) for content in table["content_hash"]], np.int64)
    rows = np.full((len(table), len(_OUTPUTS[model])), np.nan, np.float32)
    rows[found >= 0] = stored[found[found >= 0]]
    return rows


def _texts(has: npt.NDArray[np.bool_], words: Sequence[str]) -> npt.NDArray[np.object_]:
    """Return the words of each row as one text, such as ``"piano; strings"``; ``None`` for a row without words."""
    packed = (has << np.arange(len(words), dtype=np.int64)).sum(axis=1)
    kinds, row_kinds = np.unique(packed, return_inverse=True)
    texts = [_joined(word for bit, word in enumerate(words) if kind >> bit & 1) for kind in kinds.tolist()]
    return np.array(texts, object)[row_kinds]


def _joined(words: Iterable[str]) -> str | None:
    return "; ".join(words) or None


def _completed(
    column: npt.NDArray[np.object_] | None, texts: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """Return a column of other models (``mood``) whose gaps are filled with these texts."""
    if column is None or column.dtype != object:
        return texts
    return np.where(np.array([text is None for text in column], bool), texts, column)

"""The sound tags of a track, as words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from workbench.analysis.sound_tags import BY_NAME, FAMILIES, HAS, NO_VOICE, SOUND_TAGS
from workbench.playlists.sound.arrays import Floats
from workbench.playlists.sound.energy import percentiles

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable


def heard(table: LibraryTable, row: int) -> dict[str, dict[str, float]]:
    """Return ``value`` and ``rank`` in the library of each sound tag that a row has, by family."""
    values = {name: table.number_at(name, row) for name in table.sound_tag_names}
    place = np.array([row])
    return {
        name: {"value": round(value, 3), "rank": round(float(percentiles(table, name, place)[0]), 3)}
        for name, value in values.items()
        if value is not None and value >= HAS
    }


def heard_by_both(table: LibraryTable, row: int, other: int, limit: int = 4) -> list[str]:
    """Return the names of sound tags that two rows have, the rarest in the library first."""
    values = table.sound_tags
    if values is None:
        return []
    shares: Floats = table.derived("shares of sound tags", lambda: np.mean(values >= HAS, axis=0))
    both = np.all(values[[row, other]] >= HAS, axis=0)
    return [table.sound_tag_names[place] for place in np.argsort(shares, kind="stable") if both[place]][
        :limit
    ]


def strongest(table: LibraryTable, family: str) -> list[str | None]:
    """Return the word of the strongest sound tag of a family for each row; ``None`` if a row has none."""
    own = [tag for tag in SOUND_TAGS if tag.family == family]
    values = np.stack([table.numbers(tag.name) for tag in own], axis=1)
    best = np.argmax(np.nan_to_num(values, nan=-1), axis=1)
    return [own[place].word if row[place] >= HAS else None for place, row in zip(best, values, strict=True)]


def said(names: Iterable[str]) -> str:
    """Return sound tags in the words of a listener: ``"piano, calm, no voice"``.

    >>> said(["piano", "calm", "no_voice", "era_80s"])
    'piano, calm, no voice, sounds like the 80s'
    """
    return ", ".join(_WORDS[name] for name in names)


def heard_text(found: Iterable[str]) -> str:
    """Return the sound tags of a track as a text, one family after the other: ``"jazz · piano · calm · no voice"``."""
    names = set(found)
    families = (
        [tag.name for tag in SOUND_TAGS if tag.family == one and tag.name in names] for one in FAMILIES
    )
    return " · ".join(said(own) for own in families if own)


def _word(name: str) -> str:
    tag = BY_NAME[name]
    if name == NO_VOICE:
        return "no voice"
    if tag.family == "era":
        return f"sounds like the {tag.word}"
    return f"{tag.word} voice" if name.endswith("_voice") else tag.word


_WORDS = {name: _word(name) for name in BY_NAME}

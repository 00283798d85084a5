"""Name groups of tracks by traits that most tracks of a group and few others have ("jazz · piano · slow")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.analysis.sound_tags import BY_NAME, HAS
from workbench.analysis.tonality.camelot import UNKNOWN, key_name
from workbench.playlists.making.genres import genres_of
from workbench.playlists.sound.arrays import Floats, Mask, Rows
from workbench.playlists.sound.energy import energy, percentiles, ranks_within
from workbench.playlists.sound.keys import camelot_codes
from workbench.readable import number

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

MIXED = "mixed"
# All set by hand. Most tracks of the group have a trait, and few others have it.
_MOST = 0.6
_TIMES_AS_COMMON, _MORE_COMMON = 1.5, 0.25
_WORDS = 3
_LOW, _HIGH = 1 / 3, 2 / 3
_NUMBERS = (
    ("bpm", "slow", "fast"),
    ("energy", "calm", "energetic"),
    ("spectral_centroid_hz", "dark", "bright"),
    ("danceability", "still", "danceable"),
    ("loudness_lufs", "quiet", "loud"),
    ("onset_rate_hz", "sparse", "busy"),
)


@dataclass(frozen=True, eq=False)
class _Trait:
    """A word with its family, the tracks that have it, and the tracks for which it is known."""

    word: str
    family: str
    has: Mask
    known: Mask


def cluster_name(table: LibraryTable, members: Rows) -> str:
    """Name a group after up to three traits, the clearest first; ``mixed`` if it has no trait.

    A trait counts if at least 60 % of the group have it, and that is at least 1.5 times the percentage of the other
    tracks and 25 points more. Traits are the lowest and highest thirds of descriptors, genres, sound tags and keys.
    """
    inside = np.zeros(len(table), bool)
    inside[members] = True
    found = []
    for place, trait in enumerate(_traits(table, members)):
        own, others = _share(trait, inside), _share(trait, ~inside)
        if own >= _MOST and own >= _TIMES_AS_COMMON * others and own - others >= _MORE_COMMON:
            found.append((others - own, place, trait))
    words: dict[str, str] = {}
    for _, _, trait in sorted(found, key=lambda one: one[:2]):
        if trait.word not in words.values():
            words.setdefault(trait.family, trait.word)
    return " · ".join(list(words.values())[:_WORDS]) or MIXED


def why_mixed(table: LibraryTable, members: Rows) -> str:
    """Return a sentence that says why a group has no name."""
    bpm = table.numbers("bpm")[members]
    known = bpm[np.isfinite(bpm)]
    spread = (
        f" Its tempos, for example, go from {known.min():.0f} to {number(known.max(), 'BPM', 0)}."
        if len(known)
        else ""
    )
    return (
        f"The group is called mixed: no tempo, loudness, key, genre or sound tag that {_MOST:.0%} of it share is rare "
        f"among the other tracks.{spread}"
    )


def _share(trait: _Trait, rows: Mask) -> float:
    known = np.count_nonzero(trait.known & rows)
    return np.count_nonzero(trait.has & rows) / known if known else 0.0


def _traits(table: LibraryTable, members: Rows) -> Iterator[_Trait]:
    yield from _tag_traits(table)
    texts = table.texts("genre")
    spelled = {text: tuple(dict.fromkeys(genres_of(text or ""))) for text in set(texts.tolist())}
    genres = [spelled[text] for text in texts]
    tagged = np.array([bool(names) for names in genres], bool)
    for genre, _ in Counter(name for row in members for name in genres[row]).most_common(3):
        yield _Trait(genre, "style", np.array([genre in names for names in genres], bool), tagged)
    for name, low, high in _NUMBERS:
        ranks = _ranks(table, name)
        known = np.isfinite(ranks)
        family = "tempo" if name == "bpm" else "timbre" if name == "spectral_centroid_hz" else "mood"
        yield _Trait(low, family, ranks < _LOW, known)
        yield _Trait(high, family, ranks > _HIGH, known)
    keys = camelot_codes(table)
    ((key, _),) = Counter(keys[members].tolist()).most_common(1)
    if key != UNKNOWN:
        yield _Trait(key_name(key), "key", keys == key, keys != UNKNOWN)


def _tag_traits(table: LibraryTable) -> Iterator[_Trait]:
    if table.sound_tags is None:
        return
    for place, name in enumerate(table.sound_tag_names):
        values, tag = table.sound_tags[:, place], BY_NAME.get(name)
        if tag is not None:
            word = f"{'no' if tag.word == 'none' else tag.word} voice" if tag.family == "voice" else tag.word
            yield _Trait(word, tag.family, values > HAS, np.isfinite(values))


def _ranks(table: LibraryTable, name: str) -> Floats:
    if name != "energy":
        return percentiles(table, name)
    scores = energy(table)
    return ranks_within(np.sort(scores[np.isfinite(scores)]), scores)

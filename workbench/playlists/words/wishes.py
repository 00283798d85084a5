"""The wishes that words express: how well each track meets a wish, 0 to 1, and a text about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.analysis.sound_tags import BY_NAME, HAS, SoundTag
from workbench.analysis.tonality.camelot import key_name
from workbench.playlists.making.genres import genres_of
from workbench.playlists.sound.arrays import Floats, Mask
from workbench.playlists.sound.energy import energy, percentiles
from workbench.playlists.sound.keys import camelot_codes
from workbench.playlists.words.word_table import TRAITS, Trait
from workbench.readable import clock, number

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

FITS = 0.5
"""From this score on, a track meets a wish."""
# A tempo that differs by 4 % fits fully, by 8 % half: 8 % is the range of usual pitch sliders.
_TEMPO_STEP = 0.04
_LENGTH_STEP = 0.25  # set by hand: a length that differs by this share does not fit at all
_MORE = 0.7  # set by hand: the rank from which a track has more of something than most


@dataclass(frozen=True)
class Wish:
    """One wish.

    Attributes
    ----------
    words : str
        The words of the user.
    scores : callable
        Takes a table; returns how well each row meets the wish, 0 to 1, shape (n,); NaN if it is not known.
    says : callable
        Takes a table and a row; returns a text about this property of the track, empty if it is not known.
    """

    words: str
    scores: Callable[[LibraryTable], Floats]
    says: Callable[[LibraryTable, int], str]


def negated(wish: Wish, words: str) -> Wish:
    """Return the opposite wish."""
    return replace(wish, words=words, scores=lambda table: 1 - wish.scores(table))


def all_of(words: str, wishes: Sequence[Wish]) -> Wish:
    """Return a wish whose score is the mean of the known scores of several wishes.

    Its text has only the parts that agree with the mean: a track that is calm on the whole is not called "not calm".
    """
    key = ("wishes", *(wish.words for wish in wishes))

    def parts(table: LibraryTable) -> Floats:
        return table.derived(key, lambda: np.array([wish.scores(table) for wish in wishes]))

    def scores(table: LibraryTable) -> Floats:
        return _known_mean(parts(table))

    def says(table: LibraryTable, row: int) -> str:
        own = parts(table)[:, row]
        fits = _known_mean(own) >= FITS
        agreeing = [wish for wish, part in zip(wishes, own, strict=True) if (part >= FITS) == fits]
        return _joined(wish.says(table, row) for wish in agreeing)

    return Wish(words, scores, says)


def _known_mean(parts: Floats) -> Floats:
    """Return the mean over the first axis without NaN; NaN if there are no other values."""
    known = np.isfinite(parts)
    total = np.where(known, parts, 0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def part_wish(part: str) -> Wish:
    """Return the wish of one part of a meaning: ``piano``, ``!no_voice``, ``bpm+``."""
    if part[0] == "!":
        return negated(part_wish(part[1:]), part)
    if part[-1] in "+-":
        return _trait_wish(part[:-1], much=part[-1] == "+")
    return _tag_wish(BY_NAME[part])


def needs_networks(part: str, table: LibraryTable) -> bool:
    """Whether a part is unknown until networks have analyzed the tracks."""
    if part[-1] in "+-" or table.sound_tags is not None:
        return False
    tag = BY_NAME[part.removeprefix("!")]
    return tag.family != "style" or not _genre_says(table, tag).any()


def tempo_wish(words: str, low: float, high: float) -> Wish:
    def scores(table: LibraryTable) -> Floats:
        bpm = table.numbers("bpm")
        off = np.maximum(0, np.maximum(low / bpm, bpm / high) - 1)
        return np.asarray(np.clip(1.5 - off / (2 * _TEMPO_STEP), 0, 1), np.float64)

    return Wish(words, scores, lambda table, row: _measured(table, "bpm", row))


def key_wish(words: str, codes: Sequence[int]) -> Wish:
    def scores(table: LibraryTable) -> Floats:
        own = camelot_codes(table)
        return np.where(own < 0, np.nan, np.isin(own, codes).astype(float))

    def says(table: LibraryTable, row: int) -> str:
        code = int(camelot_codes(table)[row])
        return key_name(code) if code >= 0 else ""

    return Wish(words, scores, says)


def year_wish(words: str, first: int, last: int) -> Wish:
    """Return the wish for years. For a file without a year, the sound of the decade counts.

    An unknown year can be the right one, so such a track comes before a track with a wrong year.
    """
    era = BY_NAME.get(f"era_{first % 100 // 10 * 10:02d}s")

    def scores(table: LibraryTable) -> Floats:
        years = table.numbers("year")
        off = np.maximum(0, np.maximum(first - years, years - last))
        by_year = np.where(off == 0, 1.0, np.where(off <= 2, FITS / 2, 0.0))
        by_sound = _tag_scores(table, era) if era is not None else np.full(len(table), np.nan)
        return np.where(np.isfinite(years), by_year, by_sound)

    def says(table: LibraryTable, row: int) -> str:
        year = table.number_at("year", row)
        if year is not None:
            return f"from {year:.0f}"
        return _says_tag(table, era, row) if era is not None else ""

    return Wish(words, scores, says)


def length_wish(words: str, low: float, high: float) -> Wish:
    def scores(table: LibraryTable) -> Floats:
        seconds = table.numbers("duration_s")
        off = np.maximum(0, np.maximum(low / seconds, seconds / high) - 1)
        return np.asarray(np.clip(1 - off / _LENGTH_STEP, 0, 1), np.float64)

    return Wish(words, scores, _says_length)


def text_wish(word: str, rows: Floats, column: str) -> Wish:
    """Return the wish for a word that is in the tags of ``rows`` (1 or 0)."""
    return Wish(word, lambda table: rows, lambda table, row: f"{column}: {table.text_at(column, row) or ''}")


def _tag_wish(tag: SoundTag) -> Wish:
    return Wish(
        tag.word, lambda table: _tag_scores(table, tag), lambda table, row: _says_tag(table, tag, row)
    )


def _tag_scores(table: LibraryTable, tag: SoundTag) -> Floats:
    """Return the mean of value and rank, so that the best tracks of the library come first.

    A low rank does not lower the score of a tag that a track has: in a library of piano music, every track has a piano.
    For voices only the value counts, because they are compared with each other.
    """
    value, rank = table.numbers(tag.name), percentiles(table, tag.name)
    heard = (value + np.where(value >= HAS, np.maximum(rank, FITS), rank)) / 2
    heard = value if tag.family == "voice" else heard
    return np.where(_genre_says(table, tag), 1.0, heard) if tag.family == "style" else heard


def _genre_says(table: LibraryTable, tag: SoundTag) -> Mask:
    def compute() -> Mask:
        genres = table.texts("genre")
        saying = {genre: _is_style(str(genre or ""), tag.word) for genre in set(genres.tolist())}
        return np.array([saying[genre] for genre in genres], bool)

    return table.derived(("genre says", tag.name), compute)


def _is_style(genre: str, word: str) -> bool:
    return any(f" {word} " in f" {part.replace('-', ' ')} " for part in genres_of(genre.casefold()))


def _says_tag(table: LibraryTable, tag: SoundTag, row: int) -> str:
    if tag.family == "style" and _genre_says(table, tag)[row]:
        return f"genre {table.text_at('genre', row)}"
    value = table.number_at(tag.name, row)
    if value is None:
        return ""
    name = {"none": "voice", "female": "female voice", "male": "male voice"}.get(tag.word, tag.word)
    if tag.word == "none":
        return "no voice" if value >= HAS else "somebody sings"
    rank = float(percentiles(table, tag.name, np.array([row]))[0])
    if tag.family == "era":
        if value < HAS and rank >= _MORE:
            return f"sounds more like the {tag.word} than {rank:.0%} of the library"
        return f"{'sounds' if value >= HAS else 'does not sound'} like the {tag.word}"
    if value >= HAS:
        return name
    if tag.family != "voice" and rank >= _MORE:
        return f"more {name} than {rank:.0%} of the library"
    if tag.family != "voice" and value + rank >= 2 * FITS:
        return f"a little {name}"
    return f"not {name}" if tag.family == "mood" else f"hardly any {name}"


def _trait_wish(column: str, *, much: bool) -> Wish:
    trait = TRAITS[column]

    def scores(table: LibraryTable) -> Floats:
        share = _share(table, column, trait)
        return share if much else 1 - share

    def says(table: LibraryTable, row: int) -> str:
        share = float(_share(table, column, trait)[row])
        if not np.isfinite(share):
            return ""
        word = trait.much if share > _MORE else trait.little if share < 1 - _MORE else trait.medium
        measured = _measured(table, column, row)
        return f"{word} ({measured})" if measured else word

    return Wish(trait.much if much else trait.little, scores, says)


def _measured(table: LibraryTable, column: str, row: int) -> str:
    if column == "duration_s":
        return _says_length(table, row)
    unit = {"bpm": "BPM", "loudness_lufs": "LUFS"}.get(column)
    return number(table.number_at(column, row), unit, 0) if unit else ""


def _share(table: LibraryTable, column: str, trait: Trait) -> Floats:
    """Return how much of a descriptor each row has, 0 to 1."""
    if column == "energy":
        return energy(table)
    if trait.low is None or trait.high is None:
        return percentiles(table, column)
    share = np.log(table.numbers(column) / trait.low) / np.log(trait.high / trait.low)
    return np.asarray(np.clip(share, 0, 1), np.float64)


def _says_length(table: LibraryTable, row: int) -> str:
    value = table.number_at("duration_s", row)
    return "" if value is None else clock(value)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))

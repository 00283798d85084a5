"""Find tracks by words such as "calm piano without singing, around 70 BPM", the best first, each with its reasons.

Words are looked up in one table (:mod:`workbench.playlists.words.word_table`). Patterns find numbers and keys. Other
words are searched in the tags; words that are not there either are reported as not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.analysis.tonality.camelot import UNKNOWN, camelot_code
from workbench.playlists.words.wishes import (
    FITS,
    Wish,
    all_of,
    key_wish,
    length_wish,
    needs_networks,
    negated,
    part_wish,
    tempo_wish,
    text_wish,
    year_wish,
)
from workbench.playlists.words.word_table import (
    CARRIES_ON,
    DECADES,
    FILLERS,
    LONGEST,
    MEANINGS,
    NEGATIONS,
)

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

_NEAREST = 5
_EXAMPLE = "calm piano without singing, fast rock from the 80s, 120 BPM in A minor"
# Scores of a wish that is not met, and of an unknown one. Set by hand: one miss counts more than two half scores.
_NOT_MET, _NOT_KNOWN = 0.03, 0.25
_TAGS = ("title", "artist", "album", "genre")
Read = Callable[[re.Match[str]], Wish | None]
_WORD = re.compile(r"\x00\d+|[^\W_]+(?:['’&-][^\W_]+)*")


@dataclass(frozen=True)
class WordSearch:
    """The result of a search by words.

    Attributes
    ----------
    scores : float array, shape (wishes, rows of the table)
        How well each row meets each wish; NaN where it is not known.
    rows : int array
        Analyzed rows with an existing file, the best first: all that fit, or at least the five best that meet a wish.
    matches : float array
        How well each of them fits, 0 to 1: the geometric mean of the wishes.
    understood, not_understood, needs_networks : tuple of str
        The words that count; the words without a known meaning; and the words that need ``workbench models get``.
    """

    table: LibraryTable = field(repr=False)
    wishes: tuple[Wish, ...] = field(repr=False)
    scores: npt.NDArray[np.float64] = field(repr=False)
    rows: npt.NDArray[np.int64]
    matches: npt.NDArray[np.float64]
    understood: tuple[str, ...]
    not_understood: tuple[str, ...]
    needs_networks: tuple[str, ...]

    def reasons(self, row: int) -> list[str]:
        """Return texts about the wishes that a row meets: "piano", "calm", "no voice", "62 BPM"."""
        return self._said(row, lambda score: score >= FITS)

    def misses(self, row: int) -> list[str]:
        """Return texts about the wishes that a row does not meet."""
        return self._said(row, lambda score: score < FITS)

    def why(self, row: int) -> str:
        """Return reasons and misses in one line."""
        return why(self.reasons(row), self.misses(row))

    def notes(self) -> list[str]:
        """Return sentences for the user: no good match, words that were not understood, words that need networks."""
        found = []
        if not self.understood:
            found.append(f"Nothing was understood. Try: {_EXAMPLE}.")
        elif not len(self.rows):
            found.append("No track fits.")
        elif self.matches[0] < FITS:
            found.append("No track fits well; these come nearest.")
        if self.not_understood:
            found.append(f"Not understood: {', '.join(self.not_understood)}.")
        if self.needs_networks:
            found.append(
                f"No network has listened to this library, so these words say nothing: "
                f"{', '.join(self.needs_networks)}. Run `workbench models get`, then `workbench embed`."
            )
        return found

    def _said(self, row: int, wanted: Callable[[float], bool]) -> list[str]:
        chosen = [wish for wish, score in zip(self.wishes, self.scores[:, row], strict=True) if wanted(score)]
        return list(dict.fromkeys(filter(None, (wish.says(self.table, row) for wish in chosen))))


def why(reasons: Sequence[str], misses: Sequence[str]) -> str:
    """Return reasons and misses in one line: "piano, calm – but somebody sings"."""
    had = ", ".join(reasons)
    return f"{had} – but {', '.join(misses)}" if misses else had


def search_words(text: str, table: LibraryTable) -> WordSearch:
    """Find the tracks that a text describes.

    Parameters
    ----------
    text : str
        Such as ``"fast jazz in A minor, not too long"``.
    table : LibraryTable
    """
    reader = _Reader(text, table)
    wishes = tuple(reader.wishes)
    scores = np.array([wish.scores(table) for wish in wishes]).reshape(len(wishes), len(table))
    meets_one = (scores >= FITS).any(axis=0)  # no row if there are no wishes
    rows = np.flatnonzero(table.analyzed & ~table.missing & meets_one)
    met = np.maximum(np.where(np.isfinite(scores), scores, _NOT_KNOWN), _NOT_MET)[:, rows]
    matches = np.exp(np.log(met).sum(axis=0) / max(1, len(wishes)))
    order = np.argsort(-matches, kind="stable")
    order = order[: max(_NEAREST, int((matches >= FITS).sum()))]
    return WordSearch(
        table,
        wishes,
        scores,
        rows[order],
        matches[order],
        tuple(wish.words for wish in wishes),
        tuple(reader.not_understood),
        tuple(reader.needs_networks),
    )


class _Reader:
    """Reads a text from left to right."""

    def __init__(self, text: str, table: LibraryTable) -> None:
        self.table = table
        self.wishes: list[Wish] = []
        self.not_understood: list[str] = []
        self.needs_networks: list[str] = []
        self.measured: list[Wish] = []
        marked = text
        for pattern, read in _PATTERNS:
            marked = self.read_pattern(pattern, read, marked)
        self.words = _WORD.findall(marked)
        self.read()

    def read_pattern(self, pattern: re.Pattern[str], read: Read, text: str) -> str:
        """Replace the matches of a pattern by marks."""

        def mark(found: re.Match[str]) -> str:
            wish = read(found)
            if wish is None:
                return found[0]
            self.measured.append(wish)
            return f" \x00{len(self.measured) - 1} "

        return pattern.sub(mark, text)

    def read(self) -> None:
        place, negation = 0, ""
        while place < len(self.words):
            word = self.words[place].casefold().replace("’", "'")
            if word in NEGATIONS:
                negation = word
                place += 1
                continue
            taken, wish = self.wish_at(place)
            if wish is not None:
                self.wishes.append(negated(wish, f"{negation} {wish.words}") if negation else wish)
            place += taken
            following = self.words[place].casefold() if place < len(self.words) else ""
            if (
                word not in FILLERS
                and following not in CARRIES_ON
                and not (negation == "without" and following == "and")
            ):
                negation = ""

    def wish_at(self, place: int) -> tuple[int, Wish | None]:
        """Return how many words belong together here, and their wish."""
        first = self.words[place]
        if first[0] == "\x00":
            return 1, self.measured[int(first[1:])]
        for count in range(LONGEST, 0, -1):
            words = " ".join(self.words[place : place + count]).casefold()
            parts = MEANINGS.get(words)
            if parts is not None and len(self.words[place : place + count]) == count:
                return count, self.known(words, parts.split())
        if first.casefold() in FILLERS:
            return 1, None
        return 1, self.in_tags(first)

    def known(self, words: str, parts: list[str]) -> Wish | None:
        heard = [part for part in parts if not needs_networks(part, self.table)]
        if not heard:
            self.needs_networks.append(words)
            return None
        return all_of(words, [part_wish(part) for part in heard])

    def in_tags(self, word: str) -> Wish | None:
        wanted = word.casefold()
        for column in _TAGS:
            texts = self.table.texts(column)
            found = np.fromiter((wanted in str(text or "").casefold() for text in texts), float, len(texts))
            if len(wanted) > 2 and found.any():
                return text_wish(word, found, column)
        self.not_understood.append(word)
        return None


def _tempo(found: re.Match[str]) -> Wish:
    low = float(found["low"])
    return tempo_wish(found[0].strip(), low, float(found["high"] or low))


def _key(found: re.Match[str]) -> Wish | None:
    pitch = found["pitch"].upper() + {"sharp": "#", "flat": "b"}.get(
        (found["sign"] or "").casefold(), found["sign"] or ""
    )
    code = camelot_code(f"{pitch} {found['mode']}")
    return None if code == UNKNOWN else key_wish(found[0].strip(), [code])


def _camelot(found: re.Match[str]) -> Wish:
    return key_wish(found[0].strip(), [camelot_code(found[0])])


def _mode(found: re.Match[str]) -> Wish:
    major = found["mode"].casefold() == "major"
    return key_wish(found[0].strip(), [code for code in range(24) if code % 2 == major])


def _decade(found: re.Match[str]) -> Wish:
    named = DECADES.get(found[0].casefold())
    short = int(found["ten"] or 0)
    first = named or int(found["century"] or (19 if short >= 3 else 20)) * 100 + 10 * short
    return year_wish(found[0], first, first + 9)


def _year(found: re.Match[str]) -> Wish:
    return year_wish(found[0], int(found[0]), int(found[0]))


def _length(found: re.Match[str]) -> Wish:
    seconds = 60 * float(found["minutes"])
    over = found["than"].casefold().startswith(("over", "longer", "more", "at least"))
    return length_wish(found[0].strip(), seconds if over else 1e-3, 1e9 if over else seconds)


_PATTERNS: tuple[tuple[re.Pattern[str], Read], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), read)
    for pattern, read in (
        (r"(?<![\d.])(?P<low>\d{2,3}(\.\d+)?)(\s*(-|–|to)\s*(?P<high>\d{2,3}(\.\d+)?))?\s*bpm\b", _tempo),
        (
            r"(?P<than>under|shorter than|less than|at most|over|longer than|more than|at least)\s+"
            r"(?P<minutes>\d+(\.\d+)?)\s*min(utes?|s)?\b",
            _length,
        ),
        (
            r"\b(?P<pitch>[a-g])[ -]?(?P<sign>#|♯|♭|(?:(?<=[a-g])b)|sharp|flat)?[ -]?(?P<mode>major|minor|maj|min)\b"
            r"(?! key)",
            _key,
        ),
        (r"\b(1[0-2]|[1-9])[ab]\b", _camelot),
        (r"\b(?P<mode>major|minor)( keys?)?\b", _mode),
        (r"\b(?P<century>19|20)?['’]?(?P<ten>\d)0['’]?s\b|\b(" + "|".join(DECADES) + r")\b", _decade),
        (r"\b(19[2-9]\d|20[0-4]\d)\b", _year),
    )
)
"""Patterns in the order in which they are tried, each with the function that makes its wish."""

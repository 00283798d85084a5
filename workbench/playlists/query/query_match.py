"""Apply a filter to a library table: find the tracks that match, and how close the others are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.analysis.sound_tags import BY_NAME, FAMILIES
from workbench.analysis.tonality.camelot import UNKNOWN, camelot_code
from workbench.playlists.query.numbers import is_date, rounded_span_of, slack_of, span_of
from workbench.playlists.query.query_language import (
    Both,
    Condition,
    Either,
    Node,
    Not,
    parse_query,
    syntax_error,
)
from workbench.playlists.query.sound_tag_fields import FIELDS, RANK, check_sound_tags
from workbench.playlists.query.text_search import found_in, relevance
from workbench.playlists.sound.arrays import Floats, Mask
from workbench.playlists.sound.energy import energy, percentiles
from workbench.playlists.sound.keys import camelot_codes
from workbench.store.library.files import fold
from workbench.store.library.library_table import split_list
from workbench.store.library.records import LISTS

if TYPE_CHECKING:
    import numpy.typing as npt

    from workbench.store.library.library_table import LibraryTable

ALIASES = {
    "tempo": "bpm",
    "loudness": "loudness_lufs",
    "duration": "duration_s",
    "length": "duration_s",
    "centroid": "spectral_centroid_hz",
    "mode": "scale",
    "lufs": "loudness_lufs",
    "stars": "rating",
    "starred": "loved",
    "replaygain": "tag_gain_db",
}
_LISTED = frozenset({"artist", "artists", "album_artist", "album_artists", "composer"})
_LYRICS = "lyrics"
MOST_RANKED = 20_000  # set by hand: ranking this many takes about 0.1 s
_FLAGS = frozenset({"compilation", "excluded", "has_lyrics", "loved"})
_YES_NO = {"yes": "1", "true": "1", "no": "0", "false": "0"}


@dataclass(frozen=True)
class Query:
    """A parsed query on a table."""

    text: str
    tree: Node
    table: LibraryTable

    def matches(self) -> Mask:
        """Rows that match, as a mask of shape (n,). An unknown value matches no condition."""
        logic = _Logic(self._matching, np.logical_not, np.logical_and.reduce, np.logical_or.reduce)
        return np.asarray(logic.apply(self.tree), dtype=bool)

    def closeness(self) -> Floats:
        """How closely each row matches, 0 to 1: ``and`` takes the mean of its conditions, ``or`` the best."""
        logic = _Logic(
            self._near,
            lambda part: 1.0 - part,
            lambda parts: np.mean(parts, axis=0),
            lambda parts: np.max(parts, axis=0),
        )
        return np.asarray(logic.apply(self.tree), dtype=np.float64)

    def rows(self) -> npt.NDArray[np.int64]:
        """Rows that match: the best first if the filter looks for a text, otherwise as in the table."""
        return self.ranked()[0]

    def ranked(self) -> tuple[npt.NDArray[np.int64], Floats | None]:
        """Return :meth:`rows`, and how well each row of the table fits; ``None`` if the filter searches for no text.

        If too many rows have the text, they are not ranked: that would take longer than a person waits, and the ranks
        would mean little.
        """
        found = np.flatnonzero(self.matches())
        texts = [condition.values[0].text for condition in wanted_texts(self.tree)]
        if not texts:
            return found, None
        fits = np.zeros(len(self.table))
        if len(found) <= MOST_RANKED:
            fits[found] = np.sum([relevance(self.table, text, found) for text in texts], axis=0)
        return found[np.argsort(-fits[found], kind="stable")], fits

    def _matching(self, condition: Condition) -> Mask:
        return self._condition(_flag_as_number(condition))

    def _near(self, condition: Condition) -> Floats:
        condition = _flag_as_number(condition)
        matches = self._condition(condition).astype(float)
        name = ALIASES.get(condition.field or "", condition.field)
        if name is None or not self._numeric(name) or condition.operator in ("!=", "!~"):
            return matches
        values = self._numbers(name)
        spread = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
        low, high = self._bounds(condition)
        miss = np.maximum(0.0, np.maximum(low - values, values - high)) / (spread or 1.0)
        near: Floats = np.where(np.isfinite(miss), 1.0 / (1.0 + miss), 0.0)
        return np.asarray(np.maximum(matches, near), dtype=np.float64)

    def _condition(self, condition: Condition) -> Mask:
        if condition.field is None:
            return found_in(self.table, condition.values[0].text)
        name = ALIASES.get(condition.field, condition.field)
        if name in ("key", "camelot"):
            return self._key(condition)
        return self._number(condition, name) if self._numeric(name) else self._text(condition, name)

    def _numeric(self, name: str) -> bool:
        column = self.table.columns.get(name)
        tag = name.removesuffix(RANK) in BY_NAME
        return tag or name in ("energy", "id") or (column is not None and column.dtype != object)

    def _numbers(self, name: str) -> Floats:
        if name == "energy":
            return energy(self.table)
        if name.endswith(RANK):
            return percentiles(self.table, name.removesuffix(RANK))
        return self.table.ids.astype(float) if name == "id" else self.table.numbers(name)

    def _number(self, condition: Condition, name: str) -> Mask:
        values, slack = self._numbers(name), slack_of(name)
        with np.errstate(invalid="ignore"):
            match condition.operator:
                case "<":
                    return np.asarray(values < self._one_number(condition) - slack)
                case "<=":
                    return np.asarray(values <= self._one_number(condition) + slack)
                case ">":
                    return np.asarray(values > self._one_number(condition) + slack)
                case ">=":
                    return np.asarray(values >= self._one_number(condition) - slack)
            inside = np.zeros(len(values), dtype=bool)
            for token in condition.values:
                low, high = rounded_span_of(token, self.text, slack)
                inside |= (values >= low) & (values <= high)
        return inside if condition.operator in ("=", "~") else ~inside & np.isfinite(values)

    def _bounds(self, condition: Condition) -> tuple[float, float]:
        if condition.operator in ("<", "<="):
            return -np.inf, self._one_number(condition)
        if condition.operator in (">", ">="):
            return self._one_number(condition), np.inf
        spans = [span_of(token, self.text) for token in condition.values]
        return min(low for low, _ in spans), max(high for _, high in spans)

    def _one_number(self, condition: Condition) -> float:
        token = condition.values[0]
        if len(condition.values) > 1:
            raise syntax_error(
                self.text, condition.values[1].position, f"{condition.operator} takes one number."
            )
        low, high = span_of(token, self.text)
        if is_date(token.text):
            return high if condition.operator in (">", "<=") else low
        if low != high:
            raise syntax_error(
                self.text, token.position, f"{condition.operator} takes one number, not a range."
            )
        return low

    def _key(self, condition: Condition) -> Mask:
        if condition.operator not in ("=", "!=", "~", "!~"):
            raise syntax_error(
                self.text, condition.position, f"A key cannot be compared with {condition.operator}."
            )
        wanted = []
        for token in condition.values:
            code = camelot_code(token.text)
            if code == UNKNOWN:
                raise syntax_error(
                    self.text,
                    token.position,
                    f'{token.text!r} is not a key, such as 8A, F#, Am or "C minor".',
                )
            wanted.append(code)
        codes = camelot_codes(self.table)
        inside = np.isin(codes, wanted)
        return inside if condition.operator in ("=", "~") else ~inside & (codes != UNKNOWN)

    def _text(self, condition: Condition, name: str) -> Mask:
        wanted = [_folded(token.text) for token in condition.values]
        if name == _LYRICS:  # nobody gives the complete text of a song, so = searches for a part of it
            part = {"=": "~", "!=": "!~"}
            condition = replace(condition, operator=part.get(condition.operator, condition.operator))
        if condition.operator in ("~", "!~"):
            mask = self._text_mask(name, lambda text: any(want in _folded(text) for want in wanted))
        elif condition.operator in ("=", "!="):
            mask = self._text_mask(name, lambda text: not _names(name, text).isdisjoint(wanted))
        else:
            raise syntax_error(
                self.text,
                condition.position,
                f"{condition.field} is text: it cannot be compared with {condition.operator}.",
            )
        return mask if condition.operator in ("~", "=") else ~mask & self._text_mask(name, bool)

    def _text_mask(self, name: str, verdict: Callable[[str], bool]) -> Mask:
        """Rows whose text, or one name of the list that belongs to it, has the wanted value."""
        if name == _LYRICS:
            sung = [track_id for track_id, text in self.table.lyrics() if verdict(" ".join(text.split()))]
            return np.isin(self.table.ids, sung)
        masks = [_verdicts(self.table.texts(column), verdict) for column in (name, LISTS.get(name)) if column]
        return np.asarray(np.logical_or.reduce(masks), dtype=bool)


@dataclass(frozen=True)
class _Logic:
    """Evaluates conditions, ``not``, ``and`` and ``or``."""

    condition: Callable[[Condition], Any]
    negate: Callable[[Any], Any]
    both: Callable[[list[Any]], Any]
    either: Callable[[list[Any]], Any]

    def apply(self, node: Node) -> Any:
        match node:
            case Condition():
                return self.condition(node)
            case Not(inner):
                return self.negate(self.apply(inner))
            case Both(parts):
                return self.both([self.apply(part) for part in parts])
            case Either(parts):
                return self.either([self.apply(part) for part in parts])


def _flag_as_number(condition: Condition) -> Condition:
    """Return a condition on a flag, such as ``loved``, with 1 and 0 in place of yes and no."""
    if ALIASES.get(condition.field or "", condition.field) not in _FLAGS:
        return condition
    said = (token._replace(text=_YES_NO.get(token.text.lower(), token.text)) for token in condition.values)
    return replace(condition, values=tuple(said))


def matching_rows(text: str, table: LibraryTable) -> npt.NDArray[np.bool_]:
    """Return which rows of a table match a filter such as ``bpm 120-128 and key 8A``.

    Raises
    ------
    QuerySyntaxError
        The filter cannot be read; ``position`` is the place of the error.
    """
    return compile_query(text, table).matches()


def best_rows(text: str, table: LibraryTable) -> npt.NDArray[np.int64]:
    """Return the rows that match a filter, as :meth:`Query.rows` orders them.

    Raises
    ------
    QuerySyntaxError
        The filter cannot be read; ``position`` is the place of the error.
    """
    return compile_query(text, table).rows()


def compile_query(text: str, table: LibraryTable) -> Query:
    """Parse and check a query against a table.

    Raises
    ------
    QuerySyntaxError
        A field is unknown, a value malformed, or a quote or bracket not closed; ``position`` is its place.
    """
    tree = parse_query(text, [*table.columns, *ALIASES, "energy", "id", "key", _LYRICS], FIELDS)
    check_sound_tags(tree, text, table)
    Query(text, tree, table.take(np.arange(0))).matches()
    return Query(text, tree, table)


def wanted_texts(tree: Node) -> list[Condition]:
    """Return the texts that a filter searches for anywhere, without those below ``not``."""
    match tree:
        case Condition():
            return [tree] if tree.field is None else []
        case Both(parts) | Either(parts):
            return [text for part in parts for text in wanted_texts(part)]
        case Not():
            return []


def _verdicts(column: npt.NDArray[np.object_], verdict: Callable[[str], bool]) -> Mask:
    return np.fromiter((text is not None and verdict(text) for text in column), dtype=bool, count=len(column))


def _names(name: str, text: str) -> set[str]:
    """Return the texts that can equal a value: the whole text, and the parts of a genre or list of artists."""
    whole = _folded(text)
    if name in _LISTED:
        return {whole, *split_list(whole)}
    parts = (
        re.split(r"\s*(?:[;/,|]|---)\s*", whole)
        if name in ("genre", "tag_mood", "predicted_genre", *FAMILIES)
        else []
    )
    return {whole, *parts}


def _folded(text: str) -> str:
    return fold(text).strip()

"""Recognize tracks that are not songs: audiobooks, podcasts, sound effects, mixes and very long tracks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import QuerySyntaxError
from workbench.playlists.making.genres import genres_of
from workbench.playlists.query.query_language import Both, Condition, Either, Node, Not
from workbench.playlists.query.query_match import compile_query

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

MUSIC = "music"
# Whole genres, as shops, podcast programs and ID3v1 write them. "Spoken" or "live" alone may be music, and is not here.
_GENRES = {
    "audiobook": r"audio ?-?books?|spoken word|books? (&|and) spoken( audio)?|audio ?(theat(re|er)|drama|play)|h(ö|oe)r"
    r"(buch|b(ü|ue)cher|spiele?)|livres? audio|audiolibros?|audiolibri|luisterboek(en)?|speech|radio ?(play|drama)s?",
    "podcast": r"podcasts?( .*)?|.* podcasts?|talk ?(radio|show)|news (&|and) politics|sermons?|lectures?",
    "sound effect": r"sound ?(effects?|fx|clips?)|sfx|foley",
    "mix": r"(dj|continuous|essential)[ -]?(mix(es)?|sets?)|megamix(es)?|mix(ed)? (set|session)s?",
}
_KINDS = {kind: re.compile(pattern) for kind, pattern in _GENRES.items()}
_AUDIOBOOK_SUFFIXES = (".m4b", ".aax", ".aa")
_FILTERS = ("where", "filter")


def with_kinds(table: LibraryTable, *, long_track_minutes: float) -> LibraryTable:
    """Return a table with the column ``kind``: music, audiobook, podcast, sound effect, mix or long.

    The genre decides, then the suffix of the file, then the duration.
    """
    by_genre = {genre: kind_of(genre) for genre in set(table.texts("genre").tolist())}
    long = table.numbers("duration_s") >= 60 * long_track_minutes
    kinds = np.full(len(table), MUSIC, dtype=object)
    for row, (genre, path) in enumerate(zip(table.texts("genre"), table.texts("path"), strict=True)):
        audiobook = "audiobook" if str(path).lower().endswith(_AUDIOBOOK_SUFFIXES) else None
        kinds[row] = by_genre[genre] or audiobook or ("long" if long[row] else MUSIC)
    return replace(table, columns={**table.columns, "kind": kinds})


def kind_of(genre: str | None) -> str | None:
    """Return the kind of track that a genre means, if it is not music.

    >>> kind_of("Fantasy; Audiobook"), kind_of("Deep House")
    ('audiobook', None)
    """
    for part in genres_of(genre or ""):
        for kind, pattern in _KINDS.items():
            if pattern.fullmatch(part):
                return kind
    return None


def asks_for_kinds(asked: Mapping[str, Any], table: LibraryTable) -> bool:
    """Whether parameters ask for tracks that are not music: by ``all_kinds``, ``kind`` in a filter, or a genre."""
    genres = [*(asked.get("genres") or ()), asked.get("value")]
    return (
        bool(asked.get("all_kinds"))
        or any(kind_of(str(genre)) for genre in genres if genre)
        or any(_mentions_kind(asked[name], table) for name in _FILTERS if asked.get(name))
    )


def _mentions_kind(text: str, table: LibraryTable) -> bool:
    try:
        return "kind" in _fields(compile_query(text, table).tree)
    except QuerySyntaxError:
        return False


def _fields(node: Node) -> set[str | None]:
    """Return the names that a filter compares."""
    match node:
        case Condition():
            return {node.field}
        case Not(inner):
            return _fields(inner)
        case Both(parts) | Either(parts):
            return set().union(*(_fields(part) for part in parts))

"""Recognize tracks that are not songs: audiobooks, podcasts, sound effects, mixes and very long tracks."""

from __future__ import annotations

import re
import unicodedata
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
# Whole genres of shops, podcast programs and ID3v1. "Spoken" and "live" alone are left out, because they may be music.
_GENRES = {
    "audiobook": r"spoken[ -]?word|books|books? (&|and) spoken( audio)?|old[ -]time radio|bedtime stories"
    r"|children'?s stories|fairy ?tales|marchen|audio ?(theat(re|er)|drama|play)|speech"
    r"|radio ?(play|drama)s?|storytelling|audio ?stor(y|ies)"
    r"|lesung(en)?|livres? (audio|lus)|libros? hablados?|livros? falados?|sesli kitap(lar)?|sach noi|buku audio"
    r"|carte audio|hljo[dð]bok|zv[uo]cna knjiga|朗読|有声小说|有声読物|หนังสือเสียง|ऑडियोबुक|ספר(ים)? (קולי|מוקלט)(ים)?"
    r"|كتاب صوتي|كتب صوتية|ηχητικ[οό] βιβλ[ιί]ο|ηχητικ[αά] βιβλ[ιί]α",
    "podcast": r"talk( ?(radio|show)s?)?|radio talk|vodcasts?|guided meditations?|language (course|lesson)s?"
    r"|sprachkurse?|nachrichten|noticias|новости|conferences?|news( (&|and) politics)?|interviews?"
    r"|sermons?|lectures?|predigt(en)?|vorlesung(en)?",
    "sound effect": r"sound ?(fx|clips?|librar(y|ies))|sfx|foley|(drum |sample )?(loops?|packs?)|samples?|ringtones?"
    r"|klingelt(o|oe)ne?|sonneries?|jingles?|test ?tones?|(white|pink|brown) noise|(nature|rain) sounds?"
    r"|zvukove efekty|efekty dzwiekowe|ses efekt(i|leri)|음향 ?효과|gerausche?"
    r"|bruitages?|effets? sonores?|efectos? (de sonido|sonoros?)"
    r"|effetti? sonori?|efeitos? sonoros?|звуковые эффекты|効果音|音效",
    "mix": r"(dj|continuous|essential)[ -]?(mix(es)?|sets?)|megamix(es)?|mix(ed)? (set|session)s?"
    r"|radio ?shows?|(dj )?live ?sets?",
}
# Words with a single meaning, which also count inside a longer genre ("Kinderhörspiel", "Audiobook - Fantasy").
_WORDS = {
    "audiobook": r"audio ?-?book[si]?\b|h(o|oe)r(buch|bucher|buecher|spiel)|audioli(bro|bri|vre|vro)|luisterboek"
    r"|hoorspel|l(ju|y)d(bok|bog|bocker)|aanikirja|audiobuk|audiokni(ha|hy|ga|gi)|hangoskonyv|s(l|ł)uchowisk|аудиокниг|аудіокниг"
    r"|有声书|有聲書|オーディオブック|오디오북",
    "podcast": r"podcast|baladodiffusion|подкаст|播客|ポッドキャスト|팟캐스트",
    "sound effect": r"sound ?effe[ck]t|geluidseffect|ljudeffekt|lydeffekt",
}
_WHOLE = {kind: re.compile(pattern) for kind, pattern in _GENRES.items()}
_INSIDE = {kind: re.compile(pattern) for kind, pattern in _WORDS.items()}
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
        name = _without_accents(part)
        for kind, pattern in _WHOLE.items():
            if pattern.fullmatch(name) or (kind in _INSIDE and _INSIDE[kind].search(name)):
                return kind
    return None


def _without_accents(text: str) -> str:
    """Return text without the accents of Latin letters, composed or not; other alphabets are only composed."""
    plain = re.sub("(?<=[a-z])[\u0300-\u036f]+", "", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", plain).replace("ø", "o")


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

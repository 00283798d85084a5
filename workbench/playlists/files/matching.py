"""Find the tracks of a playlist file in a library, even if the file is from another machine."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

import numpy as np

if TYPE_CHECKING:
    from workbench.playlists.files.listing import Entry
    from workbench.store.library.library_table import LibraryTable

# Set by hand: players round lengths, and encoders add silence.
_SAME_LENGTH_S = 3.0
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_GUEST = re.compile(r"\s(?:feat|ft|featuring)\b.*", re.IGNORECASE)
_EDITION = re.compile(r"\s-\s[^-]*\b(?:remaster|remastered|mono|stereo|version)\b.*", re.IGNORECASE)
_ASIDE = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|\s[-–—]\s(.*)")
# Words for another recording than the original: nobody sings, or somebody else performs it.
_OTHER_PERFORMANCE = re.compile(
    r"\b(?:karaok[eé]|カラオケ|instrumental|inst|off[ -]?vocal|backing track|a ?cappella|acapella|cover|tribute|"
    r"lullaby|in the style of|made famous by|originally performed by|8[ -]?bit|chiptune|music box|nightcore|slowed|"
    r"sped up)",
    re.IGNORECASE,
)
_JOINT = re.compile(r"\s*[,;/&+]\s*|\s+(?:and|x|vs|with|feat|ft|featuring)\b\.?\s+", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|und|et|&|\+)\s+", re.IGNORECASE)
_THE = re.compile(r"^the\s+|,\s*the$", re.IGNORECASE)
_NUMBERED = re.compile(r"^\d{1,3}\s*[.)-]?\s+(?=\S)")


@dataclass(frozen=True)
class Match:
    """An entry and the matching track.

    Attributes
    ----------
    track_id : int or None
        ``None`` if no track or several tracks match.
    by : {"path", "decoded path", "recording", "name", "tags", None}
        How the track was found: by the path (regardless of case and of composed or decomposed accents), unchanged or
        percent-decoded; by the MusicBrainz id of the recording; by the end of the path; by artist and title.
    score : float
        Certainty, 0–1: 1 for the path and the recording, 0.9 for the end of the path, 0.9 for the same artist and
        title, 0.8 without accents and punctuation, 0.7 also without brackets and guests, unless brackets say that it
        is another recording (karaoke, cover …).
    """

    entry: Entry
    track_id: int | None
    by: str | None
    score: float = 0.0


def match_entries(entries: Sequence[Entry], table: LibraryTable) -> list[Match]:
    """Return the matching track of the library for each entry.

    The path is compared first, then the MusicBrainz id of the recording, then the end of the path: the track with the
    longest common end matches, if it is the only one, or the only one with the same length or album. At last, artist
    and title are compared in the same way.
    """
    rows = np.flatnonzero(~table.missing)
    paths, titles, artists = table.texts("path"), table.texts("title"), table.texts("artist")
    exact = {paths[row]: int(row) for row in rows}
    folded = _index(rows, lambda row: _folded(paths[row]) if paths[row] else None)
    by_name = _index(rows, lambda row: _parts(paths[row])[-1:] or None if paths[row] else None)
    recordings = table.texts("musicbrainz_recording_id")
    by_recording = _index(rows, lambda row: str(recordings[row]).lower() if recordings[row] else None)
    by_tags = _index(rows, lambda row: _tags(artists[row], titles[row]))
    by_words: defaultdict[Hashable, list[int]] = defaultdict(list)
    by_loose: defaultdict[Hashable, list[int]] = defaultdict(list)
    names = table.names("artist")
    for row in rows.tolist():
        for name in {"", artists[row] or "", *names[row]} if titles[row] else ():
            by_words[_artist(name), _words(titles[row])].append(row)
            by_loose[_artist(name), loose(titles[row])].append(row)

    def find(entry: Entry) -> Match:
        written = entry.path or ""
        for path in _readings(written):
            by = "path" if path == written else "decoded path"
            if path in exact:
                return _match(entry, table, exact[path], by, 1.0)
            if path and (row := _only(folded.get(_folded(path), ()), entry, table)) is not None:
                return _match(entry, table, row, by, 1.0)
        row = _only(by_recording.get((entry.recording_id or "").lower(), ()), entry, table)
        if row is not None:
            return _match(entry, table, row, "recording", 1.0)
        place = entry.path or entry.location
        for path in _readings(place):
            if path and (row := _by_end(path, entry, by_name, table)) is not None:
                return _match(entry, table, row, "name", 0.9)
        row = _only(by_tags.get(_tags(entry.artist, entry.title), ()), entry, table)
        if row is not None:
            return _match(entry, table, row, "tags", 0.9)
        for title in _titles(entry):
            for index, key, score in ((by_words, _words(title), 0.8), (by_loose, loose(title), 0.7)):
                alike = {row: None for name in _artists(entry) for row in index.get((name, key), ())}
                if (row := _only(list(alike), entry, table)) is not None:
                    return _match(entry, table, row, "tags", score)
        return Match(entry, None, None)

    return [find(entry) for entry in entries]


def _match(entry: Entry, table: LibraryTable, row: int, by: str, score: float) -> Match:
    return Match(entry, int(table.ids[row]), by, score)


def _index(rows: Iterable[int], key: Callable[[int], Hashable]) -> dict[Hashable, list[int]]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row in rows:
        if (name := key(int(row))) is not None:
            found[name].append(int(row))
    return dict(found)


def _by_end(path: str, entry: Entry, by_name: dict[Hashable, list[int]], table: LibraryTable) -> int | None:
    """Return the row whose path has the longest common end with the path of the entry."""
    wanted = _parts(path)
    rows = by_name.get(wanted[-1:], []) if wanted else []
    paths = table.texts("path")
    common = [_common_end(wanted, _parts(paths[row])) for row in rows]
    longest = [row for row, count in zip(rows, common, strict=True) if count == max(common)]
    return _only(longest, entry, table)


def _only(rows: Sequence[int], entry: Entry, table: LibraryTable) -> int | None:
    """Return the only row, or the only row whose length or album fits; copies of one file count as one."""
    if len(rows) > 1 and entry.duration_s is not None:
        lengths = table.numbers("duration_s")
        rows = [row for row in rows if abs(lengths[row] - entry.duration_s) <= _SAME_LENGTH_S] or rows
    if len(rows) > 1 and entry.album:
        albums, wanted = table.texts("album"), loose(entry.album)
        rows = [row for row in rows if albums[row] and loose(albums[row]) == wanted] or rows
    hashes = table.texts("content_hash")
    distinct = {hashes[row] or row for row in rows}
    return rows[0] if len(distinct) == 1 else None


def _common_end(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    count = 0
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if x != y:
            break
        count += 1
    return count


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[/\\]", _folded(path)) if part)


def _tags(artist: str | None, title: str | None) -> Hashable:
    return (_folded(artist or "").strip(), _folded(title).strip()) if title else None


def _readings(path: str) -> list[str]:
    """Return a path unchanged, and decoded as some programs write it: percent-encoded, or escaped for HTML."""
    return list(
        dict.fromkeys((path, unquote(path), unescape(unquote(path)), unquote_plus(path).replace("\xa0", " ")))
    )


def _titles(entry: Entry) -> list[str]:
    """Return the title, and the title without a track number before it."""
    title = unescape(entry.title or "")
    return [text for text in dict.fromkeys((title, _NUMBERED.sub("", title))) if text]


def _artists(entry: Entry) -> list[str]:
    """Return the keys of all artists together and of each artist; an empty key if no artist is named."""
    together = unescape(entry.artist or "")
    return [_artist(name) for name in (together, *_JOINT.split(together)) if name.strip()] or [""]


def _artist(name: str) -> str:
    return loose(_THE.sub("", name)) if name else ""


def _words(text: str) -> str:
    """Return a title without accents and punctuation, but with the text in brackets."""
    return _letters(text) or _folded(text).strip()


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", _AND.sub(" ", text)).casefold()
    return "".join(char for char in plain if char.isalnum())


def loose(text: str) -> str:
    """Return a title or artist without brackets, guests, accents and punctuation; unchanged if nothing is left.

    Words for another recording are kept: ``Song (Live)`` is ``song``, but ``Song (Karaoke)`` is not.
    """
    plain = _letters(_EDITION.sub("", _GUEST.sub("", _BRACKETS.sub("", text))))
    return plain + _other_performance(text) if plain else _folded(text).strip()


def _other_performance(text: str) -> str:
    asides = " ".join(part for found in _ASIDE.findall(text) for part in found if part)
    return "".join(f" {_letters(word)}" for word in sorted(set(_OTHER_PERFORMANCE.findall(asides.lower()))))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()

"""The content of every playlist format: a title and entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.readable import valid

MADE_BY = "Playlist Workbench"
"""The mark in every file that this package writes. Files without it are overwritten only with force."""


@dataclass(frozen=True)
class Line:
    """One track to write.

    Attributes
    ----------
    path : str
        Absolute path of the file on this machine.
    location : str
        The text for the file: relative to the playlist, absolute, mapped to another machine's prefix, or a URL.
    """

    path: str
    location: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None
    id: int | None = None
    explanation: Mapping[str, Any] = field(default_factory=dict)
    artists: Sequence[str] = ()
    recording_id: str | None = None

    @property
    def label(self) -> str:
        """``artist - title``, for the formats that have one text for both."""
        return " - ".join(filter(None, (one_line(self.artist), one_line(self.title))))


@dataclass(frozen=True)
class Listing:
    """A playlist to write. ``recipe`` goes into the formats that have a place for it."""

    title: str
    lines: Sequence[Line]
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One track of a playlist file that was read.

    Attributes
    ----------
    location : str
        The text in the file.
    path : str or None
        The absolute path of the location; ``None`` for a stream, or if the file has only artist and title.
    weight : float
        A play count or a rating; 1 if the file has neither.
    recording_id : str or None
        The MusicBrainz id of the recording.
    """

    location: str
    path: str | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None
    weight: float = 1.0
    recording_id: str | None = None


@dataclass(frozen=True)
class Decoded:
    """Entries of a file, with ``path`` not resolved yet; with ``uris``, locations are percent-encoded."""

    entries: Sequence[Entry]
    uris: bool = False


def one_line(text: str | None) -> str:
    """Return a text without line breaks, control characters and bytes that are not UTF-8."""
    return re.sub(r"[\x00-\x1f\x7f\ufffe\uffff]+", " ", valid(text or "")).strip()


_RECORDING = "https://musicbrainz.org/recording/"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def recording_uri(recording_id: str | None) -> str:
    """Return the address by which playlists name a recording of MusicBrainz; empty without an id."""
    found = _UUID.search(recording_id or "")
    return _RECORDING + found[0].lower() if found else ""


def recording_of(identifiers: Iterable[object]) -> str | None:
    """Return the id of the first identifier that is a recording of MusicBrainz.

    >>> recording_of(["spotify:x", "http://musicbrainz.org/recording/B1A9C0E9-D987-4042-AE91-78D6A3267D69"])
    'b1a9c0e9-d987-4042-ae91-78d6a3267d69'
    """
    for identifier in identifiers:
        if "musicbrainz.org/recording/" in str(identifier) and (found := _UUID.search(str(identifier))):
            return found[0].lower()
    return None


def split_label(label: str) -> tuple[str | None, str | None]:
    """Return artist and title of a label, split at its first `` - ``, or else at a longer dash.

    >>> split_label("Ann - Waltz - live"), split_label("Ann – Waltz"), split_label("Waltz")
    (('Ann', 'Waltz - live'), ('Ann', 'Waltz'), (None, 'Waltz'))
    """
    mark = next((mark for mark in (" - ", " – ", " — ") if mark in label), " - ")
    artist, dash, title = label.partition(mark)
    return (artist or None, title or None) if dash else (None, label or None)

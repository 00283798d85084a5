"""One track as stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.readable import clock, key_name, number, track_name, valid

MAIN_TAGS = ("title", "artist", "album", "album_artist", "genre", "year", "track_number")


@dataclass(frozen=True)
class Track:
    """A file of the library with its tags and, once analyzed, its features.

    Attributes
    ----------
    status : {"pending", "analyzed", "failed", "missing"}
    error, error_kind : str or None
        Why its analysis failed: a sentence, and a kind that stays the same between versions.
    artists, album_artists : tuple of str
        The names, separated.
    more_tags : mapping
        The tags without an attribute of their own, such as ``composer`` and ``lyrics``, that the file has.
    features : mapping
        Descriptors by name (see ``analysis.features``); empty until analyzed.
    """

    id: int
    path: str
    content_hash: str
    status: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    year: int | None = None
    track_number: int | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    mtime_ns: int | None = None
    error: str | None = None
    error_kind: str | None = None
    artists: tuple[str, ...] = ()
    album_artists: tuple[str, ...] = ()
    more_tags: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        facts = (
            clock(self.duration_s),
            number(self.features.get("bpm"), "BPM"),
            key_name(self.features),
            self.error or self.status,
        )
        name = track_name({"id": self.id, "path": self.path, "title": self.title, "artist": self.artist})
        return f"Track {self.id}: {name}\n{', '.join(facts)}\n{valid(self.path)}"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values under the names that the REST and CLI contracts use."""
        file = ("duration_s", "size_bytes", "content_hash", "error", "error_kind")
        return {name: getattr(self, name) for name in ("id", "path", "status", *MAIN_TAGS, *file)} | {
            "artists": list(self.artists),
            "album_artists": list(self.album_artists),
            "tags": {name: value for name, value in self.more_tags.items() if name != "lyrics"},
            "features": dict(self.features),
        }

"""The content of a collection file: tracks with the values of DJ programs, and playlists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from workbench.playlists.dj.beat_grid import GridPoint
from workbench.playlists.dj.cue_points import CuePoint
from workbench.readable import short_key

STAR = 51  # Rekordbox and Traktor write one star as 51, five as 255


@dataclass(frozen=True)
class CollectionTrack:
    """One track.

    Attributes
    ----------
    location : str
        Absolute path of the file on the machine of the DJ program.
    values : mapping
        Known columns of the library table: ``title``, ``bpm``, ``key`` …
    """

    id: int
    location: str
    values: Mapping[str, Any]
    grid: Sequence[GridPoint] = ()
    cues: Sequence[CuePoint] = ()

    @property
    def beats_per_bar(self) -> int:
        """Beats in a bar; four where it is not known, as DJ programs assume."""
        return int(self.values.get("time_signature") or 4)

    @property
    def key_name(self) -> str:
        """The key in musical notation, ``Am``; empty where it is not known."""
        return short_key(self.values.get("key"), self.values.get("scale"))

    @property
    def stars(self) -> int:
        """The rating in the file or of a player, in the unit of DJ programs; 0 for no rating."""
        stars = self.values.get("rating") or self.values.get("player_rating") or 0
        return round(min(stars, 5)) * STAR

    @property
    def plays(self) -> int:
        return int(self.values.get("plays") or self.values.get("play_count") or 0)

    @property
    def added(self) -> datetime | None:
        """When a scan first found the file, UTC."""
        at = self.values.get("added_at")
        return None if at is None else datetime.fromtimestamp(at, UTC)


class Listed(NamedTuple):
    """A playlist in a collection."""

    name: str
    track_ids: Sequence[int]


@dataclass(frozen=True)
class Collection:
    """Tracks, each once, and playlists. ``tracks`` is read once, so that a large library is never in memory."""

    size: int
    tracks: Iterable[CollectionTrack]
    playlists: Sequence[Listed] = ()

"""A playlist: tracks in order with reasons, a quality card, and the recipe to make it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.playlists.playlist_track import SHOWN_FEATURES, PlaylistTrack
from workbench.playlists.quality_card import QualityCard
from workbench.readable import clock, counted, track_name, valid
from workbench.store.library.records import PlaylistEntry, PlaylistRecord

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from workbench.cards.html import Html
    from workbench.store.library.library_table import LibraryTable


@dataclass(frozen=True)
class Playlist:
    """Tracks in order, with method, parameters and reasons.

    Attributes
    ----------
    name, method : str
    parameters : mapping
        All parameters besides ``method`` and ``random_state``, canonical and JSON-serializable.
    random_state : int
    snapshot : str
        Version of the library table that it was made from.
    tracks : tuple of PlaylistTrack
    card : mapping
        Quality card, with ``notes`` about constraints that could not be met.
    versions : mapping
        Versions of the packages that decide which tracks are chosen.
    newest_id : int
        The highest track id of the library at that time. Tracks with higher ids are new.
    id : int or None
        Id in the library, once stored.
    created_at : float or None
        Seconds since the epoch, once stored. Exported files do not contain it.
    """

    name: str
    method: str
    parameters: Mapping[str, Any]
    random_state: int
    snapshot: str
    tracks: tuple[PlaylistTrack, ...]
    card: Mapping[str, Any]
    versions: Mapping[str, str]
    newest_id: int = 0
    id: int | None = None
    created_at: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "card", QualityCard(self.card))

    def __len__(self) -> int:
        return len(self.tracks)

    def __iter__(self) -> Iterator[PlaylistTrack]:
        return iter(self.tracks)

    def __getitem__(self, position: int) -> PlaylistTrack:
        return self.tracks[position]

    @property
    def track_ids(self) -> list[int]:
        return [track.id for track in self.tracks]

    @property
    def duration_s(self) -> float:
        """Total of the durations that are known."""
        return sum(track.duration_s or 0.0 for track in self.tracks)

    @property
    def notes(self) -> Sequence[Mapping[str, Any]]:
        """Constraints that could not be met: ``constraint``, ``asked``, ``got``, ``message``."""
        notes: Sequence[Mapping[str, Any]] = self.card.get("notes", ())
        return notes

    def recipe(self) -> dict[str, Any]:
        """Return the recipe, from which ``regenerate(recipe, table)`` makes this playlist again."""
        return {
            "recipe": 1,
            "name": self.name,
            "method": self.method,
            "parameters": dict(self.parameters),
            "random_state": self.random_state,
            "snapshot": self.snapshot,
            "versions": dict(self.versions),
            "newest_id": self.newest_id,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-serializable values, tracks with path, tags and explanation."""
        tracks = [
            {
                "position": position,
                **vars(track),
                "explanation": dict(track.explanation),
                "features": dict(track.features),
            }
            for position, track in enumerate(self.tracks)
        ]
        recipe = self.recipe()
        return {
            "id": self.id,
            **{name: value for name, value in recipe.items() if name not in ("recipe", "newest_id")},
            "card": dict(self.card),
            "recipe": recipe,
            "created_at": self.created_at,
            "duration_s": self.duration_s,
            "tracks": tracks,
        }

    def to_record(self) -> PlaylistRecord:
        """Return the record for the library: ``library.playlists.save(playlist.to_record())``."""
        entries = tuple(
            PlaylistEntry(track.id, track.content_hash, track.explanation) for track in self.tracks
        )
        return PlaylistRecord(
            self.name,
            self.method,
            self.parameters,
            self.random_state,
            self.snapshot,
            self.versions,
            self.card,
            self.recipe(),
            entries,
        )

    @classmethod
    def from_record(cls, record: PlaylistRecord, table: LibraryTable) -> Playlist:
        """Build a playlist from its record; its tracks have the current paths and tags of the table.

        A track with a new id is found by its content. A track that is not in the library any more keeps its id and
        explanation and has no path.
        """
        tracks = tuple(_track_from(entry, table) for entry in record.entries)
        return cls(
            record.name,
            record.method,
            record.parameters,
            record.random_state or 0,
            record.snapshot,
            tracks,
            record.card,
            record.versions,
            record.recipe.get("newest_id", 0),
            record.id,
            record.created_at,
        )

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write the playlist to a file in the format of the suffix; the options are those of ``export``."""
        from workbench.playlists.files.exporting import export

        return export(self, path, **options)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each track in playing order, with the reason, indexed by track id."""
        import pandas as pd

        from workbench.cards.frame import ShownFrame

        names = ["title", "artist", "album", *SHOWN_FEATURES, "duration_s", "reason", "path"]
        known = [
            {
                **vars(track),
                **track.features,
                "reason": track.explanation.get("text", ""),
                "path": track.path and valid(track.path),
            }
            for track in self
        ]
        rows = [[values.get(name) for name in names] for values in known]
        return ShownFrame(rows, columns=names, index=pd.Index(self.track_ids, name="id"))

    def plot(self) -> Figure:
        """Draw tempo and loudness along the playlist."""
        from workbench.plots.playlist_plots import playlist_curves

        return playlist_curves(self.to_frame().astype({"bpm": float, "loudness_lufs": float}), self.name)

    def play(self, *, seconds: float = 20.0) -> Html:
        """Return a card with a player for each of the first 25 tracks. The players need no server.

        Parameters
        ----------
        seconds : float
            Length of the excerpt of each track in the notebook, from the start of its preview.
        """
        from workbench.playlists.playlist_card import playlist_card

        return playlist_card(self.name, self.method, self.tracks, self.card, preview_seconds=seconds)

    def __repr__(self) -> str:
        first = [f"  {track_name(vars(track))}" for track in self.tracks[:3]]
        more = [f"  … and {len(self) - 3:,} more"] if len(self) > 3 else []
        head = f"Playlist {self.name!r}: {counted(len(self), 'track')}, {clock(self.duration_s)}, method {self.method}"
        return "\n".join([head, *first, *more])

    def _repr_html_(self) -> str:
        from workbench.playlists.playlist_card import playlist_card

        return playlist_card(self.name, self.method, self.tracks, self.card)


def _track_from(entry: PlaylistEntry, table: LibraryTable) -> PlaylistTrack:
    row = table.index_of(entry.track_id)
    if row is None and entry.content_hash:
        same = np.flatnonzero(table.texts("content_hash") == entry.content_hash)
        row = int(same[0]) if len(same) else None
    if row is None:
        return PlaylistTrack(entry.track_id, entry.content_hash or "", explanation=entry.explanation)
    return PlaylistTrack.of(table, row, entry.explanation)

"""A track of a playlist, with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.readable import clock, key_name, number, track_name
from workbench.store.library.library_table import split_list

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

SHOWN_FEATURES = ("bpm", "key", "scale", "camelot", "loudness_lufs", "preview_start_s")


@dataclass(frozen=True)
class PlaylistTrack:
    """One track of a playlist.

    Attributes
    ----------
    id : int
    content_hash : str
        Hash of the chosen file, by which a moved file is found again.
    duration_s : float or None
    artists : tuple of str
        Each artist; ``artist`` has them as in the file.
    features : mapping
        The known values of ``SHOWN_FEATURES``, for tables and plots.
    recording_id : str or None
        The MusicBrainz id of the recording, if the file has it.
    explanation : mapping
        ``text``, one sentence, and its numbers: the reason of the method, what the track ``shares`` with the seed track
        or with the track before, and the transition to the ``next`` track.
    """

    id: int
    content_hash: str
    path: str | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None
    explanation: Mapping[str, Any] = field(default_factory=dict)
    artists: tuple[str, ...] = ()
    features: Mapping[str, Any] = field(default_factory=dict)
    recording_id: str | None = None

    def __repr__(self) -> str:
        facts = (clock(self.duration_s), number(self.features.get("bpm"), "BPM"), key_name(self.features))
        return f"Track {self.id}: {track_name(vars(self))}, {', '.join(facts)}"

    @classmethod
    def of(cls, table: LibraryTable, row: int, explanation: Mapping[str, Any]) -> PlaylistTrack:
        """Return the track of a row, with the reason why it was chosen."""
        duration = float(table.numbers("duration_s")[row])
        return cls(
            int(table.ids[row]),
            str(table.texts("content_hash")[row] or ""),
            table.text_at("path", row),
            table.text_at("title", row),
            table.text_at("artist", row),
            table.text_at("album", row),
            duration if duration == duration else None,
            explanation,
            split_list(table.text_at("artists", row) or table.text_at("artist", row)),
            _features(table, row),
            table.text_at("musicbrainz_recording_id", row),
        )


def _features(table: LibraryTable, row: int) -> dict[str, Any]:
    read = {name: table.text_at(name, row) for name in ("key", "scale", "camelot")}
    numbers = {name: table.number_at(name, row) for name in SHOWN_FEATURES if name not in read}
    return {name: value for name, value in {**numbers, **read}.items() if value is not None}

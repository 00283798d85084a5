"""The playlist report: the tracks with reasons, the transitions, and the quality of a playlist."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbench.playlists.explanations import transition_word
from workbench.playlists.quality_card import variety
from workbench.readable import UNKNOWN, clock, counted, number
from workbench.session.reports.tables import table

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.playlists.playlist_track import PlaylistTrack
    from workbench.store.library.library_table import LibraryTable


@dataclass(frozen=True)
class PlaylistReport:
    """One kept playlist and the library table that its tracks are in."""

    playlist: Playlist
    library: LibraryTable

    @property
    def facts(self) -> Any:
        """Facts about the playlist, as a table."""
        made = self.playlist.created_at
        rows = [
            ("Name", self.playlist.name),
            ("Tracks", f"{len(self.playlist):,}"),
            ("Length", clock(self.playlist.duration_s)),
            ("Method", self.playlist.method.replace("_", " ")),
            ("Made", f"{datetime.fromtimestamp(made):%d %B %Y, %H:%M}" if made else UNKNOWN),
        ]
        return table(("", "This playlist"), rows)

    @property
    def columns(self) -> dict[str, Any]:
        """``bpm`` and ``loudness_lufs`` along the playlist, for the plot."""
        rows = [row for track in self.playlist if (row := self.library.index_of(track.id)) is not None]
        return {name: self.library.numbers(name)[rows] for name in ("bpm", "loudness_lufs")}

    @property
    def tracks(self) -> Any:
        """Every track with the reason why it was chosen."""
        rows = [
            (str(place), _name(track), track.artist or "", clock(track.duration_s), _reason(track))
            for place, track in enumerate(self.playlist, start=1)
        ]
        return table(("", "Title", "Artist", "Length", "Why"), rows, empty="The playlist is empty.")

    @property
    def transitions(self) -> Any:
        """The transition from each track to the next."""
        tracks = list(self.playlist)
        rows = [
            (f"{place} → {place + 1}", f"{_name(a)} → {_name(b)}", *_transition(a.explanation.get("next")))
            for place, (a, b) in enumerate(itertools.pairwise(tracks), start=1)
        ]
        head = ("", "From → to", "Transition", "Tempo", "Key", "Loudness")
        return table(head, rows, empty="There is no transition: a playlist needs two tracks for one.")

    @property
    def quality(self) -> Any:
        """How good the playlist is, compared with random orders of its tracks."""
        card, rows = self.playlist.card, []
        if "mean_transition" in card:
            worst = card["worst_transition"]["position"] + 1
            rows = [
                (
                    "Smoother than",
                    f"{card['better_than_random_percent']:.0f} % of {card['random_orderings']} random orders",
                ),
                ("Transitions on average", transition_word(card["mean_transition"])),
                (
                    "Least smooth transition",
                    f"{worst} → {worst + 1}, {transition_word(card['worst_transition']['cost'])}",
                ),
                ("Variety of sound", variety(card.get("diversity"))),
            ]
        rows += [
            ("Artists", f"{card['artists']:,}" if "artists" in card else UNKNOWN),
            ("Same artist again", _repeat(card.get("closest_repeat"))),
        ]
        return table(("", "Quality"), rows)

    @property
    def notes(self) -> Any:
        """The parts of the request that could not be met."""
        rows = [(str(note["message"]),) for note in self.playlist.notes]
        return table(
            ("Asked for, but not possible",), rows, empty="Everything that was asked for was possible."
        )


def _name(track: PlaylistTrack) -> str:
    return track.title or (track.path or f"track {track.id}, not in the library any more").rpartition("/")[2]


def _reason(track: PlaylistTrack) -> str:
    return str(track.explanation.get("text", ""))


def _transition(following: Mapping[str, Any] | None) -> tuple[str, ...]:
    if following is None:
        return (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    tempo, key, step = following.get("tempo"), following.get("key"), following.get("loudness_step_lu")
    return (
        transition_word(following["cost"]),
        f"{number(tempo['other_bpm'], digits=0)} → {number(tempo['bpm'], 'BPM', 0)}" if tempo else UNKNOWN,
        str(key["relation"]) if key else UNKNOWN,
        UNKNOWN if step is None else f"{'+' if step > 0 else ''}{number(step, 'LU')}",
    )


def _repeat(steps: int | None) -> str:
    if steps is None:
        return "never"
    return "in the next track" if steps == 1 else f"{counted(steps, 'track')} later at the earliest"

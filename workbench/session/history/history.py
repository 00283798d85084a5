"""``wb.history``: your plays in the apps, and plays, ratings and playlists from exports of players and services."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cards.html import Html
from workbench.cards.rows import Rows
from workbench.cards.verbs import Verbs
from workbench.playlists import Entry, match_entries
from workbench.playlists.edits import in_order
from workbench.playlists.files.matching import loose
from workbench.playlists.history.listening_history import ListeningHistory
from workbench.playlists.history.reading import read_history
from workbench.readable import counted
from workbench.session.playlists import Playlists, select_tracks
from workbench.store.library.plays import PlaySource

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.track import Track

HERE = "Playlist Workbench"
"""The source of what was played in the apps."""

_LONGEST = 10_000  # as many tracks as a playlist may have
_SOURCES: Mapping[str, Callable[[PlaySource], Any]] = {
    "Source": lambda source: source.source,
    "Plays": lambda source: f"{source.plays:,}",
    "Tracks": lambda source: f"{source.tracks:,}",
    "First": lambda source: _day(source.first_at),
    "Last": lambda source: _day(source.last_at),
    "Counted or rated": lambda source: f"{source.told_tracks:,}",
}


def _day(at: float | None) -> str:
    return "" if at is None else time.strftime("%Y-%m-%d", time.gmtime(at))


@dataclass(frozen=True)
class Unmatched:
    """A track of an export that was not matched: unknown, ambiguous, or with an unreadable file; with its plays."""

    artist: str | None
    title: str | None
    album: str | None
    plays: int


@dataclass(frozen=True)
class ImportedHistory:
    """The result of the import of one export.

    Attributes
    ----------
    plays, matched : int
        Plays in the file, and how many of them are of tracks of the library.
    added : int
        How many of the matched plays are new.
    facts : int
        Tracks whose counter, rating or heart is new or has changed.
    playlists : tuple of str
        Names of the playlists that were kept.
    unmatched : sequence of Unmatched
        The most played first.
    skipped : mapping
        The number of records that were left out, by reason.
    """

    file: str
    source: str
    plays: int
    matched: int
    added: int
    facts: int
    playlists: tuple[str, ...] = ()
    unmatched: Sequence[Unmatched] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values."""
        unmatched = [vars(one) for one in self.unmatched]
        return {
            **vars(self),
            "playlists": list(self.playlists),
            "unmatched": unmatched,
            "skipped": dict(self.skipped),
        }

    def __repr__(self) -> str:
        known = f"{self.matched:,} of {counted(self.plays, 'play')} are of your tracks, {self.added:,} of them new"
        return f"{self.source}: {known}; {counted(len(self.unmatched), 'track')} not in the library"


class History(Verbs):
    """Your listening history. Calling it returns its sources with their plays."""

    def __init__(
        self,
        library: Library,
        track: Callable[[int | str], Track],
        table: Callable[[], LibraryTable],
        playlists: Playlists,
    ) -> None:
        self._library = library
        self._track = track
        self._table = table
        self._playlists = playlists

    def __call__(self) -> Rows[PlaySource]:
        """Return every source with its number of plays."""
        return Rows(
            self._library.plays.sources(),
            "source",
            _SOURCES,
            right=("Plays", "Tracks", "Counted or rated"),
            empty="wb.history.read(FILE) imports an export.",
        )

    def _repr_html_(self) -> str:
        return self._card(Html(self()._repr_html_()))

    def __iter__(self) -> Iterator[PlaySource]:
        return iter(self())

    def read(self, path: str | Path) -> ImportedHistory:
        """Import an export of ListenBrainz, Last.fm, Spotify, Apple Music or iTunes; the same file twice adds nothing.

        Raises
        ------
        PlaylistFileError
            The file cannot be read, is damaged, or has no history in it. Nothing was imported.
        """
        history = read_history(path)
        table = self._table()
        listed = [entry for _, entries in history.playlists for entry in entries]
        entries = list(dict.fromkeys([*history.plays, *history.facts, *listed]))
        ids = _matched(entries, table)
        of_tracks = dict(zip(table.ids.tolist(), table.texts("content_hash").tolist(), strict=True))
        # A file that could not be read has no content to which a play could belong.
        contents = {entry: content for entry, id_ in ids.items() if (content := of_tracks[id_]) is not None}
        plays = [
            (content, at)
            for entry, times in history.plays.items()
            if (content := contents.get(entry)) is not None
            for at in times
        ]
        facts = [(contents[entry], facts) for entry, facts in history.facts.items() if entry in contents]
        with self._library.transaction():
            added = self._library.plays.add(history.source, plays)
            changed = self._library.plays.keep_facts(history.source, facts)
            kept = self._keep_playlists(history, ids)
        return ImportedHistory(
            str(path),
            history.source,
            plays=sum(map(len, history.plays.values())),
            matched=len(plays),
            added=added,
            facts=changed,
            playlists=tuple(kept),
            unmatched=_unmatched(history, contents),
            skipped=dict(history.skipped),
        )

    def add_play(self, track: int | str, *, at: float | None = None) -> None:
        """Record a play of a track, as the apps do; ``at`` is in seconds since the epoch, now by default."""
        self._library.plays.add(HERE, [(self._track(track).content_hash, time.time() if at is None else at)])

    def forget(self, source: str) -> int:
        """Delete everything that was imported from a source; return how many plays and facts there were."""
        return self._library.plays.forget(source)

    def _keep_playlists(self, history: ListeningHistory, ids: Mapping[Entry, int]) -> Iterator[str]:
        """Keep the playlists that are new or have changed, and yield their names."""
        for name, entries in history.playlists:
            wanted = list(dict.fromkeys(ids[entry] for entry in entries if entry in ids))[:_LONGEST]
            before = self._library.playlists.get(name)
            if not wanted or (before and [entry.track_id for entry in before.entries] == wanted):
                continue
            table = self._table()
            made = in_order(select_tracks(table, wanted), table, wanted)
            yield self._playlists.keep(replace(made, name=name)).name


def _matched(entries: Sequence[Entry], table: LibraryTable) -> dict[Entry, int]:
    """Return the tracks that the entries mean. An entry without an artist must be of the same album."""
    albums = dict(zip(table.ids.tolist(), table.texts("album").tolist(), strict=True))
    return {
        match.entry: match.track_id
        for match in match_entries(entries, table)
        if match.track_id is not None
        and (match.entry.artist or match.score == 1 or _same_album(match.entry, albums[match.track_id]))
    }


def _same_album(entry: Entry, album: str | None) -> bool:
    return bool(entry.album and album and loose(entry.album) == loose(album))


def _unmatched(history: ListeningHistory, matched: Mapping[Entry, str]) -> list[Unmatched]:
    plays = Counter({entry: len(times) for entry, times in history.plays.items() if entry not in matched})
    for entry, facts in history.facts.items():
        if entry not in matched:
            plays[entry] = max(plays[entry], facts.plays or 0)
    return [Unmatched(one.artist, one.title, one.album, count) for one, count in plays.most_common()]

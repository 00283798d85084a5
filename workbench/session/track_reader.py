"""``wb.track``: find tracks and read what the library knows about them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.audio.source import inode_time, size_and_time
from workbench.cards.card import card, note, table
from workbench.cards.drawings import key_chip
from workbench.cards.verbs import Verbs
from workbench.errors import UnknownTrackError
from workbench.readable import clock, counted, number, track_name
from workbench.session.caches import Caches
from workbench.session.ratings import stars_of
from workbench.session.shown_track import ShownTrack
from workbench.store.library.library import Library
from workbench.store.library.track import Track

if TYPE_CHECKING:
    from workbench.analysis.features import TrackFeatures
    from workbench.playlists.query.cursor import Cursor
    from workbench.playlists.query.listing import Listing
    from workbench.session.search import SearchResult
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.records import Prediction

PAGE = 1000  # tracks that are read at a time


class Found(NamedTuple):
    """Tracks that were found; ``total`` counts those beyond the limit too."""

    total: int
    tracks: Sequence[Track]

    def __repr__(self) -> str:
        first = [f"  {track.id}  {track_name(vars(track))}" for track in self.tracks[:3]]
        more = [f"  … and {self.total - 3:,} more"] if self.total > 3 else []
        return "\n".join([f"Found {counted(self.total, 'track')}", *first, *more])

    def _repr_html_(self) -> str:
        head = ("", "Title", "Artist", "BPM", "Key", "Length", "Status")
        rows = [
            [
                track.id,
                track.title or track_name({"path": track.path}),
                track.artist,
                number(track.features.get("bpm")),
                key_chip(track.features.get("camelot")),
                clock(track.duration_s),
                track.error or track.status,
            ]
            for track in self.tracks
        ]
        beyond = self.total - len(self.tracks)
        return card(
            f"Found {counted(self.total, 'track')}",
            table(head, rows, right=("", "BPM", "Length")) if rows else "",
            note(f"{beyond:,} more are beyond the limit." if beyond else ""),
        )


class TrackReader(Verbs):
    """The tracks of one library. Call it with an id, a path or a title.

    Parameters
    ----------
    table : callable
        Returns the current library table.
    """

    def __init__(self, library: Library, caches: Caches, table: Callable[[], LibraryTable]) -> None:
        self._library = library
        self._caches = caches
        self._table = table

    def __call__(self, track: int | str) -> ShownTrack:
        """Return one track.

        Parameters
        ----------
        track : int or str
            A number is an id. A text is an id, a path, a title, or words of them.

        Raises
        ------
        UnknownTrackError
            No track or several tracks match; ``candidates`` lists the nearest ones.
        """
        version = self._library.version()
        found: Track = self._caches.tracks_at(version).get_or_compute(
            (version, str(track)), lambda: self._only_match(str(track))
        )
        if isinstance(track, int) and found.id != track:  # a number is an id, not the title "1999"
            raise UnknownTrackError(f"There is no track {track}.", candidates=[])
        return self._shown(found)

    def _shown(self, track: Track) -> ShownTrack:
        return ShownTrack.of(track, partial(self.features, track.id))

    def find(
        self,
        query: str | None = None,
        *,
        where: str | None = None,
        status: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        after: Cursor = 0,
    ) -> Found:
        """Find tracks by words, by a filter and by status.

        They are in the order of ``sort``. Without it, the best matches of a query are first; without a query, tracks
        are in order of id.

        Parameters
        ----------
        query : str, optional
            Words that all occur in title, artist, album, genre, or in the path below the library's folder; case and
            accents do not matter.
        where : str, optional
            A filter, such as ``"bpm 120-128 and key 8A"``.
        status : {"pending", "analyzed", "failed", "missing"}, optional
        sort : str, optional
            Columns, such as ``"artist, year desc"``.
        limit, offset : int
            Return at most ``limit`` tracks, from number ``offset`` on.
        after : int or str
            Only tracks after this one: an id in the order of id, otherwise ``listing(…).next`` of the page before.
            Unlike ``offset``, it stays correct while the library changes.

        Raises
        ------
        QuerySyntaxError
            The filter cannot be read.
        ParameterValueError
            There is no column with this name.
        """
        if query is None and where is None and sort is None and str(after).isdecimal():
            tracks = self._library.tracks.select(limit=limit, offset=offset, status=status, after=int(after))
            return Found(self._library.tracks.count(status=status), list(map(self._shown, tracks)))
        listed = self.listing(query, where=where, status=status, sort=sort)
        return Found(len(listed), self.listed(listed.after(after).page(offset, limit)))

    def pages(
        self,
        query: str | None = None,
        *,
        limit: int | None = None,
        status: str | None = None,
        **which: str | None,
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the tracks that :meth:`find` finds, as in :meth:`described`. Only one page is in memory at a time."""
        if query is None and not any(which.values()):
            for page in self._library.tracks.pages(status=status, limit=limit):
                yield self.described(page)
            return
        listed = self.listing(query, status=status, **which).page(0, limit)
        for start in range(0, len(listed), PAGE):
            yield self.described(self.listed(listed.page(start, PAGE)))

    def listing(self, query: str | None = None, **which: str | None) -> Listing:
        """Return the rows of the library table that :meth:`find` finds, for reading their columns or writing CSV."""
        from workbench.playlists.query.listing import listing

        return listing(self._table(), query=query, **which)

    def listed(self, listing: Listing) -> list[Track]:
        """Return the tracks of a listing that still exist."""
        found = self._library.tracks.by_id(listing.ids)
        return [self._shown(found[track]) for track in listing.ids if track in found]

    def titles(self, begun: str, *, limit: int) -> list[str]:
        """Return titles that begin with a text; case does not matter."""
        tracks = self._library.tracks.select(query=begun, limit=20 * limit)
        titles = dict.fromkeys(track.title for track in tracks if track.title)
        return [title for title in titles if title.casefold().startswith(begun.casefold())][:limit]

    def first_playable(self) -> int | None:
        """Return the lowest id of an analyzed track whose file exists; ``None`` if there is no such track."""
        table = self._table()
        ready = table.ids[table.analyzed & ~table.missing]
        return int(ready[0]) if len(ready) else None

    def features(self, track: int | str) -> TrackFeatures | None:
        """Return the features of a track, curves included, or ``None`` when it is not analyzed."""
        from workbench.analysis.features import TrackFeatures

        found = self(track)
        if not found.features:
            return None
        saved_at = self._library.features.saved_at(found.content_hash)
        record = self._caches.features.get_or_compute(
            (found.content_hash, saved_at), lambda: self._library.features.get(found.content_hash)
        )
        return None if record is None else TrackFeatures.from_record(record)

    def described(self, tracks: Sequence[Track]) -> list[dict[str, Any]]:
        """Return tracks as JSON-serializable values.

        In addition to the tags, ``predicted`` has the predictions of models and taggers, and ``sound_tags`` the name of
        each sound tag that the track has, with its ``value`` and its ``rank`` in the library. ``rating`` is the rating
        that counts, ``own_rating`` the user's own.
        """
        from workbench.models.predicted import predicted
        from workbench.models.sound_tag_values import HEARD_BY
        from workbench.playlists.sound.heard import heard

        by_content: dict[str, list[Prediction]] = {}
        for prediction in self._library.models.predictions({track.content_hash for track in tracks}):
            by_content.setdefault(prediction.content_hash, []).append(prediction)
        listened = {
            content for content, found in by_content.items() if any(one.model in HEARD_BY for one in found)
        }
        table = self._table() if listened else None
        values = []
        for track, stars in zip(tracks, stars_of(self._library, tracks), strict=True):
            row = table.index_of(track.id) if table is not None and track.content_hash in listened else None
            values.append(
                track.to_dict()
                | {"predicted": predicted(by_content.get(track.content_hash, ()))}
                | {"sound_tags": heard(table, row) if table is not None and row is not None else {}}
                | stars._asdict()
            )
        return values

    def described_matches(self, result: SearchResult) -> list[dict[str, Any]]:
        """Return the tracks of a search as in :meth:`described`, with ``match``, ``reasons`` and ``misses``."""
        by_id = self._library.tracks.by_id([found.id for found in result.tracks])
        matches = [found for found in result.tracks if found.id in by_id]
        told = self.described([by_id[found.id] for found in matches])
        return [
            track | {"match": found.match, "reasons": list(found.reasons), "misses": list(found.misses)}
            for track, found in zip(told, matches, strict=True)
        ]

    def unchanged(self, path: str | os.PathLike[str]) -> dict[str, Any] | None:
        """Return a track as in :meth:`described` if its file has not changed since its analysis, or ``None``."""
        file = os.fspath(path)
        status = Path(file).stat()
        now = (*size_and_time(status), inode_time(status))
        version = self._library.version()
        key, kept = f"track:{file}:{now}:{version}:{self._library.said()}", self._caches.tracks_at(version)
        described: dict[str, Any] | None = kept.get(key)
        if described is None:
            known = self._library.files.known([file]).get(file)
            if known is None or known.status != "analyzed":
                return None
            if (known.size_bytes, known.mtime_ns, known.ctime_ns) != now:
                return None
            (described,) = self.described([self(known.id)])
            kept[key] = described
        return described

    def statistics(self) -> dict[str, Any]:
        """Return statistics of the library: tracks by status, features, failures by kind, seconds of audio."""
        import numpy as np

        info, table = self._library.maintenance.info(), self._table()
        durations = table.columns.get("duration_s", np.zeros(0))  # no such column before the first analysis
        failed = Counter(track.error_kind or "error" for track in self.find(status="failed").tracks)
        return {
            "tracks": {"total": 0, **self._library.tracks.count_by_status(), **info["tracks"]},
            "features": info["features"],
            "failures": dict(failed),
            "audio_seconds": float(np.nansum(durations)),
        }

    def _only_match(self, track: str) -> Track:
        matches = self._library.tracks.find(track)
        if len(matches) == 1:
            return matches[0]
        candidates = [{"id": match.id, "title": match.title, "path": match.path} for match in matches[:10]]
        problem = f"{counted(len(matches), 'track')} match" if matches else "No track matches"
        first = "; ".join(f"{one.id} {track_name(vars(one))}" for one in matches[:5])
        which = f": {first}{' …' if len(matches) > 5 else ''}" if matches else ""
        raise UnknownTrackError(
            f"{problem} {track!r}{which}. Give an id from `workbench tracks`.", candidates=candidates
        )

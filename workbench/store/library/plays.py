"""Store plays by content: single plays with their times, and the counters and ratings of players."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from sqlite3 import Connection
from types import MappingProxyType
from typing import NamedTuple

from workbench.store.library.repository import PLAYED, Repository

# The times of one play in two programs differ by up to the length of the track: some note its start, others its end.
_SAME_PLAY_S = 600  # set by hand: longer than nearly all tracks
_MINUTE_S = 60  # two exports of one service: one of them may round to minutes

_TOLD = """
    SELECT content_hash, max(plays) AS plays, max(last_played_at) AS last_played_at, max(rating) AS rating,
           max(loved) AS loved
    FROM player_facts GROUP BY content_hash"""


class PlayerFacts(NamedTuple):
    """The counters and ratings of a player for a content.

    Attributes
    ----------
    plays : int or None
    last_played_at : float or None
        Seconds since the epoch.
    rating : float or None
        Stars, 0 to 5.
    loved : bool or None
        A heart or a thumb; false where it points down.
    """

    plays: int | None = None
    last_played_at: float | None = None
    rating: float | None = None
    loved: bool | None = None


class Heard(NamedTuple):
    """The plays and ratings of a content from all sources together; see :class:`PlayerFacts`."""

    plays: int
    last_played_at: float | None
    rating: float | None
    loved: bool | None


class _Count(NamedTuple):
    """The plays of a content; ``entries`` (number, times, sources) tell whether they have to be counted again."""

    entries: list[int | float | str]
    plays: int
    last_at: float


_NEVER = _Count([], 0, 0.0)


class PlaySource(NamedTuple):
    """A source of plays: a service, a player or a server.

    ``plays`` and ``tracks`` are the numbers of single plays and of their tracks; ``told_tracks`` is the number of
    tracks for which it has counters or ratings.
    """

    source: str
    plays: int
    tracks: int
    first_at: float | None
    last_at: float | None
    told_tracks: int


class PlayRepository(Repository):
    """Keeps plays and facts by content and source, so that the same file read twice adds nothing."""

    _heard: tuple[str, dict[str, Heard]] = ("", {})
    _counts: Mapping[str, _Count] = MappingProxyType({})

    def add(self, source: str, plays: Iterable[tuple[str, float]]) -> int:
        """Add plays, each a content hash and seconds since the epoch; return how many are new."""
        sql = "INSERT OR IGNORE INTO plays (content_hash, source, at) VALUES (?, ?, ?)"
        with self.pool.writing() as connection:
            before = connection.total_changes
            connection.executemany(sql, ((content, source, at) for content, at in plays))
            added: int = connection.total_changes - before
            if added:
                connection.execute(PLAYED)
        return added

    def keep_facts(self, source: str, facts: Iterable[tuple[str, PlayerFacts]]) -> int:
        """Save the facts of a source about some contents, in place of earlier ones; return how many have changed."""
        sql = """
            INSERT INTO player_facts (content_hash, source, plays, last_played_at, rating, loved)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (content_hash, source) DO UPDATE SET plays = excluded.plays,
                last_played_at = excluded.last_played_at, rating = excluded.rating, loved = excluded.loved
            WHERE (plays, last_played_at, rating, loved)
                IS NOT (excluded.plays, excluded.last_played_at, excluded.rating, excluded.loved)"""
        with self.pool.writing() as connection:
            before = connection.total_changes
            connection.executemany(sql, ((content, source, *said) for content, said in facts))
            changed: int = connection.total_changes - before
            if changed:
                connection.execute(PLAYED)
        return changed

    def replace_facts(self, source: str, facts: Mapping[str, PlayerFacts]) -> int:
        """Save all facts of a source and delete its facts about other contents; return how many have changed."""
        with self.pool.writing() as connection:
            known = connection.execute("SELECT content_hash FROM player_facts WHERE source = ?", (source,))
            gone = {content for (content,) in known} - facts.keys()
            connection.executemany(
                "DELETE FROM player_facts WHERE source = ? AND content_hash = ?",
                [(source, content) for content in gone],
            )
            if gone:
                connection.execute(PLAYED)
            return len(gone) + self.keep_facts(source, facts.items())

    def heard(self) -> dict[str, Heard]:
        """Return the plays and ratings of each content that was played or rated.

        A play in two sources counts once if its times are less than ten minutes apart, and so does a play that one
        source has twice, once without seconds. For a track on repeat, the source with the most plays counts. After a
        play, only the contents that were played are counted again.
        """
        with self.pool.snapshot() as connection:
            played = connection.execute("SELECT value FROM meta WHERE key = 'played'").fetchone()[0]
            if self._heard[0] != played:
                self._counts = counts = _count(connection, self._counts)
                self._heard = (played, _together(counts, connection.execute(_TOLD)))
        return self._heard[1]

    def ratings(self, hashes: Iterable[str]) -> dict[str, float]:
        """Return the highest rating by a player, stars, for each of these contents that has one."""
        best = "SELECT content_hash, max(rating) AS stars FROM player_facts GROUP BY content_hash"
        return self._stars(best, hashes)

    def sources(self) -> list[PlaySource]:
        """Return every source by name."""
        sql = """
            SELECT source, coalesce(p.plays, 0), coalesce(p.tracks, 0), p.first_at, p.last_at, coalesce(f.tracks, 0)
            FROM (SELECT source, count(*) AS plays, count(DISTINCT content_hash) AS tracks, min(at) AS first_at,
                         max(at) AS last_at FROM plays GROUP BY source) p
            FULL JOIN (SELECT source, count(*) AS tracks FROM player_facts GROUP BY source) f USING (source)
            ORDER BY source"""
        with self.pool.reading() as connection:
            return [PlaySource(*row) for row in connection.execute(sql)]

    def forget(self, source: str) -> int:
        """Delete everything of a source; return how many plays and facts there were."""
        with self.pool.writing() as connection:
            deleted = sum(
                connection.execute(f"DELETE FROM {table} WHERE source = ?", (source,)).rowcount
                for table in ("plays", "player_facts")
            )
            if deleted:
                connection.execute(PLAYED)
        return deleted

    def copy(self, old_hash: str, new_hash: str) -> None:
        """Give one content the plays and facts of another that sounds the same."""
        with self.pool.writing() as connection:
            for table, names in (
                ("plays", "source, at"),
                ("player_facts", "source, plays, last_played_at, rating, loved"),
            ):
                connection.execute(
                    f"INSERT OR IGNORE INTO {table} (content_hash, {names}) "
                    f"SELECT ?, {names} FROM {table} WHERE content_hash = ?",
                    (new_hash, old_hash),
                )


def _count(connection: Connection, known: Mapping[str, _Count]) -> dict[str, _Count]:
    """Return the plays of each content, counting only the contents whose entries have changed."""
    entries = {
        content: entry
        for content, *entry in connection.execute(
            "SELECT content_hash, count(*), sum(at), min(source), max(source) FROM plays GROUP BY content_hash"
        )
    }
    same = {content: known[content] for content in known if known[content].entries == entries.get(content)}
    changed = json.dumps([content for content in entries if content not in same])
    plays = connection.execute(
        "SELECT content_hash, source, at FROM plays WHERE content_hash IN (SELECT value FROM json_each(?)) "
        "ORDER BY content_hash, at",
        (changed,),
    )
    return same | {content: _Count(entries[content], *count) for content, count in _counted(plays).items()}


def _counted(plays: Iterable[tuple[str, str, float]]) -> dict[str, tuple[int, float]]:
    """Return the number of plays and the last one of each content; ``plays`` are in the order of content and time.

    Plays that follow one another closely are one run. The source with the most plays in it counts, because each source
    may have noted the same repetitions at other moments.
    """
    found = {}
    for content, of_content in groupby(plays, itemgetter(0)):
        count, last = 0, -math.inf
        noted: dict[str, int] = {}
        before: dict[str, float] = {}
        for _, source, at in of_content:
            if at - last > _SAME_PLAY_S:
                count += max(noted.values(), default=0)
                noted.clear()
            if not _rounded_twice(before.get(source, -math.inf), at):
                noted[source] = noted.get(source, 0) + 1
            before[source] = last = at
        found[content] = (count + max(noted.values()), last)
    return found


def _rounded_twice(before: float, at: float) -> bool:
    """Whether two times of one source may be the same play, noted once with seconds and once without."""
    return at - before < _MINUTE_S and (at % _MINUTE_S < 1 or before % _MINUTE_S < 1)


def _together(
    counts: Mapping[str, _Count],
    told: Iterable[tuple[str, int | None, float | None, float | None, int | None]],
) -> dict[str, Heard]:
    """Combine the dated plays and the facts of players for each content.

    A player's counter and the dated plays mostly count the same plays, so the higher number is used, not the sum.
    """
    found = {content: Heard(count.plays, count.last_at, None, None) for content, count in counts.items()}
    for content, told_plays, told_last, rating, loved in told:
        _, plays, last = counts.get(content, _NEVER)
        found[content] = Heard(
            max(plays, told_plays or 0),
            max(last, told_last or 0.0) or None,
            rating,
            None if loved is None else bool(loved),
        )
    return found

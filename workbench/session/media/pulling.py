"""Save the user's stars, ratings and plays on a media server in the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from workbench.store.library.plays import PlayerFacts

if TYPE_CHECKING:
    from workbench.media.found_song import FoundSong
    from workbench.session.media.song_matching import Matched
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable

T = TypeVar("T", int, float)


@dataclass(frozen=True)
class Pulled:
    """The result of :meth:`Media.pull`.

    Attributes
    ----------
    matched : Matched
        The songs of the server with their tracks.
    starred, rated, played : int
        How many recordings have a star, a rating, or were played.
    new_plays : int
        Plays that were not known before; a server gives the last one of each song.
    """

    matched: Matched
    starred: int
    rated: int
    played: int
    new_plays: int

    def __repr__(self) -> str:
        return (
            f"{self.matched!r}\n{self.starred:,} starred, {self.rated:,} rated, {self.played:,} played; "
            f"{self.new_plays:,} new plays"
        )


def keep_listening(
    library: Library, table: LibraryTable, songs: Sequence[FoundSong], matched: Matched
) -> Pulled:
    """Save the ratings and plays of a server for tracks of the library, in place of its earlier ones."""
    track_of = {song.song_id: song.track_id for song in matched.sure}
    said: dict[str, PlayerFacts] = {}
    for song in songs:
        row = table.index_of(track_of.get(song.id) or -1)
        content = None if row is None else table.text_at("content_hash", row)
        if content is not None:
            said[content] = _joined(said.get(content, PlayerFacts()), song)
    told = {content: facts for content, facts in said.items() if facts != PlayerFacts()}
    plays = [(content, at) for content, facts in told.items() if (at := facts.last_played_at) is not None]
    with library.transaction():
        library.plays.replace_facts(matched.server, told)
        new = library.plays.add(matched.server, plays)
    return Pulled(
        matched,
        starred=sum(bool(facts.loved) for facts in told.values()),
        rated=sum(facts.rating is not None for facts in told.values()),
        played=sum(bool(facts.plays) for facts in told.values()),
        new_plays=new,
    )


def _joined(known: PlayerFacts, song: FoundSong) -> PlayerFacts:
    """Add a song to the facts about its content, because several songs may be the same recording."""
    return PlayerFacts(
        _of_both(sum, known.plays, song.play_count or None),
        _of_both(max, known.last_played_at, song.last_played_at),
        _of_both(max, known.rating, song.rating),
        True if known.loved or song.starred else None,
    )


def _of_both(join: Callable[[list[T]], T], a: T | None, b: T | None) -> T | None:
    given = [value for value in (a, b) if value is not None]
    return join(given) if given else None

"""``wb.ratings``: the user's ratings of tracks in stars, labels, and exclusions from playlists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from workbench.cards.verbs import Verbs

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.track import Track


class Stars(NamedTuple):
    """The rating of a track in stars.

    Attributes
    ----------
    rating : float or None
        The rating that counts: your own, else the file's tag, else the highest of your players.
    own_rating : float or None
        Your rating in the workbench.
    """

    rating: float | None
    own_rating: float | None


def stars_of(library: Library, tracks: Sequence[Track]) -> list[Stars]:
    """Return for each track the rating that counts, and the user's own."""
    contents = {track.content_hash for track in tracks if track.content_hash}
    own, told = library.ratings.stars(contents), library.plays.ratings(contents)
    return [
        Stars(
            own.get(track.content_hash) or track.more_tags.get("rating") or told.get(track.content_hash),
            own.get(track.content_hash),
        )
        for track in tracks
    ]


class Ratings(Verbs):
    """Stars, labels by hand, and exclusions from playlists. Files with the same content share them.

    Parameters
    ----------
    track : callable
        Finds a track by id, path or title.
    """

    def __init__(self, library: Library, track: Callable[[int | str], Track]) -> None:
        self._library = library
        self._track = track

    def rate(self, track: int | str, rating: float | None) -> None:
        """Save your rating of a track: 1 to 5 stars, halves included; ``None`` removes it."""
        self._library.ratings.rate(self._track(track).content_hash, rating)

    def of(self, track: int | str) -> float | None:
        """Return your own rating of a track, ``None`` if there is none."""
        return self.stars(track).own_rating

    def stars(self, track: int | str) -> Stars:
        """Return the rating that counts for a track, and your own."""
        return stars_of(self._library, [self._track(track)])[0]

    def exclude(self, *tracks: int | str) -> None:
        """Keep tracks out of every playlist that is made from now on; ``excluded = yes`` finds them in filters."""
        self._library.ratings.exclude(self._contents(tracks), excluded=True)

    def allow(self, *tracks: int | str) -> None:
        """Undo :meth:`exclude`."""
        self._library.ratings.exclude(self._contents(tracks), excluded=False)

    def _contents(self, tracks: Sequence[int | str]) -> list[str]:
        return [content for track in tracks if (content := self._track(track).content_hash)]

    def label(self, track: int | str, **labels: str) -> None:
        """Set labels of a track by hand, such as ``genre="House"``; they take precedence over tags and playlists."""
        self._library.ratings.label(self._track(track).content_hash, labels)

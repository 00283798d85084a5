"""``wb.ratings``: what the user thinks of tracks, and the labels that the user gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.cards.verbs import Verbs

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.track import Track


class Ratings(Verbs):
    """Ratings and labels by hand. They belong to the content of a track, so its copies share them.

    Parameters
    ----------
    track : callable
        Finds a track by id, path or title.
    """

    def __init__(self, library: Library, track: Callable[[int | str], Track]) -> None:
        self._library = library
        self._track = track

    def rate(self, track: int | str, rating: float | None) -> None:
        """Keep the user's rating of a track: 1 liked, -1 disliked, ``None`` for no rating."""
        self._library.ratings.rate(self._track(track).content_hash, rating)

    def of(self, track: int | str) -> float | None:
        """Return the user's rating of a track, ``None`` if there is no rating."""
        rating = self._library.ratings.all().get(self._track(track).content_hash)
        return rating.rating if rating else None

    def label(self, track: int | str, **labels: str) -> None:
        """Set labels of a track by hand, such as ``genre="House"``; they take precedence over tags and playlists."""
        self._library.ratings.label(self._track(track).content_hash, labels)

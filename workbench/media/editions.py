"""Compare the editions of two songs with the same name, such as a live and a studio recording."""

from __future__ import annotations

import re

# Words in titles and albums that distinguish recordings of one song, in common languages of albums.
_EDITION = re.compile(
    r"\b(live|vivo|directo|unplugged|concert|acoustic|orchestral|session|rehearsal|demo|outtake|take|alternate|remaster"
    r"|remix|mix|edit|version|extended|dub|instrumental|karaoke|a ?cappella|cover|reprise|mono|stereo|slowed|sped)"
    r"(?:ed|s)?\b"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def same_edition(one: tuple[str | None, str | None], other: tuple[str | None, str | None]) -> bool:
    """Whether two songs are the same edition by their titles, and by their albums if both have one.

    >>> same_edition(("Song (Live)", None), ("Song", None))
    False
    >>> same_edition(("Song (Live)", "Live at Home"), ("Song", "Live at Home"))
    True
    >>> same_edition(("Song (2009 Remaster)", "Hits"), ("Song (Remastered 2011)", "Hits"))
    False
    """
    with_albums = bool(one[1] and other[1])
    return _edition(one, with_albums=with_albums) == _edition(other, with_albums=with_albums)


def _edition(names: tuple[str | None, str | None], *, with_albums: bool) -> frozenset[str]:
    said = " ".join(name or "" for name in (names if with_albums else names[:1])).casefold()
    words = _EDITION.findall(said)
    return frozenset(words + _YEAR.findall(said)) if words else frozenset()

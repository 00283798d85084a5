"""``wb.compare``: two tracks side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.analysis.features import headline
from workbench.cards.card import card, facts, table
from workbench.cards.html import element
from workbench.playlists.explanations import closeness_text
from workbench.playlists.sound.keys import RELATIONS, camelot_codes, relations
from workbench.playlists.sound.space import space_of
from workbench.readable import UNKNOWN, track_name

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable


@dataclass(frozen=True)
class TrackComparison:
    """The result of a comparison of two tracks.

    Attributes
    ----------
    rows : sequence of dict
        The two rows of the library table.
    distance : float or None
        0 to 1; ``None`` if a track is not analyzed.
    closer_than_percent : float or None
        The share of all pairs of tracks that are farther apart.
    keys : str
        How the keys are related.
    """

    rows: Sequence[dict[str, Any]]
    distance: float | None
    closer_than_percent: float | None
    keys: str

    def __repr__(self) -> str:
        names = " and ".join(track_name(row) for row in self.rows)
        return f"{names}: {', '.join(f'{name.lower()} {value}' for name, value in self._facts())}"

    def _repr_html_(self) -> str:
        of_each = [dict(headline(row)) for row in self.rows]
        names = list(dict.fromkeys(name for values in of_each for name in values))
        lines = [
            (element("small", name), *(values.get(name, UNKNOWN) for values in of_each)) for name in names
        ]
        return card(
            "Two tracks", facts(self._facts()), table(("", *(track_name(row) for row in self.rows)), lines)
        )

    def _facts(self) -> list[tuple[str, str]]:
        near = self.closer_than_percent
        return [
            ("Sound", "not analyzed" if near is None else f"closer than {closeness_text(near)} of all pairs"),
            ("Keys", self.keys),
        ]


def compare_tracks(table: LibraryTable, a: int, b: int) -> TrackComparison:
    """Compare the tracks with these ids."""
    rows = [row for row in map(table.index_of, (a, b)) if row is not None]
    codes = camelot_codes(table)[rows]
    shown = [table.row(row) for row in rows]
    keys = RELATIONS[int(relations(int(codes[0]), codes[1:])[0])]
    if not table.analyzed[rows].all():
        return TrackComparison(shown, None, None, keys)
    space = space_of(table)
    distance = float(space.distances_from(rows[0])[rows[1]])
    return TrackComparison(shown, distance, float(space.closer_than_percent(distance)), keys)

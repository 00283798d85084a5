"""Compare two playlists."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.cards.card import card, facts
from workbench.playlists.sound.transitions import transition_costs
from workbench.readable import counted, number

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.store.library.library_table import LibraryTable


@dataclass(frozen=True)
class Comparison:
    """The tracks and the order that two playlists share.

    Attributes
    ----------
    shared, only_in_a, only_in_b : tuple of int
        Track ids, in the order of their playlist.
    overlap : float
        Shared tracks over all distinct tracks (Jaccard index), 0 to 1.
    order_agreement : float or None
        Kendall's tau of the shared tracks' order: 1 for the same, -1 for reversed; ``None`` for fewer than two.
    moved : tuple of (int, int, int)
        Track id, position in a, position in b, where the positions differ.
    mean_transition_a, mean_transition_b : float or None
        Mean transition cost of the tracks that are still in the given table.
    """

    shared: tuple[int, ...]
    only_in_a: tuple[int, ...]
    only_in_b: tuple[int, ...]
    overlap: float
    order_agreement: float | None
    moved: tuple[tuple[int, int, int], ...]
    mean_transition_a: float | None
    mean_transition_b: float | None

    def __repr__(self) -> str:
        return "Comparison: " + ", ".join(f"{name.lower()} {value}" for name, value in self._facts())

    def _repr_html_(self) -> str:
        return card("Two playlists", facts(self._facts()))

    def _facts(self) -> list[tuple[str, str]]:
        order = self.order_agreement
        rows = [
            ("Shared", counted(len(self.shared), "track")),
            ("Only in the first", counted(len(self.only_in_a), "track")),
            ("Only in the second", counted(len(self.only_in_b), "track")),
            ("At another place", counted(len(self.moved), "track")),
        ]
        if order is None:
            return rows
        return [*rows, ("Order", f"agrees to {number(order, '', 2)} (1 the same, −1 reversed)")]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values."""
        return asdict(self)


def compare(a: Playlist, b: Playlist, table: LibraryTable) -> Comparison:
    """Compare two playlists: overlap, order, transition cost.

    Parameters
    ----------
    a, b : Playlist
    table : LibraryTable
        The transition costs are computed from its features.
    """
    in_a, in_b = (dict(zip(reversed(p.track_ids), reversed(range(len(p))), strict=True)) for p in (a, b))
    shared = tuple(track for track in dict.fromkeys(a.track_ids) if track in in_b)
    union = len(in_a.keys() | in_b.keys())
    return Comparison(
        shared=shared,
        only_in_a=tuple(track for track in dict.fromkeys(a.track_ids) if track not in in_b),
        only_in_b=tuple(track for track in dict.fromkeys(b.track_ids) if track not in in_a),
        overlap=round(len(shared) / union, 4) if union else 1.0,
        order_agreement=kendall_tau([in_b[track] for track in shared]),
        moved=tuple((track, in_a[track], in_b[track]) for track in shared if in_a[track] != in_b[track]),
        mean_transition_a=_mean_transition(a, table),
        mean_transition_b=_mean_transition(b, table),
    )


def kendall_tau(places: list[int]) -> float | None:
    """Return Kendall's tau of distinct numbers with their sorted order; ``None`` for fewer than two numbers."""
    if len(places) < 2:
        return None
    values = np.asarray(places)
    later = np.triu(np.sign(values[None, :] - values[:, None]), 1)
    return round(float(later.sum()) / (len(values) * (len(values) - 1) / 2), 4)


def _mean_transition(playlist: Playlist, table: LibraryTable) -> float | None:
    rows = [row for track in playlist.track_ids if (row := table.index_of(track)) is not None]
    if len(rows) < 2:
        return None
    return round(float(transition_costs(table, np.asarray(rows)).total.mean()), 4)

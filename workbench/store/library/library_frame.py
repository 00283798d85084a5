"""The library table as a pandas DataFrame: the most important columns first, with a type for each column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.readable import valid
from workbench.store.library.records import TEXT_TAGS

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd


FIRST = ("title", "artist", "album", "bpm", "key", "scale", "camelot", "duration_s", "genre", "year")
LAST = ("status", "content_hash", "path")
CATEGORIES = (
    "album",
    "album_artist",
    "artist",
    "camelot",
    "cover",
    "genre",
    "key",
    "key_runner_up",
    "kind",
    "open_key",
    "scale",
    "scale_runner_up",
    "status",
    "tag_key",
)
WHOLE = (
    "year",
    "track_number",
    "disc_number",
    "play_count",
    "plays",
    "channels",
    "sample_rate_hz",
    "time_signature",
)
YES_NO = ("truncated", "compilation", "has_lyrics", "loved", "excluded")
DATES = ("added_at", "last_played_at")


def library_frame(
    ids: npt.NDArray[Any],
    columns: Mapping[str, npt.NDArray[Any]],
    sound_tags: npt.NDArray[Any] | None,
    sound_tag_names: Sequence[str],
) -> pd.DataFrame:
    """Return a DataFrame indexed by track id, without the vectors.

    Words that many tracks share are categories, other texts strings; whole numbers are ``Int64``, yes and no are
    ``boolean``, dates ``datetime64`` in UTC; measurements are ``float64``, with NaN where they are not known.
    """
    import numpy as np
    import pandas as pd

    from workbench.cards.frame import ShownFrame

    index = pd.Index(ids, name="id")
    typed = {
        name: _typed(name, pd.Series(np.asarray(columns[name]), index=index, dtype=columns[name].dtype))
        for name in _in_order(columns)
    }
    frame = ShownFrame(typed, index=index)
    if sound_tags is None:
        return frame
    tags = pd.DataFrame(sound_tags, index=index, columns=list(sound_tag_names))
    path = frame.columns.get_loc("content_hash") if "content_hash" in frame else len(frame.columns)
    return ShownFrame(pd.concat([frame.iloc[:, :path], tags, frame.iloc[:, path:]], axis=1))


def _in_order(columns: Mapping[str, npt.NDArray[Any]]) -> list[str]:
    known = [name for name in FIRST if name in columns]
    ends = [name for name in LAST if name in columns]
    tags = [name for name in TEXT_TAGS if name in columns and name not in (*known, *ends)]
    rest = [name for name in columns if name not in {*known, *ends, *tags}]
    return [*known, *rest, *tags, *ends]


def _typed(name: str, column: pd.Series) -> pd.Series:
    import pandas as pd

    if name in DATES:
        return pd.to_datetime(column, unit="s", utc=True)
    if name in YES_NO:
        return column.astype("boolean")
    if name in WHOLE:
        return column.round().astype("Int64")
    if column.dtype != object:
        return column
    if name == "path":  # Arrow, by which other programs read DataFrames, rejects a name that is not UTF-8
        column = column.map(valid, na_action="ignore")
    return column.astype("category" if name in CATEGORIES else "string")

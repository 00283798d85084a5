"""Write collections to files, track by track, completely or not at all."""

from __future__ import annotations

from pathlib import Path

from workbench.playlists.dj.collection import Collection
from workbench.playlists.files.exporting import check_target, refuse_loss, replacing
from workbench.playlists.files.formats import COLLECTIONS
from workbench.user_paths import expand_home


def is_collection(path: str | Path, format: str | None = None) -> bool:
    """Whether a file of this name or format is a collection for DJ programs.

    >>> is_collection("party.XML"), is_collection("party.m3u8"), is_collection("party", "nml")
    (True, False, True)
    """
    return (format or Path(path).suffix).removeprefix(".").lower() in COLLECTIONS


def write_collection(
    collection: Collection, path: str | Path, *, format: str | None = None, force: bool = False
) -> Path:
    """Write a collection file and return its path.

    Parameters
    ----------
    format : {"xml", "nml"}, optional
        Rekordbox or Traktor; by default, the format that fits the suffix of ``path``.
    force : bool
        Overwrite a file that this package did not make, or that has twice as many tracks.

    Raises
    ------
    PlaylistFileError
        The file cannot be written, or an existing file would be lost.
    """
    target = expand_home(path)
    chosen = check_target(target, format=format, force=force)
    if not force:
        listed = sum(len(playlist.track_ids) for playlist in collection.playlists)
        refuse_loss(target, chosen, new=listed or collection.size)
    with replacing(target) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(COLLECTIONS[chosen.name](collection))
    return target.resolve()

"""Translate paths for workers on other machines, which may mount the music in another folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import PurePath

from workbench.errors import SettingsError


def translation(worker_paths: str | None) -> Callable[[str], str]:
    """Return a function from a path here to the path of the same file on the workers.

    Parameters
    ----------
    worker_paths : str or None
        The setting WORKER_PATHS: pairs ``HERE=THERE``, separated by ``os.pathsep``. The longest HERE that contains a
        path counts; other paths are the same on the workers.

    Raises
    ------
    SettingsError
        A pair is not ``HERE=THERE`` with two absolute folders.
    """
    pairs = _pairs(worker_paths)

    def translate(path: str) -> str:
        for here, there in pairs:
            if path.startswith(here + os.sep):
                return there + path[len(here) :]
        return path

    return translate


def folders_on_workers(
    folders: Iterable[str | os.PathLike[str]], worker_paths: str | None
) -> tuple[str, ...]:
    """Return the paths of these folders on the workers, and of the parts of them that workers have elsewhere."""
    translate = translation(worker_paths)
    here = [os.fspath(folder).rstrip(os.sep) + os.sep for folder in folders]
    parts = [(part + os.sep, there + os.sep) for part, there in _pairs(worker_paths)]
    elsewhere = [there for part, there in parts if part.startswith(tuple(here))]
    return tuple(dict.fromkeys([*map(translate, here), *elsewhere]))


def _pairs(worker_paths: str | None) -> list[tuple[str, str]]:
    """Return the pairs of WORKER_PATHS, the longest first."""
    pairs = [_pair(text) for text in (worker_paths or "").split(os.pathsep) if text]
    return sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)


def _pair(pair: str) -> tuple[str, str]:
    here, _, there = (text.rstrip("/") for text in pair.partition("="))
    if not (PurePath(here).is_absolute() and PurePath(there).is_absolute()):
        raise SettingsError(
            f"WORKER_PATHS={pair!r} is not allowed; allowed: HERE=THERE, two absolute folders.",
            name="WORKER_PATHS",
        )
    return here, there

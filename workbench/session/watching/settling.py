"""Decide when a file that is being written is complete, and when a removed file counts as missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable


class Settling:
    """Paths that have changed, until they do not change any more.

    Parameters
    ----------
    quiet_s : float
        A file is complete when its size and time have not changed for this long.
    grace_s : float
        A file counts as missing when it has not existed for this long, because somebody may be moving or retagging it.
    clock : callable
        Returns seconds that never decrease.
    """

    def __init__(self, quiet_s: float, grace_s: float, clock: Callable[[], float]) -> None:
        self._quiet_s = quiet_s
        self._grace_s = grace_s
        self._clock = clock
        self._writing: dict[str, tuple[tuple[int, int], float]] = {}
        self._away: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._writing) + len(self._away)

    def note(self, path: str) -> None:
        """Add a path that was created, changed or deleted."""
        state = _state(path)
        if state is None:
            self._writing.pop(path, None)
            self._away.setdefault(path, self._clock())
            return
        self._away.pop(path, None)
        before = self._writing.get(path)
        if before is None or before[0] != state:
            self._writing[path] = (state, self._clock())

    def complete(self) -> list[str]:
        """Return the files that are complete now, and remove them."""
        self._look_again(list(self._writing))
        done = [path for path, (_, at) in self._writing.items() if self._clock() - at >= self._quiet_s]
        for path in done:
            del self._writing[path]
        return sorted(done)

    def gone(self) -> list[str]:
        """Return the files that count as missing now, and remove them."""
        self._look_again(list(self._away))
        done = [path for path, at in self._away.items() if self._clock() - at >= self._grace_s]
        for path in done:
            del self._away[path]
        return sorted(done)

    def _look_again(self, paths: Iterable[str]) -> None:
        for path in paths:
            self.note(path)


def _state(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - as in scans, paths are plain strings here
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns

"""Count the files for which own descriptors have no value, and log each reason once."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from workbench.readable import counted

_log = logging.getLogger(__name__)


class OwnProblems:
    """The problems of one job, by descriptor."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, str] = {}

    def add(self, path: str, problems: Mapping[str, str]) -> None:
        """Count the problems of one file; log the first of each descriptor."""
        for name, reason in problems.items():
            if name not in self._first:
                self._first[name] = f"{path}: {reason}"
                _log.warning("The descriptor %s of a plug-in has no value for %s: %s", name, path, reason)
            self._counts[name] = self._counts.get(name, 0) + 1

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each descriptor with problems."""
        return tuple(
            f"The descriptor {name} of a plug-in has no value for {counted(count, 'file')}; "
            f"the first: {self._first[name]}"
            for name, count in self._counts.items()
        )

"""Adapt time limits, which hold on a quiet machine, to machines that may be busy."""

from __future__ import annotations

import os


def longer_if_busy(quiet_s: float) -> float:
    """Return a limit in seconds for work that takes at most ``quiet_s`` on a quiet machine.

    If n processes compete for a core, everything takes up to n times as long. The load of the last minute gives n. It
    is doubled, because the tests beside this one may start as many processes again.
    """
    wanted = os.getloadavg()[0] / (os.cpu_count() or 1)
    return quiet_s * max(1.0, 2 * wanted)

"""Time limits that a product keeps on a quiet machine, for machines that may be busy."""

from __future__ import annotations

import os


def longer_if_busy(quiet_s: float) -> float:
    """Return a limit in seconds for what takes ``quiet_s`` at most where nothing else runs.

    Where n processes want each core, it may take n times as long; the load of the last minute says how many did, and
    the tests beside this one may be about to start as many again.
    """
    wanted = os.getloadavg()[0] / (os.cpu_count() or 1)
    return quiet_s * max(1.0, 2 * wanted)

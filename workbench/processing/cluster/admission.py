"""Check whether this machine has memory for another task. If not, an analysis waits, and does not fail."""

from __future__ import annotations

from workbench.machine.cgroup import ControlGroups
from workbench.machine.memory import fullest, shared_accounts

RETRY_S = 0.5  # memory is freed within the time of a track; reading the accounts takes less than 1 ms


def why_wait(memory_limit_percent: float, groups: ControlGroups | None = None) -> str | None:
    """Return why no further task should start on this machine now; ``None`` if one may start.

    The memory of the machine and of every control group of this process counts.
    """
    used_percent = fullest(shared_accounts(groups)).used_percent
    if used_percent < memory_limit_percent:
        return None
    return f"waiting for memory: {used_percent:.0f} % used, MEMORY_LIMIT_PERCENT={memory_limit_percent:g}"

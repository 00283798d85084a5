"""Whether there is memory for more work: an analysis waits for memory instead of failing for lack of it."""

from __future__ import annotations

from workbench.machine.cgroup import ControlGroups
from workbench.machine.memory import fullest, shared_accounts

RETRY_S = 0.5


def why_wait(memory_limit_percent: float, groups: ControlGroups | None = None) -> str | None:
    """Return why no further file should start on this machine now, ``None`` when one may.

    Looks at the machine and at every control group around this process.
    """
    used_percent = fullest(shared_accounts(groups)).used_percent
    if used_percent < memory_limit_percent:
        return None
    return f"waiting for memory: {used_percent:.0f} % used, MEMORY_LIMIT_PERCENT={memory_limit_percent:g}"

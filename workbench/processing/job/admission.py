"""Whether there is room for more work: analysis waits for memory, it does not fail for want of it."""

from __future__ import annotations

from workbench.machine.memory import memory_accounts

RETRY_S = 0.5


def why_wait(memory_limit_percent: float) -> str | None:
    """Return why no further file should start on this machine now, None when one may.

    Looks at the machine and at the container, if this is one.
    """
    for account in memory_accounts():
        if account.name != "process" and account.room_bytes(memory_limit_percent) <= 0:
            used = f"{100 * account.used_bytes / account.total_bytes:.0f} % used"
            return f"waiting for memory: {used}, MEMORY_LIMIT_PERCENT={memory_limit_percent:g}"
    return None

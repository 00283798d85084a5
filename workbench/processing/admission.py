"""Whether there is room for more work: analysis waits for memory, it does not fail for want of it."""

from __future__ import annotations

RETRY_S = 0.5


def why_wait(memory_limit_percent: float) -> str | None:
    """Return why no further file should start on this machine now, None when one may."""
    import psutil

    used = psutil.virtual_memory().percent
    if used < memory_limit_percent:
        return None
    return f"waiting for memory: {used:.0f} % used, MEMORY_LIMIT_PERCENT={memory_limit_percent:g}"

"""Raise the limit of files and sockets that this process may have open."""

from __future__ import annotations

import resource


def raise_open_file_limit() -> int | None:
    """Raise the soft limit to the hard limit, and return the new limit; ``None`` if there is no limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (ValueError, OSError):  # macOS allows less than its hard limit
            pass
    return None if soft == resource.RLIM_INFINITY else soft

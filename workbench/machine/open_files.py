"""How many files and sockets this process may have open at a time."""

from __future__ import annotations

import resource


def raise_open_file_limit() -> int | None:
    """Raise the soft limit to the hard one, and return how many may be open now; ``None`` if there is no limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (ValueError, OSError):  # macOS allows less than its hard limit says
            pass
    return None if soft == resource.RLIM_INFINITY else soft

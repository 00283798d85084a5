"""Find out whether this process can open windows."""

from __future__ import annotations

import os
import sys


def has_desktop() -> bool:
    """Return whether there is a desktop: always on macOS, and on Linux if there is a display."""
    return sys.platform == "darwin" or any(map(os.environ.get, ("WAYLAND_DISPLAY", "DISPLAY")))

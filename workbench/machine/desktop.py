"""Whether this process can open windows for a person."""

from __future__ import annotations

import os
import sys


def has_desktop() -> bool:
    """Return whether there is a desktop: always on macOS, with a display on Linux."""
    return sys.platform == "darwin" or any(map(os.environ.get, ("WAYLAND_DISPLAY", "DISPLAY")))

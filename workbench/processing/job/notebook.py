"""Whether this process is the kernel of a notebook, and whether a person looks at it."""

from __future__ import annotations

import sys
from typing import Any


def in_notebook() -> bool:
    """Return whether this runs in a Jupyter kernel."""
    shell = _shell()
    return shell is not None and "IPKernelApp" in shell.config


def somebody_watches() -> bool:
    """Return whether a person uses this kernel: papermill and nbconvert do not allow input."""
    if not in_notebook():
        return False
    return bool(_shell().get_parent().get("content", {}).get("allow_stdin", True))


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None

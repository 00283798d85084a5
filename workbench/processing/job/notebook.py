"""Find out whether this process is the kernel of a notebook, and whether a person uses it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def in_notebook() -> bool:
    """Return whether this process is a Jupyter kernel."""
    shell = _shell()
    return shell is not None and "IPKernelApp" in shell.config


def somebody_watches() -> bool:
    """Return whether a person uses this kernel, and not papermill or nbconvert, which do not allow input."""
    if not in_notebook():
        return False
    return bool(_shell().get_parent().get("content", {}).get("allow_stdin", True))


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def tell_in_notebook(advice: Callable[[], str | None]) -> None:
    """Show advice, if there is any, in a notebook that a person uses; elsewhere, ``advice`` is not called."""
    if somebody_watches() and (text := advice()):
        from IPython import display

        display.display_markdown(text, raw=True)  # type: ignore[no-untyped-call]

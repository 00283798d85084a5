"""A Chromium whose pages share files and compiled scripts, like that of a user.

In a new context, a page loads and compiles all scripts again, which is half of its time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""With these every Chromium of the tests starts: as root, and without background traffic."""


@contextmanager
def chromium_with_caches(executable: str, profile: Path, *more_flags: str) -> Iterator[BrowserContext]:
    """Start a browser that keeps its caches in the folder ``profile``, which one browser at a time can use."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=executable, args=[*FLAGS, *more_flags]
        )
        yield context
        context.close()


def forget(context: BrowserContext) -> None:
    """Close all pages but the empty first one, and forget cookies and stored values."""
    for page in context.pages[1:]:
        page.close()
    context.set_storage_state({})

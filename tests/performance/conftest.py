"""A library to publish to, and a function that waits for a condition."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with DatabasePool(tmp_path / "library.sqlite3") as pool:
        yield Library(pool)


@pytest.fixture(scope="session")
def until() -> Callable[..., Any]:
    def wait(condition: Callable[[], Any], within_s: float = 60) -> Any:
        deadline = time.monotonic() + within_s
        while not (value := condition()):
            assert time.monotonic() < deadline, f"not within {within_s} s"
            threading.Event().wait(0.01)
        return value

    return wait

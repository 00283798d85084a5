"""A library to publish to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with DatabasePool(tmp_path / "library.sqlite3") as pool:
        yield Library(pool)

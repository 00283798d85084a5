"""The folder that holds a library."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import DatabaseUnavailableError


def make_data_folder(folder: Path) -> None:
    """Create the folder unless it exists.

    Raises
    ------
    DatabaseUnavailableError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailableError(
            f"The data folder {folder} cannot be created: {error.strerror}. Choose another with --data-dir or "
            f"WORKBENCH_DATA_DIR.",
            path=str(folder),
        ) from error

"""Make a token at the first start and keep it in a file, for servers that start unattended."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from workbench.errors import SettingsError

TOKEN_NAME = "token"  # in the data folder


def kept_token(path: Path, tell: Callable[[str], None] | None = None) -> str:
    """Return the token in a file. If there is no file, make a token, ``tell`` it once, and save it for its owner only.

    Raises
    ------
    SettingsError
        The file is empty, or cannot be read or created.
    """
    try:
        token = path.read_text(encoding="utf-8").strip()
        if not token:
            raise SettingsError(
                f"The token file {path} is empty. Remove it, and the next start makes a token."
            )
        return token
    except FileNotFoundError:
        return _make(path, tell)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The token file {path} cannot be read: {error}. Give this user read access."
        ) from error


def _make(path: Path, tell: Callable[[str], None] | None) -> str:
    token = secrets.token_urlsafe(24)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(
            f"The token file {path} cannot be written: {error.strerror}. Give this user write access to its folder."
        ) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
    if tell is not None:
        tell(f"Token made and kept in {path}; it is shown this once: {token}")
    return token

"""The file in which other processes find the address and the credentials of a cluster.

Our file is ``scheduler.json`` in the data folder; files of ``dask scheduler --scheduler-file`` can be read too.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import SchedulerError
from workbench.processing.cluster.credentials import Credentials, write_private

NAME = "scheduler.json"


@dataclass(frozen=True)
class Published:
    """The address of a scheduler. ``pid`` is its owner; ``None`` if that may be on another machine."""

    address: str
    credentials: Credentials | None = None
    pid: int | None = None

    @property
    def owner_alive(self) -> bool:
        """``False`` if the owner has certainly ended, so that trying to connect is useless."""
        if self.pid is None:
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def publish(folder: Path, address: str, credentials: Credentials) -> Path:
    """Write the address and the credentials' paths into ``folder``, 0600, and return the file's path."""
    saved = credentials.save(folder)
    path = folder / NAME
    tls = {"certificate": saved.certificate, "key": saved.key}
    write_private(path, json.dumps({"address": address, "tls": tls, "pid": os.getpid()}, indent=2))
    return path


def read(path: Path) -> Published:
    """Read a scheduler file.

    Raises
    ------
    SchedulerError
        The file is missing, unreadable, or not a scheduler file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        tls = content.get("tls")
        credentials = Credentials(tls["certificate"], tls["key"]) if tls else None
        return Published(str(content["address"]), credentials, content.get("pid"))
    except OSError as error:
        reason = f"The scheduler file {path} cannot be read: {error.strerror}."
        raise SchedulerError(reason, path=str(path)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SchedulerError(
            f"{path} is not a scheduler file: it needs JSON with an address. Start the scheduler again.",
            path=str(path),
        ) from error


def names(path: Path, address: str) -> bool:
    """Return whether the file names the cluster at ``address`` as one that may be joined."""
    try:
        return read(path).address == address
    except SchedulerError:
        return False


def withdraw(path: Path, address: str) -> None:
    """Remove a published file, unless another cluster has replaced it."""
    if names(path, address):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

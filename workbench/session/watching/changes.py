"""What changes below some folders: told by the system, or found by looking where the system does not tell."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

# File systems of other machines, and those of programs (fuse.sshfs, fuse.rclone): changes there are not told here.
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "davfs", "9p", "ncpfs", "ceph"}
)
_LOCAL_FUSE = frozenset({"fuse.mergerfs", "fuseblk", "fuse.ntfs-3g", "fuse.exfat"})
_TICK_MS = 500  # how often the caller gets the turn
_GATHER_MS = 200  # changes that come so close together are given together


def changes(paths: Sequence[str], stop: Event, *, poll_s: float | None) -> Iterator[set[str] | None]:
    """Yield the paths that have changed, twice a second and also when there are none, until ``stop`` is set.

    ``None`` says that something has changed, but not what.

    Parameters
    ----------
    poll_s : float or None
        Look for changes so often instead of waiting for the system to tell them.
    """
    from watchfiles import watch

    def watched(poll_s: float | None) -> Iterator[set[str]]:
        found = watch(
            *paths,
            watch_filter=None,
            debounce=_GATHER_MS,
            rust_timeout=_TICK_MS,
            yield_on_timeout=True,
            stop_event=stop,
            force_polling=poll_s is not None,
            poll_delay_ms=round((poll_s or 0) * 1000),
            ignore_permission_denied=True,
        )
        for change in found:
            yield {path for _, path in change}

    lost = False
    while not stop.is_set():
        try:
            for changed in watched(poll_s):
                if lost:  # something may have changed before this watch began
                    yield None
                    lost = False
                yield changed
        except FileNotFoundError:  # unmounted just now
            return
        except OSError:  # more folders than the system watches for one user
            if poll_s is not None:
                raise
            poll_s = POLL_S
        except RuntimeError:  # watchfiles 1.3 ends at a name that is not UTF-8
            stop.wait(SCAN_S)
            lost = True
            yield None


POLL_S = 30.0  # set by hand: a look at 100,000 files on a share takes seconds
SCAN_S = 2.0  # set by hand: a download under such a name changes several times a second


def needs_polling(path: str) -> bool:
    """Whether the system does not tell what other machines change in this folder, as on network shares."""
    import psutil

    real = os.path.realpath(path)
    mounts = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}
    above = [str(folder) for folder in (Path(real), *Path(real).parents)]
    kind = next((mounts[folder] for folder in above if folder in mounts), "")
    return kind in _REMOTE or (kind.startswith("fuse") and kind not in _LOCAL_FUSE)

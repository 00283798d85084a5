"""Detect changes below some folders, by events of the system or by polling where there are no events."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

# File systems of other machines and of programs (fuse.sshfs, fuse.rclone), which give no events for remote changes.
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "davfs", "9p", "ncpfs", "ceph"}
)
_LOCAL_FUSE = frozenset({"fuse.mergerfs", "fuseblk", "fuse.ntfs-3g", "fuse.exfat"})
_TICK_MS = 500  # how often the generator yields
_GATHER_MS = 200  # changes within this time are yielded together


def changes(paths: Sequence[str], stop: Event, *, poll_s: float | None) -> Iterator[set[str] | None]:
    """Yield the set of changed paths twice a second, even if it is empty, until ``stop`` is set.

    ``None`` means that something unknown has changed.

    Parameters
    ----------
    poll_s : float or None
        Interval at which the folders are compared, instead of waiting for events of the system.
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
                if lost:  # something may have changed before this watch started
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


POLL_S = 30.0  # set by hand: reading the times of 100,000 files on a share takes seconds
SCAN_S = 2.0  # set by hand: the events of a download come several times a second


def needs_polling(path: str) -> bool:
    """Whether the system gives no events for changes by other machines in this folder, as on network shares."""
    import psutil

    real = os.path.realpath(path)
    mounts = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}
    above = [str(folder) for folder in (Path(real), *Path(real).parents)]
    kind = next((mounts[folder] for folder in above if folder in mounts), "")
    return kind in _REMOTE or (kind.startswith("fuse") and kind not in _LOCAL_FUSE)

"""Find files and folders that a scan leaves out: of systems and programs, by the user's patterns, and marked ones."""

# Paths are plain strings, as in the scan.
# ruff: noqa: PTH118, PTH206, PTH208
from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from workbench.audio.source import open_file
from workbench.errors import AudioError, SettingsError

# Patterns as in .gitignore, compared without regard to case. Names that begin with a dot are skipped anyway.
EXCLUDED = (
    # Windows
    "$recycle.bin/", "recycle.bin/", "/recycler/", "/recycled/", "system volume information/",
    "/found.[0-9][0-9][0-9]/", "$windows.~*/", "$sysreset/", "$getcurrent/", "$winreagent/", "/msocache/",
    "/windowsimagebackup/",
    # macOS
    "__macosx/", "network trash folder/", "temporary items/", "thevolumesettingsfolder/", "backups.backupdb/",
    "*.photoslibrary/", "*.imovielibrary/", "*.aplibrary/", "*.tvlibrary/", "*.fcpbundle/",
    # Linux, Android, NetApp
    "lost+found/", "lost.dir/", "@snapshots/", "~snapshot/",
    # Synology, QNAP, Asustor, TrueNAS, D-Link, Western Digital, Buffalo, Nextcloud
    "\\#recycle/", "\\#snapshot/", "\\#recycle bin/", "@eadir/", "@recycle/", "@recycle bin/", "@recently-snapshot/",
    "@snapshot/", "@tmp/", "@sharesnap/", "@sharebin/", "@appstore/", "@download/", "@syno*/", "@__thumb/",
    "@database/", "@docker/", "@s2s/", "@cloudsync/", "@img_bkp_cache/", "@sharedfolderbackup/", "@quarantine/",
    "@transcode/", "/trashbox/", "/recycle bin/", "network recycle bin*/", "files_trashbin/", "files_versions/",
    # conflicting copies that Syncthing, Dropbox, Nextcloud, Seafile, ownCloud and GoodSync keep
    "*.sync-conflict-*", "*conflicted copy*", "~syncthing~*", "*(sfconflict *",
    "*_conflict-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-*", "_gsdata_/",
    "*(*c[oó]pi[ae] [ei][nm] confli*", "*(*[kc]onfli[kc]*ende kopie*", "*(*конфликтующая копия*", "*(*競合コピー*",
    "*(*冲突副本*",
    # copies that Plex makes for other devices
    "plex versions/",
    # incomplete files of Safari, Nicotine+ and yt-dlp
    "*.download/", "incomplete~*", "*.temp.[!.]*",
)  # fmt: skip
WHOLE_FOLDER = ".nomedia"
"""A folder with a file of this name is left out, as on Android."""
PATTERNS_OR_WHOLE_FOLDER = ".ndignore"
"""A file with patterns for its folder and those below, as in Navidrome; an empty file leaves out the folder."""
_MARKS = (WHOLE_FOLDER, PATTERNS_OR_WHOLE_FOLDER)

_MOST_BYTES = 1 << 16  # far more than anybody writes by hand


@dataclass(frozen=True)
class Exclusion:
    """Patterns that apply below the folder ``base``, with those of the folders above."""

    base: str
    folders: Any
    files: Any
    above: Exclusion | None = None

    def leaves_out(self, path: str, *, folder: bool) -> bool:
        """Whether a path below ``base`` is left out."""
        spec = self.folders if folder else self.files
        below = _comparable(path[len(self.base) :].lstrip(os.sep)) + ("/" if folder else "")
        return bool(spec.match_file(below)) or (
            self.above is not None and self.above.leaves_out(path, folder=folder)
        )

    def inside(self, folder: str, names: Iterable[str]) -> Exclusion | None:
        """Return the exclusion inside a folder with files of these names; ``None`` if the whole folder is left out."""
        present = {name.lower(): name for name in names if name.lower() in _MARKS}
        if WHOLE_FOLDER in present:
            return None
        if PATTERNS_OR_WHOLE_FOLDER not in present:
            return self
        patterns = _patterns_in(os.path.join(folder, present[PATTERNS_OR_WHOLE_FOLDER]))
        return _exclusion(folder, patterns, self) if patterns else None


def excluded_below(base: str, patterns: Iterable[str] = ()) -> Exclusion:
    """Return the exclusion below a folder: ``EXCLUDED`` and further patterns, as in ``.gitignore``.

    Raises
    ------
    SettingsError
        A pattern cannot be read.
    """
    return _exclusion(base, (*EXCLUDED, *patterns))


def excluded_paths(paths: Iterable[str], top: str, patterns: Iterable[str] = ()) -> list[str]:
    """Return those files below the folder ``top`` that a scan of it leaves out: by name, pattern or marked folder.

    Raises
    ------
    SettingsError
        A pattern cannot be read.
    """
    known = {top: excluded_below(top, patterns).inside(top, _names(top))}

    def inside(folder: str, name: str) -> Exclusion | None:
        above, path = known[folder], os.path.join(folder, name)
        if path not in known:
            left_out = above is None or name.startswith(".") or above.leaves_out(path, folder=True)
            known[path] = None if left_out or above is None else above.inside(path, _names(path))
        return known[path]

    def is_left_out(path: str) -> bool:
        *folders, name = path[len(top) :].strip(os.sep).split(os.sep)
        folder, exclusion = top, known[top]
        for each in folders:
            exclusion = inside(folder, each)
            folder = os.path.join(folder, each)
        return exclusion is None or name.startswith(".") or exclusion.leaves_out(path, folder=False)

    return [path for path in paths if is_left_out(path)]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _exclusion(base: str, patterns: tuple[str, ...], above: Exclusion | None = None) -> Exclusion:
    # A pattern that ends with a slash is only for folders. Most patterns do, so files are compared with few of them.
    of_files = tuple(pattern for pattern in patterns if not pattern.rstrip().endswith("/"))
    try:
        return Exclusion(base, _spec(patterns), _spec(of_files), above)
    except (ValueError, re.error) as error:
        wrong = next(pattern for pattern in patterns if not _readable(pattern))
        raise SettingsError(
            f"SCAN_EXCLUDE: {wrong!r} is not a pattern as in .gitignore: {error}. Correct or remove it.",
            name="SCAN_EXCLUDE",
        ) from error


@cache
def _spec(patterns: tuple[str, ...]) -> Any:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(_comparable(pattern) for pattern in patterns)


def _comparable(text: str) -> str:
    """Return a path or a pattern without case, and with composed accents."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).lower()


def _readable(pattern: str) -> bool:
    try:
        _spec((pattern,))
    except (ValueError, re.error):
        return False
    return True


def _patterns_in(path: str) -> tuple[str, ...]:
    """Return the valid patterns in a file; none if the file cannot be read."""
    try:
        with open_file(path) as descriptor:
            data = os.pread(descriptor, _MOST_BYTES, 0)
    except (AudioError, OSError):
        return ()
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    stripped = [line.strip() for line in data.decode(encoding, "replace").splitlines()]
    return tuple(line for line in stripped if line and not line.startswith("#") and _readable(line))

"""A disk that fills: nothing is half written, the reason is said in a sentence, and the next start goes on."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from heard_library import fill

from workbench import Workbench
from workbench.errors import DatabaseUnavailableError, LibraryPathError, PlaylistFileError, WorkbenchError
from workbench.store.sqlite.sqlite_module import sqlite3

WRITTEN_BY_0_1_0 = Path(__file__).with_name("library_0_1_0.sql")


def test_restore_drill(library_dir: Path, tmp_path: Path) -> None:
    """What a person does after an accident: restore the backup of yesterday, and everything is as it was then."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workbench", *arguments, "--data-dir", str(library_dir)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    before = run("tracks", "--json").stdout
    backup = tmp_path / "yesterday.sqlite3"
    assert run("db", "backup", str(backup)).returncode == 0
    with closing(sqlite3.connect(library_dir / "library.sqlite3")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM features")
        connection.execute("DELETE FROM tracks WHERE id > 3")
        connection.commit()
    assert run("tracks", "--json").stdout != before
    assert run("db", "restore", str(backup)).returncode == 0
    assert run("tracks", "--json").stdout == before
    assert run("db", "check").returncode == 0


def tracks(data_dir: Path, limit_bytes: int = resource.RLIM_INFINITY) -> subprocess.CompletedProcess[str]:
    """List the tracks in a process whose files cannot grow beyond a limit, which is what a full disk looks like."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    command = [sys.executable, "-m", "workbench", "tracks", "--data-dir", str(data_dir)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, preexec_fn=limit)


@pytest.mark.parametrize("limit_bytes", [0, 60_000, 100_000])
def test_disk_that_fills_during_a_migration_loses_nothing(data_dir: Path, limit_bytes: int) -> None:
    data_dir.mkdir()
    connection = sqlite3.connect(data_dir / "library.sqlite3")
    connection.executescript(WRITTEN_BY_0_1_0.read_text())
    connection.close()
    full = tracks(data_dir, limit_bytes)
    assert full.returncode == 1
    assert "disk full" in full.stderr and full.stderr.count("\n") == 1, full.stderr
    assert list(data_dir.glob("backups/*")) == []  # no half of a backup
    again = tracks(data_dir)
    assert (again.returncode, again.stderr) == (0, "")
    assert "4 tracks" in again.stdout
    assert len(list(data_dir.glob("backups/*-before-*.sqlite3"))) == 1


@contextmanager
def full_disk(limit_bytes: int) -> Iterator[None]:
    """No file of this process can grow beyond a limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


WRITTEN = [
    ("library.csv", LibraryPathError),
    ("library.jsonl", LibraryPathError),
    ("library.parquet", LibraryPathError),
    ("library.xml", PlaylistFileError),
    ("library.nml", PlaylistFileError),
    ("backup.sqlite3", DatabaseUnavailableError),
]


def test_disk_that_fills_during_an_export_or_a_backup(data_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "written"
    folder.mkdir()
    with Workbench(data_dir) as wb:
        fill(wb, heard=False)

        def write(name: str) -> Path:
            path = folder / name
            return wb.database.backup(path) if name.startswith("backup") else wb.export(path, force=True)

        whole = {name: write(name).read_bytes() for name, _ in WRITTEN if not name.startswith("backup")}
        for name, kind in WRITTEN:
            for limit_bytes in (0, 512):
                with full_disk(limit_bytes), pytest.raises(kind, match=f"{name} cannot be written") as failed:
                    write(name)
                assert isinstance(failed.value, WorkbenchError)
                assert "\n" not in failed.value.message
        assert {
            path.name: path.read_bytes() for path in folder.iterdir()
        } == whole  # the earlier files, no other
        assert wb.database.check() == []
        assert write("backup.sqlite3").stat().st_size > 4096

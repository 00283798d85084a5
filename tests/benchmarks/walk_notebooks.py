"""Walk through the notebooks in a real JupyterLab: `python walk_notebooks.py DATA_DIR [OUT] [NAME…]`.

Each notebook is opened and run as a person would: Run All, then a widget is clicked, and the page is photographed in
light and dark. One line a notebook says what happened; the exit status is 1 if a cell failed or something was asked of
another host.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests"))

from lab_page import OUTPUT, RUN_ALL, complete, errors, hear, open_notebook, run_all  # noqa: E402
from make_screenshots import chromium  # noqa: E402

WIDGETS = f"{OUTPUT} button:not([disabled]), {OUTPUT} select, {OUTPUT} .noUi-handle"


def main() -> int:
    data_dir, *rest = sys.argv[1:]
    out = Path(rest[0] if rest else tempfile.mkdtemp())
    out.mkdir(parents=True, exist_ok=True)
    wanted = rest[1:] or sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        process, lab = start(Path(folder) / "notebooks", data_dir)
        try:
            with chromium() as browser:
                for name in wanted:
                    failed |= walk(browser, lab, name, out)
        finally:
            process.terminate()
            process.wait(30)
    return int(failed)


def start(folder: Path, data_dir: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "workbench", "lab", str(folder), "--data-dir", data_dir, "--port", "0"]
    process = subprocess.Popen(
        [*command, "--", "--allow-root", "--no-browser"],
        env=os.environ | {"JUPYTER_TOKEN": "secret", "JUPYTER_CONFIG_DIR": str(folder.parent / "jupyter")},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lab = next(
        found[1] for line in process.stderr if (found := re.search(r"(http://127\.0\.0\.1:\d+)/lab", line))
    )
    return process, lab


def walk(browser: Any, lab: str, name: str, out: Path) -> bool:
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.set_default_timeout(240_000)
    outside: list[str] = []
    page.on(
        "request", lambda asked: outside.append(asked.url) if not asked.url.startswith(here(lab)) else None
    )
    started = time.monotonic()
    try:
        open_notebook(page, lab, f"{name}.ipynb")
        run_all(page)
        found = errors(page)
        page.screenshot(path=out / f"{name}-light.png")
        clicked = click(page)
        heard = hear(page) if page.query_selector(f"{OUTPUT} audio") else 0.0
        if name == "getting_started":
            complete(page, "wb.playlist.harm", into="wb.playlist.harmonic")
        dark(page)
        page.screenshot(path=out / f"{name}-dark.png")
    except Exception as error:  # noqa: BLE001 - the walk goes on
        found, clicked, heard = [f"{type(error).__name__}: {str(error)[:300]}"], "", 0.0
        page.screenshot(path=out / f"{name}-failed.png")
    finally:
        page.close()
    seconds = time.monotonic() - started
    print(f"{name}: {seconds:.0f} s, errors {found}, clicked {clicked!r}, heard {heard:.1f} s, "
          f"outside {outside}", flush=True)  # fmt: skip
    return bool(found or outside)


def here(lab: str) -> tuple[str, ...]:
    return (lab, lab.replace("http", "ws", 1), "data:", "blob:")


def click(page: Any) -> str:
    """Click the first button or box of the outputs; return what it is called."""
    for widget in page.query_selector_all(WIDGETS):
        if widget.is_visible() and widget.is_enabled():
            widget.scroll_into_view_if_needed()
            name = (
                widget.get_attribute("title")
                or widget.inner_text().strip()
                or widget.evaluate("w => w.tagName")
            )
            widget.click(timeout=10_000)
            return str(name)[:40]
    return ""


def dark(page: Any) -> None:
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.click("#jp-MainMenu >> text=Settings")
    page.hover('.lm-Menu-item:has-text("Theme")')
    page.click('.lm-Menu-item:has-text("JupyterLab Dark")')
    page.wait_for_selector(f'body[data-jp-theme-name="JupyterLab Dark"] {RUN_ALL}')
    page.wait_for_timeout(1000)


if __name__ == "__main__":
    sys.exit(main())

"""JupyterLab in a real browser: open a notebook, run its cells, and read their outputs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from playwright.sync_api import TimeoutError

RUN_ALL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
IDLE = f'{RUN_ALL} .jp-Notebook-ExecutionIndicator[data-status="idle"]'
CONNECTED = "#jp-main-statusbar >> text=/ipykernel.*Idle/"
OUTPUT = f"{RUN_ALL} .jp-OutputArea-output"
EVERY_MS = 100  # set by hand; otherwise a page that is waited for is looked at, and drawn, 60 times a second
PROMPTS = f"[...document.querySelectorAll('{RUN_ALL} .jp-CodeCell .jp-InputPrompt')].map(prompt => prompt.textContent)"


def open_notebook(page: Any, lab: str, name: str, token: str = "secret") -> None:
    """Open a notebook of JupyterLab's folder, and wait for its kernel."""
    page.goto(f"{lab}/lab/tree/{name}?token={token}&reset")
    page.wait_for_selector(IDLE)


def run_all(page: Any) -> None:
    """Run all cells, and wait until they have ended, or one of them with an error.

    While its kernel is not connected, though it is shown as idle, JupyterLab drops the cells or asks for a kernel.
    """
    question = page.locator(".jp-Dialog .jp-mod-accept")
    # it asks once for each cell
    page.add_locator_handler(question, lambda select: select.click(), no_wait_after=True)
    page.wait_for_selector(CONNECTED)
    while not (errors(page) or page.evaluate(f"{PROMPTS}.every(prompt => /\\d/.test(prompt))")):
        page.click(f"{RUN_ALL} .jp-Notebook")
        page.click("#jp-MainMenu >> text=Run")
        page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
        with suppress(TimeoutError):
            page.wait_for_function(f"{PROMPTS}.some(prompt => /[\\d*]/.test(prompt))", timeout=5000)
        page.wait_for_function(f"!{PROMPTS}.some(prompt => prompt.includes('*'))", polling=EVERY_MS)
    page.remove_locator_handler(question)
    page.wait_for_selector(IDLE)


def errors(page: Any) -> list[str]:
    """Return the errors that cells show."""
    kinds = ("application/vnd.jupyter.error", "application/vnd.jupyter.stderr")
    shown = [
        text
        for kind in kinds
        for text in page.locator(f'{OUTPUT}[data-mime-type="{kind}"]').all_inner_texts()
    ]
    return [text for text in shown if "Error" in text]


def nudge(page: Any, slider: str) -> None:
    """Move the slider of this name to its end, as the keyboard does."""
    handle = page.locator(f'{RUN_ALL} .widget-slider:has-text("{slider}") .noUi-handle')
    handle.scroll_into_view_if_needed()
    handle.focus()
    page.keyboard.press("End")


def hear(page: Any) -> float:
    """Play the first player inside an output, and return how many seconds were played."""
    player = page.wait_for_selector(f"{OUTPUT} audio", state="attached")
    player.evaluate("audio => { audio.muted = true; return audio.play(); }")
    page.wait_for_function(f"document.querySelector('{OUTPUT} audio').currentTime > 0.1")
    return float(player.evaluate("audio => audio.currentTime"))


def complete(page: Any, text: str, into: str) -> None:
    """Type into a new last cell and press Tab; wait until the text is completed, or that is among what is offered.

    JupyterLab gives up after a second, and the first completion of a kernel can take longer: then Tab is pressed again.
    """
    page.click(f"{RUN_ALL} .jp-Notebook-footer")
    page.keyboard.press("Enter")  # from command mode into the cell
    page.keyboard.type(text)
    shown = """into => [...document.querySelectorAll('.jp-Cell.jp-mod-active .cm-content, .jp-Completer')]
        .some(shown => shown.innerText.includes(into))"""
    for _ in range(10):
        page.keyboard.press("Tab")
        with suppress(TimeoutError):
            page.wait_for_function(shown, arg=into, timeout=3000)
            return
    raise AssertionError(f"Tab does not complete {text!r} into {into!r}")

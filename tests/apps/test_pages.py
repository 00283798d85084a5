"""Pages made by notebooks: those that fail say what to do, and kernels that nobody looks at any more end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tornado.websocket import websocket_connect

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
APPS = {
    "works": ["print('all is well')"],
    "waits": ["print('preheated, never opened')"],
    "rests": ["print('preheated long ago')"],
    "raises": ["print('so far so good')", "raise RuntimeError('no such file: /home/me/secret')"],
    "dies": ["import os; os._exit(3)"],
}


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apps")
    for name, sources in APPS.items():
        cells = [new_markdown_cell(f"# {name.title()}\n\nFor a test."), *map(new_code_cell, sources)]
        nbformat.write(new_notebook(cells=cells, metadata=PYTHON), folder / f"{name}.ipynb")
    (folder / "broken.ipynb").write_text("{ this is no notebook")
    return folder


@pytest.fixture(scope="module")
def app_server(serve: Callable[..., Any], apps: Path) -> Any:
    """A server on these apps that culls what has been idle for a second."""
    return serve(apps=apps, CULL_IDLE_S="1")


def page(server: Any, name: str) -> str:
    return str(server.client.get(f"voila/render/{name}.ipynb").text)


def kernel_of(server: Any, page: str) -> psutil.Process:
    found = re.search(r'"kernelId": "([^"]+)"', page)
    assert found is not None, page
    return next(kernel for kernel in kernels(server) if found[1] in kernel.cmdline()[-1])


def kernels(server: Any) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children()
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "ipykernel_launcher" in child.cmdline()]


@pytest.mark.parametrize("name", ["raises", "dies"])
def test_notebook_that_fails_says_what_to_do_and_nothing_else(app_server: Any, name: str) -> None:
    for _ in ("preheated", "on demand"):
        text = page(app_server, name)
        assert "workbench doctor" in text
        assert "Traceback" not in text
        assert "secret" not in text
    assert "so far so good" in page(app_server, "raises")
    assert "RuntimeError" in "".join(app_server.log)


def test_a_file_that_is_not_a_notebook_does_not_affect_the_others(app_server: Any) -> None:
    answer = app_server.client.get("voila/render/broken.ipynb")
    assert answer.status_code >= 400
    assert "workbench doctor" in answer.text
    assert "All apps" in answer.text
    assert "all is well" in page(app_server, "works")
    home = app_server.client.get("")
    assert home.status_code == 200
    assert "For a test." in home.text
    assert "cannot be read" in home.text


def test_an_unused_kernel_ends_unless_it_is_a_prepared_one(app_server: Any, until: Any) -> None:
    left_kernel = kernel_of(app_server, page(app_server, "works"))
    looked_at = page(app_server, "works")
    looked_at_kernel = kernel_of(app_server, looked_at)

    async def look() -> None:
        found = re.search(r'"kernelId": "([^"]+)"', looked_at)
        assert found is not None
        address = app_server.url.replace("http", "ws")
        connection = await websocket_connect(f"{address}api/kernels/{found[1]}/channels")
        await asyncio.to_thread(until, lambda: not left_kernel.is_running(), 30)
        assert looked_at_kernel.is_running()
        connection.close()

    asyncio.run(look())
    until(lambda: not looked_at_kernel.is_running(), 30)
    waiting = page(app_server, "waits")  # its kernel has been idle for longest
    assert "preheated" in waiting
    assert kernel_of(app_server, waiting).create_time() < looked_at_kernel.create_time()


def test_kernel_that_waited_long_is_not_ended_under_its_first_visitor(app_server: Any, until: Any) -> None:
    text = page(app_server, "rests")
    found = re.search(r'"kernelId": "([^"]+)"', text)
    assert found is not None, text

    def last_activity() -> str:
        return str(app_server.client.get(f"api/kernels/{found[1]}").json()["last_activity"])

    prepared = last_activity()
    until(lambda: last_activity() > prepared, 10)

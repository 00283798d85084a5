"""Pages made by notebooks: those that fail say what to do, and kernels that nobody looks at any more end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tornado.websocket import websocket_connect
from waiting import until

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
APPS = {
    "works": ["import os; print('all is well in', os.getpid())"],
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
    """A server on these apps that ends what has been idle for three seconds."""
    constants = {"voila.voila_app.CULL_IDLE_S": 3, "voila.voila_app.CULL_EVERY_S": 1}
    return serve(apps=apps, CONSTANTS=json.dumps(constants))


def page(server: Any, name: str) -> str:
    return str(server.client.get(f"voila/render/{name}.ipynb").text)


def kernel_of(page: str) -> str:
    found = re.search(r'"kernelId": "([^"]+)"', page)
    assert found is not None, page
    return found[1]


def runs(server: Any, kernel: str) -> bool:
    return bool(server.client.get(f"api/kernels/{kernel}").status_code == 200)


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


def test_an_unused_kernel_ends_unless_it_is_a_prepared_one(app_server: Any) -> None:
    left = kernel_of(page(app_server, "works"))
    looked_at = kernel_of(page(app_server, "works"))

    async def look() -> None:
        address = app_server.url.replace("http", "ws")
        connection = await websocket_connect(f"{address}api/kernels/{looked_at}/channels")
        await asyncio.to_thread(until, lambda: not runs(app_server, left))
        assert runs(app_server, looked_at)
        connection.close()

    asyncio.run(look())
    until(lambda: not runs(app_server, looked_at))
    assert "preheated" in page(app_server, "waits")  # its kernel has been idle for longest


def test_a_kernel_that_was_killed_is_gone_and_not_replaced_by_one_that_knows_nothing(
    app_server: Any,
) -> None:
    text = page(app_server, "works")
    kernel, process = kernel_of(text), re.search(r"all is well in (\d+)", text)
    assert process is not None

    async def kill_while_the_page_is_open() -> None:
        address = app_server.url.replace("http", "ws")
        connection = await websocket_connect(f"{address}api/kernels/{kernel}/channels")
        os.kill(int(process[1]), signal.SIGKILL)
        await asyncio.to_thread(until, lambda: not runs(app_server, kernel), 30)  # the page asks for this
        connection.close()

    asyncio.run(kill_while_the_page_is_open())
    assert "all is well" in page(app_server, "works")


def test_a_page_that_closes_while_its_kernel_ends_leaves_nothing_open(app_server: Any) -> None:
    async def leave() -> None:
        kernel = kernel_of(page(app_server, "works"))
        connection = await websocket_connect(
            f"{app_server.url.replace('http', 'ws')}api/kernels/{kernel}/channels"
        )
        delete = partial(app_server.client.delete, f"api/kernels/{kernel}", headers=ALLOWED)
        ending = asyncio.create_task(asyncio.to_thread(delete))
        await asyncio.sleep(0)
        connection.close()
        assert (await ending).status_code == 204

    def open_files() -> int:
        return psutil.Process(app_server.process.pid).num_fds()

    asyncio.run(leave())
    before = open_files()
    for _ in range(4):
        asyncio.run(leave())
    until(lambda: open_files() <= before + 4)  # a connection of another page; four that stay open have 16


def test_kernel_that_waited_long_is_not_ended_under_its_first_visitor(app_server: Any) -> None:
    before = datetime.now(UTC)
    kernel = kernel_of(page(app_server, "rests"))
    active = app_server.client.get(f"api/kernels/{kernel}").json()["last_activity"]
    assert datetime.fromisoformat(active) >= before


ALLOWED = {"Cookie": f"_xsrf={'ab' * 16}", "X-XSRFToken": "ab" * 16}
SAME_TAB = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
LINK = SAME_TAB | {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize(
    "headers",
    [
        LINK | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        LINK | {"Sec-Fetch-Dest": "iframe"},
        LINK | {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"},
        LINK | {"Sec-Purpose": "prefetch;prerender"},
    ],
)
def test_other_site_starts_no_page(small_server: Any, headers: dict[str, str]) -> None:
    answer = small_server.client.get("voila/render/one.ipynb", headers=headers)
    assert answer.status_code == 403
    assert "Another site" in answer.text


def test_pages_are_limited_and_those_that_nobody_opens_end(small_server: Any) -> None:
    def ask(headers: dict[str, str]) -> int:
        return int(small_server.client.get("voila/render/one.ipynb", headers=headers).status_code)

    assert [ask(SAME_TAB), ask(LINK)] == [200, 200]
    refused = small_server.client.get("voila/render/one.ipynb")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "You have 2 pages open" in refused.text
    until(lambda: ask(SAME_TAB) == 200)  # nothing has connected to those before


def test_kernel_ends_soon_when_the_browser_ended_without_a_goodbye(small_server: Any) -> None:
    answer = until(
        lambda: (
            found
            if (found := small_server.client.get("voila/render/one.ipynb", headers=SAME_TAB)).status_code
            == 200
            else None
        )
    )
    kernel = kernel_of(answer.text)
    assert "_xsrf=" in answer.headers["Set-Cookie"]  # which the goodbye needs

    async def open_and_break_off() -> None:
        address = small_server.url.replace("http", "ws")
        (await websocket_connect(f"{address}api/kernels/{kernel}/channels")).close()

    asyncio.run(open_and_break_off())
    until(lambda: not runs(small_server, kernel))


def test_a_closed_page_makes_room_for_another(small_server: Any) -> None:
    async def open_and_close() -> str:
        answer = await asyncio.to_thread(
            until, lambda: found if (found := ask()).status_code == 200 else None, 20
        )
        kernel = kernel_of(answer.text)
        address = small_server.url.replace("http", "ws")
        (await websocket_connect(f"{address}api/kernels/{kernel}/channels")).close()
        return kernel

    def ask() -> Any:
        return small_server.client.get("voila/render/one.ipynb", headers=SAME_TAB)

    first, second = asyncio.run(open_and_close()), asyncio.run(open_and_close())
    assert until(lambda: ask().status_code == 200)  # an unused page has to wait; these two were closed
    until(lambda: not runs(small_server, first) and not runs(small_server, second))


def test_kernels_wait_for_the_next_page_only_while_few_are_open(
    serve: Callable[..., Any],
    tmp_path: Path,
) -> None:
    cells = [new_markdown_cell("# One"), new_code_cell("import os; print('process', os.getpid())")]
    nbformat.write(new_notebook(cells=cells, metadata=PYTHON), tmp_path / "one.ipynb")
    constants = {"voila.app_kernels.PAGES_WITH_PREPARED": 2, "voila.app_kernels.UNSEEN_S": 600.0}
    server = serve(apps=tmp_path, CONSTANTS=json.dumps(constants))

    def opened() -> tuple[str, psutil.Process]:
        text = page(server, "one")
        return kernel_of(text), psutil.Process(int(re.findall(r"process (\d+)", text)[0]))

    first, process = opened()
    host = process.parent()
    assert host is not None

    def kernels() -> int:
        return sum(os.getsid(child.pid) == child.pid for child in host.children())

    until(lambda: kernels() == 2)  # one of the page, one for the next
    second, (third, latest) = opened()[0], opened()
    # Voila prepares the next one a second after a visit.
    until(lambda: time.time() > latest.create_time() + 3)
    assert kernels() == 3
    for kernel in (first, second):
        assert server.client.delete(f"api/kernels/{kernel}", headers=ALLOWED).status_code == 204
    until(lambda: kernels() == 2)
    assert runs(server, third)


def test_an_app_of_a_plug_in_has_a_page(server: Any) -> None:
    home = server.client.get("").text
    assert re.search(r"track_dial\.ipynb.*Track dial.*How many tracks there are\.", home)
    assert "As an example" not in home
    assert "tracks on the dial" in page(server, "track_dial")

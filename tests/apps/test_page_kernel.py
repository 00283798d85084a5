"""What we use of ipykernel beyond its public names. A failure here says which version no longer has it."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipykernel
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file

BROKEN = f"ipykernel {ipykernel.__version__} no longer has what workbench/apps/voila/page_kernel.py uses"
PROGRAM = """
import os, sys
from pathlib import Path
from workbench.apps.voila.page_kernel import make_shell, run_kernel
make_shell()
os.environ.pop("PAGER", None)
run_kernel(Path(sys.argv[1]), parent=os.getppid())
"""
FACTS = """
import json, sys, threading, ipykernel.ipkernel
from IPython import get_ipython
shell = get_ipython()
json.dumps({
    "files": shell.kernel._kernel_modules,
    "is its shell": shell.kernel.shell is shell and shell.parent is shell.kernel,
    "the module has sys again": ipykernel.ipkernel.sys is sys,
    "history": shell.history_manager.enabled,
    "threads": [thread.name for thread in threading.enumerate()],
    "pager": __import__("os").environ["PAGER"],
})
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[BlockingKernelClient]:
    path, _ = write_connection_file(str(tmp_path / "kernel.json"))  # type: ignore[no-untyped-call]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, path], stdout=subprocess.DEVNULL)
    client = BlockingKernelClient(connection_file=path)  # type: ignore[no-untyped-call]
    client.load_connection_file()
    client.hb_channel.time_to_dead = 60.0  # a busy machine may keep it from answering for more than a second
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    process.kill()
    process.wait()


def said(kernel: Any, code: str) -> Any:
    """Return the JSON that the last line of code gives."""
    heard: list[Any] = []
    kernel.execute_interactive(code, output_hook=lambda message: heard.append(message["content"]), timeout=60)
    texts = [content["data"]["text/plain"] for content in heard if "data" in content]
    assert texts, heard
    return json.loads(eval(texts[-1]))


def test_the_kernel_of_a_page_takes_the_shell_that_was_made_before_and_lists_no_modules(kernel: Any) -> None:
    facts = said(kernel, FACTS)
    assert facts["files"] == [], BROKEN
    assert facts["is its shell"] and facts["the module has sys again"], BROKEN
    assert not facts["history"] and not [name for name in facts["threads"] if "History" in name], BROKEN
    assert facts["pager"] == "cat"


def test_widgets_of_the_kernel_reach_the_page(kernel: Any) -> None:
    heard: list[Any] = []
    kernel.execute_interactive(
        "import ipywidgets\nipywidgets.IntSlider(7)",
        output_hook=lambda message: heard.append((message["msg_type"], message["content"])),
        timeout=60,
    )
    kinds = [kind for kind, _ in heard]
    assert kinds.count("comm_open") == 3, kinds  # the slider, its layout, its style


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give it back by themselves")
def test_what_a_cell_has_freed_is_given_back(kernel: Any) -> None:
    measure = "import psutil, json\njson.dumps(psutil.Process().memory_info().rss)"
    before = said(kernel, measure)
    kernel.execute_interactive(
        "freed = [bytes(1000) for _ in range(100_000)]\nused = bytes(1000)\ndel freed", timeout=60
    )
    assert said(kernel, measure) < before + 50e6

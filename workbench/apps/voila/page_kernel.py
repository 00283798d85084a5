"""The kernel of a page: the IPython kernel without the parts that only a person at a prompt needs.

Memory that a forked kernel changes is not shared any more, even if only a reference count changes. So the shell is
made before the fork, and the command line, configuration files, history and debugger are left out: 11 of 24 MB.
All private parts of ipykernel that we use are here; ``test_page_kernel.py`` checks each for the installed version.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipykernel.ipkernel
import ipywidgets
from ipykernel.compiler import XCachingCompiler
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets.config import Config

from workbench.machine.freed_memory import give_back_freed_memory


def make_shell() -> None:
    """Make the shell for the kernel of this process or of a process that is forked from it."""
    ZMQInteractiveShell.instance(
        config=Config({"HistoryManager": {"enabled": False}}), compiler_class=XCachingCompiler
    )


def run_kernel(connection_file: Path, *, parent: int) -> None:
    """Serve a page until the server ends the kernel, or the process ``parent`` has ended."""
    app: Any = PageKernelApp.instance(
        connection_file=str(connection_file),
        parent_handle=parent,
        kernel_class=PageKernel,
        default_extensions=[],
    )
    app.initialize([])
    ipywidgets.register_comm_target()  # its import does this only if a kernel runs already
    app.start()


class PageKernel(IPythonKernel):
    """A kernel without the list of the files of all modules, which takes 7 MB and which only a debugger needs."""

    def __init__(self, **options: Any) -> None:
        ipykernel.ipkernel.sys = SimpleNamespace(modules={})  # type: ignore[assignment,attr-defined]
        try:
            super().__init__(**options)  # type: ignore[no-untyped-call]
        finally:
            ipykernel.ipkernel.sys = sys  # type: ignore[attr-defined]


class PageKernelApp(IPKernelApp):
    """Starts a kernel with a shell that exists already."""

    def parse_command_line(self, argv: Any = None) -> None:
        """Do nothing, because there is no command line."""

    def load_config_file(self, *args: Any, **options: Any) -> None:
        """Do nothing, because a user's configuration for notebooks does not apply to pages."""

    def init_pdb(self) -> None:
        """Do nothing, because nobody debugs a page."""

    def init_shell(self) -> None:
        """Connect the shell with this app."""
        super().init_shell()  # type: ignore[no-untyped-call]
        shell: Any = self.shell
        shell.kernel = shell.parent = self.kernel
        shell.init_environment()
        shell.events.register("post_run_cell", lambda _: give_back_freed_memory())  # 23 MB in Problems

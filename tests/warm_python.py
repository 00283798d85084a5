"""Start Python programs at once, as forks of a process that has imported the packages.

A command, a server, a kernel or the host of some workers spends one to six seconds of CPU on imports before it does
what a test is about. ``WarmPython`` hooks the function by which ``subprocess`` and ``multiprocessing`` start a program:
a known Python program becomes a fork of a template process, and is nevertheless a child of the process that started
it, with the files, folder, environment and process group that were asked for. Every other program starts as always.

A program that was started so has a template of its own, so that what it starts is warm too. How programs really start,
and what they import, is tested with the marker ``cold``.
"""

from __future__ import annotations

import _posixsubprocess
import atexit
import contextlib
import ctypes
import fcntl
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MODULES = ("workbench", "papermill", "ipykernel_launcher", "dask")
"""Started by ``python -m``."""
SNIPPETS = ("workbench.processing.on_host", "workbench.apps.server.serve", "workbench.apps.voila.kernel_host",
            "multiprocessing.forkserver", "multiprocessing.spawn")  # fmt: skip
"""Parts of the text of known ``python -c`` programs."""
READ_AT_START = ("LC_ALL", "PYTHONIOENCODING", "PYTHONPATH", "PYTHONUTF8", "PYTHONHASHSEED")
"""Variables that Python reads only when it starts. A program that needs other values of these starts cold.

Not so a worker of Dask's, which gives them all a seed of their own, and ours hash nothing for each other.
"""
_AT_START = {name: os.environ.get(name) for name in READ_AT_START}
PRELOADED = (
    "numpy", "pandas", "workbench.analysis.preload", "distributed", "distributed.nanny", "sklearn.cluster",
    "sklearn.neighbors", "pysqlite3", "httpx", "workbench.cli.main", "workbench.session.workbench",
    "workbench.playlists.methods", "workbench.processing.on_host.local_cluster", "workbench.processing.on_worker.batch",
    "workbench.processing.on_worker.warm_up", "workbench.processing.on_worker.worker_process",
    "workbench.apps.server.serve", "workbench.apps.voila.voila_app", "ipykernel.kernelapp", "nbclient",
    "matplotlib.figure", "distributed.cli.dask_scheduler", "distributed.cli.dask_worker", "papermill.cli",
)  # fmt: skip
_DASK_SETTINGS = {name: value for name, value in os.environ.items() if name.startswith("DASK_")}
_FIND_THE_TRASH: list[str] = []
_FLAGS = {"-B", "-P", "-u", "-s"}
_PR_SET_CHILD_SUBREAPER = 36  # from <sys/prctl.h>
_MADV_COLLAPSE = 25  # from <sys/mman.h>, since Linux 6.1; older ones refuse it, and forks cost more
_LARGEST_REQUEST = 1 << 18
_MOST_FILES = 64
_start_really = _posixsubprocess.fork_exec


class WarmPython:
    """A template process, which starts at its first use, and the functions that start programs from it."""

    def __init__(self, template: socket.socket | None = None) -> None:
        self._template = template
        self._lock = threading.Lock()
        self._owner = os.getpid()

    @property
    def template(self) -> socket.socket:
        """Where programs are asked for."""
        with self._lock:
            self._template = self._template or new_template()
        return self._template

    @property
    def used(self) -> bool:
        """Whether programs that start now are forks."""
        return _posixsubprocess.fork_exec is not _start_really

    @used.setter
    def used(self, used: bool) -> None:
        start = self._start if used else _start_really
        subprocess._fork_exec = _posixsubprocess.fork_exec = start  # type: ignore[attr-defined,assignment]

    def close(self) -> None:
        """End the template."""
        if self._template is not None:
            self._template.close()

    def _start(self, *asked: Any) -> int:
        """Stand in for ``_posixsubprocess.fork_exec``, whose arguments are those of CPython 3.11 to 3.13."""
        (
            arguments,
            _,
            _,
            keep,
            cwd,
            env,
            stdin,
            _,
            _,
            stdout,
            _,
            stderr,
            _,
            error_pipe,
            _,
            session,
            group,
            *_,
        ) = asked
        command = [os.fsdecode(argument) for argument in arguments]
        pairs = (entry.split(b"=", 1) for entry in env) if env is not None else os.environb.items()
        environment = {os.fsdecode(name): os.fsdecode(value) for name, value in pairs}
        spawned = any("multiprocessing.spawn" in word for word in command)
        as_here = all(
            environment.get(name) == value
            for name, value in _AT_START.items()
            if not (spawned and name == "PYTHONHASHSEED")
        )
        if not (as_here and known(command)) or os.getpid() != self._owner:
            return _start_really(*asked)
        standard = {
            number: file if file != -1 else number for number, file in enumerate((stdin, stdout, stderr))
        }
        files = standard | {file: file for file in keep if file != error_pipe}
        request = {
            "command": command,
            "cwd": os.fsdecode(cwd) if cwd is not None else str(Path.cwd()),
            "environment": environment,
            "session": session,
            "group": group,
            "numbers": list(files),
            "adopts": True,
        }
        answer, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        template = self.template
        with self._lock, _adoption(), answer:
            with its:
                socket.send_fds(template, [json.dumps(request).encode()], [*files.values(), its.fileno()])
            return int(answer.recv(100))


def new_template() -> socket.socket:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        command = [sys.executable, "-P", __file__, str(its.fileno())]
        process = subprocess.Popen(command, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)
    assert ours.recv(100) == b"ready", process.wait()
    process.returncode = 0  # it ends with this process, without being waited for
    return ours


def known(command: Sequence[str]) -> bool:
    """Return whether a command is a Python program that a template can become."""
    if not command or command[0] != sys.executable:
        return False
    first = next((place for place, word in enumerate(command[1:], 1) if word not in _FLAGS), 0)
    kind, *program = command[first : first + 2]
    return bool(program) and (
        (kind == "-m" and program[0] in MODULES)
        or (kind == "-c" and any(snippet in program[0] for snippet in SNIPPETS))
    )


@contextlib.contextmanager
def _adoption() -> Iterator[None]:
    """Become the parent of a grandchild whose parent ends."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def serve(requests: socket.socket) -> tuple[dict[str, Any], int, socket.socket]:
    """Fork a program for each request; in the program, return it, the process that will end, and where to answer.

    Between both there is a process that ends at once: so the new one becomes a child of the one that asks, if that
    ``adopts`` it. Otherwise the process between them waits for its end, and answers its status too. The files of a
    request are those that the program gets under its ``numbers``, and the socket of the answer.
    """
    while True:
        message, files, _, _ = socket.recv_fds(requests, _LARGEST_REQUEST, _MOST_FILES)
        if not message:
            os._exit(0)
        request = json.loads(message)
        if not (between := os.fork()):
            requests.close()
            answer = socket.socket(fileno=files.pop())
            between = os.getpid()
            if program := os.fork():
                if not request["adopts"]:
                    _wait_and_tell(program, answer)
                os._exit(0)
            _take_files(dict(zip(request["numbers"], files, strict=True)), answer)
            return request, between, answer
        for file in files:
            os.close(file)
        if request["adopts"]:
            os.waitpid(between, 0)


def _wait_and_tell(program: int, answer: socket.socket) -> None:
    answer.send(str(program).encode())
    _, status = os.waitpid(program, 0)
    answer.send(str(os.waitstatus_to_exitcode(status) & 255).encode())


def _take_files(files: dict[int, int], answer: socket.socket) -> None:
    """Give the files their numbers, and move the socket out of the way."""
    high = {number: fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 512) for number, file in files.items()}
    for file in files.values():
        os.close(file)
    low = answer.detach()
    answer.__init__(fileno=fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 512))  # type: ignore[misc]
    os.close(low)
    for number, file in high.items():
        os.dup2(file, number)
        os.close(file)


def become(request: dict[str, Any], between: int, answer: socket.socket) -> None:
    """Take over what was asked for, say so, and run the program to its end."""
    if request["session"]:
        os.setsid()
    elif request["group"] >= 0:
        os.setpgid(0, request["group"])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["adopts"]:
        while os.getppid() == between:
            time.sleep(0.0005)
        answer.send(str(os.getpid()).encode())
    answer.close()
    command = request["command"]
    start = next(place for place, word in enumerate(command) if word in ("-m", "-c"))
    if "multiprocessing.forkserver" not in command[start + 1]:
        own_template().used = True
    _renew()
    _end_with(lambda: _run(command, start))


def own_template() -> WarmPython:
    """Leave a fork of this process behind, for what it will start."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if not os.fork():
        ours.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        serve_for_ever(its)
    its.close()
    return WarmPython(ours)


def serve_for_ever(requests: socket.socket) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its owner
    become(*serve(requests))


def _renew() -> None:
    """Reset the values that a process reads at its start."""
    import dask

    tempfile.tempdir = None
    for name in _FIND_THE_TRASH:
        sys.modules.pop(name, None)
    if {name: value for name, value in os.environ.items() if name.startswith("DASK_")} != _DASK_SETTINGS:
        dask.config.refresh()
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)  # type: ignore[misc]
    for number, name, errors in ((1, "stdout", "strict"), (2, "stderr", "backslashreplace")):
        lines = 1 if number == 2 or unbuffered or os.isatty(number) else -1
        stream = os.fdopen(number, "w", lines, errors=errors, closefd=False)
        stream.reconfigure(write_through=unbuffered)  # type: ignore[union-attr]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _run(command: list[str], start: int) -> None:
    import matplotlib

    kind, program, *arguments = command[start:]
    if "-P" not in command[:start]:
        sys.path.insert(0, str(Path.cwd()) if kind == "-m" else "")
    if program == "ipykernel_launcher":  # Matplotlib reads what that sets for it only when it is imported
        matplotlib.rcParams["backend"] = "module://matplotlib_inline.backend_inline"
        # and ipywidgets looks for a kernel then, whom pages may ask which widgets there are
        arguments.append("--IPKernelApp.exec_lines=__import__('ipywidgets').register_comm_target()")
    if kind == "-m":
        sys.argv = [program, *arguments]
        runpy.run_module(program, run_name="__main__", alter_sys=True)
        return
    sys.argv = ["-c", *arguments]
    sys.modules["__main__"] = types.ModuleType("__main__")
    exec(program, vars(sys.modules["__main__"]))


def _end_with(program: Any) -> None:
    """Run a program and end as Python does, but without taking all its modules apart."""
    code: Any = 0
    try:
        program()
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code & 255 if isinstance(code, int) else int(code is not None))


def main(requests: socket.socket) -> None:
    from tornado import netutil

    from workbench.apps.voila import kernel_host

    for name in PRELOADED:
        __import__(name)
    kernel_host._import_everything()
    # It finds the trash when it is imported. To look for its modules in each program would copy a third of the pages
    # that a short one writes to.
    _FIND_THE_TRASH.extend(name for name in sys.modules if name.startswith("send2trash"))
    typing._cleanups.clear()  # type: ignore[attr-defined]  # soxr would empty these caches when a program ends
    netutil._client_ssl_defaults()  # it keeps the certificates, which each process of a cluster would read: 21 ms
    threads = len(list(Path("/proc/self/task").iterdir()))
    assert threads == 1, f"a process of {threads} threads cannot be forked"
    gc.collect()
    gc.freeze()  # a collection in a fork would otherwise copy the memory of all modules
    _use_large_pages()
    requests.send(b"ready")
    serve_for_ever(requests)


def _use_large_pages() -> None:
    """Move the memory of all modules into pages of 2 MB: a fork copies one entry for each page of its parent."""
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for mapping in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, _, _, _, *name = mapping.split(maxsplit=5)
        if rights == "rw-p" and (not name or name == ["[heap]"]):
            first, end = (int(address, 16) for address in addresses.split("-"))
            madvise(first, end - first, _MADV_COLLAPSE)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parent))
    main(socket.socket(fileno=int(sys.argv[1])))

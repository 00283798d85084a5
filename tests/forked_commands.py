"""A ``workbench`` command that is there at once: every call is a fork of one process that has imported the packages.

For tests of what commands do. How a command starts is tested elsewhere, and it takes most of the time of a short one.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

_SHIM = """#!{python} -IS
import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(call).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(call)
    sys.exit(int(server.recv(8) or b"1"))
"""
_PRELOADED = ("numpy", "pandas", "essentia", "distributed", "sklearn.cluster", "sklearn.neighbors", "pysqlite3",
              "workbench.cli.main", "workbench.session.workbench", "workbench.playlists.methods")  # fmt: skip


class ForkedCommands:
    """Puts ``workbench`` into ``folder``; put that first in ``PATH``. Calls run one after the other."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory()  # whose path is short enough for a socket
        self.folder = Path(self._temporary.name)
        address = self.folder / "socket"
        shim = self.folder / "workbench"
        shim.write_text(_SHIM.format(python=sys.executable, address=str(address)))
        shim.chmod(0o755)
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(address)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def close(self) -> None:
        self._process.terminate()
        with self._process:
            self._temporary.cleanup()


def serve(address: str) -> None:
    """Answer one call after the other; in the child of a call, return after its command has ended."""
    for name in _PRELOADED:
        __import__(name)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        gc.freeze()  # or the end of every child would copy the memory of all modules
        while True:
            connection, _ = server.accept()
            with connection:
                if not (child := os.fork()):
                    server.close()
                    run(connection)
                _, status = os.waitpid(child, 0)
                connection.sendall(str(os.waitstatus_to_exitcode(status) & 255).encode())


def run(connection: socket.socket) -> None:
    """Run the command of a call where, with what and to which files the caller wants, and exit with its code."""
    import dask

    from workbench.cli.main import main

    length, files, _, _ = socket.recv_fds(connection, 8, 3)
    call = b""
    while len(call) < int.from_bytes(length, "big"):
        call += connection.recv(1 << 16)
    connection.close()
    arguments, folder, environment = json.loads(call)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    dask.config.refresh()
    sys.argv = [str(Path(sys.executable).with_name("workbench")), *arguments]
    sys.exit(main())


if __name__ == "__main__":
    serve(sys.argv[1])

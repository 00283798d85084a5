"""Shell commands that start quickly: they are forks of the process of ``warm_python``, which has the packages.

Other tests check how a command starts, which takes most of the time of a short command.
"""

from __future__ import annotations

import sys
from pathlib import Path

from warm_python import WarmPython

_SHIM = """#!{python} -IS
import json, os, signal, socket, sys

command = [{python!r}, "-P", "-m", {module!r}, *sys.argv[1:]]
if (template := os.environ.pop("WARM_TEMPLATE", None)) is None:
    os.execv({python!r}, command)  # started by something that was itself started so
request = dict(command=command, cwd=os.getcwd(), environment=dict(os.environ))
request |= dict(session=False, group=-1, numbers=[0, 1, 2], adopts=False)
answer, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
with socket.socket(fileno=int(template)) as template, its:
    socket.send_fds(template, [json.dumps(request).encode()], [0, 1, 2, its.fileno()])
process = int(answer.recv(100))
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: os.kill(process, number))
sys.exit(int(answer.recv(100)))
"""  # fmt: skip


def write_commands(folder: Path, warm: WarmPython) -> dict[str, str]:
    """Write the commands into a folder for the front of ``PATH``; return the environment that they need.

    The program that gets it must inherit the file of its ``WARM_TEMPLATE``.
    """
    folder.mkdir()
    for module in ("workbench", "papermill", "dask"):
        (folder / module).write_text(_SHIM.format(python=sys.executable, module=module))
        (folder / module).chmod(0o755)
    return {"WARM_TEMPLATE": str(warm.template.fileno())}

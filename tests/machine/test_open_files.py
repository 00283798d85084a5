"""The limit of open files is raised as far as this process may raise it."""

from __future__ import annotations

import subprocess
import sys


def test_soft_limit_is_raised_to_the_hard_one() -> None:
    code = """
import resource
from workbench.machine.open_files import raise_open_file_limit

resource.setrlimit(resource.RLIMIT_NOFILE, (40, 300))
print(raise_open_file_limit(), resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "300 (300, 300)\n"

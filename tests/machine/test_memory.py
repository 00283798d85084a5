from __future__ import annotations

import os
import platform
import subprocess
import sys

import numpy as np
import psutil
import pytest

from workbench.machine.freed_memory import give_back_freed_memory
from workbench.machine.memory import MemoryAccount, memory_accounts


def test_the_accounts_are_of_this_machine_and_this_process():
    accounts = {account.name: account for account in memory_accounts()}

    assert accounts["system"].total_bytes == psutil.virtual_memory().total
    assert 0 < accounts["system"].used_bytes < accounts["system"].total_bytes
    assert accounts["process"].total_bytes == min(account.total_bytes for account in accounts.values())


def test_memory_that_this_process_takes_shows():
    def used():
        return next(a.used_bytes for a in memory_accounts() if a.name == "process")

    before = used()
    ballast = np.ones(8_000_000)
    assert used() - before > 0.8 * ballast.nbytes


def test_a_fork_watches_itself():
    memory_accounts()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        rss = next(a.used_bytes for a in memory_accounts() if a.name == "process")
        own = psutil.Process(os.getpid()).memory_info().rss
        os.write(writer, b"yes" if abs(rss - own) < 4_000_000 else b"no")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 3) == b"yes"


def test_room_is_what_the_limit_leaves():
    account = MemoryAccount("system", 1000, 300)
    assert account.room_bytes(50) == 200
    assert account.room_bytes(20) == -100


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give it back by themselves")
def test_freed_memory_is_given_back_though_something_behind_it_is_used():
    process = psutil.Process()
    before = process.memory_info().rss
    freed = [bytes(1000) for _ in range(100_000)]
    used = bytes(1000)
    del freed
    give_back_freed_memory()
    assert process.memory_info().rss < before + 50e6
    assert len(used) == 1000


LARGE_FREED_BY_A_THREAD = """
import threading
import numpy as np, psutil
from workbench.machine.freed_memory import keep_little_freed_memory
keep_little_freed_memory()
before = psutil.Process().memory_info().rss
for work in (lambda: np.ones(3_000_000), lambda: np.ones(2_500_000)):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
print(psutil.Process().memory_info().rss - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give it back by themselves")
def test_large_blocks_are_given_back_when_a_thread_frees_them():
    kept = subprocess.run(
        [sys.executable, "-c", LARGE_FREED_BY_A_THREAD], capture_output=True, check=True, text=True
    )
    assert int(kept.stdout) < 10e6

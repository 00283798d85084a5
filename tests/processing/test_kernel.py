"""A job in a Jupyter kernel: its event loop runs, cells block or await, and a bar is shown."""

import os
from pathlib import Path

import pytest

CELLS = [
    """
import sys
sys.path[:0] = {here!r}
import chores
from pathlib import Path
from workbench.settings import Settings
from workbench.processing.cluster.cluster import Cluster
from workbench.processing.job.task import Task
from running import run
from workbench.processing.job.progress import show_progress
cluster = Cluster(Settings(data_dir=Path({data!r}), async_workers=1, memory_limit_percent=100))
def exclaim(path):
    return path + "!"
values = []
def start(names, function=chores.length):
    tasks = [Task(name, name, 1) for name in names]
    return run(cluster, tasks, function, on_value=lambda task, value: values.append(value) or 1.0,
               on_failure=lambda task, failure: values.append(failure))
""",
    "job = start(['one', 'three'])\nshow_progress(job)\njob.result(60).done",
    "(await start(['sixsix'])).done",
    "start(['here'], exclaim).result(60).done",
    "from workbench.processing.job.notebook import tell_in_notebook\ntell_in_notebook(lambda: 'Get `models`.')",
    "cluster.close()\nvalues",
]


def test_jobs_run_in_a_kernel(tmp_path):
    from jupyter_client.manager import start_new_kernel

    environment = os.environ | {"IPYTHONDIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(tmp_path))
    answers, shown = [], []

    def keep(message):
        content = message["content"]
        if message["msg_type"] == "execute_result":
            answers.append(content["data"]["text/plain"])
        elif message["msg_type"] == "display_data":
            shown.append(content["data"])
        elif message["msg_type"] in ("error", "stream"):
            pytest.fail(str(content))

    try:
        for cell in CELLS:
            code = cell.replace(
                "{here!r}", repr([str(folder) for folder in Path(__file__).parents[:2]])
            ).replace("{data!r}", repr(str(tmp_path)))
            client.execute_interactive(code, timeout=90, output_hook=keep)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert answers == ["2", "1", "1", "[3, 5, 6, 'here!']"] or answers[-1] == "[5, 3, 6, 'here!']"
    assert any("application/vnd.jupyter.widget-view+json" in data for data in shown), "no bar was shown"
    assert {"text/markdown": "Get `models`."} in shown

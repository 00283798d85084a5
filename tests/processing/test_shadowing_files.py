"""A user's file that is called like a module which the workers import does not stand in for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
from pathlib import Path
import beside
from workbench.settings import Settings
from workbench.processing.cluster.cluster import Cluster
from running import run
from workbench.processing.job.task import Task

if __name__ == "__main__":
    cluster = Cluster(Settings(data_dir=Path("data"), async_workers=1, memory_limit_percent=100))
    values, failed = [], []
    run(cluster, [Task("a", "three", 1)], beside.length, on_value=lambda task, value: values.append(value) or 1.0,
        on_failure=lambda task, failure: failed.append(failure)).result(60)
    cluster.close()
    print(values, failed)
"""
BESIDE = "def length(path):\n    import essentia.standard\n    return len(path)\n"


def test_files_beside_a_script_and_in_the_current_folder_shadow_nothing_in_workers(tmp_path: Path) -> None:
    script, here = tmp_path / "script", tmp_path / "here"
    for folder, names in ((script, ["essentia"]), (here, ["json", "random", "tornado"])):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.py").write_text(f"raise RuntimeError('not the module {name}')")
    (script / "go.py").write_text(SCRIPT)
    (script / "beside.py").write_text(BESIDE)
    done = subprocess.run(
        [sys.executable, script / "go.py"], cwd=here, capture_output=True, text=True, timeout=120,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.stdout.strip() == "[5] []", done.stderr


def test_a_command_that_starts_again_for_the_encoding_looks_into_no_other_folder(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise RuntimeError('not the module')")
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [str(Path(sys.executable).with_name("workbench")), "tracks", "--data-dir", str(tmp_path / "d")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr

"""Start-up stays light, and Essentia always loads before TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import workbench
from workbench import lazy_imports
from workbench.errors import MissingPackageError

LIGHT = {"workbench", "lazy_loader"}


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=250, check=False
    )


@pytest.mark.parametrize(
    "statement",
    [
        "import workbench",
        "import workbench; workbench.Settings; dir(workbench)",
        "import workbench.cli.main\ntry: workbench.cli.main.main(['--help'])\nexcept SystemExit: pass",
        "import workbench.cli.main\ntry: workbench.cli.main.main(['analyze', '--help'])\nexcept SystemExit: pass",
    ],
)
def test_starting_loads_nothing_but_the_standard_library(statement: str) -> None:
    done = run(
        f"import sys, json\nbefore = set(sys.modules)\n{statement}\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print('\\n' + json.dumps(sorted(loaded - set(sys.stdlib_module_names))))"
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout.splitlines()[-1])) <= LIGHT


def test_the_package_exports_these_names_and_no_more() -> None:
    names = {"Playlist", "Settings", "Track", "TrackFeatures", "Workbench", "WorkbenchError"} | {
        "check_parameters"
    }
    assert set(workbench.__all__) == names and len(names) <= 15
    assert names <= set(dir(workbench)) and all(hasattr(workbench, name) for name in names)


def test_essentia_then_tensorflow_works_and_is_quiet() -> None:
    done = run(
        "from workbench.lazy_imports import *\n"
        "tf = get_tensorflow(); es = get_essentia()\n"
        "assert get_tensorflow() is tf and get_essentia() is es\n"
        "assert float(tf.reduce_sum(tf.constant([1.0, 2.0]))) == 3.0\n"
        "print(es.RMS()(__import__('numpy').ones(4, 'float32')))\n"
        "print(sorted(import_seconds()), all(s > 0.01 for s in import_seconds().values()))"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["1.0", "['essentia', 'essentia.standard', 'tensorflow'] True"]
    assert done.stderr == ""


def test_tensorflow_first_is_refused_instead_of_aborting(tmp_path: Path) -> None:
    """Only its name counts, so that a module that is imported in no time stands for it."""
    (tmp_path / "tensorflow.py").touch()
    done = run(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import tensorflow\n"
        "from workbench.lazy_imports import get_essentia\n"
        "from workbench.errors import ImportOrderError\n"
        "try: get_essentia()\n"
        "except ImportOrderError as error: print(error)"
    )
    assert done.returncode == 0, done.stderr
    assert "TensorFlow was imported before Essentia" in done.stdout
    assert "Restart the kernel" in done.stdout


def test_many_threads_get_one_module() -> None:
    done = run(
        "import threading\nfrom workbench.lazy_imports import *\n"
        "start = threading.Barrier(8); got = []\n"
        "def work():\n    start.wait(); got.append(get_essentia())\n"
        "threads = [threading.Thread(target=work) for _ in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "assert len(got) == 8 and len(set(map(id, got))) == 1; print('one')"
    )
    assert done.stdout == "one\n", done.stderr


def test_a_missing_package_names_the_command_that_installs_it() -> None:
    with pytest.raises(MissingPackageError, match=r"python -m pip install 'no-such-package'"):
        lazy_imports.import_once("no_such_module", install="no-such-package")


def test_the_analysis_loads_no_arrays_of_dask_and_others_still_may() -> None:
    done = run(
        "import sys\nfrom workbench.analysis.spectrum.transforms import ForwardTransform\n"
        "ForwardTransform(1, 8)()\n"
        "assert 'dask.array' not in sys.modules\n"
        "import dask.array.fft; print('there')"
    )
    assert done.stdout == "there\n", done.stderr


def test_the_grammar_of_iris_is_loaded_when_one_is_checked() -> None:
    done = run(
        "import sys, workbench.apps, jsonschema\n"
        "assert 'rfc3987_syntax.syntax_helpers' not in sys.modules\n"
        "check = jsonschema.Draft202012Validator.FORMAT_CHECKER.conforms\n"
        "print(check('https://example.org/ä', 'iri'), check('https://exa mple', 'iri'), check('a', 'iri-reference'))"
    )
    assert done.stdout == "True False True\n", done.stderr

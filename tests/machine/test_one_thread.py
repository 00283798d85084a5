"""BLAS uses one thread where asked, also a BLAS that was loaded later."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PROGRAM = """
import json
import numpy
from threadpoolctl import threadpool_info
from workbench.machine.one_thread import one_thread

def threads():
    return [pool["num_threads"] for pool in threadpool_info()]

found = []
for _ in range(2):
    with one_thread():
        found.append(threads())
    found.append(threads())
    import scipy.linalg
print(json.dumps(found))
"""


def test_a_library_that_is_loaded_later_is_limited_too():
    two = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | two, capture_output=True, text=True, check=True
    )
    limited, free, limited_later, free_later = json.loads(done.stdout)
    assert set(limited) == set(limited_later) == {1}
    assert len(limited_later) > len(limited)
    assert max(free) == max(free_later) == 2

"""The Fourier transforms against SciPy's, and plans that give the same again."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft

from workbench.analysis.spectrum.transforms import ForwardTransform


@pytest.mark.parametrize("length", [64, 90, 2048, 4608, 8192])
@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_agrees_with_scipy(length, dtype):
    rows = np.random.default_rng(0).standard_normal((3, length, 2), np.float32)
    rows = rows.view(np.complex64)[..., 0] if dtype is np.complex64 else rows[..., 0]
    transform = ForwardTransform(3, length, dtype)
    transform.input[:] = rows
    wanted = scipy.fft.fft(rows) if dtype is np.complex64 else scipy.fft.rfft(rows)
    bins = wanted.shape[1]
    found = transform()
    assert np.abs(found[:, :bins] - wanted).max() < 1e-6 * np.abs(wanted).max()
    assert not found[:, bins:].any()


def test_a_row_does_not_depend_on_its_neighbors_or_on_the_plan():
    row = np.random.default_rng(1).standard_normal(2048, np.float32)
    found = []
    for others in (0.0, 1.0):
        transform = ForwardTransform(32, 2048)
        transform.input[:] = others
        transform.input[5] = row
        found.append(transform()[5].copy())
    assert np.array_equal(*found)

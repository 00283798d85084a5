from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from workbench.errors import StoreError
from workbench.store.serialization import decode, encode

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters())  # lone surrogates, as file names have them, included
    | st.binary()
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["~a", "~d"]) | st.integers(), inner, max_size=3
        )
    ),
    max_leaves=15,
)


@settings(max_examples=150)
@given(trees)
def test_plain_values_survive(value: Any) -> None:
    assert decode(encode(value)) == value
    assert repr(decode(encode(value))) == repr(value)  # True is not 1, a tuple not a list, -0.0 not 0.0


@settings(max_examples=100)
@given(
    npst.arrays(
        npst.integer_dtypes() | npst.floating_dtypes(sizes=(16, 32, 64)) | npst.boolean_dtypes(),
        npst.array_shapes(min_dims=0, min_side=0),
    )
)
def test_arrays_survive_with_type_and_shape(array: np.ndarray[Any, Any]) -> None:
    out = decode(encode({"array": array}))["array"]
    assert out.shape == array.shape
    assert out.dtype == array.dtype.newbyteorder("<")
    np.testing.assert_array_equal(out, array)
    assert not out.flags.writeable


def test_nan_and_infinities_survive() -> None:
    out = decode(encode([float("nan"), float("inf"), float("-inf"), np.float32("nan")]))
    assert np.isnan(out[0])
    assert out[1:3] == [float("inf"), float("-inf")]
    assert np.isnan(out[3])


def test_decoding_copies_no_array() -> None:
    data = encode({"peaks": np.arange(1000, dtype="<f4")})
    out = decode(data)["peaks"]
    assert np.shares_memory(out, np.frombuffer(data, np.uint8))
    assert out.ctypes.data % 4 == 0


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()]), np.datetime64("2020"), print])
def test_what_cannot_be_kept_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot store"):
        encode([value])


@settings(max_examples=150)
@given(st.data())
def test_damaged_bytes_give_our_error_or_a_value_never_another_error(data: st.DataObject) -> None:
    good = bytearray(encode({"a": np.arange(6.0).reshape(2, 3), "b": [1, "é", b"x", (2**80,)]}))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))
    try:
        decode(bytes(good[:cut]))
    except StoreError as error:
        assert "damaged" in error.message


@pytest.mark.parametrize("data", [b"", b"PWB1", b"\x80\x04K\x01.", b"PWB1\xff\xff\xff\xff{}"])
def test_what_is_not_ours_is_refused(data: bytes) -> None:
    with pytest.raises(StoreError):
        decode(data)

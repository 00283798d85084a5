from __future__ import annotations

import shutil

import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.audio.fingerprint import content_hash


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000), repeats=st.sampled_from([1, 1000, 3000]))
def test_it_is_the_hash_of_all_bytes_however_long(content, repeats, tmp_path):
    (tmp_path / "x").write_bytes(content * repeats)
    assert content_hash(tmp_path / "x") == xxhash.xxh3_128_hexdigest(content * repeats)


def test_a_copy_has_the_same_and_a_change_of_one_byte_another(tmp_path):
    first = tmp_path / "first.wav"
    first.write_bytes(bytes(3_000_000))
    copy = tmp_path / "copy.flac"
    shutil.copy(first, copy)
    assert content_hash(copy) == content_hash(first)

    with copy.open("r+b") as file:
        file.seek(2_999_999)
        file.write(b"\1")
    assert content_hash(copy) != content_hash(first)

"""Two servers that share a Redis: what one has analyzed, the other takes over; and neither needs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from workbench import Workbench
from workbench.errors import SettingsError
from workbench.settings import Settings
from workbench.store.library.records import FeatureRecord
from workbench.store.shared_cache import MOST_BYTES, SharedCache

redis = pytest.importorskip("redis")
RATE = 22050
RECORD = FeatureRecord(3, {"bpm": 120.5, "key": "F#"}, np.ones(4, np.float32), {"beats": np.arange(9.0)}, 0.5)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real Redis of the test's own; its address and its process."""
    program = shutil.which("redis-server")
    if program is None:
        assert "CI" not in os.environ, ".ci/run installs redis-server"
        pytest.skip("there is no redis-server here")
    socket = tmp_path / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not socket.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    yield f"unix://{socket}", process
    process.kill()
    process.wait()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(2):
        tone = 0.3 * np.sin(np.arange(4 * RATE) / RATE * 2 * np.pi * 220 * (number + 1))
        soundfile.write(folder / f"{number}.wav", tone.astype(np.float32), RATE)
    return folder


def test_a_second_server_analyses_nothing_again(
    server: tuple[str, subprocess.Popen[bytes]], music: Path, tmp_path: Path
) -> None:
    url, process = server
    with Workbench(tmp_path / "one", redis_url=url) as one:
        assert one.analyze(music).result().analyzed == 2
        found = one.track.features(str(music / "0.wav"))
    with Workbench(tmp_path / "two", redis_url=url) as two:
        report = two.analyze(music).result()
        assert (report.analyzed, report.cached, report.failed) == (0, 2, ())
        assert not two.jobs.cluster.started
        assert two.track.features(str(music / "0.wav")) == found
        shared = two.performance()["cache_stats"]["shared_cache"]
        assert (shared["hits"], shared["misses"], shared["available"]) == (2, 0, True)
        assert two.analyze(music, force=True).result().analyzed == 2
    process.kill()
    process.wait()
    with Workbench(tmp_path / "three", redis_url=url) as three:
        assert three.analyze(music).result().analyzed == 2
        stats = three.performance()["cache_stats"]["shared_cache"]
        assert not stats["available"] and stats["errors"] and not stats["hits"]


def test_values_are_kept_by_content_and_version_for_their_time(
    server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, _ = server
    cache = SharedCache(url, version=3, ttl_seconds=60)
    cache.put("a", RECORD)
    [found] = cache.get_many(["a", "b"]).values()
    assert (found.version, dict(found.scalars), found.seconds) == (3, dict(RECORD.scalars), 0.5)
    np.testing.assert_array_equal(found.series["beats"], RECORD.series["beats"])
    np.testing.assert_array_equal(found.vector, RECORD.vector)
    assert SharedCache(url, version=4, ttl_seconds=60).get_many(["a"]) == {}
    client = redis.Redis.from_url(url)
    [key] = client.keys()
    assert 50_000 < client.pttl(key) <= 60_000
    for damaged in (b"", b"PWB1", b"\x80\x04.", client.get(key)[:-3]):
        client.set(key, damaged)
        assert cache.get_many(["a"]) == {}
    stats = cache.stats()
    assert (stats["hits"], stats["stored"], stats["errors"], stats["available"]) == (1, 1, 4, True)


def test_what_is_too_large_or_of_another_version_stays_out(
    server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, _ = server
    cache = SharedCache(url, version=3, ttl_seconds=60)
    cache.put("large", replace(RECORD, series={"x": np.zeros(MOST_BYTES, np.uint8)}))
    cache.put("old", replace(RECORD, version=2))
    assert redis.Redis.from_url(url).dbsize() == 0
    assert cache.stats()["rejected"] == 2


def test_an_invalid_address_is_refused_and_secrets_are_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"REDIS_URL.*redis://") as refused:
        Settings.load({"WORKBENCH_REDIS_URL": "http://:hunter2@host"})
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in str(Settings.load({}, redis_url="redis://:hunter2@host").to_dict())
    with pytest.raises(SettingsError, match="REDIS_URL"):
        Workbench(tmp_path, redis_url="redis://host:port/0")

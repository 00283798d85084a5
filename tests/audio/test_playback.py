"""Sound for a browser: which files it plays as they are, and any other as WAV from any byte on."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.audio.playback import HEADER_BYTES, MOST_BYTES, WavRendition, browser_plays
from workbench.errors import AudioError

RATE = 44100


def sweep(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    left, right = 0.5 * np.sin(2 * np.pi * (200 + 90 * time) * time), 0.3 * np.cos(700 * time)
    return np.stack([left, right], 1).astype(np.float32)


def whole(wav: WavRendition) -> bytes:
    return b"".join(wav.read(0, wav.size_bytes))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3", "a.m4a", "a.aac"])
def test_browsers_play_these_as_they_are(name: str, encode: Callable[..., Path]) -> None:
    assert browser_plays(encode(name, sweep(1), RATE if name != "a.opus" else 48000))


@pytest.mark.parametrize("name", ["a.wma", "a.wv", "a.aiff", "a.alac.m4a", "a.ape"])
def test_browsers_lack_these_whatever_they_are_called(name: str, encode: Callable[..., Path]) -> None:
    path = encode(name, sweep(1))
    assert not browser_plays(path)
    assert not browser_plays(path.rename(path.with_suffix(".mp3")))


@pytest.mark.parametrize("name", ["a.alac.m4a", "a.aiff", "a.flac"])
def test_the_wav_has_the_samples_of_the_file(name: str, encode: Callable[..., Path], tmp_path: Path) -> None:
    samples = sweep(3.1)
    wav = WavRendition(encode(name, samples))
    (tmp_path / "made.wav").write_bytes(whole(wav))
    heard, rate = soundfile.read(tmp_path / "made.wav")
    assert rate == RATE and heard.shape == samples.shape
    assert np.abs(heard - samples).max() < 2 / 32768


@pytest.mark.parametrize("name", ["a.wv", "a.alac.m4a", "a.aiff"])
def test_every_range_is_that_part_of_the_whole(name: str, encode: Callable[..., Path]) -> None:
    wav = WavRendition(encode(name, sweep(8)))
    content = whole(wav)
    assert len(content) == wav.size_bytes

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, wav.size_bytes - 1), st.integers(1, 100_000))
    def ranges(start: int, length: int) -> None:
        assert b"".join(wav.read(start, start + length)) == content[start : start + length]

    ranges()


def test_a_lossy_file_is_sought_in_within_fifty_milliseconds(encode: Callable[..., Path]) -> None:
    wav = WavRendition(encode("a.wma", sweep(8)), 8.0)
    at = HEADER_BYTES + 5 * RATE * wav.frame_bytes
    asked = np.frombuffer(b"".join(wav.read(at, at + 80_000)), "<i2")[::2].astype(float)
    wide = np.frombuffer(whole(wav)[at - 8000 : at + 88_000], "<i2")[::2].astype(float)
    shift = int(np.argmax(np.correlate(wide, asked, "valid"))) - 2000
    assert abs(shift) < 0.05 * RATE


def test_what_the_decoder_does_not_give_is_silence(encode: Callable[..., Path]) -> None:
    wav = WavRendition(encode("a.wv", sweep(1)), 1.5)
    content = whole(wav)
    assert len(content) == wav.size_bytes == HEADER_BYTES + round(1.5 * RATE) * 4
    assert any(content[44:176_000]) and not any(content[-88_000:])


def test_a_day_of_music_fits_a_wav(encode: Callable[..., Path]) -> None:
    wav = WavRendition(encode("a.wv", sweep(1)), 24 * 3600.0)
    assert wav.size_bytes <= MOST_BYTES + HEADER_BYTES and wav.channels == 1
    assert b"".join(wav.read(wav.size_bytes - 10, wav.size_bytes)) == bytes(10)


def test_memory_stays_flat_over_a_long_file(encode: Callable[..., Path]) -> None:
    wav = WavRendition(encode("long.wv", np.zeros((RATE * 240, 2), np.float32)))
    tracemalloc.start()
    assert sum(map(len, wav.read(0, wav.size_bytes))) == wav.size_bytes
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 2_000_000


def test_a_file_that_is_not_audio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wma").write_text("not music")
    with pytest.raises(AudioError, match=r"a\.wma"):
        WavRendition(tmp_path / "a.wma")

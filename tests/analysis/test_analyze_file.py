"""Files to features."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import soundfile

from workbench.analysis import analyze_file
from workbench.analysis.features import TrackFeatures
from workbench.audio.demo.demo_library import DEMO_TRACKS
from workbench.errors import AudioError, AudioFileMissingError
from workbench.settings import Settings


def test_demo_library_is_understood(demo_folder):
    right_tempo, right_key = [], []
    for track in DEMO_TRACKS:
        features = analyze_file(demo_folder / track.file_name)
        assert features.duration_s == pytest.approx(track.seconds, abs=0.1)
        if track.score.groove != "none":
            factors = (1, 2, 0.5, 3, 1 / 3)
            right_tempo.append(any(abs(features.bpm / (track.bpm * factor) - 1) < 0.04 for factor in factors))
        right_key.append((features.key, features.scale) == (track.key, track.scale))
    assert np.mean(right_tempo) > 0.95
    assert np.mean(right_key) > 0.9


@pytest.mark.parametrize("block_seconds", [0.05, 1.0, 7.3])
def test_block_seconds_do_not_matter(demo_folder, tmp_path, block_seconds):
    path = demo_folder / DEMO_TRACKS[0].file_name
    settings = Settings(data_dir=tmp_path, stream_block_seconds=block_seconds)
    assert analyze_file(path, settings) == analyze_file(path)


def test_what_the_file_holds_is_reported(tmp_path):
    path = tmp_path / "wide.wav"
    soundfile.write(path, np.zeros((96000, 6)), 96000)
    features = analyze_file(path)
    assert (features.sample_rate_hz, features.channels, features.duration_s) == (96000, 6, 1.0)
    assert features.truncated is False


def test_truncated_file(tmp_path, song):
    path = tmp_path / "whole.wav"
    soundfile.write(path, song, 44100)
    cut = tmp_path / "cut.wav"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    features = analyze_file(cut)
    assert features.truncated is True
    assert features.duration_s == pytest.approx(len(song) / 44100 / 2, rel=0.01)


def test_samples_that_are_not_numbers(tmp_path, song):
    broken = song.copy()
    broken[1000:1100] = np.nan
    broken[5000] = np.inf
    path = tmp_path / "broken.wav"
    soundfile.write(path, broken, 44100, subtype="FLOAT")
    features = analyze_file(path)
    assert features.bpm == pytest.approx(120, rel=0.01)
    assert np.isfinite(features.vector).all()


def test_bad_files_raise_audio_errors(tmp_path):
    text = tmp_path / "text.mp3"
    text.write_text("not music")
    with pytest.raises(AudioError):
        analyze_file(text)
    with pytest.raises(AudioFileMissingError):
        analyze_file(tmp_path / "absent.mp3")


def test_importing_the_package_is_light():
    code = (
        "import sys, workbench.analysis; print({'numpy', 'scipy', 'essentia', 'pandas'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "set()"
    assert TrackFeatures.__name__ == "TrackFeatures"

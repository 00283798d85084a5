"""TrackFeatures as a value: names, versions, what the library stores, and the documented table."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import workbench.analysis as analysis
from workbench.analysis.descriptor_page import to_markdown
from workbench.analysis.descriptors import DESCRIPTORS
from workbench.analysis.features import HISTORY, VERSION, TrackFeatures, stale
from workbench.analysis.sound_vector import COMPOSITION, SIZE, sound_vector


@pytest.fixture(scope="module")
def features(analyze, song) -> TrackFeatures:
    return analyze(song)


def test_table_and_fields_agree():
    others = {"version", "own", "own_versions"}
    assert {d.name for d in DESCRIPTORS} | others == {f.name for f in dataclasses.fields(TrackFeatures)}
    assert len({d.name for d in DESCRIPTORS}) == len(DESCRIPTORS)


def test_documented_table_is_current():
    path = Path(analysis.__file__).with_name("DESCRIPTORS.md")
    assert path.read_text(encoding="utf-8") == to_markdown()


def test_music_gets_every_descriptor(features):
    for d in DESCRIPTORS:
        value = getattr(features, d.name)
        if d.kind == "perceptual" or d.cost:
            assert value is None or not np.size(value)
        elif d.name != "time_signature":
            assert value is not None, d.name
            assert np.size(value) > 0, d.name


def test_scalars_are_json(features):
    scalars = features.scalars()
    assert json.loads(json.dumps(scalars, allow_nan=False)) == scalars
    assert scalars["bpm"] == pytest.approx(120, rel=0.01)
    assert len(scalars["chroma_mean"]) == 12


def test_record_and_back(features):
    record = features.to_record(seconds=1.5)
    assert record.seconds == 1.5
    assert record.vector.dtype == np.float32
    assert TrackFeatures.from_record(record) == features


def test_names_of_another_version_are_left_out(features):
    record = dataclasses.replace(features.to_record(), scalars=features.scalars() | {"from_the_future": 1})
    assert TrackFeatures.from_record(record) == features


def test_arrays_cannot_be_changed(features):
    with pytest.raises(ValueError, match="read-only"):
        features.beats_s[0] = 0


def test_features_differ_when_anything_differs(features):
    assert features != dataclasses.replace(features, bpm=1.0)
    assert features != dataclasses.replace(features, beats_s=features.beats_s[1:])
    assert features != "features"


def test_shown(features):
    assert "120.0 BPM" in repr(features)
    assert "loudness_lufs" in features._repr_html_()


def test_versions():
    assert max(HISTORY) == VERSION
    assert stale(VERSION) is None
    assert stale(0) == "out of date: " + "; ".join(HISTORY[number] for number in sorted(HISTORY))
    assert stale(VERSION - 1) == f"out of date: {HISTORY[VERSION]}"
    assert "newer" in stale(VERSION + 1)


def test_vector_has_the_documented_length(features):
    assert features.vector.shape == (SIZE,) == (sum(length for _, length, _ in COMPOSITION),)
    assert sound_vector({}).shape == (SIZE,)


def test_vector_does_not_depend_on_level_but_for_loudness(analyze, song, features):
    quieter = analyze(0.5 * song)
    different = np.abs(quieter.vector - features.vector) > 0.05 * np.abs(features.vector) + 0.2
    starts = np.cumsum([0, *(length for _, length, _ in COMPOSITION)])
    loudness = int(starts[[part for part, *_ in COMPOSITION].index("dynamics")])
    assert set(np.flatnonzero(different)) <= {loudness}

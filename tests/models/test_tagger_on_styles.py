"""A tagger on music that is really synthesized and really analyzed, tested on artists that it never heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.analysis import analyze_file
from workbench.audio.demo.style_library import STYLES, make_style_library
from workbench.audio.fingerprint import content_hash
from workbench.audio.tags import read_tags
from workbench.models import tagger
from workbench.store.library.library import Library
from workbench.store.library.records import TAG_NAMES, ScannedFile

ARTISTS, TRACKS = 4, 3


@pytest.fixture
def styles(library: Library, tmp_path: Path) -> Library:
    for path in make_style_library(tmp_path / "music", artists=ARTISTS, tracks=TRACKS, untagged=0):
        tags, content = read_tags(path), content_hash(path)
        named = {name: getattr(tags, name) for name in TAG_NAMES}
        library.files.add([ScannedFile(str(path), path.stat().st_size, 1, content, named)])
        library.features.save(content, analyze_file(str(path)).to_record())
    return library


def test_styles_are_told_apart_on_artists_never_heard(styles: Library, tmp_path: Path) -> None:
    report = tagger.train(styles, "genre", folder=tmp_path / "taggers", seed=2, epochs=40)
    assert report.classes == tuple(sorted(STYLES))
    assert report.examples["test"] >= ARTISTS * TRACKS * len(STYLES) // 6
    assert report.scores[report.chosen].balanced_accuracy >= 0.9
    assert report.scores["network"].balanced_accuracy >= 0.9

    shuffled = np.random.default_rng(0).permutation(list(styles.table()["genre"])).tolist()
    labels = dict(zip(styles.table()["content_hash"], shuffled, strict=True))
    report = tagger.train(styles, "genre", folder=tmp_path / "taggers", seed=2, labels=labels, epochs=2)
    assert report.scores["logistic"].balanced_accuracy < 0.6

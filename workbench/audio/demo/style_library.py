"""Write a synthesized library of known styles by many artists, which is enough to train and test a tagger.

``workbench demo --styles FOLDER`` writes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from workbench.audio.demo.demo_library import make_demo_library
from workbench.audio.demo.demo_tracks import DemoTrack
from workbench.audio.demo.synthesis import Score
from workbench.audio.pitch_names import PITCH_NAMES

STYLES: dict[str, dict[str, Any]] = {
    "Techno": {
        "groove": "techno",
        "chords": "synth lead",
        "comping": "off beats",
        "bass": "synth bass",
        "drive": 1.8,
    },
    "Rock": {"groove": "rock", "chords": "guitar", "comping": "beats", "bass": "finger bass", "drive": 1.6},
    "Jazz": {
        "groove": "swing",
        "chords": "piano",
        "comping": "two and four",
        "bass": "double bass",
        "bass_line": "walking",
    },
    "Ambient": {
        "groove": "none",
        "chords": "pad",
        "comping": "held",
        "bass": "sub bass",
        "bass_line": "held",
    },
}
"""The sound of a style. Tempo, key and harmony are drawn in the same way for all styles."""

_PROGRESSIONS = ("I vi IV V", "I IV I V", "ii7 V7 I vi", "I V vi IV")


def style_tracks(
    *, artists: int = 5, tracks: int = 4, untagged: int = 1, seed: int = 0
) -> tuple[DemoTrack, ...]:
    """Return descriptions of ``artists`` × ``tracks`` pieces of every style, each about 5 s long.

    Parameters
    ----------
    untagged : int
        How many of an artist's tracks have no genre tag.
    seed : int
        Random state of tempo, key and harmony; each artist has a range of tempos and a loudness.
    """
    generator = np.random.default_rng(seed)
    made = []
    for style, sound in STYLES.items():
        for artist in range(artists):
            tempo, drive = generator.uniform(90, 130), generator.uniform(0.8, 1.2)
            for number in range(tracks):
                score = Score(
                    bpm=float(tempo * generator.uniform(0.95, 1.05)),
                    key=str(generator.choice(PITCH_NAMES)),
                    scale="major",
                    progression=str(generator.choice(_PROGRESSIONS)),
                    bars=2,
                    seed=int(generator.integers(2**31)),
                    **sound | {"drive": sound.get("drive", 1.0) * drive},
                )
                made.append(
                    DemoTrack(
                        title=f"{style} {artist + 1}.{number + 1}",
                        artist=f"{style} Artist {artist + 1}",
                        album=f"{style} Album {artist + 1}",
                        genre=style if number >= untagged else "",
                        year=2000 + artist,
                        track_number=number + 1,
                        mood="",
                        format="flac",
                        score=score,
                    )
                )
    return tuple(made)


def make_style_library(folder: Path, **size: int) -> list[Path]:
    """Write the pieces of :func:`style_tracks` below ``folder`` and return their paths; existing files are kept."""
    return make_demo_library(folder, tracks=style_tracks(**size))

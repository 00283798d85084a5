"""Facts about the models that Essentia publishes: how they read audio, and which files are known.

Essentia publishes no hashes. Those below were recorded by public projects that fetch the files and check them (among
them DeezSpoTag, Soundspan, mood_probe, SetTag and Vibechek, read in November 2026); a hash is here when projects that
do not share code agree on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

SOURCE = "https://essentia.upf.edu/models.html"
LICENSE = "CC BY-NC-SA 4.0 (not for commercial use; other terms on request from MTG-UPF)"


@dataclass(frozen=True)
class Front:
    """How an algorithm of Essentia cuts a signal into the patches for its networks.

    Attributes
    ----------
    frame, frame_hop : int
        Samples at 16 kHz.
    patch, patch_hop : int
        Frames.
    batch : int
        Patches per run, if the graph does not fix the number. Essentia's default is 64. On the one thread of a worker,
        graphs of these shapes process so many seconds of audio per CPU second (``tests/benchmarks/bench_models.py``):
        MusiCNN's, all convolutions, 73 by single patches, 57 by 8 and 54 by 64, with 277, 364 and 787 MiB; VGGish's,
        with 72 million weights to read for each run, 15 by single patches and 20 by 8 or 16.
    window : int
        Patches that are in memory at a time.
    bands : int
        Mel bands per frame.
    """

    algorithm: str
    frame: int
    frame_hop: int
    patch: int
    patch_hop: int
    batch: int
    window: int
    bands: int

    def with_patch(self, patch: int) -> Front:
        """Return the front for patches of another length; as in Essentia, their distance is a number of whole seconds.

        MAEST's networks for 5, 10, 20 and 30 s read 316, 626, 1256 (or 1258) and 1876 frames; Essentia's
        ``TensorflowPredictMAEST`` advances by 313, 625, 1250 and 1875.
        """
        frames_per_second = 16_000 / self.frame_hop
        seconds = math.floor(patch / frames_per_second)
        return replace(self, patch=patch, patch_hop=math.ceil(seconds * frames_per_second))


FRONTS = {
    front.algorithm: front
    for front in (
        Front("TensorflowPredictMusiCNN", 512, 256, 187, 93, 1, 64, 96),
        Front("TensorflowPredictVGGish", 400, 160, 96, 93, 8, 64, 64),
        Front("TensorflowPredictEffnetDiscogs", 512, 256, 128, 62, 64, 64, 96),
        Front("TensorflowPredictMAEST", 512, 256, 1876, 1875, 1, 8, 96),
    )
}
"""Frames, patches and hops are the defaults in the documentation of essentia-tensorflow 2.1b6."""

HEAD_ALGORITHM = "TensorflowPredict2D"
TEMPO_ALGORITHM = "TempoCNN"

PUBLISHED_SHA256: dict[str, str] = {
    "msd-musicnn-1": "cdea0722bcee7f731286843f2233e3aa69887bb5c3e2dce011eff55f38d04f3e",
    "danceability-msd-musicnn-1": "874a4b86afc9e12de3f15a47baf9ff1ac676ace109c56203e26103f2259eb95e",
    "deam-msd-musicnn-2": "beb5eeb0909266eeb78b8d6bb1323b10829cf2fe55e3c01a13fa1846fa98b371",
    "emomusic-msd-musicnn-2": "fcfb486510213b35e0a691975325f58170f648ad4a02d749bce790da13ded43b",
    "mood_acoustic-msd-musicnn-1": "519ee3af8210fe32e021002a0094546aeb6fb5a59d22b7d53c48e4ee1ac9e6cc",
    "mood_aggressive-msd-musicnn-1": "3b6eb5645e4b47a2ceb28ef3f8612f224640c583048770791b9fc6e8e5627a67",
    "mood_electronic-msd-musicnn-1": "86c109b504fc6cf666c7513d684381a594218a552c3c954f212dd3a9d0c6cdc5",
    "mood_happy-msd-musicnn-1": "d7382bc60304ea4578c298222968cd8d600c31252c7bf3e90b1f728ebb3ec36d",
    "mood_party-msd-musicnn-1": "765b096300ee1d92103cb0a122fc12c33882166fb94d37875284e82ce06322a1",
    "mood_relaxed-msd-musicnn-1": "1252d28ca7d2204e34e0cdf84a00aa2bc9627a87bdcf923df3aad39cfa69d2d9",
    "mood_sad-msd-musicnn-1": "a5e908cf7f59e8c379ff7c7d138dd85416985fddaebb5de14ca4193200411f61",
    "voice_instrumental-msd-musicnn-1": "eb762cc7ee6751b2ea32179d3716e2d60a1d1a9e615b7e3b8be8a6f79d71675e",
    "discogs-effnet-bs64-1": "3ed9af50d5367c0b9c795b294b00e7599e4943244f4cbd376869f3bfc87721b1",
    "danceability-discogs-effnet-1": "e1251f02cdc846445e2bc1fb3fe9963e32728c5c000e009188ae47c8963cb4c4",
    "genre_discogs400-discogs-effnet-1": "3885ba078a35249af94b8e5e4247689afac40deca4401a4bc888daf5a579c01c",
    "mood_aggressive-discogs-effnet-1": "7705284e3a67f23f04d3f2fd75e18a82c0e70db8875b7b6f7061f2432de80858",
    "mood_happy-discogs-effnet-1": "de322aee7f4da29ecbd149c86e7964bd6fabe41ca85698a0be40a39d49e88633",
    "mood_relaxed-discogs-effnet-1": "2c5aa6666b58fe80429a2dc677a135e9995922889b5a399af87d1c15f0ebb71d",
    "mood_sad-discogs-effnet-1": "4865cba49968b6ec295db3e8af6b4a7bb506b1a646628b9f07ee9910d52df82c",
    "mtg_jamendo_instrument-discogs-effnet-1": "2e8c3003c722e098da371b6a1f7ad0ce62fac0dcfc09c7c7997d430941196c2a",
    "mtg_jamendo_moodtheme-discogs-effnet-1": "03f2b047020aee4ab39f8880da7bdae2a36d06a1508d656c6d424ad4d6de07a9",
    "voice_instrumental-discogs-effnet-1": "c8033548e17c292874265db62e82a051247768d10375a35a769e7bf695f16acf",
    "discogs-maest-30s-pw-519l-2": "92783feb21187443d058b4f16d7a76f47888d43fbdc7a28e8bcc8e024603bd20",
}
"""SHA-256 of the ``.pb`` by stem. Files with other names are used without verification."""

EMBEDDING_FAMILIES = (
    ("msd-musicnn", "TensorflowPredictMusiCNN"),
    ("mtt-musicnn", "TensorflowPredictMusiCNN"),
    ("audioset-vggish", "TensorflowPredictVGGish"),
    ("discogs-effnet", "TensorflowPredictEffnetDiscogs"),
    ("discogs-maest", "TensorflowPredictMAEST"),
)
"""The algorithm by the beginning of a file name, for old JSON files that do not name it."""

EMOTION_RANGE = (1.0, 9.0)
"""The scale of arousal and valence in DEAM, emoMusic and MuSe, from the page of the models."""

"""Facts about the models that Essentia publishes: which files exist, how large they are, what each adds.

Sizes are those of the directory listings below ``SOURCE`` (dated May 2023 to October 2025). No hashes are published
there, so a file's identity is checked by its size and the SHA-256 of what is on disk is only recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "https://essentia.upf.edu/models.html"
LICENSE = "CC BY-NC-SA 4.0 (not for commercial use; other terms on request from MTG-UPF)"


@dataclass(frozen=True)
class Front:
    """How one of Essentia's algorithms cuts a signal into the patches that its networks read.

    Attributes
    ----------
    frame, frame_hop : int
        Samples at 16 kHz.
    patch, patch_hop : int
        Frames.
    batch : int
        Patches a session run. Essentia's default is 64; on a CPU 8 are as fast and need a fraction of the memory.
    window : int
        Patches that are held at a time.
    bands : int
        Mel bands a frame.
    """

    algorithm: str
    frame: int
    frame_hop: int
    patch: int
    patch_hop: int
    batch: int
    window: int
    bands: int


FRONTS = {
    front.algorithm: front
    for front in (
        Front("TensorflowPredictMusiCNN", 512, 256, 187, 93, 8, 64, 96),
        Front("TensorflowPredictVGGish", 400, 160, 96, 93, 8, 64, 64),
        Front("TensorflowPredictEffnetDiscogs", 512, 256, 128, 62, 64, 64, 96),
        Front("TensorflowPredictMAEST", 512, 256, 1876, 1875, 1, 8, 96),
    )
}
"""Frames, patches and hops are the defaults that the documentation of essentia-tensorflow 2.1b6 gives."""

HEAD_ALGORITHM = "TensorflowPredict2D"

_BINARY_MUSICNN, _BINARY_VGGISH, _BINARY_EFFNET = 82_458, 53_658, 514_458
_BINARY_TASKS = ("danceability", "voice_instrumental", "mood_acoustic", "mood_relaxed")

PUBLISHED_SIZES_BYTES: dict[str, int] = {
    "discogs-effnet-bs64-1": 18_366_619,
    "discogs-effnet-bs1-1": 18_384_890,
    "discogs_artist_embeddings-effnet-bs64-1": 18_993_367,
    "discogs_label_embeddings-effnet-bs64-1": 18_993_367,
    "discogs_multi_embeddings-effnet-bs64-1": 16_367_182,
    "discogs_release_embeddings-effnet-bs64-1": 18_993_367,
    "discogs_track_embeddings-effnet-bs64-1": 18_993_367,
    "genre_discogs400-discogs-effnet-1": 2_057_977,
    "mtg_jamendo_genre-discogs-effnet-1": 2_803_280,
    "mtg_jamendo_moodtheme-discogs-effnet-1": 2_739_668,
    "mtt-discogs-effnet-1": 2_727_356,
    "fma_small-discogs-effnet-1": 2_641_167,
    "emomusic-msd-musicnn-1": 8_142,
    "emomusic-msd-musicnn-2": 82_460,
    "emomusic-audioset-vggish-1": 6_414,
    "emomusic-audioset-vggish-2": 53_660,
    "muse-msd-musicnn-1": 8_142,
    "muse-msd-musicnn-2": 82_460,
    "muse-audioset-vggish-1": 6_414,
    "muse-audioset-vggish-2": 53_660,
    **{f"{task}-msd-musicnn-1": _BINARY_MUSICNN for task in _BINARY_TASKS},
    **{f"{task}-audioset-vggish-1": _BINARY_VGGISH for task in _BINARY_TASKS},
    **{f"{task}-discogs-effnet-1": _BINARY_EFFNET for task in _BINARY_TASKS},
}
"""Bytes of the ``.pb`` by stem, where the listing was seen; other files are used too, their size unchecked."""

EMBEDDING_FAMILIES = (
    ("msd-musicnn", "TensorflowPredictMusiCNN"),
    ("mtt-musicnn", "TensorflowPredictMusiCNN"),
    ("audioset-vggish", "TensorflowPredictVGGish"),
    ("discogs-effnet", "TensorflowPredictEffnetDiscogs"),
    ("discogs-maest", "TensorflowPredictMAEST"),
)
"""What the name of a file says about the algorithm, for the old JSON files that do not say."""

EMOTION_RANGE = (1.0, 9.0)
"""Scale of arousal and valence in DEAM, emoMusic and MuSe, as the models' page states."""

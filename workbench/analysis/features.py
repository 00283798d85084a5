"""The features of one track, and the version of the analysis that computed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.analysis.descriptors import DESCRIPTORS, Descriptor, names
from workbench.analysis.own_descriptors import OwnValue, about
from workbench.cards.card import card, facts, folded, table
from workbench.cards.drawings import waveform
from workbench.cards.html import Html
from workbench.readable import UNKNOWN, clock, key_name, number

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store.library.records import FeatureRecord

Array = npt.NDArray[np.float32]

HISTORY: dict[int, str] = {
    1: "first version",
    2: "tempo: free music has a tempo of low confidence, and smooth sounds have none; a drifting tempo is given as "
    "its mean; fewer tempos over 190",
    3: "tempo: finer steps, and fewer tempos doubled where off beats are strong or only an accompaniment plays; "
    "a drone has no danceability",
    4: "loudness of quadraphonic and 2.1 sound; all links of chained Ogg files; "
    "AC-3 and DTS in the samples of other files",
    5: "tempo: soft music has a tempo of low confidence; the tempo of kick and clap is no longer halved, and that of "
    "music without drums is doubled less often; Essentia and TempoCNN are asked",
    6: "landmarks, by which the same recording is found in other files",
    7: "a histogram of the loudness, from which the gain of an album is measured",
}
"""What each version changed. Users read it as the reason why an old track is analyzed again.

Change the version when the meaning of a value changes. A difference in rounding does not need a new version.
"""

VERSION = max(HISTORY)


EXTENDED = 1000
"""Added to the version of features that have the extended descriptors, so that the library knows which have them."""


def version_of(descriptors: str) -> int:
    """Return the version of the features that are computed with this setting of DESCRIPTORS."""
    return VERSION + EXTENDED * (descriptors == "extended")


def stale(version: int, descriptors: str = "core") -> str | None:
    """Return why features of ``version`` must be computed again; ``None`` when they are current.

    Parameters
    ----------
    version : int
    descriptors : str
        The setting DESCRIPTORS. Extended features are current for ``core`` too.
    """
    extended, plain = divmod(version, EXTENDED)
    if plain > VERSION:
        return f"analyzed by a newer version ({plain}, this is {VERSION})"
    if plain < VERSION:
        changes = "; ".join(text for number, text in sorted(HISTORY.items()) if number > plain)
        return f"out of date: {changes}"
    if descriptors == "extended" and not extended:
        return "without the extended descriptors"
    return None


def _nothing() -> Array:
    return np.zeros(0, np.float32)


def _array(*shape: int) -> Any:
    return field(default_factory=lambda: np.zeros(shape, np.float32))


@dataclass(frozen=True, eq=False, kw_only=True)
class TrackFeatures:
    """Descriptors of one track; ``workbench.analysis.DESCRIPTORS`` gives the unit, range and source of each.

    A number or word is ``None`` where the audio has no such value (the key of noise, the loudness of silence). Arrays
    are read-only, and float32 except for the landmarks; they are empty where the audio has no such values.
    """

    version: int = VERSION
    duration_s: float
    sample_rate_hz: int
    channels: int
    truncated: bool = False

    bpm: float | None = None
    bpm_confidence: float | None = None
    bpm_alternative: float | None = None
    tempo_stability: float | None = None
    time_signature: int | None = None
    onset_rate_hz: float | None = None
    danceability: float | None = None
    tempo_candidates_bpm: Array = field(default_factory=_nothing)
    tempo_candidates_weight: Array = field(default_factory=_nothing)

    key: str | None = None
    scale: str | None = None
    key_strength: float | None = None
    key_runner_up: str | None = None
    scale_runner_up: str | None = None
    camelot: str | None = None
    open_key: str | None = None
    tuning_hz: float | None = None
    chord_change_rate_hz: float | None = None
    chroma_mean: Array = field(default_factory=_nothing)
    chroma_deviation: Array = field(default_factory=_nothing)

    loudness_lufs: float | None = None
    loudness_range_lu: float | None = None
    true_peak_dbtp: float | None = None
    replay_gain_db: float | None = None
    dynamic_complexity_db: float | None = None
    leading_silence_s: float | None = None
    trailing_silence_s: float | None = None
    fade_in_s: float | None = None
    fade_out_s: float | None = None

    spectral_centroid_hz: float | None = None
    spectral_bandwidth_hz: float | None = None
    spectral_rolloff_hz: float | None = None
    spectral_flatness: float | None = None
    spectral_flux: float | None = None
    zero_crossing_rate: float | None = None
    brightness: float | None = None
    spectral_contrast_mean: Array = field(default_factory=_nothing)
    mfcc_mean: Array = field(default_factory=_nothing)
    mfcc_variance: Array = field(default_factory=_nothing)

    preview_start_s: float | None = None

    beats_s: Array = field(default_factory=_nothing)
    sections_s: Array = field(default_factory=_nothing)
    section_novelty: Array = field(default_factory=_nothing)
    energy_curve_db: Array = field(default_factory=_nothing)
    loudness_curve_lufs: Array = field(default_factory=_nothing)
    loudness_histogram: Array = _array(0, 2)
    chroma_curve: Array = _array(0, 12)
    waveform_peaks: Array = _array(0, 2)

    vector: Array = field(default_factory=_nothing)
    landmarks: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros((0, 2), np.uint32))

    valence: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None
    speechiness: float | None = None
    liveness: float | None = None
    mood: str | None = None
    genre: str | None = None

    dissonance: float | None = None
    inharmonicity: float | None = None
    pitch_salience: float | None = None
    chords_key: str | None = None
    chords_scale: str | None = None
    chords_change_rate_hz: float | None = None
    chords_strength: float | None = None
    chords_histogram: Array = field(default_factory=_nothing)
    melody_low_hz: float | None = None
    melody_high_hz: float | None = None
    melody_range_semitones: float | None = None
    intensity: int | None = None
    beat_loudness: float | None = None
    beat_loudness_bands: Array = field(default_factory=_nothing)

    own: Mapping[str, OwnValue] = field(default_factory=dict)
    """The values of the own descriptors, by name."""
    own_versions: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*_ARRAYS, "landmarks"):
            array = np.array(getattr(self, name), np.uint32 if name == "landmarks" else np.float32)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def scalars(self) -> dict[str, Any]:
        """Return numbers, words and profiles (as lists) by name, ready for JSON; ``None`` where there is no value."""
        values = {name: getattr(self, name) for name in _SCALARS}
        values |= {name: [float(x) for x in getattr(self, name)] for name in _PROFILES}
        return values | dict(self.own)

    def series(self) -> dict[str, Array]:
        """Return the arrays over time by name."""
        return {name: getattr(self, name) for name in _SERIES}

    def to_frame(self) -> pd.DataFrame:
        """Return value, unit, meaning and source of every known number and word, indexed by descriptor."""
        import pandas as pd

        rows = [(d.name, value, d.unit, d.meaning, d.source) for d, value in self._values()]
        table = pd.DataFrame(rows, columns=["descriptor", "value", "unit", "meaning", "source"])
        return table.set_index("descriptor")

    def to_record(self, seconds: float = 0.0) -> FeatureRecord:
        """Return the record that the library stores.

        Parameters
        ----------
        seconds : float
            How long the analysis took.
        """
        from workbench.store.library.records import FeatureRecord

        return FeatureRecord(
            version=self.version,
            scalars=self.scalars(),
            vector=self.vector,
            series=self.series(),
            seconds=seconds,
            landmarks=self.landmarks,
            own_versions=self.own_versions,
        )

    @classmethod
    def from_record(cls, record: FeatureRecord) -> TrackFeatures:
        """Build features from a stored record; names that this version does not know are ignored."""
        stored: dict[str, Any] = {
            **record.scalars,
            **record.series,
            "vector": record.vector,
            "version": record.version,
            "landmarks": record.landmarks,
            "own": {name: record.scalars.get(name) for name in record.own_versions},
            "own_versions": record.own_versions,
        }
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TrackFeatures):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(value for _, value in headline(vars(self)))
        return f"TrackFeatures: {shown} (version {self.version} of the analysis)"

    def _repr_html_(self) -> str:
        return card(
            "Features",
            waveform(self.waveform_peaks, duration_s=self.duration_s, sections_s=self.sections_s.tolist()),
            facts(headline(vars(self))),
            folded("All descriptors", self.descriptors_table()),
        )

    def descriptors_table(self) -> Html:
        """Return every known number and word with unit and meaning, as a table for a card."""
        rows = [(d.name, _shown(value), d.unit, d.meaning) for d, value in self._values()]
        return table(("descriptor", "value", "unit", "meaning"), rows, right=("value",))

    def _values(self) -> list[tuple[Descriptor, Any]]:
        """Return every known number and word with its description, own descriptors last."""
        values = vars(self) | dict(self.own)
        described = [*(d for d in DESCRIPTORS if d.name in _SCALARS), *map(about, self.own)]
        return [(d, values[d.name]) for d in described if values[d.name] is not None]


def headline(features: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and texts of the most important known descriptors: length, tempo, key, loudness and so on."""
    facts = [
        ("Length", clock(features.get("duration_s"))),
        ("Tempo", number(features.get("bpm"), "BPM")),
        ("Key", key_name(features)),
        ("Loudness", number(features.get("loudness_lufs"), "LUFS")),
        ("True peak", number(features.get("true_peak_dbtp"), "dBTP")),
        ("Danceability", number(features.get("danceability"), "", 2)),
    ]
    return [(name, value) for name, value in facts if value != UNKNOWN]


_SCALARS = names("scalar", "text", "perceptual")
_PROFILES = names("profile")
_SERIES = names("series")
_ARRAYS = (*_PROFILES, *_SERIES, *names("vector"))


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, two))
    return bool(one == two)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}".replace("-", "−") if isinstance(value, float) else str(value)

"""Every descriptor that a track gets: name, unit, range, meaning, source. ``descriptor_page`` makes a page of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["scalar", "text", "profile", "series", "vector", "perceptual"]


@dataclass(frozen=True)
class Descriptor:
    """One line of the table.

    Attributes
    ----------
    kind : str
        ``scalar`` a number, ``text`` a word, ``profile`` a short array that describes the whole track, ``series``
        an array over time, ``vector`` the similarity vector, ``perceptual`` null until a model fills it.
    low, high : float or None
        Closed range of every value; ``None`` where there is no bound.
    """

    name: str
    kind: Kind
    unit: str
    low: float | None
    high: float | None
    meaning: str
    source: str


_BS1770 = "ITU-R BS.1770-4"
_PEETERS = "Peeters 2004, A large set of audio features for sound description (CUIDADO)"
_EMPTY = "needs a model; null until `workbench.models` predicts it"

# fmt: off
DESCRIPTORS: tuple[Descriptor, ...] = (
    Descriptor("duration_s", "scalar", "s", 0, None, "length that was decoded", "—"),
    Descriptor("sample_rate_hz", "scalar", "Hz", 1, None, "sampling rate of the file", "—"),
    Descriptor("channels", "scalar", "", 1, None, "channels of the file", "—"),
    Descriptor("truncated", "scalar", "", 0, 1,
               "true when under 95 % of the length in the header was decoded", "—"),
    # rhythm
    Descriptor("bpm", "scalar", "beats/min", 40, 250,
               "tempo; of free music a guess with low confidence, null without clear onsets",
               "combs on the onset autocorrelation under a prior "
               "around 120: Percival & Tzanetakis 2014; van Noorden & Moelants 1999"),
    Descriptor("bpm_confidence", "scalar", "", 0, 1,
               "how much of the onset strength repeats at the tempo, and how "
               "clearly it beats the runner-up", "ours"),
    Descriptor("bpm_alternative", "scalar", "beats/min", 20, 500,
               "second candidate, most often half or double", "as bpm"),
    Descriptor("beats_s", "series", "s", 0, None, "beat positions",
               "Ellis 2007, Beat Tracking by Dynamic Programming"),
    Descriptor("tempo_candidates_bpm", "profile", "beats/min", 20, 500,
               "strongest tempo candidates, best first", "as bpm"),
    Descriptor("tempo_candidates_weight", "profile", "", 0, 1, "their relative strength", "as bpm"),
    Descriptor("tempo_stability", "scalar", "", 0, 1,
               "1 for a machine, near 0 for free time: from the spread of the "
               "intervals between beats", "ours"),
    Descriptor("time_signature", "scalar", "beats/bar", 2, 7,
               "beats in a bar, null unless the accents are clear", "ours"),
    Descriptor("onset_rate_hz", "scalar", "Hz", 0, 30, "onsets a second",
               "Böck, Krebs & Schedl 2012 peak picking on "
               "log-mel flux"),
    Descriptor("danceability", "scalar", "", 0, 3,
               "how regular the loudness moves at beat-like time scales; over 1 "
               "is danceable", "Streich & Herrera 2005, detrended fluctuation analysis"),
    # tonal
    Descriptor("key", "text", "", None, None, "tonic, sharps: C C# … B",
               "correlation with the profiles of Sha'ath 2011"),
    Descriptor("scale", "text", "", None, None, "major or minor", "as key"),
    Descriptor("key_strength", "scalar", "", 0, 1, "correlation of the chroma with the key's profile",
               "as key"),
    Descriptor("key_runner_up", "text", "", None, None, "tonic of the second best key", "as key"),
    Descriptor("scale_runner_up", "text", "", None, None, "scale of the second best key", "as key"),
    Descriptor("camelot", "text", "", None, None, "Camelot wheel code of the key, 1A … 12B", "Mixed In Key"),
    Descriptor("open_key", "text", "", None, None, "Open Key code of the key, 1d … 12m",
               "Beatport/Traktor notation"),
    Descriptor("tuning_hz", "scalar", "Hz", 427, 453, "frequency of A4",
               "histogram of spectral peaks: Gómez 2006"),
    Descriptor("chroma_mean", "profile", "", 0, 1, "mean share of each pitch class, C first",
               "HPCP: Gómez 2006"),
    Descriptor("chroma_deviation", "profile", "", 0, 1, "standard deviation of those shares",
               "as chroma_mean"),
    Descriptor("chord_change_rate_hz", "scalar", "Hz", 0, 10, "changes a second of the best fitting triad",
               "Fujishima "
               "1999 templates"),
    Descriptor("chroma_curve", "series", "", 0, 1,
               "pitch classes over time, shape (n, 12), n ≤ 500, evenly spaced "
               "over the track", "as chroma_mean"),
    # loudness and dynamics
    Descriptor("loudness_lufs", "scalar", "LUFS", None, None,
               "gated program loudness; null for silence", _BS1770),
    Descriptor("loudness_range_lu", "scalar", "LU", 0, None, "loudness range", "EBU Tech 3342"),
    Descriptor("true_peak_dbtp", "scalar", "dBTP", None, None,
               "peak between samples; null for silence", _BS1770 + " annex 2"),
    Descriptor("replay_gain_db", "scalar", "dB", None, None, "gain to the ReplayGain 2 level, −18 LUFS",
               "ReplayGain 2.0"),
    Descriptor("dynamic_complexity_db", "scalar", "dB", 0, None,
               "mean distance of momentary loudness from its mean",
               "Streich 2007"),
    Descriptor("leading_silence_s", "scalar", "s", 0, None, "silence before the music",
               "ours: under −60 dBFS, or "
               "40 dB under the loudest frame of a quiet track"),
    Descriptor("trailing_silence_s", "scalar", "s", 0, None, "silence after the music",
               "as leading_silence_s"),
    Descriptor("fade_in_s", "scalar", "s", 0, None, "length of the fade at the start, 0 when there is none",
               "ours: "
               "a steady rise of 15 dB or more to 3 dB under the median level"),
    Descriptor("fade_out_s", "scalar", "s", 0, None, "length of the fade at the end, 0 when there is none",
               "as fade_in_s"),
    Descriptor("loudness_curve_lufs", "series", "LUFS", -120, None,
               "short-term (3 s) loudness, one value a second",
               "EBU Tech 3341"),
    # timbre
    Descriptor("spectral_centroid_hz", "scalar", "Hz", 0, None, "center of the magnitude spectrum", _PEETERS),
    Descriptor("spectral_bandwidth_hz", "scalar", "Hz", 0, None, "spread around the centroid", _PEETERS),
    Descriptor("spectral_rolloff_hz", "scalar", "Hz", 0, None,
               "frequency below which 85 % of the energy lies", _PEETERS),
    Descriptor("spectral_flatness", "scalar", "", 0, 1, "0 for a tone, 1 for white noise", _PEETERS),
    Descriptor("spectral_flux", "scalar", "", 0, 1,
               "one minus the similarity of successive mel spectra", _PEETERS),
    Descriptor("zero_crossing_rate", "scalar", "Hz", 0, None, "sign changes a second", _PEETERS),
    Descriptor("brightness", "scalar", "", 0, 1, "share of the energy above 1500 Hz", "Juslin 2000"),
    Descriptor("spectral_contrast_mean", "profile", "dB", 0, None,
               "peak over valley in seven octave bands, lowest first",
               "Jiang et al. 2002"),
    Descriptor("mfcc_mean", "profile", "", None, None,
               "mean of 13 mel-frequency cepstral coefficients (of dB)",
               "Davis & Mermelstein 1980"),
    Descriptor("mfcc_variance", "profile", "", 0, None, "diagonal of their covariance", "as mfcc_mean"),
    # structure
    Descriptor("sections_s", "series", "s", 0, None, "where sections start, the first at 0",
               "Foote 2000, checkerboard "
               "kernel on self-similarity"),
    Descriptor("section_novelty", "series", "", 0, 1, "how clear each of those starts is (1 for the first)",
               "as sections_s"),
    Descriptor("energy_curve_db", "series", "dBFS", -120, None,
               "root mean square level, one value a second", "—"),
    Descriptor("preview_start_s", "scalar", "s", 0, None,
               "where a preview should start: the section that opens the "
               "loudest 30 s", "ours"),
    Descriptor("waveform_peaks", "series", "full scale", None, None,
               "minimum and maximum over all channels, shape "
               "(n, 2), n ≤ 2000, evenly spaced over the track", "—"),
    Descriptor("vector", "vector", "", None, None, "what similarity compares; see the composition below",
               "ours"),
    # what only a model can tell
    Descriptor("valence", "perceptual", "", 0, 1, "how positive the music sounds", _EMPTY),
    Descriptor("acousticness", "perceptual", "", 0, 1, "probability that it is acoustic", _EMPTY),
    Descriptor("instrumentalness", "perceptual", "", 0, 1, "probability that nobody sings", _EMPTY),
    Descriptor("speechiness", "perceptual", "", 0, 1, "share of speech", _EMPTY),
    Descriptor("liveness", "perceptual", "", 0, 1, "probability of an audience", _EMPTY),
    Descriptor("mood", "perceptual", "", None, None, "a word", _EMPTY),
    Descriptor("genre", "perceptual", "", None, None, "a word, from the sound and not from the tag", _EMPTY),
)
# fmt: on


def names(*kinds: Kind) -> tuple[str, ...]:
    """Return the names of descriptors of these kinds, in the order of the table."""
    return tuple(d.name for d in DESCRIPTORS if d.kind in kinds)

"""The table of descriptors: name, unit, range, meaning and source. ``descriptor_page`` writes a page from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.audio.pitch_names import PITCH_NAMES

Kind = Literal["scalar", "text", "profile", "series", "vector", "landmarks", "perceptual"]


@dataclass(frozen=True)
class Descriptor:
    """One row of the table.

    Attributes
    ----------
    kind : str
        ``scalar`` is a number, ``text`` a word, ``profile`` a short array that describes the whole track, ``series`` an
        array over time, ``vector`` the sound vector, ``landmarks`` moments by which files of the recording are found,
        ``perceptual`` a value that only a model can predict.
    low, high : float or None
        Smallest and largest value; ``None`` where there is no bound.
    """

    name: str
    kind: Kind
    unit: str
    low: float | None
    high: float | None
    meaning: str
    source: str
    cost: str = ""
    """CPU time of an extended descriptor on one core; empty for the descriptors of ``DESCRIPTORS=core``."""


CHORDS = tuple(tonic + mode for mode in ("", "m") for tonic in PITCH_NAMES)
"""The triads of ``chords_histogram``: C, C# … B, then Cm, C#m … Bm."""

_BS1770 = "ITU-R BS.1770-4"
_PEETERS = "Peeters 2004, A large set of audio features for sound description (CUIDADO)"
_ESSENTIA = "Essentia "
_WITH_CHORDS = "with chords_key"
_EMPTY = "null here; a model predicts it (docs/models.md)"

# fmt: off
DESCRIPTORS: tuple[Descriptor, ...] = (
    Descriptor("duration_s", "scalar", "s", 0, None, "length of the decoded audio", "—"),
    Descriptor("sample_rate_hz", "scalar", "Hz", 1, None, "sampling rate of the file", "—"),
    Descriptor("channels", "scalar", "", 1, None, "channels of the file", "—"),
    Descriptor("truncated", "scalar", "", 0, 1,
               "true if the end of the file is missing: less was decoded than its header says", "—"),
    # rhythm
    Descriptor("bpm", "scalar", "beats/min", 40, 250,
               "tempo; an estimate with low confidence for free music or soft onsets, null without a pulse",
               "comb filters on the onset autocorrelation, weighted by a preferred tempo: Percival & Tzanetakis 2014, "
               "van Noorden & Moelants 1999; Essentia's estimate where that is uncertain; TempoCNN's vote on the "
               "octave: Schreiber & Müller 2019"),
    Descriptor("bpm_confidence", "scalar", "", 0, 1,
               "how regularly onsets repeat at the tempo, and how far "
               "the second candidate is behind", "this project"),
    Descriptor("bpm_alternative", "scalar", "beats/min", 20, 500,
               "second candidate, usually half or double the tempo", "as bpm"),
    Descriptor("beats_s", "series", "s", 0, None, "beat positions",
               "Ellis 2007, Beat Tracking by Dynamic Programming"),
    Descriptor("tempo_candidates_bpm", "profile", "beats/min", 20, 500,
               "strongest tempo candidates, best first", "as bpm"),
    Descriptor("tempo_candidates_weight", "profile", "", 0, 1, "strength of each, relative to the best", "as bpm"),
    Descriptor("tempo_stability", "scalar", "", 0, 1,
               "1 for a machine, near 0 for free time; from the spread of the "
               "intervals between beats", "this project"),
    Descriptor("time_signature", "scalar", "beats/bar", 2, 7,
               "beats in a bar (3 or 4); null unless the accents are clear", "this project"),
    Descriptor("onset_rate_hz", "scalar", "Hz", 0, 30, "onsets a second",
               "peak picking on log-mel flux: Böck, Krebs & Schedl 2012"),
    Descriptor("danceability", "scalar", "", 0, 3,
               "how regularly the level moves at the time scales of beats and "
               "bars; above 1 is danceable", "detrended fluctuation analysis: Streich & Herrera 2005"),
    # tonal
    Descriptor("key", "text", "", None, None, "tonic of the key, with sharps: C, C# … B",
               "correlation with the profiles of Sha'ath 2011"),
    Descriptor("scale", "text", "", None, None, "major or minor", "as key"),
    Descriptor("key_strength", "scalar", "", 0, 1, "correlation of the chroma with the key's profile",
               "as key"),
    Descriptor("key_runner_up", "text", "", None, None, "tonic of the second best key", "as key"),
    Descriptor("scale_runner_up", "text", "", None, None, "scale of the second best key", "as key"),
    Descriptor("camelot", "text", "", None, None, "code of the key on the Camelot wheel, 1A … 12B", "Mixed In Key"),
    Descriptor("open_key", "text", "", None, None, "Open Key code of the key, 1d … 12m",
               "Beatport/Traktor notation"),
    Descriptor("tuning_hz", "scalar", "Hz", 427, 453, "tuning: the frequency of A4",
               "histogram of spectral peaks: Gómez 2006"),
    Descriptor("chroma_mean", "profile", "", 0, 1, "mean share of each pitch class, C first",
               "HPCP: Gómez 2006"),
    Descriptor("chroma_deviation", "profile", "", 0, 1, "standard deviation of the share of each pitch class",
               "as chroma_mean"),
    Descriptor("chord_change_rate_hz", "scalar", "Hz", 0, 10, "how often the best fitting triad changes, a second",
               "chord templates: Fujishima 1999"),
    Descriptor("chroma_curve", "series", "", 0, 1,
               "share of each pitch class over time, shape (n, 12), n ≤ 500, "
               "evenly spaced over the track", "as chroma_mean"),
    # loudness and dynamics
    Descriptor("loudness_lufs", "scalar", "LUFS", None, None,
               "integrated loudness; null for silence", _BS1770),
    Descriptor("loudness_range_lu", "scalar", "LU", 0, None, "how much the loudness varies", "EBU Tech 3342"),
    Descriptor("true_peak_dbtp", "scalar", "dBTP", None, None,
               "largest value, also between samples; null for silence", _BS1770 + " annex 2"),
    Descriptor("replay_gain_db", "scalar", "dB", None, None, "gain that brings the track to −18 LUFS",
               "ReplayGain 2.0"),
    Descriptor("dynamic_complexity_db", "scalar", "dB", 0, None,
               "how far the momentary loudness is from its mean, on average",
               "Streich 2007"),
    Descriptor("leading_silence_s", "scalar", "s", 0, None, "silence before the music",
               "this project: below −60 dBFS, or 40 dB below the loudest frame of a quiet track"),
    Descriptor("trailing_silence_s", "scalar", "s", 0, None, "silence after the music",
               "as leading_silence_s"),
    Descriptor("fade_in_s", "scalar", "s", 0, None, "length of the fade at the start, 0 if there is none",
               "this project: a steady rise of 15 dB or more to 3 dB below the median level"),
    Descriptor("fade_out_s", "scalar", "s", 0, None, "length of the fade at the end, 0 if there is none",
               "as fade_in_s"),
    Descriptor("loudness_curve_lufs", "series", "LUFS", -120, None,
               "short-term (3 s) loudness, one value a second",
               "EBU Tech 3341"),
    Descriptor("loudness_histogram", "series", "LUFS, blocks", None, None,
               "mean loudness and number of the 400 ms blocks in each 0.1 LU above −70 LUFS, shape (n, 2); "
               "the gain of an album is measured from them", _BS1770),
    # timbre
    Descriptor("spectral_centroid_hz", "scalar", "Hz", 0, None, "mean frequency of the magnitude spectrum", _PEETERS),
    Descriptor("spectral_bandwidth_hz", "scalar", "Hz", 0, None, "spread around the centroid", _PEETERS),
    Descriptor("spectral_rolloff_hz", "scalar", "Hz", 0, None,
               "frequency below which 85 % of the energy lies", _PEETERS),
    Descriptor("spectral_flatness", "scalar", "", 0, 1, "0 for a tone, 1 for white noise", _PEETERS),
    Descriptor("spectral_flux", "scalar", "", 0, 1,
               "how much the mel spectrum changes from frame to frame", _PEETERS),
    Descriptor("zero_crossing_rate", "scalar", "Hz", 0, None, "sign changes a second", _PEETERS),
    Descriptor("brightness", "scalar", "", 0, 1, "share of the energy above 1500 Hz", "Juslin 2000"),
    Descriptor("spectral_contrast_mean", "profile", "dB", 0, None,
               "difference of peaks and valleys in seven octave bands, lowest first",
               "Jiang et al. 2002"),
    Descriptor("mfcc_mean", "profile", "", None, None,
               "mean of 13 mel-frequency cepstral coefficients (of dB)",
               "Davis & Mermelstein 1980"),
    Descriptor("mfcc_variance", "profile", "", 0, None, "variance of the same coefficients", "as mfcc_mean"),
    # structure
    Descriptor("sections_s", "series", "s", 0, None, "start of each section, the first at 0",
               "checkerboard kernel on self-similarity: Foote 2000"),
    Descriptor("section_novelty", "series", "", 0, 1, "how clear the start of each section is (1 for the first)",
               "as sections_s"),
    Descriptor("energy_curve_db", "series", "dBFS", -120, None,
               "level (root mean square), one value a second", "—"),
    Descriptor("preview_start_s", "scalar", "s", 0, None,
               "where a preview should start: the section nearest to the "
               "loudest 30 s", "this project"),
    Descriptor("waveform_peaks", "series", "full scale", None, None,
               "minimum and maximum of all channels, shape "
               "(n, 2), n ≤ 2000, evenly spaced over the track", "—"),
    Descriptor("vector", "vector", "", None, None,
               "sound vector: numbers that describe how the track sounds, to compare tracks; see below",
               "this project"),
    Descriptor("landmarks", "landmarks", "ms, bits", 0, None,
               "when the spectrum changes most, and 32 bits that say how, shape (n, 2), of the first ten minutes: the "
               "same recording is found by them in other files",
               "Haitsma & Kalker 2002, A highly robust audio fingerprinting system; Wang 2003, An industrial-strength "
               "audio search algorithm"),
    # DESCRIPTORS=extended
    Descriptor("dissonance", "scalar", "", 0, 1, "roughness of the spectral peaks: 0 for a sine, null for silence",
               _ESSENTIA + "Dissonance: Plomp & Levelt 1965", cost="0.04 s a minute"),
    Descriptor("inharmonicity", "scalar", "", 0, 1,
               "how far the partials of clear pitches are from multiples of the fundamental",
               _ESSENTIA + "PitchYinFFT, Inharmonicity: Peeters 2004", cost="0.06 s a minute"),
    Descriptor("pitch_salience", "scalar", "", 0, 1, "how alike the spectrum is to itself, shifted: near 0 for a sine, "
               "higher for harmonics and noise",
               _ESSENTIA + "PitchSalience: Ricard 2004", cost="0.04 s a minute"),
    Descriptor("chords_key", "text", "", None, None,
               "root of the most frequent chord, spelled with sharps; null if no chord is clear",
               _ESSENTIA + "HPCP, ChordsDetection: Gómez 2006, Temperley 1999", cost="0.04 s a minute, all of chords"),
    Descriptor("chords_scale", "text", "", None, None, "major or minor: that chord", "as chords_key",
               cost=_WITH_CHORDS),
    Descriptor("chords_change_rate_hz", "scalar", "Hz", 0, 11, "how often the chord changes, a second", "as chords_key",
               cost=_WITH_CHORDS),
    Descriptor("chords_strength", "scalar", "", -1, 1, "mean correlation of the chroma with the chord", "as chords_key",
               cost=_WITH_CHORDS),
    Descriptor("chords_histogram", "profile", "", 0, 1,
               "share of the time of each triad: C, C# … B major, then C … B minor", "as chords_key",
               cost=_WITH_CHORDS),
    Descriptor("melody_low_hz", "scalar", "Hz", 55, 1760,
               "pitch under which the melody lies 5 % of the time, in one minute; null without a melody",
               _ESSENTIA + "PredominantPitchMelodia: Salamon & Gómez 2012", cost="0.9 s a track, all of melody"),
    Descriptor("melody_high_hz", "scalar", "Hz", 55, 1760, "pitch over which it lies 5 % of the time",
               "as melody_low_hz", cost="with melody_low_hz"),
    Descriptor("melody_range_semitones", "scalar", "semitones", 0, 60, "distance of the two", "as melody_low_hz",
               cost="with melody_low_hz"),
    Descriptor("intensity", "scalar", "", -1, 1, "−1 relaxed, 0 moderate, 1 aggressive; of one minute",
               _ESSENTIA + "Intensity", cost="0.16 s a track"),
    Descriptor("beat_loudness", "scalar", "", 0, None, "mean energy of the beats, in one minute",
               _ESSENTIA + "BeatsLoudness", cost="0.02 s a track"),
    Descriptor("beat_loudness_bands", "profile", "", 0, 1,
               "mean share of that energy in the bands 20–150–400–3200–7000–22,000 Hz", "as beat_loudness",
               cost="with beat_loudness"),
    # what only a model can predict
    Descriptor("valence", "perceptual", "", 0, 1, "how positive the music sounds", _EMPTY),
    Descriptor("acousticness", "perceptual", "", 0, 1, "probability that the music is acoustic", _EMPTY),
    Descriptor("instrumentalness", "perceptual", "", 0, 1, "probability that nobody sings", _EMPTY),
    Descriptor("speechiness", "perceptual", "", 0, 1, "share of speech", _EMPTY),
    Descriptor("liveness", "perceptual", "", 0, 1, "probability that an audience is present", _EMPTY),
    Descriptor("mood", "perceptual", "", None, None, "mood, as a word", _EMPTY),
    Descriptor("genre", "perceptual", "", None, None, "genre, as a word; from the sound, not from the tag", _EMPTY),
)
# fmt: on


def names(*kinds: Kind) -> tuple[str, ...]:
    """Return the names of descriptors of these kinds, in the order of the table."""
    return tuple(d.name for d in DESCRIPTORS if d.kind in kinds)


EXTENDED = tuple(d.name for d in DESCRIPTORS if d.cost)
"""The names that only ``DESCRIPTORS=extended`` computes."""

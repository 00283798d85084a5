"""Synthesize a short piece of music from a score, so that its tempo, beats and key are known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.audio.demo.harmony import Chord, chord, scale_pitch_classes
from workbench.audio.demo.instruments import RATE, drum, note

# Grooves, levels and times in this file are set by ear.
LEAD_IN_S = 0.1
RING_OUT_S = 0.9

# The beats of a bar on which each drum sounds, with the level.
Pattern = dict[str, tuple[tuple[float, float], ...]]


def _on(*beats: float, level: float = 1.0) -> tuple[tuple[float, float], ...]:
    return tuple((beat, level) for beat in beats)


_EIGHTHS = (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)
GROOVES: dict[str, Pattern] = {
    "none": {},
    "house": {
        "kick": _on(0, 1, 2, 3),
        "clap": _on(1, 3, level=0.7),
        "open hat": _on(0.5, 1.5, 2.5, 3.5, level=0.4),
    },
    "techno": {"kick": _on(0, 1, 2, 3), "hat": _on(*_EIGHTHS, level=0.4), "rim": _on(1.75, 3.25, level=0.4)},
    "rock": {"kick": _on(0, 2, 2.5), "snare": _on(1, 3), "hat": _on(*_EIGHTHS, level=0.4)},
    "punk": {"kick": _on(0, 1, 2, 3), "snare": _on(1, 3), "ride": _on(0, 1, 2, 3, level=0.5)},
    "ballad": {"kick": _on(0, 2), "snare": _on(1, 3, level=0.8), "hat": _on(0, 1, 2, 3, level=0.4)},
    "hip hop": {"kick": _on(0, 0.75, 2.5), "snare": _on(1, 3), "hat": _on(0, 1, 2, 3, level=0.6)},
    "funk": {
        "kick": _on(0, 1.5, 2),
        "snare": _on(1, 3),
        "hat": _on(0, 1, 2, 3, level=0.6),
        "shaker": _on(0.5, 2.5),
    },
    "swing": {
        "ride": _on(0, 1, 1.667, 2, 3, 3.667, level=0.7),
        "kick": _on(0, 2, level=0.6),
        "hat": _on(1, 3),
    },
    "bossa": {"kick": _on(0, 2, level=0.8), "rim": _on(0, 1.5, 3), "shaker": _on(0, 1, 2, 3, level=0.7)},
    "reggae": {"kick": _on(0, 2), "rim": _on(2), "hat": _on(0, 1, 2, 3, level=0.7)},
    "march": {"kick": _on(0, 2), "snare": _on(1, 3, level=0.6), "tom": _on(3, level=0.5)},
    "breakbeat": {
        "kick": _on(0, 2.5),
        "snare": _on(1, 3),
        "hat": _on(*_EIGHTHS, level=0.3),
        "rim": _on(0, 2),
    },
    "waltz": {"kick": _on(0), "brush": _on(1, 2)},
}
# Beat of the bar, chord tone (0 root, 1 third, 2 fifth, 3 octave) and length in beats.
BASS_LINES: dict[str, tuple[tuple[float, int, float], ...]] = {
    "held": ((0, 0, 4),),
    "beats": ((0, 0, 0.9), (1, 0, 0.9), (2, 0, 0.9), (3, 0, 0.9)),
    "root and fifth": ((0, 0, 1.8), (2, 2, 1.8)),
    "walking": ((0, 0, 0.95), (1, 1, 0.95), (2, 2, 0.95), (3, 3, 0.95)),
    "octaves": (
        (0, 0, 0.45),
        (0.5, 3, 0.4),
        (1, 0, 0.45),
        (1.5, 3, 0.4),
        (2, 0, 0.45),
        (2.5, 3, 0.4),
        (3, 0, 0.45),
    ),
    "downbeat": ((0, 0, 0.9),),
}
# Beat of the bar on which a chord is struck, and its length in beats.
COMPING: dict[str, tuple[tuple[float, float], ...]] = {
    "held": ((0, 4),),
    "beats": ((0, 0.9), (1, 0.9), (2, 0.9), (3, 0.9)),
    "halves": ((0, 1.9), (2, 1.9)),
    "off beats": ((0.5, 0.35), (1.5, 0.35), (2.5, 0.35), (3.5, 0.35)),
    "two and four": ((1, 0.6), (3, 0.6)),
    "oom pah": ((1, 0.7), (2, 0.7)),
    "arpeggio": (),
}


@dataclass(frozen=True, kw_only=True)
class Score:
    """A piece of music for :func:`render`."""

    bpm: float
    key: str
    scale: str
    progression: str  # one chord per bar, repeated; the piece always ends on the tonic
    bars: int
    groove: str = "rock"
    beats_per_bar: int = 4
    chords: str = "piano"
    comping: str = "beats"
    bass: str = "finger bass"
    bass_line: str = "beats"
    lead: str | None = None
    drive: float = 1.0
    seed: int = 0

    @property
    def beat_s(self) -> float:
        return 60.0 / self.bpm

    @property
    def seconds(self) -> float:
        """Length of the rendered piece, with the lead-in and the last notes."""
        return LEAD_IN_S + (self.bars * self.beats_per_bar) * self.beat_s + RING_OUT_S

    def beats_s(self) -> npt.NDArray[np.float64]:
        """Return the times of all beats, seconds, shape (bars * beats_per_bar,)."""
        return LEAD_IN_S + self.beat_s * np.arange(self.bars * self.beats_per_bar, dtype=np.float64)

    def chord_of_bar(self, bar: int) -> Chord:
        numerals = self.progression.split()
        tonic = "I" if self.scale == "major" else "i"
        return chord(tonic if bar == self.bars - 1 else numerals[bar % len(numerals)], self.key, self.scale)


def render(score: Score) -> npt.NDArray[np.float32]:
    """Synthesize a score.

    Parameters
    ----------
    score : Score

    Returns
    -------
    float32 array, shape (frames, 2)
        At :data:`workbench.audio.demo.instruments.RATE`, peak about 0.9. The same score gives the same samples.
    """
    mix = np.zeros((round(score.seconds * RATE), 2), np.float32)
    _play_drums(score, mix)
    _play_bass(score, mix)
    _play_chords(score, mix)
    if score.lead:
        _play_lead(score, mix)
    peak = float(np.abs(mix).max()) or 1.0
    loud = np.tanh(mix * np.float32(score.drive / peak))
    fade = np.linspace(1, 0, RATE // 20, dtype=np.float32)
    loud[-len(fade) :] *= fade[:, None]
    return np.asarray(loud * np.float32(0.9 / float(np.abs(loud).max())), np.float32)


def _add(
    mix: npt.NDArray[np.float32], sound: npt.NDArray[np.float32], at_s: float, level: float, pan: float
) -> None:
    """Add a sound to the mix; ``pan`` is -1 for left and 1 for right."""
    start = round(at_s * RATE)
    length = min(len(sound), len(mix) - start)
    for channel, gain in enumerate((level * min(1.0, 1 - pan), level * min(1.0, 1 + pan))):
        mix[start : start + length, channel] += np.float32(gain) * sound[:length]


def _bar_starts(score: Score) -> list[float]:
    return [LEAD_IN_S + bar * score.beats_per_bar * score.beat_s for bar in range(score.bars)]


_DRUM_MIX = {
    "kick": (0.95, 0.0),
    "snare": (0.6, 0.0),
    "hat": (0.5, 0.25),
    "open hat": (0.5, 0.25),
    "ride": (0.4, -0.3),
}


def _play_drums(score: Score, mix: npt.NDArray[np.float32]) -> None:
    for start in _bar_starts(score):
        for name, hits in GROOVES[score.groove].items():
            level, pan = _DRUM_MIX.get(name, (0.5, -0.2))
            for beat, loudness in hits:
                if beat < score.beats_per_bar:
                    _add(mix, drum(name), start + beat * score.beat_s, level * loudness, pan)


def _play_bass(score: Score, mix: npt.NDArray[np.float32]) -> None:
    for bar, start in enumerate(_bar_starts(score)):
        tones = score.chord_of_bar(bar)
        root = 33 + (tones.root - 33) % 12
        steps = [
            root,
            root + (tones.pitch_classes[1] - root) % 12,
            root + (tones.pitch_classes[2] - root) % 12,
            root + 12,
        ]
        for beat, step, beats in BASS_LINES[score.bass_line]:
            if beat < score.beats_per_bar:
                held = min(beats, score.beats_per_bar - beat) * score.beat_s
                _add(mix, note(score.bass, steps[step], held), start + beat * score.beat_s, 0.55, 0.0)


def _play_chords(score: Score, mix: npt.NDArray[np.float32]) -> None:
    for bar, start in enumerate(_bar_starts(score)):
        pitches = score.chord_of_bar(bar).voiced(55)
        if score.comping == "arpeggio" and bar < score.bars - 1:
            _play_arpeggio(score, mix, start, pitches)
            continue
        hits = ((0.0, 4.0),) if bar == score.bars - 1 else COMPING[score.comping]
        for beat, beats in hits:
            if beat < score.beats_per_bar:
                held = min(beats, score.beats_per_bar - beat) * score.beat_s
                _strike(score, mix, pitches, start + beat * score.beat_s, held)


def _strike(
    score: Score, mix: npt.NDArray[np.float32], pitches: Sequence[int], at_s: float, held_s: float
) -> None:
    for index, pitch in enumerate(pitches):
        pan = 0.6 * (index / (len(pitches) - 1) - 0.5)
        _add(mix, note(score.chords, pitch, held_s), at_s, 0.3, pan)


def _play_arpeggio(score: Score, mix: npt.NDArray[np.float32], start: float, pitches: list[int]) -> None:
    order = [*pitches, pitches[0] + 12, *reversed(pitches[1:])]
    for eighth in range(2 * score.beats_per_bar):
        on_beat = eighth % 2 == 0
        sound = note(score.chords, order[eighth % len(order)], 0.5 * score.beat_s)
        _add(
            mix, sound, start + 0.5 * eighth * score.beat_s, 0.5 if on_beat else 0.3, 0.3 if on_beat else -0.3
        )


def _play_lead(score: Score, mix: npt.NDArray[np.float32]) -> None:
    """Improvise a melody: chord tones on strong beats, notes of the scale between them, the tonic at the end."""
    assert score.lead is not None
    rng = np.random.default_rng(score.seed)
    scale = scale_pitch_classes(score.key, score.scale)
    pitch = 72
    for bar, start in enumerate(_bar_starts(score)[score.bars // 4 : -1], score.bars // 4):
        tones = score.chord_of_bar(bar)
        for beat in range(score.beats_per_bar):
            if beat % 2 and rng.random() < 0.3:
                continue
            allowed = tones.pitch_classes if beat % 2 == 0 else sorted(scale | set(tones.pitch_classes[:1]))
            near = [p for p in range(max(pitch - 5, 67), min(pitch + 6, 86)) if p % 12 in allowed]
            pitch = int(rng.choice(near))
            _add(mix, note(score.lead, pitch, 0.8 * score.beat_s), start + beat * score.beat_s, 0.26, 0.15)
    tonic = 72 + (score.chord_of_bar(score.bars - 1).root - 72) % 12
    _add(mix, note(score.lead, tonic, score.beats_per_bar * score.beat_s), _bar_starts(score)[-1], 0.26, 0.15)

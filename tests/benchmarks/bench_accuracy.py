"""How right the analysis is, next to Essentia and librosa, in one run.

Run by hand: python tests/benchmarks/bench_accuracy.py [FOLDER...]
A folder holds music and ``tempo.csv`` (columns file, bpm), and ``key.csv`` (file, key as in "F# minor") or files of
beats (NAME.beats, one time in seconds a line) where there are any. Without one, only synthesized truth is measured.
Where `workbench models get` has fetched TempoCNN, it takes part: alone, and as the workbench asks it.
Beats and keys are scored by mir_eval. librosa takes part when it is installed: python -m pip install librosa
"""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import mir_eval
import numpy as np
import numpy.typing as npt
import soxr

from workbench.analysis.one_pass import describe
from workbench.audio.demo.demo_library import DEMO_TRACKS
from workbench.audio.demo.synthesis import GROOVES, Score, render
from workbench.audio.pitch_names import PITCH_NAMES
from workbench.audio.streaming_loader import open_audio
from workbench.lazy_imports import get_essentia
from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.registry import models_that_listen
from workbench.models.networks.tempo_network import LOWEST_BPM, TempoListener, load_tempo_network
from workbench.models.networks.tempo_network import RATE as TEMPO_RATE
from workbench.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1]))
import signals

RATE = 44100
SYNTHESIZED_TEMPOS = (64, 78, 92, 104, 118, 126, 140, 160, 174)
PROGRESSIONS = {
    "major": ("I V vi IV", "I IV V I", "ii V I vi"),
    "minor": ("i VI III VII", "i iv v i", "i iv VII III"),
}
FLAT = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#"}

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    name: str
    load: Callable[[], Samples]
    bpm: float | None = None
    key: tuple[str, str] | None = None
    beats_s: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Answer:
    bpm: float | None
    key: tuple[str, str] | None
    beats_s: npt.NDArray[np.float64]


def ours(samples: Samples) -> Answer:
    found = describe([samples], RATE, samples.shape[1])
    key = (found["key"], found["scale"]) if "key" in found else None
    return Answer(found.get("bpm"), key, np.asarray(found.get("beats_s", ())))


def with_network(model: ModelFile, samples: Samples) -> Answer:
    listener = TempoListener(model)
    listener.push(samples, RATE)
    found = describe([samples], RATE, samples.shape[1], vote=listener.vote)
    return Answer(found.get("bpm"), None, np.asarray(found.get("beats_s", ())))


def network_alone(model: ModelFile, samples: Samples) -> Answer:
    likely = load_tempo_network(model)(soxr.resample(_mono(samples), RATE, TEMPO_RATE))
    return Answer(float(LOWEST_BPM + np.argmax(likely)), None, np.zeros(0))


def essentia_multifeature(samples: Samples) -> Answer:
    es = get_essentia()
    mono = _mono(samples)
    bpm, beats, *_ = es.RhythmExtractor2013(method="multifeature")(mono)
    return Answer(float(bpm), _essentia_key(mono, "bgate"), np.asarray(beats, np.float64))


def essentia_percival(samples: Samples) -> Answer:
    """Percival for tempo; Krumhansl's profile for key, the other common choice."""
    mono = _mono(samples)
    return Answer(
        float(get_essentia().PercivalBpmEstimator()(mono)), _essentia_key(mono, "krumhansl"), np.zeros(0)
    )


def librosa_beats(samples: Samples) -> Answer:
    import librosa

    mono = librosa.resample(_mono(samples), orig_sr=RATE, target_sr=22050)
    bpm, beats = librosa.beat.beat_track(y=mono, sr=22050, units="time")
    return Answer(float(np.ravel(bpm)[0]), None, np.asarray(beats))


def _essentia_key(mono: npt.NDArray[np.float32], profile: str) -> tuple[str, str]:
    key, scale, _ = get_essentia().KeyExtractor(profileType=profile)(mono)
    return FLAT.get(key, key), scale


def _mono(samples: Samples) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(samples.mean(axis=1), np.float32)


COLUMNS = {"one": 14, "two": 14, "key": 14, "beats": 10}
METHODS: dict[str, Callable[[Samples], Answer]] = {
    "workbench": ours,
    "Essentia multifeature + bgate": essentia_multifeature,
    "Essentia Percival + krumhansl": essentia_percival,
}


def accuracy(bpm: float | None, truth: float, factors: tuple[float, ...]) -> bool:
    return bpm is not None and any(abs(bpm - truth * factor) <= 0.04 * truth * factor for factor in factors)


def weighted_key(found: tuple[str, str] | None, truth: tuple[str, str]) -> float:
    """MIREX: same 1, a fifth above 0.5, relative 0.3, parallel 0.2."""
    return 0.0 if found is None else float(mir_eval.key.weighted_score(" ".join(truth), " ".join(found)))


def f_measure(found: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> float:
    """Beats after the fifth second, within 70 ms, each matched once (Dixon 2007)."""
    found, truth = (mir_eval.beat.trim_beats(np.asarray(beats, np.float64)) for beats in (found, truth))
    return float(mir_eval.beat.f_measure(truth, found)) if len(found) and len(truth) else 0.0


def synthesized() -> Iterator[tuple[str, list[Piece]]]:
    demo = [
        Piece(t.title, partial(render, t.score), t.bpm, (t.key, t.scale), t.beats_s()) for t in DEMO_TRACKS
    ]
    yield "demo library", demo
    grooves = []
    for index, groove in enumerate(g for g in GROOVES if g != "none"):
        for bpm in SYNTHESIZED_TEMPOS[index % 3 :: 3]:
            score = _score(bpm + 0.3 * index, PITCH_NAMES[index % 12], "major", 0, groove=groove, seconds=36)
            grooves.append(Piece(f"{groove} {bpm}", partial(render, score), score.bpm, None, score.beats_s()))
    yield "every groove, three tempos", grooves
    quiet = []
    for index, comping in enumerate(("arpeggio", "beats", "halves", "off beats", "two and four")):
        for bpm in SYNTHESIZED_TEMPOS[index % 3 : 7 : 3]:
            score = _score(bpm + 0.7, PITCH_NAMES[5 * index % 12], "minor", 0, groove="none", seconds=36)
            score = replace(score, comping=comping, bass_line="root and fifth", lead="flute")
            quiet.append(Piece(f"{comping} {bpm}", partial(render, score), score.bpm, None, score.beats_s()))
    yield "without drums", quiet
    fours = [
        Piece(f"clap {loud} {bpm}", partial(kick_and_clap, bpm, loud), float(bpm))
        for loud in (0.2, 0.5, 1.0)
        for bpm in range(120, 151, 5)
    ]
    yield "kick on each beat, clap on every other", fours
    drifting = []
    for index, groove in enumerate(("rock", "ballad", "swing", "waltz", "none")):
        for bpm in (72 + index, 96 + index, 128 + index):
            score = _score(bpm, PITCH_NAMES[7 * index % 12], "major", 0, groove=groove, seconds=50)
            beats = _drift(score.beats_s())
            tempo = 60 / float(np.median(np.diff(beats)))
            drifting.append(Piece(f"{groove} {bpm}", partial(_drifting, score), tempo, None, beats))
    yield "tempo that drifts by 5 % to and fro, twice a minute", drifting
    keys = []
    for tonic in PITCH_NAMES:
        for scale, progressions in PROGRESSIONS.items():
            for which in range(len(progressions)):
                groove = ("none", "rock", "ballad")[which]
                score = _score(100 + 7 * which, tonic, scale, which, groove=groove, seconds=20)
                keys.append(Piece(f"{tonic} {scale}", partial(render, score), None, (tonic, scale)))
    yield "24 keys, three progressions", keys


def kick_and_clap(bpm: float, loud: float) -> Samples:
    time = np.arange(25 * RATE) / RATE
    beat = 60 / bpm
    kick = np.sin(2 * np.pi * 55 * (time % beat)) * np.exp(-10 * (time % beat))
    clap = np.random.default_rng(0).standard_normal(len(time)) * np.exp(-25 * ((time - beat) % (2 * beat)))
    return (0.3 * (kick + loud * clap * (time > beat)))[:, None].astype(np.float32)


def _drift(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return when a player who rushes and drags comes to what a machine plays at these times."""
    return seconds + 0.05 * np.sin(2 * np.pi * seconds / 30) * 30 / (2 * np.pi)


def _drifting(score: Score) -> Samples:
    """A recording whose speed, and so its pitch, wavers."""
    played = render(score)
    nominal = np.arange(len(played)) / RATE
    places = np.interp(
        np.arange(0, _drift(nominal[-1:])[0], 1 / RATE), _drift(nominal), np.arange(len(played))
    )
    return np.stack(
        [np.interp(places, np.arange(len(played)), channel) for channel in played.T], axis=1
    ).astype(np.float32)


def _score(bpm: float, key: str, scale: str, which: int, *, groove: str, seconds: float) -> Score:
    beats = 3 if groove == "waltz" else 4
    return Score(
        bpm=bpm,
        key=key,
        scale=scale,
        progression=PROGRESSIONS[scale][which],
        groove=groove,
        beats_per_bar=beats,
        bars=max(4, round(seconds * bpm / 60 / beats)),
        chords=("piano", "guitar", "organ")[which],
        comping="oom pah" if beats == 3 else "beats",
        bass_line="downbeat" if beats == 3 else "beats",
        lead="flute" if which == 1 else None,
        seed=int(bpm),
    )


def annotated(folder: Path) -> list[Piece]:
    tempos, keys = _column(folder / "tempo.csv", "bpm"), _column(folder / "key.csv", "key")
    pieces = []
    for name in sorted({*tempos, *keys}):
        beats = folder / (name + ".beats")
        key = keys[name].split() if name in keys else None
        pieces.append(
            Piece(
                name,
                partial(_load, folder / name),
                float(tempos[name]) if name in tempos else None,
                (FLAT.get(key[0], key[0]), key[1]) if key else None,
                np.loadtxt(beats, ndmin=1) if beats.exists() else None,
            )
        )
    return pieces


def _column(path: Path, name: str) -> dict[str, str]:
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["file"]: row[name] for row in csv.DictReader(file)}


def _load(path: Path) -> Samples:
    with open_audio(path) as stream:
        samples = np.concatenate([block.copy() for block in stream])
    if stream.rate == RATE:
        return samples
    resample = get_essentia().Resample(inputSampleRate=stream.rate, outputSampleRate=RATE)
    return np.stack([resample(np.ascontiguousarray(channel)) for channel in samples.T], axis=1)


def measure(title: str, pieces: list[Piece]) -> None:
    print(f"\n{title}: {len(pieces)} pieces")
    print(f"{'':32}{'tempo acc. 1':>14}{'tempo acc. 2':>14}{'key (MIREX)':>14}{'beats F':>10}")
    scores: dict[str, dict[str, list[float]]] = {name: {} for name in METHODS}
    for piece in pieces:
        samples = piece.load()
        for name, method in METHODS.items():
            answer, found = method(samples), scores[name]
            if piece.bpm is not None:
                found.setdefault("one", []).append(accuracy(answer.bpm, piece.bpm, (1,)))
                found.setdefault("two", []).append(accuracy(answer.bpm, piece.bpm, (1, 2, 3, 1 / 2, 1 / 3)))
            if piece.key is not None and not name.startswith(("librosa", "TempoCNN", "workbench with")):
                found.setdefault("key", []).append(weighted_key(answer.key, piece.key))
            if piece.beats_s is not None and not name.endswith(("krumhansl", "CNN")):
                found.setdefault("beats", []).append(f_measure(answer.beats_s, piece.beats_s))
    for name, found in scores.items():
        print(f"{name:32}" + "".join(f"{_cell(found, what):>{width}}" for what, width in COLUMNS.items()))
    ours, *peers = scores.values()
    for what in ours:
        best = max(np.mean(peer[what]) for peer in peers if what in peer)
        if np.mean(ours[what]) < best - 1e-9:
            print(f"  below the best peer: {what}, {np.mean(ours[what]):.3f} against {best:.3f}")


def _cell(found: dict[str, list[float]], what: str) -> str:
    return f"{np.mean(found[what]):.3f}" if what in found else "—"


def loudness_cases() -> Iterator[tuple[str, Samples, int, str, float]]:
    """Signals of EBU Tech 3341, 3342 and BS.2217's kind: what they are, what must be read."""
    steps = {
        "3341-1: −23 dBFS": ([(-23, 20)], -23.0),
        "3341-2: −33 dBFS": ([(-33, 20)], -33.0),
        "3341-3: relative gate": ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        "3341-4: absolute gate": ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
        "3341-5: three levels": ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
    }
    for name, (levels, lufs) in steps.items():
        yield name, signals.level_steps(levels), 48000, "loudness_lufs", lufs
    surround = signals.tone(1000, 20, rate=48000, level_db=0, channels=6)
    surround *= 10 ** (np.array([-28, -28, -24, -200, -30, -30], np.float32) / 20)
    yield "3341-6: 5.1", surround, 48000, "loudness_lufs", -23.0
    yield "997 Hz, one channel, 0 dBFS", signals.tone(997, 10, level_db=0), RATE, "loudness_lufs", -3.01
    for case, low in enumerate((-30, -15, -40), start=1):
        levels = [(-20, 20), (low, 20)]
        yield f"3342-{case}", signals.level_steps(levels), 48000, "loudness_range_lu", float(abs(low + 20))
    yield (
        "3342-4",
        signals.level_steps([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)]),
        48000,
        "loudness_range_lu",
        15.0,
    )
    for number, (divisor, degrees, level) in enumerate(
        ((4, 0, -6), (4, 45, -6), (6, 60, -6), (8, 67.5, -6)), start=15
    ):
        yield (
            f"3341-{number}: fs/{divisor}, {degrees}°",
            _faded_tone(divisor, degrees, level),
            48000,
            "true_peak_dbtp",
            float(level),
        )
    yield "3341-19: fs/4, 45°, +3", _faded_tone(4, 45, 3), 48000, "true_peak_dbtp", 3.0


def _faded_tone(divisor: float, degrees: float, level_db: float) -> Samples:
    """A tone that starts at once overshoots between samples, truly: the test is about the steady tone."""
    wave = signals.tone(
        48000 / divisor, 2, rate=48000, level_db=level_db, channels=2, phase=np.radians(degrees)
    )
    fade = np.minimum(1, np.arange(len(wave), dtype=np.float32) / 2400)
    return wave * np.minimum(fade, fade[::-1])[:, None]


def measure_loudness() -> None:
    es: Any = get_essentia()
    print(f"\n{'loudness':32}{'wanted':>10}{'workbench':>12}{'error':>9}{'Essentia':>12}")
    for name, samples, rate, what, wanted in loudness_cases():
        read = describe([samples], rate, samples.shape[1])[what]
        theirs = float("nan")
        if samples.shape[1] == 2 and what != "true_peak_dbtp":
            *_, integrated, spread = es.LoudnessEBUR128(sampleRate=rate)(np.ascontiguousarray(samples))
            theirs = integrated if what == "loudness_lufs" else spread
        elif what == "true_peak_dbtp":
            _, peaks = es.TruePeakDetector(sampleRate=rate)(np.ascontiguousarray(samples[:, 0]))
            theirs = 20 * np.log10(np.abs(peaks).max())
        print(f"{name:32}{wanted:>10.2f}{read:>12.3f}{read - wanted:>+9.3f}{theirs:>12.3f}")


def main() -> None:
    if importlib.util.find_spec("librosa") is not None:
        METHODS["librosa beat_track"] = librosa_beats
    models = models_that_listen(Settings.load().models_dir)
    for model in (model for model in models if model.kind == "tempo"):
        METHODS["workbench with TempoCNN"] = partial(with_network, model)
        METHODS["TempoCNN"] = partial(network_alone, model)
    measure_loudness()
    for folder in sys.argv[1:]:
        measure(folder, annotated(Path(folder)))
    for title, pieces in synthesized():
        measure(title, pieces)


if __name__ == "__main__":
    main()

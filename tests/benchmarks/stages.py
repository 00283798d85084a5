"""Where the time of an analysis goes, meter by meter: CPU seconds of each public step, without those inside it."""

from __future__ import annotations

import functools
import inspect
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from workbench.analysis import blocks, mixdown, one_pass, waveform
from workbench.analysis.level import loudness, true_peak
from workbench.analysis.rhythm import onsets
from workbench.analysis.spectrum import mel, spectra, timbre
from workbench.analysis.tonality import tonal
from workbench.audio import streaming_loader

STEPS: tuple[tuple[str, Any, str], ...] = (
    ("decoding", streaming_loader.AudioStream, "__iter__"),
    ("blocks to chunks", blocks.Chunks, "__iter__"),
    ("true peak", true_peak.TruePeakMeter, "feed"),
    ("extremes", one_pass, "extremes"),
    ("waveform", waveform.WaveformMeter, "feed"),
    ("loudness", loudness.LoudnessMeter, "feed"),
    ("mixdown", mixdown.Mixdown, "__call__"),
    ("spectra", spectra.ShortTimeFourier, "feed"),
    ("powers", one_pass, "power"),
    ("powers", tonal, "power"),
    ("zero crossings", one_pass._Meters, "_count_crossings"),
    ("mel bands", mel.MelBands, "__call__"),
    ("onset envelopes", onsets.OnsetMeter, "feed"),
    ("timbre", timbre.TimbreMeter, "feed"),
    ("chroma", tonal.ChromaMeter, "feed"),
    ("tempo", one_pass, "normalize"),
    ("tempo", one_pass, "estimate_tempo"),
    ("beats", one_pass, "track_beats"),
    ("sections", one_pass, "find_sections"),
    ("danceability", one_pass, "danceability"),
    ("key and chords", tonal.ChromaMeter, "finish"),
    ("key and chords", one_pass, "_tonal"),
    ("set-up", one_pass._Meters, "__init__"),
    ("the rest", one_pass, "describe"),
)


class _Clock:
    """CPU seconds by step; a step that calls another hands the time over to it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._open: list[str] = ["outside"]
        self._since = time.process_time()

    def _turn(self) -> None:
        now = time.process_time()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def resumed(*args: Any, **kwargs: Any) -> Iterator[Any]:
                values = function(*args, **kwargs)
                while True:
                    with self.step(name):
                        value = next(values, resumed)
                    if value is resumed:
                        return
                    yield value

            return resumed

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self.step(name):
                return function(*args, **kwargs)

        return called


def cpu_by_step(work: Callable[[str], object], files: list[str]) -> dict[str, float]:
    """Return CPU seconds of each step over all files, best of three rounds by total."""
    rounds = []
    for _round in range(3):
        clock = _Clock()
        patches = [
            mock.patch.object(owner, name, clock.wrap(step, getattr(owner, name)))
            for step, owner, name in STEPS
        ]
        for patch in patches:
            patch.start()
        try:
            with clock.step("the rest"):
                for path in files:
                    work(path)
        finally:
            mock.patch.stopall()
        clock.seconds.pop("outside")
        rounds.append(dict(clock.seconds))
    return min(rounds, key=lambda steps: sum(steps.values()))


def print_steps(work: Callable[[str], object], files: list[str], audio_seconds: float) -> None:
    steps = cpu_by_step(work, files)
    print(f"\nwhat the time is spent on{'CPU s per 318 s':>20}{'of decoding':>14}{'of all':>10}")
    for name, seconds in sorted(steps.items(), key=lambda item: -item[1]):
        print(
            f"  {name:28}{seconds / audio_seconds * 318:>15.4f}{seconds / steps['decoding']:>14.3f}"
            f"{100 * seconds / sum(steps.values()):>9.1f} %"
        )

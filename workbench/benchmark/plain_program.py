"""The program that the seed started from, written plainly but competently. This is *before* in the benchmark.

It imports at the top, loads whole files, analyzes one file after another with Essentia's own algorithms, keeps results
in SQLite with a connection for each query, and serves from threads. It computes fewer descriptors than the workbench:
no true peak, no chords, no sections, no sound vector.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from workbench.store.sqlite.sqlite_module import sqlite3

RATE = 44100  # samples per second, as on a CD


def import_everything() -> None:
    """Import what such a program imports at the top of its modules, Essentia first: the other order aborts."""
    from workbench.lazy_imports import get_essentia, get_tensorflow

    get_essentia()
    get_tensorflow()
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import scipy.signal  # noqa: F401
    import sklearn.cluster  # noqa: F401


@contextmanager
def connection(path: Path) -> Iterator[Any]:
    """Open the database for one query."""
    opened = sqlite3.connect(path, timeout=30)
    try:
        with opened:
            yield opened
    finally:
        opened.close()


def make_table(database: Path) -> None:
    with connection(database) as opened:
        opened.execute("CREATE TABLE IF NOT EXISTS features (path TEXT PRIMARY KEY, features TEXT)")


def analyze(path: str) -> dict[str, Any]:
    """Analyze one file, which is loaded as a whole."""
    import essentia.standard as es
    import numpy as np

    audio, rate, channels, _, _, _ = es.AudioLoader(filename=path)()
    mono = es.MonoMixer()(audio, channels)
    if rate != RATE:
        mono = es.Resample(inputSampleRate=rate, outputSampleRate=RATE)(mono)
    bpm, _, confidence, _, _ = es.RhythmExtractor2013()(mono)
    key, scale, strength = es.KeyExtractor()(mono)
    _, _, loudness, loudness_range = es.LoudnessEBUR128(sampleRate=rate)(audio)
    found = {
        "duration_s": len(mono) / RATE,
        "bpm": bpm,
        "bpm_confidence": confidence,
        "key": key,
        "scale": scale,
        "key_strength": strength,
        "loudness_lufs": loudness,
        "loudness_range_lu": loudness_range,
        "replay_gain_db": es.ReplayGain()(mono),
        "danceability": es.Danceability()(mono)[0],
        "dynamic_complexity_db": es.DynamicComplexity()(mono)[0],
    }
    window, spectrum, mfcc = es.Windowing(type="hann"), es.Spectrum(), es.MFCC()
    centroid, rolloff, flatness = es.Centroid(range=RATE / 2), es.RollOff(), es.Flatness()
    rows = []
    for frame in es.FrameGenerator(mono, frameSize=2048, hopSize=1024):
        bins = spectrum(window(frame))
        rows.append([centroid(bins), rolloff(bins), flatness(bins), *mfcc(bins)[1]])
    means = np.mean(rows, axis=0)
    names = ("spectral_centroid_hz", "spectral_rolloff_hz", "spectral_flatness")
    found |= dict(zip(names, means, strict=False)) | {"mfcc_mean": means[3:].tolist()}
    return {name: value if isinstance(value, str | list) else float(value) for name, value in found.items()}


def analyze_all(paths: Sequence[str], database: Path) -> None:
    """Analyze one file after another, and keep each result."""
    for path in paths:
        keep(database, path, analyze(path))


def keep(database: Path, path: str, features: dict[str, Any]) -> None:
    with connection(database) as opened:
        opened.execute("INSERT OR REPLACE INTO features VALUES (?, ?)", (path, json.dumps(features)))


class _Handler(BaseHTTPRequestHandler):
    database: Path
    one_analysis = threading.Lock()
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.one_analysis:
            features = analyze(body["file_path"])
        keep(self.database, body["file_path"], features)
        self._answer(features)

    def do_GET(self) -> None:
        with connection(self.database) as opened:
            rows = opened.execute("SELECT path, features FROM features LIMIT 50").fetchall()
        self._answer({"tracks": [{"path": path} | json.loads(features) for path, features in rows]})

    def _answer(self, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, because the parent reads the output of this process."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(database: Path) -> None:
    """Print the address as the first line, and serve until killed.

    Only the modules of an analysis are imported. Others would delay the start, which has its own measurement.
    """
    from workbench.lazy_imports import get_essentia

    get_essentia()
    make_table(database)
    _Handler.database = database
    server = _Server(("127.0.0.1", 0), _Handler)
    os.write(1, f"is at http://127.0.0.1:{server.server_port}/\n".encode())
    server.serve_forever()

"""Which decoder is faster for each format, what a long file costs in memory, and what finding files costs.

Run by hand: python tests/benchmarks/bench_streaming.py [FOLDER]
With a folder, the first minutes of its music are what is encoded and decoded; else it is the demo library's.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import soundfile
from mutagen.ogg import OggPage

from workbench.audio.decoders import DECODERS
from workbench.audio.demo.demo_library import DEMO_TRACKS
from workbench.audio.demo.synthesis import render
from workbench.audio.fingerprint import content_hash
from workbench.audio.scan import FoundFile, scan
from workbench.audio.streaming_loader import open_audio
from workbench.audio.tags import read_tags
from workbench.machine.memory import memory_accounts

RATE = 44100
MUSIC_S = 180
LONG_S = 3 * 3600
ROUNDS = 5
LONG_FORMATS = (".wav", ".flac", ".mp3", ".ogg", ".m4a", ".aac")

# Name, container as in DECODERS, file name, FFmpeg's muxer and codec or libsndfile's subtype.
FORMATS = [
    ("wav 16 bit", "wav", "16.wav", "PCM_16"),
    ("wav 24 bit", "wav", "24.wav", "PCM_24"),
    ("wav float", "wav", "float.wav", "FLOAT"),
    ("aiff", "aiff", "x.aiff", "PCM_16"),
    ("flac", "flac", "x.flac", "PCM_16"),
    ("ogg", "ogg", "x.ogg", "VORBIS"),
    ("opus", "opus", "x.opus", "OPUS"),
    ("mp3", "mp3", "x.mp3", "MPEG_LAYER_III"),
    ("m4a AAC", "mp4", "x.m4a", ("ipod", "aac", "fltp")),
    ("m4a ALAC", "mp4", "alac.m4a", ("ipod", "alac", "s16p")),
    ("wma", "wma", "x.wma", ("asf", "wmav2", "fltp")),
    ("wavpack", "wavpack", "x.wv", ("wv", "wavpack", "fltp")),
]


def cpu_seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def music(folder: Path | None) -> np.ndarray:
    """Return MUSIC_S seconds of stereo, shape (frames, 2), whatever the rate of where it is from."""
    pieces, frames = [], 0
    sources = (render(track.score) for track in DEMO_TRACKS) if folder is None else stereo_blocks(folder)
    for piece in sources:
        pieces.append(piece)
        frames += len(piece)
        if frames >= MUSIC_S * RATE:
            break
    joined = np.concatenate(pieces)
    repeats = -(-MUSIC_S * RATE // len(joined))
    return np.tile(joined, (repeats, 1))[: MUSIC_S * RATE]


def stereo_blocks(folder: Path):
    for found in scan(folder):
        if isinstance(found, FoundFile):
            with open_audio(found.path) as stream:
                for block in stream:
                    yield block[:, [0, min(1, stream.channels - 1)]]


def encode(path: Path, samples: np.ndarray, how: str | tuple[str, str, str]) -> None:
    if isinstance(how, str):
        rate = 48000 if how == "OPUS" else RATE
        with soundfile.SoundFile(path, "w", rate, 2, how, format=container_name(path)) as file:
            write_in_pieces(file, samples)
        return
    muxer, codec, sample_format = how
    planes = np.ascontiguousarray(samples.T)
    if sample_format == "s16p":
        planes = np.round(planes * 32767).astype(np.int16)
    with av.open(str(path), "w", format=muxer) as out:
        stream = out.add_stream(codec, rate=RATE, layout="stereo")
        stream.bit_rate = 160_000
        for start in range(0, planes.shape[1], 4096):
            piece = np.ascontiguousarray(planes[:, start : start + 4096])
            frame = av.AudioFrame.from_ndarray(piece, format=sample_format, layout="stereo")
            frame.rate, frame.pts = RATE, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def container_name(path: Path) -> str:
    return {".opus": "OGG", ".aiff": "AIFF"}.get(path.suffix, path.suffix[1:].upper())


def drain(path: Path, decoder: str | None = None) -> None:
    with open_audio(path, decoder=decoder) as stream:
        for _ in stream:
            pass


def silently(work: Callable[[], object]) -> float:
    """Return the CPU seconds of ``work`` with standard error closed: libsndfile chats about mp3."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        return cpu_seconds(work)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def decoder_table(folder: Path, samples: np.ndarray) -> None:
    print(f"Decoding {MUSIC_S} s of stereo to interleaved float32, CPU seconds, best of {ROUNDS}, in turns")
    print(f"{'format':12}{'libsndfile':>12}{'ffmpeg':>9}{'ratio':>8}{'× real time':>13}   chosen")
    for name, container, file_name, how in FORMATS:
        path = folder / file_name
        encode(path, samples, how)
        best = dict.fromkeys(["libsndfile", "ffmpeg"] if isinstance(how, str) else ["ffmpeg"], np.inf)
        for _ in range(ROUNDS):
            for decoder in best:
                best[decoder] = min(best[decoder], silently(lambda p=path, d=decoder: drain(p, d)))
        chosen = DECODERS[container][0]
        sndfile = f"{best['libsndfile']:12.3f}" if "libsndfile" in best else f"{'–':>12}"
        ratio = f"{best['ffmpeg'] / best['libsndfile']:8.2f}" if "libsndfile" in best else f"{'–':>8}"
        print(
            f"{name:12}{sndfile}{best['ffmpeg']:9.3f}{ratio}{MUSIC_S / best[chosen]:13.0f}   {chosen}",
            flush=True,
        )
        path.unlink()


# Memory

PEAK_SCRIPT = """
import sys
from workbench.audio.streaming_loader import open_audio
with open_audio(sys.argv[1]) as stream:
    for block in stream:
        pass
    seconds = stream.duration_s
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(seconds, int(peak) / 1024)
"""


def peak_mib(path: Path) -> tuple[float, float]:
    """Return the seconds decoded and the peak RSS in MiB of a fresh process that streams one file."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK_SCRIPT, str(path)], check=True, capture_output=True, text=True
    )
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def write_repeated(path: Path, samples: np.ndarray, seconds: float) -> None:
    """Encode ``samples`` again and again, a piece at a time, until the file lasts ``seconds``."""
    fast = {"compression_level": 0.0} if path.suffix == ".flac" else {}
    with soundfile.SoundFile(path, "w", RATE, samples.shape[1], format=container_name(path), **fast) as file:
        for _ in range(round(seconds * RATE / len(samples))):
            write_in_pieces(file, samples)


def write_in_pieces(file: soundfile.SoundFile, samples: np.ndarray) -> None:
    """Write a second at a time: libsndfile's Vorbis encoder overruns its stack on much more."""
    for start in range(0, len(samples), RATE):
        file.write(samples[start : start + RATE])


def remux_repeated(source: Path, path: Path, times: int) -> None:
    """Copy the packets of ``source`` again and again: a long file without the time to encode it."""
    with av.open(str(path), "w") as out:
        stream, offset = None, 0
        for _ in range(times):
            with av.open(str(source)) as container:
                track = container.streams.audio[0]
                stream = stream or out.add_stream_from_template(track)
                start, end = None, 0
                for packet in container.demux(track):
                    if packet.dts is None:
                        continue
                    start = packet.pts if start is None else start
                    end = max(end, packet.pts + packet.duration)
                    packet.pts += offset
                    packet.dts += offset
                    packet.stream = stream
                    out.mux(packet)
                offset += end - (start or 0)


def chain_ogg(source: Path, path: Path, times: int) -> None:
    """Put a stream behind the other in one file, each under its own serial number, as the format allows."""
    content = source.read_bytes()
    with path.open("wb") as out:
        for serial in range(1, times + 1):
            pages = BytesIO(content)
            while pages.tell() < len(content):
                page = OggPage(pages)
                page.serial = serial
                out.write(page.write())


def memory_table(folder: Path, samples: np.ndarray) -> None:
    print(f"\nPeak RSS of a process that streams one file, MiB (bar: {LONG_S // 3600} h − 3 min within ±16)")
    print(f"{'format':12}{'3 min':>9}{'long':>9}{'more':>8}   decoded")
    for suffix in LONG_FORMATS:
        short, long = folder / f"short{suffix}", folder / f"long{suffix}"
        if suffix in (".wav", ".flac"):
            write_repeated(short, samples, MUSIC_S)
            write_repeated(long, samples, LONG_S)
        else:
            how = next((h for _, _, n, h in FORMATS if n == f"x{suffix}"), ("adts", "aac", "fltp"))
            encode(short, samples, how)
            lengthen = chain_ogg if suffix == ".ogg" else remux_repeated
            lengthen(short, long, LONG_S // MUSIC_S)
        (_, short_mib), (long_s, long_mib) = peak_mib(short), peak_mib(long)
        more = f"{long_mib - short_mib:+8.1f}"
        print(f"{suffix[1:]:12}{short_mib:9.1f}{long_mib:9.1f}{more}   {long_s / 3600:.2f} h", flush=True)
        short.unlink()
        long.unlink()


# Finding files


def finding_table(folder: Path, count: int = 10_000) -> None:
    for index in range(count):
        path = folder / f"artist {index % 200}" / f"album {index % 1000}" / f"{index:05d} title.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = list(scan(folder))
    ours = min(silently(lambda: list(scan(folder))) for _ in range(ROUNDS))
    walk = min(silently(lambda: walk_and_stat(folder)) for _ in range(ROUNDS))
    print(f"\nFinding {len(found)} files in 1,200 folders: {ours:.3f} CPU seconds,")
    print(f"{ours / walk:.2f} × os.walk with one stat a file ({walk:.3f} s)")


def walk_and_stat(folder: Path) -> int:
    return sum(
        os.stat(f"{top}/{name}").st_size  # noqa: PTH116
        for top, _, names in os.walk(folder)
        for name in names
    )


def small_costs(folder: Path, samples: np.ndarray) -> None:
    path = folder / "x.flac"
    encode(path, samples, "PCM_16")
    size_bytes = path.stat().st_size
    hashing = min(silently(lambda: content_hash(path)) for _ in range(ROUNDS))
    tags = min(silently(lambda: [read_tags(path) for _ in range(50)]) for _ in range(ROUNDS)) / 50
    watch = min(silently(lambda: [memory_accounts() for _ in range(200)]) for _ in range(ROUNDS)) / 200
    print(f"Hashing: {size_bytes / hashing / 1e9:.1f} GB/s of CPU time.  Tags: {tags * 1e3:.2f} ms a file.")
    print(f"Looking at memory: {watch * 1e3:.2f} ms, at most once per MiB of samples (3 s of stereo).")


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    samples = music(source).astype(np.float32)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        decoder_table(folder, samples)
        small_costs(folder, samples)
        finding_table(folder / "many")
        memory_table(folder, samples)


if __name__ == "__main__":
    main()

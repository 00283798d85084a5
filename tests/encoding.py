"""Encode files of every format that the workbench reads, and hash what they decode to."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import av
import numpy as np
import soundfile

# Extension: FFmpeg's container and codec, for what libsndfile does not write.
_BY_FFMPEG = {
    ".m4a": ("ipod", "aac"),
    ".alac.m4a": ("ipod", "alac"),
    ".aac": ("adts", "aac"),
    ".wma": ("asf", "wmav2"),
    ".wv": ("wv", "wavpack"),
    ".mka": ("matroska", "aac"),
}
_SAMPLE_FORMATS = {"aac": "fltp", "alac": "s16p", "wmav2": "fltp", "wavpack": "fltp"}


def encode_file(path: Path, samples: np.ndarray, rate: int = 44100, *, subtype: str | None = None) -> Path:
    """Write samples, shape (frames, channels); the extension chooses the format."""
    name = path.name
    extension = next((e for e in sorted(_BY_FFMPEG, key=len, reverse=True) if name.endswith(e)), None)
    if extension is not None:
        _encode_by_ffmpeg(path, samples, rate, *_BY_FFMPEG[extension])
    elif name.endswith(".ape"):
        path.write_bytes(silent_ape(len(samples), rate))
    elif name.endswith(".opus"):
        soundfile.write(path, samples, rate, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, samples, rate, subtype=subtype)
    return path


def _encode_by_ffmpeg(path: Path, samples: np.ndarray, rate: int, container: str, codec: str) -> None:
    layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
    name = _SAMPLE_FORMATS[codec]
    planes = np.ascontiguousarray(samples.T)
    if name == "s16p":
        planes = np.round(planes * 32767).astype(np.int16)
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        if codec == "wmav2":
            stream.bit_rate = 160_000
        for start in range(0, planes.shape[1], 4096):
            piece = np.ascontiguousarray(planes[:, start : start + 4096])
            frame = av.AudioFrame.from_ndarray(piece, format=name, layout=layout)
            frame.rate, frame.pts = rate, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def silent_ape(frames: int, rate: int) -> bytes:
    """Return a Monkey's Audio file, 16-bit stereo, of frames marked as silent: there is no free encoder."""
    per_block = 73728
    blocks = -(-frames // per_block)
    data = struct.pack("<II", 0x80000000, 3) + bytes(24)
    seek_table = struct.pack(f"<{blocks}I", *(76 + 4 * blocks + i * len(data) for i in range(blocks)))
    descriptor = (
        b"MAC "
        + struct.pack("<HHIIIIIII", 3990, 0, 52, 24, len(seek_table), 0, len(data) * blocks, 0, 0)
        + bytes(16)
    )
    header = struct.pack(
        "<HHIIIHHI", 2000, 0x20, per_block, frames - per_block * (blocks - 1), blocks, 16, 2, rate
    )
    return descriptor + header + seek_table + data * blocks


def sound_of(path: Path) -> tuple[str, str]:
    """Return hashes of the encoded packets in a file, and of the samples that FFmpeg decodes."""
    packets, samples = hashlib.sha256(), hashlib.sha256()
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        for packet in container.demux(stream):
            packets.update(bytes(packet))
            for frame in packet.decode():
                samples.update(frame.to_ndarray().tobytes())
    return packets.hexdigest(), samples.hexdigest()

"""AC-3, E-AC-3 and DTS in the samples of files that say that they are uncompressed or lossless."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from workbench.analysis import analyze_file
from workbench.audio.coded.frames import ac3_bytes
from workbench.audio.coded.payload import find_coding
from workbench.audio.playback import HEADER_BYTES, WavRendition, browser_plays
from workbench.audio.streaming_loader import open_audio
from workbench.errors import AudioFormatError

RATE = 48000
ENCODERS = {"ac3": (), "eac3": (), "dts": ("-c:a", "dca", "-strict", "-2")}
DTS_SYNC = bytes.fromhex("7ffe8001")
CODECS = {"ac3": "ac3", "eac3": "eac3", "dts": "dca"}


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def clicks(path: Path, seconds: int) -> Path:
    """Write clicks at 120 BPM over a tone."""
    t = np.arange(seconds * RATE) / RATE
    samples = 0.4 * np.sin(2 * np.pi * 900 * t) * np.exp(-40 * (t % 0.5)) + 0.1 * np.sin(2 * np.pi * 220 * t)
    soundfile.write(path, np.column_stack((samples, samples)), RATE)
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clicks(tmp_path_factory.mktemp("plain") / "plain.wav", 2)


@pytest.fixture(scope="module")
def words(plain: Path) -> dict[tuple[str, str], np.ndarray]:
    """The 16-bit words of each codec, raw and in bursts of IEC 61937, with the low byte first."""
    found = {}
    for codec, options in ENCODERS.items():
        raw, bursts = plain.with_name(f"a.{codec}"), plain.with_name("a.spdif")
        ffmpeg("-i", plain, *options, raw)
        ffmpeg("-i", raw, "-c", "copy", "-f", "spdif", bursts)
        for form, path in (("raw", raw), ("bursts", bursts)):
            data = path.read_bytes()
            found[codec, form] = np.frombuffer(data[: len(data) // 12 * 12], "<i2")
    return found


def write(path: Path, samples: np.ndarray, subtype: str) -> Path:
    soundfile.write(path, samples.reshape(-1, 2), RATE, subtype=subtype)
    return path


def packed(words: np.ndarray, subtype: str, place: str, *, swapped: bool) -> np.ndarray:
    """Put words into the high or the low 16 bits of wider samples, or fill these with bytes ("all")."""
    if place == "all":
        width = {"PCM_24": 3, "PCM_32": 4}[subtype]
        content = words.view(np.uint8).reshape(-1, width)
        samples = np.zeros((len(content), 4), np.uint8)
        samples[:, 4 - width :] = content[:, ::-1] if swapped else content
        return samples.reshape(-1).view("<i4")
    words = words.byteswap() if swapped else words
    if subtype == "FLOAT":
        return words.astype(np.float32) / 32768
    return words.astype(np.int32) << (16 if place == "high" else {"PCM_24": 8, "PCM_32": 0}[subtype])


def level_db(path: Path) -> float:
    with open_audio(path) as stream:
        power = [np.mean(np.square(block, dtype=np.float64)) for block in stream]
    return float(10 * np.log10(np.mean(power)))


ALL_FORMS = [
    (codec, form, swapped) for codec in ENCODERS for form in ("raw", "bursts") for swapped in (False, True)
]
CONTAINERS = [
    ("a.wav", "PCM_24", "high"),
    ("a.wav", "PCM_24", "low"),
    ("a.wav", "PCM_24", "all"),
    ("a.wav", "PCM_32", "low"),
    ("a.wav", "PCM_32", "all"),
    ("a.wav", "FLOAT", "high"),
    ("a.aiff", "PCM_16", "high"),
    ("a.w64", "PCM_16", "high"),
    ("a.flac", "PCM_16", "high"),
    ("a.flac", "PCM_24", "high"),
]


@pytest.mark.parametrize(
    ("codec", "form", "swapped", "name", "subtype", "place"),
    [
        *((*form, "a.wav", "PCM_16", "high") for form in ALL_FORMS),
        *(
            (codec, form, swapped, *container)
            for container in CONTAINERS
            for codec, form, swapped in ALL_FORMS[2::5]
        ),
    ],
)
def test_coded_sound_is_decoded_as_what_it_is(
    words: dict[tuple[str, str], np.ndarray],
    plain: Path,
    tmp_path: Path,
    codec: str,
    form: str,
    swapped: bool,
    name: str,
    subtype: str,
    place: str,
) -> None:
    samples = packed(words[codec, form], subtype, place, swapped=swapped)
    path = write(tmp_path / name, samples, subtype)
    with open_audio(path) as stream:
        for _ in stream:
            pass
    assert (stream.codec, stream.coded, stream.truncated) == (CODECS[codec], True, False)
    assert stream.duration_s == pytest.approx(2, abs=0.05)
    assert level_db(path) == pytest.approx(level_db(plain), abs=0.3)  # noise would have -5 dB


@pytest.mark.parametrize("extension", [".m4a", ".wv", ".tta", ".mka"])
def test_lossless_files_of_ffmpeg_too(
    words: dict[tuple[str, str], np.ndarray], tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"a{extension}"
    options = {".m4a": ("-c:a", "alac"), ".mka": ("-c:a", "flac")}.get(extension, ())
    wav = write(tmp_path / "a.wav", words["eac3", "bursts"], "PCM_16")
    ffmpeg("-f", "s16le", "-ar", str(RATE), "-ac", "2", "-ss", "0", "-i", raw_samples(wav), *options, path)
    with open_audio(path) as stream:
        assert stream.codec == "eac3"


def raw_samples(wav: Path) -> Path:
    path = wav.with_suffix(".raw")
    path.write_bytes(soundfile.read(wav, dtype="int16")[0].tobytes())
    return path


def test_14_bit_dts_is_recognized(words: dict[tuple[str, str], np.ndarray], tmp_path: Path) -> None:
    frames = words["dts", "raw"].tobytes().split(DTS_SYNC)[1:]
    samples = np.concatenate([in_14_bits(DTS_SYNC + frame) for frame in frames])
    path = write(tmp_path / "a.wav", samples, "PCM_16")
    with open_audio(path) as stream:
        assert stream.codec == "dca"
        for _ in stream:
            pass
    assert stream.duration_s == pytest.approx(2, abs=0.05)


def in_14_bits(frame: bytes) -> np.ndarray:
    """Spread bytes over samples of 14 bits, with the sign in the upper ones."""
    bits = np.unpackbits(np.frombuffer(frame, np.uint8))
    bits = np.append(bits, np.zeros(-len(bits) % 28, np.uint8)).reshape(-1, 14)
    wide = np.concatenate((bits[:, :1], bits[:, :1], bits), axis=1)
    return np.packbits(wide, axis=1).view(">i2").astype(np.int16).reshape(-1)


@pytest.fixture(scope="module")
def long_bursts(plain: Path) -> dict[str, np.ndarray]:
    """Bursts of TrueHD (61,440 bytes each) and DTS-HD, which FFmpeg writes and cannot read."""
    found = {}
    for codec, options in {"truehd": (), "dca": ("-dtshd_rate", "192000")}.items():
        raw = plain.with_name("long.dts" if codec == "dca" else "long.thd")
        ffmpeg("-i", plain, "-c:a", codec, "-strict", "-2", raw)
        ffmpeg("-i", raw, "-c", "copy", *options, "-f", "spdif", plain.with_name("long.spdif"))
        found[codec] = np.frombuffer(plain.with_name("long.spdif").read_bytes(), "<i2")
    return found


def test_pauses_between_bursts_are_passed_over(
    words: dict[tuple[str, str], np.ndarray], tmp_path: Path
) -> None:
    pauses = np.zeros((8, 1024), np.int16)
    pauses[:, :4] = np.array([0xF872, 0x4E1F, 3, 32], np.uint16).view(np.int16)
    sound = words["ac3", "bursts"]
    middle = len(sound) // 6144 * 3072  # between two bursts of 1536 frames
    parts = (pauses.reshape(-1), sound[:middle], pauses.reshape(-1), sound[middle:])
    assert heard(write(tmp_path / "a.wav", np.concatenate(parts), "PCM_16")) == "ac3"


@pytest.mark.parametrize("missing", [0, 20_000])
@pytest.mark.parametrize("codec", ["truehd", "dca"])
def test_truehd_and_dts_hd_are_taken_out_of_their_bursts(
    long_bursts: dict[str, np.ndarray], plain: Path, tmp_path: Path, codec: str, missing: int
) -> None:
    path = write(tmp_path / "a.wav", long_bursts[codec][missing:], "PCM_16")
    with open_audio(path) as stream:
        for _ in stream:
            pass
    assert (stream.codec, stream.coded) == (codec, True)
    assert stream.duration_s == pytest.approx(2, abs=0.15)
    assert level_db(path) == pytest.approx(level_db(plain), abs=0.3)


@pytest.mark.parametrize("value", [0, -1, -4096])  # the last one says that an access unit has no size
def test_damage_in_bursts_of_truehd_costs_only_what_is_damaged(
    long_bursts: dict[str, np.ndarray], tmp_path: Path, value: int
) -> None:
    samples = long_bursts["truehd"].copy()
    used = np.flatnonzero(samples[:30_720])[400]
    for burst in (20, 40):
        start = burst * 30_720 + used
        samples[start : start + 900] = value
    with open_audio(write(tmp_path / "a.wav", samples, "PCM_16")) as stream:
        for _ in stream:
            pass
    assert stream.duration_s > 1.5


@pytest.mark.parametrize(
    ("data_type", "name"), [(14, "ATRAC"), (17, "DTS-HD"), (18, "WMA Pro"), (22, "TrueHD"), (31, "31")]
)
@pytest.mark.parametrize("missing", [0, 1234])
def test_bursts_that_cannot_be_decoded_are_not_taken_for_samples(
    tmp_path: Path, data_type: int, name: str, missing: int
) -> None:
    bursts = np.random.default_rng(data_type).integers(-32768, 32767, (8, 30_720), np.int16)
    bursts[:, :4] = np.array([0xF872, 0x4E1F, data_type, 61_424], np.uint16).view(np.int16)
    path = write(tmp_path / "a.wav", bursts.reshape(-1)[missing * 2 :], "PCM_16")
    with pytest.raises(AudioFormatError, match=f"coded sound .*{name}"), open_audio(path):
        pass


@pytest.mark.parametrize(("subtype", "width"), [("PCM_24", 3), ("PCM_32", 4)])
@pytest.mark.parametrize("codec", ENCODERS)
def test_words_may_be_swapped_before_they_fill_wider_samples(
    words: dict[tuple[str, str], np.ndarray], tmp_path: Path, codec: str, subtype: str, width: int
) -> None:
    whole = words[codec, "raw"].byteswap().tobytes()
    content = np.frombuffer(whole[: len(whole) // (2 * width) * 2 * width], np.uint8).reshape(-1, width)
    samples = np.zeros((len(content), 4), np.uint8)
    samples[:, 4 - width :] = content
    assert heard(write(tmp_path / "a.wav", samples.reshape(-1).view("<i4"), subtype)) == CODECS[codec]


def heard(path: Path) -> str:
    """Name the codec of a file that has two seconds of sound."""
    with open_audio(path) as stream:
        for _ in stream:
            pass
    assert stream.duration_s == pytest.approx(2, abs=0.05) and not stream.truncated
    return stream.codec


SYNC_WORDS = {20: (0x6F872, 0x54E1F), 24: (0x96F872, 0xA54E1F)}
DATA_TYPES = {"ac3": 1, "eac3": 21}


def smpte_337(frames: list[bytes], bits: int, data_type: int, period: int) -> np.ndarray:
    """Put frames into words of 20 or 24 bits with the preambles of SMPTE ST 337; ``period`` in words."""
    words = np.zeros((len(frames), period), np.int64)
    for row, frame in zip(words, frames, strict=True):
        row[:4] = *SYNC_WORDS[bits], data_type << bits - 16, 8 * len(frame)
        ones = np.unpackbits(np.frombuffer(frame, np.uint8))
        ones = np.append(ones, np.zeros(-len(ones) % bits, np.uint8)).reshape(-1, bits)
        row[4 : 4 + len(ones)] = ones @ (1 << np.arange(bits)[::-1])
    return (words.reshape(-1) << 32 - bits).astype(np.uint32).view(np.int32)


def frames_of(words: np.ndarray) -> list[bytes]:
    data, frames = words.tobytes(), []
    while size := ac3_bytes(data[:6]):
        frames.append(data[:size])
        data = data[size:]
    return frames


@pytest.mark.parametrize("bits", SYNC_WORDS)
@pytest.mark.parametrize("codec", DATA_TYPES)
def test_words_of_20_and_24_bits_have_preambles_of_their_own(
    words: dict[tuple[str, str], np.ndarray], tmp_path: Path, codec: str, bits: int
) -> None:
    samples = smpte_337(frames_of(words[codec, "raw"]), bits, DATA_TYPES[codec], 3072)
    assert heard(write(tmp_path / "a.wav", samples, "PCM_24")) == CODECS[codec]


@pytest.mark.parametrize("bits", SYNC_WORDS)
def test_damaged_dolby_e_is_not_taken_for_samples(tmp_path: Path, bits: int) -> None:
    frames = [np.random.default_rng(n).bytes(8000) for n in range(8)]
    path = write(tmp_path / "a.wav", smpte_337(frames, bits, 28, 3840), "PCM_24")
    with pytest.raises(AudioFormatError, match="coded sound"), open_audio(path):
        pass


@pytest.mark.parametrize(("channels", "used"), [(4, (2, 3)), (6, (2, 3)), (2, (1,)), (8, (7,))])
@pytest.mark.parametrize(("codec", "form"), [("ac3", "bursts"), ("dts", "raw")])
def test_coded_sound_may_lie_in_some_of_the_channels(
    words: dict[tuple[str, str], np.ndarray],
    tmp_path: Path,
    codec: str,
    form: str,
    channels: int,
    used: tuple[int, ...],
) -> None:
    content = words[codec, form].reshape(-1, len(used))
    samples = np.zeros((len(content), channels), np.int16)
    samples[:, used] = content
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    assert heard(tmp_path / "a.wav") == CODECS[codec]


def test_loudness_and_tempo_are_those_of_the_plain_file(tmp_path: Path) -> None:
    plain = clicks(tmp_path / "plain.wav", 6)
    ffmpeg("-i", plain, "-c:a", "ac3", "-f", "spdif", tmp_path / "a.spdif")
    samples = np.frombuffer((tmp_path / "a.spdif").read_bytes(), "<i2")
    known, found = analyze_file(plain), analyze_file(write(tmp_path / "a.flac", samples, "PCM_16"))
    assert found.loudness_lufs == pytest.approx(known.loudness_lufs, abs=0.2)
    assert found.bpm == pytest.approx(known.bpm, rel=0.02)


def test_silence_may_come_first_and_a_cut_file_is_truncated(
    words: dict[tuple[str, str], np.ndarray], tmp_path: Path
) -> None:
    silence = np.zeros(2 * RATE * 5, np.int16)
    path = write(tmp_path / "a.wav", np.concatenate((silence, words["dts", "raw"])), "PCM_16")
    with open_audio(path) as stream:
        assert stream.codec == "dca"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(0.9 * len(whole))])
    with open_audio(path) as stream:
        for _ in stream:
            pass
        assert stream.truncated


def test_browsers_get_the_decoded_sound(words: dict[tuple[str, str], np.ndarray], tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac", "a.aiff"):
        path = write(tmp_path / name, words["ac3", "bursts"], "PCM_16")
        assert not browser_plays(path)
        wav = WavRendition(path, 2.0)
        heard = np.frombuffer(b"".join(wav.read(HEADER_BYTES, wav.size_bytes)), "<i2")
        assert 10 * np.log10(np.mean((heard / 32768.0) ** 2)) < -15


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_other_samples_are_never_taken_for_coded_sound(bits: int) -> None:
    rng = np.random.default_rng(bits)
    shift, count = 32 - bits, 49_152
    pulses = np.zeros(count, np.int64)
    pulses[::96], pulses[1::96] = 0x7FFE, -0x7FFF  # the sync word of DTS, at equal distances
    preambles = np.zeros(count, np.int64)
    preambles[::3072], preambles[1::3072] = -0x078E, 0x4E1F
    for samples in (
        rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), count) << shift,
        np.full(count, 0x0B77) << shift,
        np.full(count, 0x770B) << shift,
        pulses << 16,
        preambles << 16,
        np.zeros(count, np.int64),
        np.zeros(0, np.int64),
    ):
        assert find_coding([samples.astype(np.int32)], 2) is None

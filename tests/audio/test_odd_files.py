"""Files that are music but are not what their name, header or container says."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from workbench.analysis import analyze_file
from workbench.audio.formats import AUDIO_EXTENSIONS
from workbench.audio.playback import HEADER_BYTES, WavRendition, browser_plays
from workbench.audio.scan import FoundFile, SkippedFile, scan
from workbench.audio.streaming_loader import AudioStream, open_audio
from workbench.errors import AudioEmptyError, AudioFormatError

FORMATS = {".mka": "matroska", ".wav": "wav", ".au": "au"}


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def tone(path: Path, *options: str, seconds: float = 4, rate: int = 44100, frequency: int = 440) -> Path:
    ffmpeg("-f", "lavfi", "-i", f"sine={frequency}:d={seconds}:r={rate}", *options, path)
    return path


def decoded(path: Path) -> tuple[np.ndarray, AudioStream]:
    with open_audio(path) as stream:
        return np.concatenate([block.copy() for block in stream]), stream


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.ac3", ()),
        ("a.eac3", ()),
        ("a.dts", ("-ac", "2", "-c:a", "dca", "-strict", "-2")),
        ("a.thd", ("-c:a", "truehd", "-strict", "-2")),
        ("a.webm", ("-c:a", "libopus")),
        ("a.m4r", ("-c:a", "aac", "-f", "ipod")),
        ("a.mp4", ("-c:a", "aac")),
        ("a.mkv", ("-c:a", "flac")),
        ("a.tta", ()),
        ("a.mpg", ("-c:a", "mp2")),
        ("a.m2ts", ("-c:a", "aac")),
        ("a.nut", ("-c:a", "flac")),
        ("a.m2a", ("-c:a", "mp2", "-f", "mp2")),
        ("a.ogv", ("-c:a", "libvorbis")),
        ("a.sf", ("-f", "ircam")),
        ("a.sox", ()),
        ("a.adx", ()),
        ("a.spx.oga", ("-c:a", "libvorbis", "-f", "ogg")),
    ],
)
def test_a_scan_finds_what_the_decoder_reads(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = tone(tmp_path / name, *options, rate=48000)
    assert [file.path for file in scan(tmp_path) if isinstance(file, FoundFile)] == [str(path)]
    samples, stream = decoded(path)
    assert stream.duration_s == pytest.approx(4, abs=0.1)
    assert np.abs(samples).max() > 0.05


def test_a_scan_names_what_it_leaves_out_but_not_what_lies_beside_music(tmp_path: Path) -> None:
    for name in ("a.mid", "b.MID", "c.sid", "cover.jpg", "list.m3u", "notes", "d.flac"):
        (tmp_path / name).write_bytes(b"x")
    skipped = sorted(entry.extension for entry in scan(tmp_path) if isinstance(entry, SkippedFile))
    assert skipped == [".mid", ".mid", ".sid"]
    assert ".dsf" in AUDIO_EXTENSIONS
    assert ".dff" in AUDIO_EXTENSIONS


@pytest.mark.parametrize(
    ("name", "options", "fields"),
    [
        ("a.wav", (), [(b"data", 4, bytes(4))]),
        ("a.wav", (), [(b"RIFF", 4, bytes(4)), (b"data", 4, (1000).to_bytes(4, "little"))]),
        ("a.wav", ("-c:a", "adpcm_ima_wav"), [(b"data", 4, (100_000).to_bytes(4, "little"))]),
        ("a.wav", ("-ac", "6"), [(b"data", 4, (1200).to_bytes(4, "little"))]),
        ("a.wav", ("-rf64", "always"), [(b"ds64", 8, bytes(28))]),
        ("a.wav", ("-rf64", "always"), [(b"ds64", 8, b"\xff" * 24)]),
        ("a.wav", ("-rf64", "always"), [(b"ds64", 8, bytes(28)), (b"data", 4, bytes(4))]),
        ("a.au", (), [(b".snd", 8, bytes(4))]),
        ("a.au", ("-c:a", "pcm_mulaw"), [(b".snd", 8, (4000).to_bytes(4, "big"))]),
        ("a.aiff", (), [(b"SSND", 4, (4008).to_bytes(4, "big")), (b"COMM", 10, (1000).to_bytes(4, "big"))]),
        ("a.aiff", (), [(b"FORM", 4, bytes(4)), (b"SSND", 4, bytes(4)), (b"COMM", 10, bytes(4))]),
    ],
)
def test_a_recording_without_its_final_size_is_read_to_the_end(
    tmp_path: Path, name: str, options: tuple[str, ...], fields: list[tuple[bytes, int, bytes]]
) -> None:
    path = tone(tmp_path / name, "-ac", "2", *options)
    whole, _ = decoded(path)
    data = bytearray(path.read_bytes())
    for chunk, offset, value in fields:
        at = data.find(chunk) + offset
        data[at : at + len(value)] = value
    path.write_bytes(data)
    samples, stream = decoded(path)
    assert len(samples) == pytest.approx(len(whole), abs=1100)  # a packet of ADPCM
    assert np.array_equal(samples[:1000], whole[:1000])
    assert not stream.truncated


def test_a_tag_after_the_samples_is_not_sound(tmp_path: Path) -> None:
    path = tone(tmp_path / "tagged.wav")
    frames = len(decoded(path)[0])
    path.write_bytes(path.read_bytes() + b"\0" * 500 + b"TAG" + bytes(range(125)))
    assert len(decoded(path)[0]) == frames


def test_a_file_without_samples_is_empty_whatever_decoder_is_asked(tmp_path: Path) -> None:
    path = tone(tmp_path / "empty.wav")
    data = path.read_bytes()
    path.write_bytes(data[: data.find(b"data") + 4] + bytes(4))
    with pytest.raises((AudioEmptyError, AudioFormatError)):
        decoded(path)


@pytest.mark.parametrize("codec", ["libopus", "libvorbis"])
@pytest.mark.parametrize(("rate", "channels"), [(48000, 2), (24000, 1)])
def test_every_link_of_a_chained_ogg_is_heard(tmp_path: Path, codec: str, rate: int, channels: int) -> None:
    first = tone(tmp_path / "1.ogg", "-ac", "2", "-c:a", codec, rate=48000, seconds=3)
    second = tone(
        tmp_path / "2.ogg", "-ac", str(channels), "-c:a", codec, rate=rate, seconds=2, frequency=880
    )
    chained = tmp_path / "chained.ogg"
    chained.write_bytes(first.read_bytes() + second.read_bytes())
    samples, stream = decoded(chained)
    assert stream.duration_s == pytest.approx(5, abs=0.05)
    assert not stream.truncated
    spectrum = np.abs(np.fft.rfft(samples[-stream.rate :, 0]))
    assert np.argmax(spectrum) == pytest.approx(880, abs=2)  # one second: a bin is a hertz


@pytest.mark.parametrize("broken", [0, 1])
def test_a_broken_link_of_a_chained_ogg_costs_only_itself_and_is_said(tmp_path: Path, broken: int) -> None:
    links = [
        tone(tmp_path / f"{n}.ogg", "-c:a", "libvorbis", seconds=2 + n, rate=48000).read_bytes()
        for n in (0, 1)
    ]
    head = links[broken]
    links[broken] = head[:100] + b"\xff" * 3000 + head[3100 : 3100 + (len(head) - 3100) // 2]
    chained = tmp_path / "chained.ogg"
    chained.write_bytes(b"".join(links))
    _, stream = decoded(chained)
    assert stream.duration_s == pytest.approx(3 - broken, abs=0.05)
    assert stream.truncated


@pytest.mark.parametrize("codec", ["libopus", "libvorbis"])
@pytest.mark.parametrize("share", [0.3, 0.97])
def test_an_ogg_that_is_cut_is_called_truncated_and_a_whole_one_is_not(
    tmp_path: Path, codec: str, share: float
) -> None:
    path = tone(tmp_path / "whole.ogg", "-c:a", codec, rate=48000, seconds=20)
    assert not decoded(path)[1].truncated
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with open_audio(path) as stream:
        assert sum(len(block) for block in stream) > 0
        assert stream.truncated


@pytest.mark.parametrize("codec", ["pcm_s16be", "pcm_f32le", "pcm_mulaw"])
def test_a_caf_that_is_cut_is_called_truncated_and_a_whole_one_is_not(tmp_path: Path, codec: str) -> None:
    path = tone(tmp_path / "whole.caf", "-c:a", codec)
    samples, stream = decoded(path)
    assert len(samples) == 4 * 44100 and not stream.truncated
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert decoded(path)[1].truncated


def test_a_flac_whose_first_frame_is_broken_is_heard_from_the_next(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.flac", seconds=5)
    data = bytearray(path.read_bytes())
    first = data.find(b"\xff\xf8")
    data[first + 8 : first + 60] = bytes(52)
    path.write_bytes(data)
    assert decoded(path)[1].duration_s > 4.5


@pytest.mark.parametrize(("version", "rate"), [(1, 48000), (2, 24000)])
@pytest.mark.parametrize("tagged", [False, True])
def test_an_mp3_in_free_format_is_heard(tmp_path: Path, version: int, rate: int, tagged: bool) -> None:
    options = ("-b:a", "64k", "-write_xing", "0", "-id3v2_version", "3" if tagged else "0")
    path = tone(tmp_path / "a.mp3", *options, "-metadata", "title=Free", rate=rate)
    known, _ = decoded(path)
    path.write_bytes(in_free_format(path.read_bytes(), packet_bytes=144 * 64000 // version // rate))
    samples, stream = decoded(path)
    assert stream.duration_s == pytest.approx(4, abs=0.2) and not stream.truncated
    spectrum = np.abs(np.fft.rfft(samples[rate : 2 * rate, 0]))
    assert np.argmax(spectrum) == pytest.approx(440, abs=1)
    assert np.abs(samples).max() == pytest.approx(np.abs(known).max(), abs=0.01)


def in_free_format(data: bytes, *, packet_bytes: int) -> bytes:
    """Clear the index of the bit rate in every packet; packets of 48 and 24 kHz all have the same length."""
    changed = bytearray(data)
    first = data.find(b"\xff\xfb" if data.find(b"\xff\xfb") >= 0 else b"\xff\xf3")
    for start in range(first, len(data) - 3, packet_bytes):
        if changed[start] == 0xFF:
            changed[start + 2] &= 0x0F
    return bytes(changed)


@pytest.mark.parametrize("rate", [1, 10, 999])
def test_a_rate_that_carries_no_music_is_refused_in_words(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "slow.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(100))
    with pytest.raises(AudioFormatError, match=f"sample rate of {rate} Hz"):
        analyze_file(path)


@pytest.mark.parametrize(
    ("layout", "gains", "weights"),
    [
        ("quad", (0.1, 0.1, 0.2, 0.2), (1, 1, 1.41, 1.41)),
        ("2.1", (0.1, 0.1, 0.9), (1, 1, 0)),
        ("5.1(side)", (0.1, 0.1, 0.1, 0.9, 0.2, 0.2), (1, 1, 1, 0, 1.41, 1.41)),
        ("7.1", (0.1, 0.1, 0.1, 0.9, 0.2, 0.2, 0.2, 0.2), (1, 1, 1, 0, 1, 1, 1.41, 1.41)),
    ],
)
def test_loudness_weighs_channels_by_their_place(
    tmp_path: Path, layout: str, gains: tuple[float, ...], weights: tuple[float, ...]
) -> None:
    """A 997 Hz tone of amplitude a in one front channel measures 20 log a - 3.01 LUFS (ITU-R BS.1770-4)."""
    tones = "|".join(f"{gain}*sin(2*PI*997*t)" for gain in gains)
    path = tmp_path / "surround.wav"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc={tones}:d=4:s=48000:c={layout}", "-c:a", "pcm_s24le", path)
    power = sum(weight * gain**2 for gain, weight in zip(gains, weights, strict=True))
    assert analyze_file(path).loudness_lufs == pytest.approx(10 * np.log10(power) - 3.01, abs=0.1)


def test_a_file_with_an_order_of_channels_of_its_own_is_heard_and_played(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.caf", "-af", "aformat=channel_layouts=mono,pan=7.1|SL=c0", seconds=2)
    for _ in range(3):  # PyAV freed the order with every frame, which ended the process
        samples, stream = decoded(path)
    assert stream.channel_names[-4:] == ("SL", "SR", "BL", "BR")  # a WAV has BL, BR, SL, SR
    assert np.count_nonzero(samples.any(axis=0)) == 1
    wav = WavRendition(path)
    assert len(b"".join(wav.read(0, wav.size_bytes))) == wav.size_bytes


def test_what_browsers_misread_is_played_as_it_is_analyzed(tmp_path: Path) -> None:
    free = tone(tmp_path / "free.mp3", "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0", rate=48000)
    free.write_bytes(in_free_format(free.read_bytes(), packet_bytes=192))
    unfinished = tone(tmp_path / "unfinished.wav", "-af", "pan=5.1|FL=c0|FR=c0", rate=48000)
    data = bytearray(unfinished.read_bytes())
    at = data.find(b"data") + 4
    data[at : at + 4] = bytes(4)
    unfinished.write_bytes(data)
    tone(tmp_path / "1.ogg", "-ac", "2", "-c:a", "libvorbis", rate=48000)
    chained = tone(tmp_path / "2.ogg", "-c:a", "libvorbis", rate=24000, frequency=880)
    chained.write_bytes((tmp_path / "1.ogg").read_bytes() + chained.read_bytes())
    for path in (free, unfinished, chained):
        samples, stream = decoded(path)
        assert not browser_plays(path), path
        wav = WavRendition(path, stream.duration_s)
        heard = np.frombuffer(b"".join(wav.read(HEADER_BYTES, wav.size_bytes)), "<i2").reshape(
            -1, wav.channels
        )
        assert len(heard) == len(samples), path
        likeness = np.corrcoef(heard[:, 0], samples[:, 0])[0, 1]
        assert likeness > 0.999, (path, likeness)
        middle = wav.size_bytes // 2
        later = b"".join(wav.read(middle, middle + 1000))
        assert later == b"".join(wav.read(0, wav.size_bytes))[middle : middle + 1000]


def test_a_transport_stream_is_heard_when_it_is_named_and_skipped_aloud_in_scans(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.ts", "-c:a", "mp2")
    assert [type(entry) for entry in scan(tmp_path)] == [SkippedFile]
    assert [type(entry) for entry in scan(path)] == [FoundFile]
    assert decoded(path)[1].duration_s == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", ()),
        ("a.aiff", ()),
        ("a.caf", ()),
        ("a.flac", ()),
        ("a.wv", ()),
        ("a.tta", ()),
        ("cbr.mp3", ("-b:a", "128k")),
        ("vbr.mp3", ("-q:a", "4")),
        ("a.m4a", ("-c:a", "aac", "-movflags", "faststart")),
        ("a.alac.m4a", ("-c:a", "alac", "-movflags", "faststart")),
        ("fragments.m4a", ("-c:a", "aac", "-movflags", "empty_moov+frag_keyframe")),
        ("a.aac", ()),
        ("a.ac3", ()),
        ("a.eac3", ()),
        ("a.dts", ("-ac", "2", "-c:a", "dca", "-strict", "-2")),
        ("a.mp2", ()),
        ("no-length.mp3", ("-q:a", "3", "-write_xing", "0")),
        ("ima.wav", ("-c:a", "adpcm_ima_wav")),
        ("mulaw.wav", ("-c:a", "pcm_mulaw")),
        ("a.w64", ()),
        ("a.au", ()),
        ("a.mka", ("-c:a", "flac")),
        ("a.webm", ("-c:a", "libopus")),
        ("a.avi", ("-c:a", "mp3")),
        ("a.wma", ()),
        ("ima.w64", ("-c:a", "adpcm_ima_wav")),
        ("mulaw.rf64", ("-c:a", "pcm_mulaw", "-rf64", "always", "-f", "wav")),
        ("s64.wav", ("-c:a", "pcm_s64le")),
        ("g722.au", ("-c:a", "g722", "-ar", "16000")),
        ("ima.aifc", ("-c:a", "adpcm_ima_qt", "-f", "aiff")),
        ("ac3.mp4", ("-c:a", "ac3", "-movflags", "faststart")),
        ("fragments.mp4", ("-c:a", "mp3", "-movflags", "empty_moov+frag_keyframe")),
        ("a.thd", ("-c:a", "truehd", "-strict", "-2")),
        ("a.loas", ("-c:a", "aac", "-f", "latm")),
        ("live.mka", ("-c:a", "libopus", "-live", "1")),
        ("live.webm", ("-c:a", "libvorbis", "-live", "1")),
        ("a.ts", ("-c:a", "mp2")),
        ("a.m2ts", ("-c:a", "aac", "-f", "mpegts", "-mpegts_m2ts_mode", "1")),
        ("a.voc", ("-c:a", "pcm_s16le")),
    ],
)
def test_a_file_without_its_last_two_hundredths_is_truncated_and_a_whole_one_with_a_tag_is_not(
    tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    path = tone(tmp_path / name, *options, seconds=10.123, rate=48000)
    assert not decoded(path)[1].truncated
    data = path.read_bytes()
    path.write_bytes(data + b"TAG" + b"x" * 125)  # ID3v1
    assert not decoded(path)[1].truncated
    path.write_bytes(data[: int(0.98 * len(data)) - 77])  # not between two frames
    assert decoded(path)[1].truncated


def test_a_wav_of_which_little_can_be_decoded_is_truncated(tmp_path: Path) -> None:
    path = tone(
        tmp_path / "a.wav", "-c:a", "aac", seconds=4, rate=22050
    )  # frames without their sizes: FFmpeg gives up
    heard, stream = decoded(path)
    assert stream.truncated and len(heard) < 2 * stream.rate
    whole = tone(tmp_path / "b.wav", "-c:a", "adpcm_ms", seconds=4)
    data = bytearray(whole.read_bytes())
    fact = data.index(b"fact")
    data[fact + 8 : fact + 12] = (10**6).to_bytes(4, "little")  # a wrong number
    whole.write_bytes(data)
    assert not decoded(whole)[1].truncated


def test_streams_that_leave_their_length_open_are_whole(tmp_path: Path) -> None:
    for name in ("a.mka", "a.wav", "a.au"):
        path = tmp_path / name
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "sine=d=2",
            "-f",
            FORMATS[path.suffix],
            "pipe:1",
        ]
        path.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        samples, stream = decoded(path)
        assert not stream.truncated, name
        assert len(samples) == pytest.approx(2 * stream.rate, abs=2048)


def test_a_tag_at_the_end_of_an_mp3_without_its_length_is_not_a_loss(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.mp3", "-b:a", "128k", "-write_xing", "0")
    ape = b"\x05\0\0\0\0\0\0\0Title\0Hello"
    footer = b"APETAGEX" + b"".join(n.to_bytes(4, "little") for n in (2000, 32 + len(ape), 1, 0, 0, 0))
    path.write_bytes(path.read_bytes() + ape + footer)
    assert not decoded(path)[1].truncated

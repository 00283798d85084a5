"""Files that are cut off, damaged, odd or no audio at all."""

from __future__ import annotations

import os
import socket
import sys

import av
import numpy as np
import pytest
import soundfile
from signals import silence, tone, white_noise

from workbench.audio.fingerprint import content_hash
from workbench.audio.streaming_loader import open_audio
from workbench.audio.tags import read_tags
from workbench.errors import (
    AudioEmptyError,
    AudioFileMissingError,
    AudioFormatError,
    AudioPermissionError,
)


def read(path, **options):
    with open_audio(path, **options) as stream:
        blocks = list(stream)
    return np.concatenate(blocks), stream


@pytest.fixture(autouse=True)
def quiet(capfd):
    """No decoder writes to the terminal, whatever it meets."""
    yield
    captured = capfd.readouterr()
    assert captured.err == ""
    assert captured.out == ""


def cut(path, share=0.6):
    os.truncate(path, int(path.stat().st_size * share))
    return path


@pytest.mark.parametrize("name", ["x.mp3", "x.flac", "x.wav", "x.aiff", "x.wv"])
def test_a_truncated_file_gives_what_is_there_and_is_flagged(name, encode):
    path = encode(name, white_noise(20.0, channels=2))
    assert not read(path)[1].truncated

    _, stream = read(cut(path))

    assert stream.header_duration_s == pytest.approx(20.0, abs=0.1)
    assert stream.duration_s == pytest.approx(12.0, abs=0.5)
    assert stream.truncated


def test_a_file_that_lacks_less_than_a_packet_is_not_flagged(encode):
    _, stream = read(cut(encode("x.wav", white_noise(10.0)), 0.995))

    assert stream.duration_s < stream.header_duration_s
    assert not stream.truncated


def test_a_truncated_m4a_is_refused_when_its_index_is_lost(encode):
    with pytest.raises(AudioFormatError, match="decoded"):
        read(cut(encode("x.m4a", white_noise(5.0, channels=2))))


def test_a_variable_rate_mp3_without_its_header_is_not_mistaken_for_a_truncated_one(tmp_path):
    quiet_then_loud = np.concatenate([silence(10.0), white_noise(10.0, level_db=-10)])
    path = tmp_path / "x.mp3"
    soundfile.write(path, quiet_then_loud, 44100, bitrate_mode="VARIABLE", compression_level=0.1)
    content = path.read_bytes()
    assert b"Xing" in content[:200]
    header_bytes = content.index(content[:2], 100)
    path.write_bytes(content[header_bytes:])

    _, stream = read(path)

    assert stream.header_duration_s is None
    assert stream.duration_s == pytest.approx(20.0, abs=0.2)
    assert not stream.truncated


def test_a_wav_from_a_pipe_with_its_size_left_open_is_read_to_its_end(encode):
    path = encode("x.wav", tone(440, 2.0))
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)

    _, stream = read(path)

    assert stream.header_duration_s is None
    assert stream.duration_s == pytest.approx(2.0)


@pytest.mark.parametrize("name", ["x.mp3", "x.flac", "x.ogg", "x.aac"])
def test_scattered_damage_costs_only_the_damaged_parts(name, encode):
    path = encode(name, white_noise(20.0, channels=2))
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(3)
    for at in rng.integers(8000, len(content), 12):
        content[at] ^= 0x5A
    path.write_bytes(content)

    samples, stream = read(path)

    assert stream.duration_s > 10.0
    assert np.isfinite(samples).all()


def test_a_change_of_rate_and_channels_within_a_file_is_evened_out(encode):
    first = encode("a.mp3", tone(440, 4.0, channels=2), 44100)
    second = encode("b.mp3", tone(440, 4.0, rate=32000), 32000)
    first.write_bytes(first.read_bytes() + second.read_bytes())

    samples, stream = read(first)

    assert (stream.rate, stream.channels) == (44100, 2)
    assert stream.duration_s == pytest.approx(8.0, abs=0.3)
    tail = samples[-44100 * 2 : -44100, 0]
    assert np.argmax(np.abs(np.fft.rfft(tail))) == pytest.approx(440, abs=2)


def test_an_id3_tag_with_a_large_picture_is_skipped(encode):
    from mutagen.id3 import APIC, ID3

    path = encode("x.mp3", tone(440, 2.0))
    tag = ID3()
    tag.add(APIC(mime="image/jpeg", type=3, data=np.random.default_rng(0).bytes(400_000)))
    tag.save(path)

    _, stream = read(path)

    assert stream.header_duration_s == pytest.approx(2.0, abs=0.1)
    assert stream.duration_s == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 192000])
@pytest.mark.parametrize("name", ["x.wav", "x.flac"])
def test_very_low_and_very_high_rates(rate, name, encode):
    samples, stream = read(encode(name, tone(440, 1.0, rate=rate), rate))

    assert (stream.rate, len(samples)) == (rate, rate)


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.ogg"])
def test_eight_channels_stay_apart(name, encode):
    wanted = np.hstack([tone(200 * (channel + 1), 1.0, level_db=-20) for channel in range(8)])

    samples, stream = read(encode(name, wanted))

    assert stream.channels == 8
    loudest = np.argmax(np.abs(np.fft.rfft(samples, axis=0)), axis=0)
    np.testing.assert_allclose(sorted(loudest), 200 * np.arange(1, 9), atol=2)


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.ogg", "x.mp3"])
def test_fifty_milliseconds(name, encode):
    samples, stream = read(encode(name, tone(440, 0.05)))

    assert len(samples) == pytest.approx(2205, abs=1200)
    assert not stream.truncated


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.ogg", "x.mp3"])
def test_digital_silence_is_silent(name, encode):
    samples, stream = read(encode(name, silence(2.0, channels=2)))

    assert stream.duration_s == pytest.approx(2.0, abs=0.05)
    assert np.abs(samples).max() < 1e-4


# No audio, or no file


def test_zero_bytes(tmp_path):
    path = tmp_path / "x.mp3"
    path.touch()
    with pytest.raises(AudioEmptyError, match="0 bytes"):
        read(path)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_video_without_sound_is_called_so(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
        container.mux([*stream.encode(picture), *stream.encode()])
    with pytest.raises(AudioEmptyError, match=f"x{suffix} has no audio: it is a video without sound"):
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        b"These are the words of a song, not its sound.\n" * 200,
        b"<html><body>404 Not Found</body></html>",
        b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10),
        b"\x00",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"OggS" + bytes(100),
        b"fLaC" + bytes(100),
        np.random.default_rng(1).bytes(100_000),
    ],
    ids=["text", "html", "tag alone", "one byte", "wav head", "ogg head", "flac head", "noise"],
)
def test_a_file_that_is_not_audio_is_refused_with_its_name(content, tmp_path):
    path = tmp_path / "renamed.mp3"
    path.write_bytes(content)
    with pytest.raises((AudioFormatError, AudioEmptyError), match=r"renamed\.mp3"):
        read(path)


def test_a_playlist_with_an_audio_name_makes_no_connection(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.ts"
        path = tmp_path / "x.mp3"
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n")
        with pytest.raises(AudioFormatError):
            read(path)
        assert read_tags(path).title == "x"
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_folder_a_pipe_and_a_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path, tmp_path / "pipe.wav", "/dev/zero"):
        with pytest.raises(AudioFormatError, match="not a file"):
            read(path)
        with pytest.raises(AudioFormatError, match="not a file"):
            content_hash(path)


def test_a_file_that_has_gone(encode):
    path = encode("x.wav", tone(440, 0.1))
    path.unlink()
    for reader in (read, content_hash):
        with pytest.raises(AudioFileMissingError, match="gone") as caught:
            reader(path)
        assert caught.value.path == str(path)


def test_a_file_that_goes_while_it_is_read_is_read_to_its_end(encode):
    path = encode("x.flac", white_noise(3.0))
    with open_audio(path, block_seconds=1.0) as stream:
        for _ in stream:
            path.unlink(missing_ok=True)
    assert stream.duration_s == pytest.approx(3.0)


def test_a_link_that_leads_to_itself(tmp_path):
    path = tmp_path / "x.wav"
    path.symlink_to(path)
    with pytest.raises(AudioFileMissingError, match="leads to itself"):
        read(path)


def test_no_permission(open_folder, as_ordinary_user):
    for name in ("secret.wav", "public.wav"):
        soundfile.write(open_folder / name, tone(440, 0.2), 44100)
        (open_folder / name).chmod(0o000 if name == "secret.wav" else 0o644)
    read(open_folder / "public.wav")  # loads the decoder while that is allowed
    with as_ordinary_user():
        for reader in (read, content_hash):
            with pytest.raises(AudioPermissionError, match="permission"):
                reader(open_folder / "secret.wav")
        assert read_tags(open_folder / "secret.wav").title == "secret"
        assert read(open_folder / "public.wav")[1].duration_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    "name",
    ["Ünïcödé – 日本語 🎵.{}", "two\nlines.{}", "a" * 246 + ".{}", "http:%d*?[x]'\";.{}", "-rf .{}"],
    ids=["unicode", "newline", "250 bytes", "odd", "option"],
)
@pytest.mark.parametrize("extension", ["wav", "mp3"])
def test_names(name, extension, encode, tmp_path):
    path = tmp_path / name.format(extension)
    encode(f"plain.{extension}", tone(440, 1.0)).rename(path)

    assert read(path)[1].duration_s == pytest.approx(1.0, abs=0.1)
    assert len(content_hash(path)) == 32
    assert "\n" not in read_tags(path).title


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
def test_a_name_that_is_not_utf8_can_be_read(encode, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")
    encode("x.wav", tone(440, 0.5)).rename(path)

    assert read(path)[1].duration_s == pytest.approx(0.5)
    assert read_tags(path).title == "caf\N{REPLACEMENT CHARACTER}"

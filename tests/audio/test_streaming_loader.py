from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.ogg import OggPage
from signals import tone, white_noise

from workbench.audio.streaming_loader import MIN_BLOCK_SECONDS, open_audio
from workbench.errors import AudioEmptyError, AudioMemoryError
from workbench.machine.memory import MemoryAccount

FORMATS = [
    "x.wav", "x.flac", "x.ogg", "x.opus", "x.mp3", "x.aiff",
    "x.m4a", "x.alac.m4a", "x.aac", "x.wma", "x.wv", "x.mka",
]  # fmt: skip


def read(path, **options):
    with open_audio(path, **options) as stream:
        blocks = [block.copy() for block in stream]
    return np.concatenate(blocks), stream


def loudest_frequency(samples: np.ndarray, rate: int) -> float:
    mono = samples.mean(axis=1)
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono))))
    return float(np.argmax(spectrum)) * rate / len(mono)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_music_that_went_in(name, encode):
    rate = 48000 if name == "x.opus" else 44100
    path = encode(name, tone(440, 3.0, rate=rate, level_db=-12, channels=2), rate)

    samples, stream = read(path, block_seconds=0.7)

    assert samples.dtype == np.float32
    assert samples.flags.c_contiguous
    assert stream.channels == 2
    assert stream.rate == rate
    assert stream.duration_s == pytest.approx(3.0, abs=0.15)
    assert not stream.truncated
    middle = samples[rate // 2 : -rate // 2]
    assert loudest_frequency(middle, rate) == pytest.approx(440, abs=2)
    assert 20 * np.log10(np.sqrt(np.mean(middle**2))) == pytest.approx(-15, abs=0.5)


def test_monkeys_audio_is_read(encode):
    samples, stream = read(encode("x.ape", np.zeros((100_000, 2)), 44100))

    assert (stream.codec, stream.rate, samples.shape) == ("ape", 44100, (100_000, 2))
    assert not samples.any()


@pytest.mark.parametrize("decoder", ["libsndfile", "ffmpeg"])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_both_decoders_scale_samples_alike(subtype, decoder, encode):
    wanted = white_noise(0.2, level_db=-15, channels=2)
    path = encode("x.wav", wanted, subtype=subtype)

    samples, stream = read(path, decoder=decoder)

    steps = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23}.get(subtype, 2**-23)
    assert stream.decoder == decoder
    assert np.abs(samples - wanted).max() <= steps


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.integers(1, 5000),
    channels=st.integers(1, 8),
    rate=st.sampled_from([8000, 11025, 44100, 96000, 192000]),
    name=st.sampled_from(["x.wav", "x.flac", "x.aiff"]),
    block_seconds=st.floats(0.001, 2),
)
def test_blocks_joined_are_the_file_whatever_their_length(
    frames, channels, rate, name, block_seconds, tmp_path
):
    rng = np.random.default_rng(frames)
    wanted = rng.integers(-(2**15), 2**15, (frames, channels)).astype(np.float32) / np.float32(2**15)
    soundfile.write(tmp_path / name, wanted, rate, subtype="PCM_16")

    with open_audio(tmp_path / name, block_seconds=block_seconds) as stream:
        blocks = list(stream)

    np.testing.assert_array_equal(np.concatenate(blocks), wanted)
    assert stream.decoded_frames == frames
    assert (stream.rate, stream.channels) == (rate, channels)
    lengths = {len(block) for block in blocks[:-1]}
    assert lengths <= {max(1, round(block_seconds * rate))}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("x.mp3", "y.wav"),
        ("x.flac", "y.mp3"),
        ("x.wav", "y.ogg"),
        ("x.m4a", "y.flac"),
        ("x.ogg", "y"),
        ("x.wav", "y.raw"),
    ],
)
def test_content_decides_and_not_the_extension(content, name, encode, tmp_path):
    path = encode(content, tone(440, 1.0, channels=2)).rename(tmp_path / name)

    samples, stream = read(path)

    assert stream.duration_s == pytest.approx(1.0, abs=0.1)
    assert loudest_frequency(samples, stream.rate) == pytest.approx(440, abs=3)


def test_streams_chained_in_one_ogg_are_read_one_after_the_other(encode, tmp_path):
    content = encode("x.ogg", tone(440, 2.0)).read_bytes()
    chained = b""
    for serial in (1, 2, 3):
        pages = BytesIO(content)
        while pages.tell() < len(content):
            page = OggPage(pages)
            page.serial = serial
            chained += page.write()
    path = tmp_path / "chained.ogg"
    path.write_bytes(chained)

    samples, stream = read(path)

    assert stream.duration_s == pytest.approx(6.0, abs=0.1)
    assert loudest_frequency(samples[-44100:], 44100) == pytest.approx(440, abs=2)


def test_blocks_that_are_kept_stay_and_blocks_that_are_dropped_are_reused(encode):
    wanted = white_noise(3.0, channels=2)
    path = encode("x.wav", wanted, subtype="FLOAT")

    with open_audio(path, block_seconds=0.1) as stream:
        kept = list(stream)
    with open_audio(path, block_seconds=0.1) as stream:
        places = {block.__array_interface__["data"][0] for block in stream}

    np.testing.assert_array_equal(np.concatenate(kept), wanted)
    assert len(kept) == 30
    assert len(places) <= 2


def test_a_stream_is_read_once(encode):
    with open_audio(encode("x.wav", tone(440, 0.1))) as stream:
        list(stream)
        with pytest.raises(RuntimeError, match="Open it again"):
            list(stream)


def test_a_file_without_samples_is_said_to_be_empty(encode):
    with (
        open_audio(encode("x.wav", np.zeros((0, 2)))) as stream,
        pytest.raises(AudioEmptyError, match="has no audio"),
    ):
        list(stream)


@pytest.mark.parametrize("decoder", ["libsndfile", "ffmpeg"])
def test_samples_that_are_no_numbers_become_silence_and_are_counted(decoder, encode):
    wanted = tone(440, 0.5, channels=2).copy()
    wanted[100, 0], wanted[200:210, 1], wanted[300, 0], wanted[301, 0] = np.nan, np.inf, -np.inf, np.inf

    samples, stream = read(encode("x.wav", wanted, subtype="FLOAT"), decoder=decoder, block_seconds=0.1)

    assert stream.nonfinite_samples == 13
    assert np.isfinite(samples).all()
    assert samples[100, 0] == 0.0
    np.testing.assert_array_equal(samples[400:], wanted[400:])


def test_samples_over_full_scale_stay_as_they_are(encode):
    wanted = np.float32(30.0) * tone(440, 0.2, level_db=0.0)

    samples, _ = read(encode("x.wav", wanted, subtype="FLOAT"))

    np.testing.assert_array_equal(samples, wanted)


# Memory


MiB = 1 << 20


def accounts(*room_bytes):
    """Sample one machine of 1000 MiB after the other: under a limit of 50 % each leaves this room."""
    rooms = list(room_bytes)

    def sample():
        room = rooms.pop(0) if len(rooms) > 1 else rooms[0]
        return [
            MemoryAccount("system", 1000 * MiB, 500 * MiB - room),
            MemoryAccount("process", 1000 * MiB, MiB),
        ]

    return sample


def lengths(path, memory, block_seconds=10.0):
    with open_audio(path, block_seconds=block_seconds, memory_limit_percent=50, memory=memory) as stream:
        return [len(block) / stream.rate for block in stream], stream.duration_s


@pytest.fixture
def minute(encode) -> Path:
    return encode("minute.wav", white_noise(60.0, rate=8000), 8000)


def test_blocks_have_the_asked_length_when_memory_is_plenty(minute):
    assert lengths(minute, accounts(400 * MiB)) == ([10.0] * 6, 60.0)


def test_blocks_shrink_when_memory_gets_short_and_grow_again_after(minute):
    plenty, short = 400 * MiB, MiB
    blocks, duration_s = lengths(minute, accounts(plenty, short, short, plenty), block_seconds=20.0)

    assert blocks[0] == 20.0
    assert min(blocks) < 20.0
    assert duration_s == 60.0


def test_memory_is_looked_at_again_while_small_blocks_are_read(encode):
    path = encode("long.wav", white_noise(100.0), 44100)
    with pytest.raises(AudioMemoryError):
        lengths(path, accounts(3 * MiB, 3 * MiB, 3 * MiB, 0))


def test_too_little_memory_for_the_smallest_block_is_an_error_that_says_what_to_do(minute):
    smallest_bytes = int(MIN_BLOCK_SECONDS * 8000 * 4)
    with pytest.raises(
        AudioMemoryError, match=r"system uses 499 of 1000 MiB.*MEMORY_LIMIT_PERCENT=50.*fewer"
    ) as caught:
        lengths(minute, accounts(smallest_bytes))
    assert caught.value.kind == "memory"
    assert caught.value.total_bytes == 1000 * MiB


def test_a_limit_that_this_machine_is_over_is_kept(minute):
    with open_audio(minute, memory_limit_percent=0.001) as stream, pytest.raises(AudioMemoryError):
        list(stream)

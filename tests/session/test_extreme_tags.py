"""Whatever a file says of itself, it gets a row that can be listed, searched and written, and stops no other file."""

from __future__ import annotations

import itertools
import json
import os
import struct
from collections.abc import Callable, Iterator, Sequence

import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from signals import tone

from workbench import Workbench
from workbench.audio.tags.fields import NAMES
from workbench.playlists.query.query_match import matching_rows
from workbench.session.jobs.analysis_tasks import AnalysisTasks
from workbench.store.library.track import Track

Pairs = Sequence[tuple[str, bytes]]
Take = Callable[[str, Pairs, int], Track]

KINDS = ("vorbis.flac", "id3.mp3", "ape.mp3", "info.wav")
ID3 = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "year": "TDRC",
    "track_number": "TRCK",
    "genre": "TCON",
}
INFO = {
    "title": "INAM",
    "artist": "IART",
    "album": "IPRD",
    "year": "ICRD",
    "track_number": "ITRK",
    "genre": "IGNR",
}

extreme_numbers = st.one_of(
    st.sampled_from(
        [
            "9" * 400,
            "-" + "9" * 300,
            "1e999",
            "nan",
            "-inf",
            "-nan dB",
            "inf dB",
            "1/0",
            "0/0",
            "²",
            "٣٣٣٣",
            "0x10",
            "2147483648",
            "9223372036854775808",
            "99999-99-99",
            "0000",
            "(999)",
            "((",
            "255/popm",
            "1_000",
            "1,5,5",
        ]
    ),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(str),
)
extreme_texts = st.one_of(
    extreme_numbers.map(str.encode),
    st.binary(max_size=40),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            b"\xed\xa0\x80\xed\xb0\x80",  # surrogates as UTF-8
            b"A\0B\0\0C",
            "\u202e\u2066\ufeff\u0000\u200d".encode(),
            ("é" * 1000 + "\n" * 1000).encode(),
            b"x" * 1_000_000,
            b"; ".join(b"Artist %d" % number for number in range(5000)),
            "\u0301".encode() * 5000,
            "👩\u200d👩\u200d👧".encode() * 500,
            b"' OR 1=1; DROP TABLE tracks; --",
            b"%s%n%00",
            b"=IMPORTXML(1)",
        ]
    ),
)
pairs = st.lists(st.tuples(st.sampled_from(sorted(NAMES)), extreme_texts), max_size=8)


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Take]:
    """Scan a file with these tags and this date into a library, and return its track."""
    folder, numbers = tmp_path_factory.mktemp("extreme"), itertools.count()
    sounds = {}
    for kind in KINDS:
        soundfile.write(folder / kind, tone(440, 0.1), 44100)
        sounds[kind] = (folder / kind).read_bytes()
    with Workbench(folder / "data", async_workers=1) as wb:

        def run(kind: str, tags: Pairs, seconds: int) -> Track:
            path = folder / f"{next(numbers)}" / kind
            path.parent.mkdir()
            path.write_bytes(tagged(kind, sounds[kind], tags))
            os.utime(path, (seconds, seconds))
            tasks = AnalysisTasks(
                wb.library, wb.analyze.plan(path), stale=lambda version: None, keep=wb.analyze.keep
            )
            assert len(list(tasks.tasks())) == 1
            track = wb.track(str(path))
            assert matching_rows(f"id = {track.id}", wb.library.table()).sum() == 1
            assert track.id in [found.id for found in wb.track.find(query=kind).tracks]
            return track

        yield run


def tagged(kind: str, sound: bytes, tags: Pairs) -> bytes:
    """Return a file with these tags, written byte by byte: no library would write them."""
    name = kind.partition(".")[0]
    if name == "vorbis":
        comments = [f"{NAMES[field][0]}=".encode() + value for field, value in tags]
        block = struct.pack("<II", 0, len(comments)) + b"".join(map(_sized, comments))
        at = 4 + 4 + 34  # after the first block, the description of the stream
        return sound[:4] + bytes([sound[4] & 0x7F]) + sound[5:at] + b"\x04" + _be24(block) + sound[at:]
    if name == "id3":
        frames = b"".join(_frame(field, value) for field, value in tags)
        return b"ID3\x04\0\0" + _syncsafe(len(frames)) + frames + sound
    if name == "ape":
        items = b"".join(
            struct.pack("<II", len(value), 0) + field.encode() + b"\0" + value for field, value in tags
        )
        footer = b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, len(tags), 0) + bytes(8)
        return sound + items + footer
    chunks = b"".join(
        INFO.get(field, "ICMT").encode() + _sized(value + b"\0" * (len(value) % 2)) for field, value in tags
    )
    return sound + b"LIST" + _sized(b"INFO" + chunks)


def _sized(value: bytes) -> bytes:
    return struct.pack("<I", len(value)) + value


def _be24(block: bytes) -> bytes:
    return struct.pack(">I", len(block))[1:] + block


def _syncsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _frame(field: str, value: bytes) -> bytes:
    name, body = (
        (ID3[field], b"\x03" + value) if field in ID3 else ("TXXX", b"\x03" + field.encode() + b"\0" + value)
    )
    return name.encode() + _syncsafe(len(body)) + b"\0\0" + body


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(KINDS), pairs, st.integers(-(2**40), 2**40))
@example(
    "vorbis.flac", [("title", b"x" * 1_000_000), ("artist", b"; ".join([b"A%d" % n for n in range(9000)]))], 0
)
@example("id3.mp3", [("title", b"\xed\xa0\x80"), ("tag_gain_db", b"nan dB"), ("rating", b"1e999")], -1)
def test_any_tags_and_dates_end_in_a_sound_row(take: Take, kind: str, tags: Pairs, seconds: int) -> None:
    track = take(kind, tags, seconds)
    described = json.dumps(track.to_dict(), allow_nan=False, ensure_ascii=False)
    described.encode()  # no lone surrogate
    for name in ("title", "artist", "album", "genre"):
        text = getattr(track, name) or ""
        assert len(text) <= 10_000
        assert not any(char in text for char in "\0\n\r\x1b\u202e\u2066\ufeff")
    assert track.year is None or 1600 <= track.year < 2200
    assert abs(track.track_number or 0) < 10**6
    numbers = [value for value in track.more_tags.values() if isinstance(value, int | float)]
    assert all(abs(number) < 2**31 for number in numbers)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bytes_are_tags_indeed(take: Take, kind: str) -> None:
    track = take(kind, [("title", b"Song"), ("artist", b"Ann; Bob"), ("year", b"1999")], 0)
    assert (track.title, track.artists, track.year) == ("Song", ("Ann", "Bob"), 1999)

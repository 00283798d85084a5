"""Tags that lie in files beside each other, in odd encodings, on several levels; and those that other programs keep."""

from __future__ import annotations

import os
import struct

import mutagen
import pytest
from mutagen import apev2, id3, mp4
from signals import tone

from workbench.audio.tags import Tags, read_tags


@pytest.fixture
def mp3(encode):
    return encode("x.mp3", tone(440, 0.2))


def id3v1(title, artist=b"", comment=b"", genre=255):
    return (
        b"TAG"
        + title.ljust(30, b"\0")
        + artist.ljust(30, b"\0")
        + bytes(34)
        + comment.ljust(30, b"\0")
        + bytes([genre])
    )


def id3v2(path, *frames, version=4):
    tags = id3.ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path, v2_version=version, v1=0)


def test_ape_tags_of_an_mp3_are_read_before_the_short_ones_of_id3v1(mp3):
    title = "A Title That Is Much Longer Than Thirty Characters"
    tags = apev2.APEv2()
    tags["Title"] = title
    tags.save(mp3)
    mp3.write_bytes(mp3.read_bytes() + id3v1(title[:30].encode(), b"From ID3v1"))

    assert (read_tags(mp3).title, read_tags(mp3).artist) == (title, "From ID3v1")


def test_each_field_comes_from_the_best_kind_that_has_it(mp3):
    id3v2(
        mp3,
        id3.TIT2(encoding=3, text=["A Title That Is Cut at Thirty C"[:30]]),
        id3.TALB(encoding=3, text=["Album"]),
    )
    tags = apev2.APEv2()
    tags["Title"], tags["Album"], tags["Genre"] = "A Title That Is Cut at Thirty Characters", "Other", "Jazz"
    tags.save(mp3)

    assert read_tags(mp3) == Tags(
        title="A Title That Is Cut at Thirty Characters", album="Album", genre="Jazz"
    )


def test_id3_before_a_flac_adds_what_its_comments_lack(encode):
    path = encode("x.flac", tone(440, 0.1))
    file = mutagen.File(path)
    file["title"] = "From Vorbis"
    file.save()
    id3v2(path, id3.TIT2(encoding=3, text=["From ID3"]), id3.TCON(encoding=3, text=["Folk"]))

    assert (read_tags(path).title, read_tags(path).genre) == ("From Vorbis", "Folk")


def with_chunk(path, name, data):
    content = path.read_bytes() + name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])


def info(**texts):
    ended = {name: text + bytes(1 + (len(text) + 1) % 2) for name, text in texts.items()}
    return b"INFO" + b"".join(
        name.encode() + struct.pack("<I", len(text)) + text for name, text in ended.items()
    )


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_riff_info_is_read_in_both_encodings_also_beside_id3(encoding, encode):
    path = encode("x.wav", tone(440, 0.2))
    with_chunk(path, b"LIST", info(INAM="Café “Noir” – 5 €".encode(encoding), IART="Müller".encode(encoding)))
    assert (read_tags(path).title, read_tags(path).artist) == ("Café “Noir” – 5 €", "Müller")

    file = mutagen.File(path)
    file.add_tags()
    file.tags.add(id3.TCON(encoding=3, text=["Jazz"]))
    file.save()
    assert (read_tags(path).title, read_tags(path).genre) == ("Café “Noir” – 5 €", "Jazz")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_id3_text_that_is_wrongly_declared_as_latin_1_is_read_as_what_it_is(encoding, mp3):
    wrong = "Café – Noir".encode(encoding).decode("latin-1")
    id3v2(mp3, id3.TIT2(encoding=0, text=[wrong]))
    assert read_tags(mp3).title == "Café – Noir"


@pytest.mark.parametrize(
    "title",
    [
        "می\u200cخواهم",
        "ന\u0d4d\u200dറെ",
        "അവന\u0d4d\u200d",
        "হঠাত\u09cd\u200d",
        "Family \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "co\u00adop",
    ],
)
def test_characters_that_spell_are_kept(title, flac_with):
    assert flac_with(title=title).title == title


@pytest.mark.parametrize("title", ["\u3164", "\u2800 \u2800", "\u200b\u180e", "\u200d", "\u061c"])
def test_a_title_without_ink_is_none(title, flac_with):
    assert flac_with(title=title).title == "The File"


@pytest.mark.parametrize("char", "\u202e\u202a\u2066\u2069\u206e\ufeff")
def test_characters_that_turn_the_text_around_them_are_dropped(char, flac_with):
    assert flac_with(title=f"Song{char} gpj.exe").title == "Song gpj.exe"


@pytest.mark.parametrize(
    ("artist", "names"),
    [
        (["Queen", "David Bowie"], ("Queen", "David Bowie")),
        ("Queen; David Bowie", ("Queen", "David Bowie")),
        ("Queen / David Bowie", ("Queen", "David Bowie")),
        ("Queen feat. David Bowie", ("Queen", "David Bowie")),
        ("Queen (ft. David Bowie)", ("Queen", "David Bowie")),
        ("Queen；David Bowie", ("Queen", "David Bowie")),
        ("Queen // David Bowie", ("Queen", "David Bowie")),
        ("Queen\\\\David Bowie", ("Queen", "David Bowie")),
        ("AC/DC", ("AC/DC",)),
        ("Earth, Wind & Fire", ("Earth, Wind & Fire",)),
        ("Daft Punk", ("Daft Punk",)),
    ],
)
def test_artists_are_a_list(artist, names, flac_with):
    tags = flac_with(artist=artist, albumartist=artist)
    assert tags.artists == tags.album_artists == names
    assert tags.artist == (artist if isinstance(artist, str) else "Queen; David Bowie")


def test_a_tag_of_artists_separates_what_the_credit_joins(flac_with):
    tags = flac_with(artist="Queen & David Bowie", artists=["Queen", "David Bowie"])
    assert (tags.artist, tags.artists) == ("Queen & David Bowie", ("Queen", "David Bowie"))


@pytest.mark.parametrize(
    ("ids", "names"), [("id1/id2", ("Queen", "David Bowie")), ("id1", ("Queen/David Bowie",))]
)
def test_the_number_of_ids_says_how_many_artists_a_joined_text_has(ids, names, mp3):
    frames = (
        id3.TPE1(encoding=3, text=["Queen/David Bowie"]),
        id3.TXXX(encoding=3, desc="MusicBrainz Artist Id", text=[ids]),
    )
    id3v2(mp3, *frames, version=3)
    assert read_tags(mp3).artists == names


def element(id_, *parts):
    data = b"".join(parts)
    return bytes.fromhex(id_) + (len(data) | 1 << 56).to_bytes(8, "big") + data


def tag(targets, **texts):
    simple = (
        element("67C8", element("45A3", n.encode()), element("4487", t.encode())) for n, t in texts.items()
    )
    return element("7373", element("63C0", *targets), *simple)


def matroska(path, *tags, title=None):
    info = element("1549A966", element("7BA9", title.encode())) if title else b""
    track = element("1654AE6B", element("AE", element("536E", b"Stereo")))
    path.write_bytes(
        element("1A45DFA3", element("4282", b"matroska"))
        + element("18538067", info, track, element("1254C367", *tags))
    )
    return read_tags(path)


ALBUM, TRACK = element("68CA", b"\x32"), element("68CA", b"\x1e")
ALBUM_NAME, TRACK_NAME = element("63CA", b"ALBUM"), element("63CA", b"TRACK")


@pytest.mark.parametrize(
    ("album", "track"),
    [
        ([ALBUM], [TRACK]),
        ([ALBUM_NAME], [TRACK_NAME]),
        ([ALBUM, ALBUM_NAME], [TRACK, TRACK_NAME]),
        ([], [TRACK]),
        ([ALBUM], [TRACK, element("63C5", b"\x01")]),
    ],
)
@pytest.mark.parametrize("album_last", [True, False])
def test_matroska_levels_are_kept_apart(album, track, album_last, tmp_path):
    tags = [
        tag(track, TITLE="Song", ARTIST="Singer", PART_NUMBER="7"),
        tag(album, TITLE="Album", ARTIST="Band", PART_NUMBER="2"),
    ]
    read = matroska(tmp_path / "x.mka", *(tags if album_last else reversed(tags)))

    assert (read.title, read.artist, read.album, read.track_number) == ("Song", "Singer", "Album", 7)


def test_a_matroska_tag_of_the_album_alone_does_not_give_the_title(tmp_path):
    read = matroska(tmp_path / "file.mka", tag([ALBUM], TITLE="Album", ARTIST="Band", DATE_RELEASED="1999"))
    assert read == Tags(title="file", artist="Band", album="Album", album_artist="Band", year=1999)


def test_the_name_of_a_matroska_stream_is_not_the_title(tmp_path):
    assert matroska(tmp_path / "file.mka", title="The Song").title == "The Song"
    assert matroska(tmp_path / "file.mka").title == "file"


def test_what_other_programs_keep_in_vorbis_comments(flac_with):
    tags = flac_with(
        MUSICBRAINZ_TRACKID="r1",
        MUSICBRAINZ_ALBUMID="a1",
        MUSICBRAINZ_RELEASETRACKID="t1",
        ISRC="GBAYE6800011",
        COMPOSER=["A", "B"],
        COMMENT="Good",
        MOOD="Calm",
        GROUPING="Party",
        FMPS_RATING="0.8",
        FMPS_PLAYCOUNT="12.0",
        BPM="124",
        INITIALKEY="8A",
        REPLAYGAIN_TRACK_GAIN="-7.30 dB",
        REPLAYGAIN_ALBUM_GAIN="+1.5 dB",
        REPLAYGAIN_TRACK_PEAK="0.98",
        LYRICS="One\nTwo",
        DISCNUMBER="2/3",
        COMPILATION="1",
        TITLESORT="File, The",
    )
    assert tags == Tags(
        title="The File",
        musicbrainz_recording_id="r1",
        musicbrainz_album_id="a1",
        musicbrainz_track_id="t1",
        isrc="GBAYE6800011",
        composer="A; B",
        comment="Good",
        tag_mood="Calm",
        grouping="Party",
        rating=4.0,
        play_count=12,
        tag_bpm=124.0,
        tag_key="8A",
        tag_gain_db=-7.3,
        tag_album_gain_db=1.5,
        tag_peak=0.98,
        lyrics="One\nTwo",
        disc_number=2,
        compilation=True,
        title_sort="File, The",
    )


def test_what_other_programs_keep_in_id3(mp3):
    id3v2(
        mp3,
        id3.UFID(owner="http://musicbrainz.org", data=b"r1"),
        id3.TSRC(encoding=3, text=["I"]),
        id3.TCOM(encoding=3, text=["A"]),
        id3.COMM(encoding=3, lang="eng", desc="iTunNORM", text=["000"]),
        id3.COMM(encoding=3, lang="eng", desc="", text=["Good"]),
        id3.TMOO(encoding=3, text=["Calm"]),
        id3.GRP1(encoding=3, text=["Party"]),
        id3.POPM(email="x", rating=196, count=9),
        id3.TBPM(encoding=3, text=["124"]),
        id3.TKEY(encoding=3, text=["Am"]),
        id3.USLT(encoding=3, lang="eng", desc="", text="One\nTwo"),
        id3.TXXX(encoding=3, desc="replaygain_track_gain", text=["-7.30 dB"]),
        id3.TPOS(encoding=3, text=["2/3"]),
        id3.TCMP(encoding=3, text=["1"]),
        id3.TSOP(encoding=3, text=["Sort"]),
        id3.APIC(encoding=3, mime="image/png", type=3, data=b"x"),
    )
    assert read_tags(mp3) == Tags(
        title="x",
        musicbrainz_recording_id="r1",
        isrc="I",
        composer="A",
        comment="Good",
        tag_mood="Calm",
        grouping="Party",
        rating=4.0,
        play_count=9,
        tag_bpm=124.0,
        tag_key="Am",
        lyrics="One\nTwo",
        tag_gain_db=-7.3,
        disc_number=2,
        compilation=True,
        artist_sort="Sort",
        cover="embedded",
    )


def test_what_other_programs_keep_in_mp4(encode):
    path = encode("x.m4a", tone(440, 0.2))
    file = mp4.MP4(path)
    file["tmpo"], file["cpil"], file["disk"], file["\xa9lyr"], file["soar"] = (
        [124],
        True,
        [(2, 3)],
        "One\nTwo",
        "Sort",
    )
    file["covr"] = [mp4.MP4Cover(b"x")]
    file["----:com.apple.iTunes:MusicBrainz Track Id"] = b"r1"
    file["----:com.apple.iTunes:initialkey"] = b"Am"
    file.save()
    assert read_tags(path) == Tags(
        title="x",
        tag_bpm=124.0,
        compilation=True,
        disc_number=2,
        lyrics="One\nTwo",
        artist_sort="Sort",
        cover="embedded",
        musicbrainz_recording_id="r1",
        tag_key="Am",
    )


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("4", 4),
        ("4.5", 4.5),
        ("0.6", 3),
        ("★★★☆☆", 3),
        ("80", 4),
        ("8", 4),
        ("100", 5),
        ("0", None),
        ("x", None),
        ("-3", None),
        ("999", None),
    ],
)
def test_ratings_are_stars(text, stars, flac_with):
    assert flac_with(rating=text).rating == stars


@pytest.mark.parametrize(
    "extreme", ["9" * 400, "-" + "9" * 400, "1e999", "nan", "inf", "", "²", "\0", "0x10", "1/0", "٣" * 3]
)
def test_extreme_numbers_are_left_out(extreme, flac_with):
    names = "date tracknumber discnumber compilation rating fmps_playcount bpm replaygain_track_gain"
    tags = flac_with(title="Song", **dict.fromkeys(names.split(), extreme))
    assert all(abs(value) < 2**31 for value in vars(tags).values() if isinstance(value, int | float))


def test_a_picture_and_lyrics_beside_the_file(encode, tmp_path):
    path = encode("x.flac", tone(440, 0.1))
    (tmp_path / "Folder.JPG").write_bytes(b"x")
    (tmp_path / "x.lrc").write_text(
        "[ar:Singer]\n[00:01.00]First <00:01.50>line\n[00:02.00][00:09.00]Second\n"
    )

    assert (read_tags(path).cover, read_tags(path).lyrics) == ("file", "First line\nSecond")


def test_a_cover_that_comes_or_goes_later_is_noticed(encode, tmp_path):
    path, cover = encode("x.flac", tone(440, 0.1)), tmp_path / "cover.jpg"
    os.utime(tmp_path, (0, 0))
    assert read_tags(path).cover is None
    cover.touch()
    assert read_tags(path).cover == "file"
    os.utime(tmp_path, (1, 1))
    assert read_tags(path).cover == "file"
    cover.unlink()
    assert read_tags(path).cover is None


def test_an_empty_cue_sheet_is_none(flac_with):
    assert flac_with(cuesheet="FILE").cue_sheet
    assert not flac_with(title="x", cuesheet="").cue_sheet

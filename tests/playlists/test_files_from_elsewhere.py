"""Playlists as other programs and services write them find their tracks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from workbench.errors import PlaylistFileError
from workbench.playlists import match_entries, read_playlist_file

PATHS = ["/music/A Song.mp3", "/music/100% Pure.mp3", "/music/Ünder.mp3", "/music/Cut%20Off.mp3"]
TITLES = ["Under Pressure", "Café (Live)", "Song Two", "Last"]
ARTISTS = ["Queen & David Bowie", "Beyoncé", "AC/DC", "Other"]
LISTS = ["Queen; David Bowie", "Beyoncé", "AC/DC", "Other"]


@pytest.fixture
def matched(make_table, tmp_path):
    table = make_table(4, path=PATHS, title=TITLES, artist=ARTISTS, artists=LISTS)

    def match(name: str, text: str, encoding: str = "utf-8"):
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return match_entries(read_playlist_file(file), table)

    return match


@pytest.mark.parametrize(
    ("line", "track"),
    [
        ("/music/A%20Song.mp3", 1),
        ("/music/A Song.mp3   ", 1),
        ("\t /music/A Song.mp3", 1),
        ("/music/100% Pure.mp3", 2),
        ("/music/100%25%20Pure.mp3", 2),
        ("/music/%C3%9Cnder.mp3", 3),
        ("/music/Cut%20Off.mp3", 4),  # the literal name is there
        ("D:\\Music\\A%20Song.mp3", 1),
        ('"/music/A Song.mp3"', 1),
        ("'/music/A Song.mp3'", 1),
        ("</music/A Song.mp3>", 1),
        ("/music/A+Song.mp3", 1),
        ("/music/A&#32;Song.mp3", 1),
        ("/music/A\u00a0Song.mp3", 1),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_read_as_written_or_else_decoded(line, track, end, matched):
    for name, text in (
        ("x.m3u", f"#EXTM3U{end}{line}{end}"),
        ("x.pls", f"[playlist]{end}File1 = {line}{end}"),
    ):
        (match,) = matched(name, text)
        assert match.track_id == track and match.score >= 0.9


@pytest.mark.parametrize(
    ("info", "title", "seconds"),
    [
        ("#EXTINF:-6,65", "65", None),
        ('#EXTINF:-1 tvg-id="a,b" group-title="x",Song', "Song", None),
        ("#EXTINF:236,65,Song", "Song", 236.65),
        ("#extinf: 236.5 , Song ", "Song", 236.5),
        ("#EXTINF:236", None, 236),
        ("#EXTINF:236,Ann – Song", "Song", 236),
        ("#EXTINF:3:56,Ann - Song", "Song", 236),
        ("#EXTINF:236s,Song", "Song", None),
        ("#EXTINF:236\tSong", "Song", None),
    ],
)
def test_information_lines(info, title, seconds, matched):
    (match,) = matched("x.m3u8", f"{info}\n/nowhere.mp3\n")
    assert (match.entry.title, match.entry.duration_s, match.track_id) == (title, seconds, None)


@pytest.mark.parametrize(
    ("header", "row", "track"),
    [
        ("Track URI,Track Name,Artist URI(s),Artist Name(s),Album Name,Track Duration (ms)",
         'spotify:track:1,Under Pressure - Remastered,x,"Queen,David Bowie",Hot Space,248000', 1),
        ("Track Name,Artist Name(s),Duration (ms)", 'under pressure,"Queen,David Bowie",248000', 1),
        ("Track Name,Artist Name(s)", "Elsewhere,Nobody", None),
        ("title,artist,album,isrc", "Cafe,Beyonce,,", 2),
        ("Track name,Artist name,Album,Playlist name,Type,ISRC", "Song Two (Live),ac/dc,,,,", 3),
        ("Video ID,Song Title,Album Title,Artist Names", "x,Under Pressure (feat. David Bowie),,Queen", 1),
        ("Name\tArtist\tTime", "Last\tOTHER\t4:05", 4),
        ("sep=;\r\nTitel;Interpret", "Song Two;AC/DC", 3),
        ("\r\ntrackTitle,artistName", "Song Two,AC/DC", 3),
        ("Título|Artista", "Song Two|AC-DC", 3),
        ("%artist%,%title%", "The Other,01. Last", 4),
        ("title,artist", "Cafe - live,Beyonce", 2),
        ("title,artist", "Under Pressure,David Bowie with Queen", 1),
        ("title,artist", "Under Pressure,Queen + David Bowie", 1),
    ],
)  # fmt: skip
def test_tables_of_services(header, row, track, matched):
    (match,) = matched("x.csv", f"{header}\r\n{row}\r\n")
    assert match.track_id == track
    assert (match.by, match.score >= 0.7) == (("tags", True) if track else (None, False))


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("a.m3u", "#EXTM3U\r\n/music/Ünder.mp3\r\n", "utf-16-le"),
        ("a.m3u", "#EXTENC: cp437\n/music/Ünder.mp3\n", "cp437"),
        ("a.pls", "File1=/music/Ünder.mp3\n", "utf-8"),
        ("a.xspf", "<PLAYLIST><trackList><track><location>/A & B/Ünder.mp3</location></track>"
                   "</trackList></PLAYLIST>", "utf-8"),
        ("a.jspf", '{"track": [{"title": "Song Two", "creator": "AC/DC"}]}', "utf-8"),
        ("a.json", '{"items": [{"track": {"name": "Song Two", "artists": [{"name": "AC/DC"}]}}]}', "utf-8"),
        ("a.json", '{"playlists": [{"items": [{"track": {"trackName": "Song Two", "artistName": "AC/DC"}}]}]}',
         "utf-8"),
        ("apple.txt", "Name\tArtist\r\nSong Two\tAC/DC\r\n", "utf-16"),
    ],
)  # fmt: skip
def test_dialects(name, text, encoding, matched):
    (match,) = matched(name, text, encoding)
    assert match.track_id == 3


WPL = """<?wpl version="1.0"?>
<smil><head><meta name="Generator" content="Microsoft Windows Media Player"/><title>x</title></head><body><seq>
<media src="..\\Music\\Ünder.mp3" tid="{1}"/>
<media src="D:\\gone.wma" trackTitle="Song Two" trackArtist="AC/DC" albumTitle="A &amp; B" duration="248000"/>
</seq></body></smil>"""
ASX = """<ASX version="3.0">
<Title>Mine & yours</Title>
<ENTRY><REF HREF="file:///D:/Music/Ünder.mp3"><duration value="00:04:08"/></ENTRY>
<Entry><Title>Song Two</Title><Author>AC/DC</Author><Ref href = "http://radio/1.asf" /></Entry>
</asx>"""


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("a.wpl", WPL, "utf-8"),
        ("a.zpl", WPL, "utf-8-sig"),
        ("a.asx", ASX, "utf-8"),
        ("a.wax", ASX, "cp1252"),
        ("a.wvx", ASX.replace("</Entry>", "").replace("</ENTRY>", ""), "utf-16"),
    ],
)
def test_playlists_of_windows_media_player(name, text, encoding, matched):
    first, second = matched(name, text, encoding)
    assert (first.track_id, first.by) == (3, "name")
    assert (second.track_id, second.by, second.entry.title) == (3, "tags", "Song Two")
    assert 248 in (first.entry.duration_s, second.entry.duration_s)


def test_the_first_version_of_asx_and_what_is_neither(matched):
    assert matched("a.asx", "[Reference]\r\nRef1=D:\\Music\\Ünder.mp3\r\n")[0].track_id == 3
    with pytest.raises(PlaylistFileError, match="no <smil> or <asx>"):
        matched("a.wpl", "<html></html>")


@pytest.mark.parametrize(
    "line",
    [
        "AC/DC - Song Two",
        "AC/DC – Song Two",
        "AC/DC\tSong Two",
        "1. AC/DC - Song Two",
        "02) AC/DC - Song Two (3:56)",
        "- AC/DC - Song Two\t3:56",
        "• ac/dc — song two",
        "[1:12:30] AC/DC - Song Two",
        "00:00 - AC/DC - Song Two",
        "/music/Ünder.mp3",
        '"D:\\Music\\Ünder.mp3"',
    ],
)
def test_text_lists_name_a_track_in_each_line(line, matched):
    found = matched("a.txt", f"# My list\n\n{line}\r\nBeyoncé - Café (Live)\n")
    assert [match.track_id for match in found] == [3, 2]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        (
            "cp932",
            ["宇多田ヒカル/花束を君に", "椎名林檎/丸ノ内サディスティック", "米津玄師/感電", "中島みゆき/糸"],
        ),
        (
            "euc_jp",
            ["宇多田ヒカル/花束を君に", "椎名林檎/丸ノ内サディスティック", "米津玄師/感電", "中島みゆき/糸"],
        ),
        ("gb18030", ["周杰伦/青花瓷", "邓丽君/月亮代表我的心", "陈奕迅/十年", "李宗盛/山丘"]),
        ("big5", ["周杰倫/青花瓷", "鄧麗君/月亮代表我的心", "陳奕迅/十年", "李宗盛/山丘"]),
        ("cp949", ["아이유/좋은 날", "방탄소년단/봄날", "김광석/서른 즈음에", "이문세/옛사랑"]),
        ("cp1251", ["Кино/Группа крови", "Земфира/Хочешь", "Сплин/Выхода нет"]),
        ("koi8_r", ["Кино/Группа крови", "Земфира/Хочешь", "Сплин/Выхода нет"]),
        ("cp1253", ["Χάρις Αλεξίου/Όλα σε θυμίζουν", "Μίκης Θεοδωράκης/Ζορμπάς"]),
        ("cp1250", ["Czesław Niemen/Dziwny jest ten świat", "Karel Gott/Když muž se ženou snídá"]),
        ("cp1252", ["Herbert Grönemeyer/Männer"]),
    ],
)
def test_lists_in_the_encodings_of_older_systems(encoding, names, make_table, tmp_path):
    table = make_table(len(names), path=[f"/music/{name}.mp3" for name in names])
    lines = "".join(f"#EXTINF:245,{name.replace('/', ' - ')}\r\nD:\\Music\\{name}.mp3\r\n" for name in names)
    (tmp_path / "a.m3u").write_bytes(f"#EXTM3U\r\n{lines}".encode(encoding))
    found = match_entries(read_playlist_file(tmp_path / "a.m3u"), table)
    assert [match.track_id for match in found] == list(range(1, len(names) + 1))


@pytest.mark.parametrize(
    "version",
    [
        "(Karaoke Version)",
        "[Instrumental]",
        "(Cover)",
        "(A Tribute to Ann)",
        "(In the Style of Ann) [Karaoke]",
        "(8-Bit Version)",
        "- Lullaby Version",
        "(カラオケ)",
        "(Slowed + Reverb)",
    ],
)
def test_another_performance_is_not_the_original(version, make_table, tmp_path):
    table = make_table(
        2, path=["/1.mp3", "/2.mp3"], title=["Song", "Tune (Instrumental)"], artist=["Ann", "Ann"]
    )
    (tmp_path / "a.csv").write_text(f"title,artist\nSong {version},Ann\nSong (Live),Ann\nTune,Ann\n")
    found = match_entries(read_playlist_file(tmp_path / "a.csv"), table)
    assert [match.track_id for match in found] == [None, 1, None]


def test_what_is_in_brackets_decides_between_versions(make_table, tmp_path):
    table = make_table(2, path=["/1.mp3", "/2.mp3"], title=["Café", "Café (Live)"], artist=["Ann", "Ann"])
    (tmp_path / "a.csv").write_text("title,artist\nCafe - Live,Ann\nCafe,Ann\n")
    found = match_entries(read_playlist_file(tmp_path / "a.csv"), table)
    assert [(match.track_id, match.score) for match in found] == [(2, 0.8), (1, 0.8)]


def test_a_length_is_read_in_its_unit(matched):
    assert matched("a.csv", "title,Duration (ms)\nx,248000\n")[0].entry.duration_s == 248
    assert matched("b.csv", "title,time\nx,1:04:05\n")[0].entry.duration_s == 3845


def test_what_is_no_file_or_too_long_is_refused_at_once(tmp_path: Path) -> None:
    pipe, folder, long = (tmp_path / name for name in ("pipe.m3u8", "folder.m3u8", "long.m3u8"))
    os.mkfifo(pipe)
    folder.mkdir()
    long.write_text("a.mp3\n" * 100_001)
    (tmp_path / "device.m3u8").symlink_to("/dev/zero")
    for path, reason in (
        (pipe, "is a pipe"),
        (folder, "is a folder"),
        (tmp_path / "device.m3u8", "is a device"),
        (long, "100,001 entries; 100,000 are allowed"),
    ):
        with pytest.raises(PlaylistFileError, match=reason):
            read_playlist_file(path, format="m3u8")


OLD_LISTS = {
    "cp1254": ["Barış Manço/Gülpembe.mp3", "Sezen Aksu/Şarkı Söylemek Lazım.mp3"],
    "mac_roman": ["Édith Piaf/Où sont-ils, mes petits copains.mp3"],
    "cp437": ["Die Ärzte/Männer.mp3"],
    "cp850": ["São Paulo/Coração.mp3"],
    "cp852": ["Marek Grechuta/Dni, których nie znamy.mp3", "Żal.mp3"],
    "cp866": ["Кино/Группа крови.mp3"],
    "cp1250": ["Čechomor/Proměny.mp3"],
}


@pytest.mark.parametrize("encoding", OLD_LISTS)
@pytest.mark.parametrize(
    ("suffix", "before"), [("m3u", ""), ("pls", "File{}="), ("txt", ""), ("csv", '{},"')]
)
def test_names_are_read_in_the_encoding_in_which_their_files_exist(encoding, suffix, before, tmp_path):
    names = [*OLD_LISTS[encoding], "Plain/Song.mp3"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    lines = [f"{before.format(number)}{name}" for number, name in enumerate(names, start=1)]
    if suffix == "csv":
        lines = ["position,path", *(f'{line}"' for line in lines)]
    (tmp_path / f"old.{suffix}").write_bytes("\r\n".join(lines).encode(encoding))
    found = [entry.path for entry in read_playlist_file(tmp_path / f"old.{suffix}")]
    assert found == [str(tmp_path / name) for name in names]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
@pytest.mark.parametrize("others", [[], ["Björk/Jóga.mp3", "Sigur Rós/Ágætis byrjun.mp3"]])
def test_a_list_of_names_in_bytes_finds_them(others, tmp_path):
    names = [b"caf\xe9.mp3", *map(str.encode, others)]
    (tmp_path / os.fsdecode(names[0])).touch()
    (tmp_path / "old.m3u").write_bytes(b"#EXTM3U\n" + b"\n".join(names))
    found = [entry.path for entry in read_playlist_file(tmp_path / "old.m3u")]
    assert found == [str(tmp_path / os.fsdecode(name)) for name in names]


def test_the_language_decides_where_no_file_exists(tmp_path):
    (tmp_path / "old.m3u").write_bytes("Grönemeyer/Männer.mp3\nGrönemeyer/Flüge.mp3\n".encode("cp1252"))
    assert read_playlist_file(tmp_path / "old.m3u")[0].location == "Grönemeyer/Männer.mp3"

"""The tags that the workbench keeps, and their names in the different kinds of tags."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.audio.tags.text import split_names

# Names in Vorbis comments, APEv2, MP4, ID3, ASF, RIFF INFO, AIFF, Matroska and FFmpeg, as given by `plain_name`.
# https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html
NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "tit2", "©nam", "inam", "name"),
    "artist": ("artist", "tpe1", "©art", "author", "iart", "auth"),
    "artists": ("artists",),
    "album": ("album", "talb", "©alb", "albumtitle", "iprd"),
    "album_artist": ("albumartist", "tpe2", "aart", "ensemble"),
    "album_artists": ("albumartists",),
    "genre": ("genre", "tcon", "©gen", "ignr"),
    "year": (
        "date", "year", "tdrc", "tyer", "tdrl", "©day", "icrd", "daterecorded", "datereleased",
        "originaldate", "originalyear", "tdor", "tory", "originalreleaseyear",
    ),
    "track_number": ("tracknumber", "track", "trck", "trkn", "iprt", "itrk", "partnumber"),
    "disc_number": ("discnumber", "disc", "disk", "tpos", "partofset"),
    "compilation": ("compilation", "tcmp", "cpil", "iscompilation", "itunescompilation"),
    "composer": ("composer", "tcom", "©wrt", "imus"),
    "comment": ("comment", "comm", "©cmt", "description", "icmt", "anno"),
    "grouping": ("grouping", "grp1", "©grp", "contentgroup", "contentgroupdescription", "tit1"),
    "isrc": ("isrc", "tsrc"),
    "title_sort": ("titlesort", "tsot", "sonm", "titlesortorder"),
    "artist_sort": ("artistsort", "tsop", "soar", "artistsortorder"),
    "album_sort": ("albumsort", "tsoa", "soal", "albumsortorder"),
    "album_artist_sort": ("albumartistsort", "tso2", "soaa", "albumartistsortorder"),
    "composer_sort": ("composersort", "tsoc", "soco", "composersortorder"),
    "musicbrainz_recording_id": ("musicbrainztrackid", "musicbrainzrecordingid"),
    "musicbrainz_track_id": ("musicbrainzreleasetrackid",),
    "musicbrainz_album_id": ("musicbrainzalbumid",),
    "musicbrainz_release_group_id": ("musicbrainzreleasegroupid",),
    "musicbrainz_artist_id": ("musicbrainzartistid",),
    "musicbrainz_album_artist_id": ("musicbrainzalbumartistid",),
    "rating": ("rating", "popm", "fmpsrating", "rate", "shareduserrating"),
    "play_count": ("playcount", "pcnt", "fmpsplaycount", "popmcount"),
    "tag_bpm": ("bpm", "tbpm", "tmpo", "beatsperminute", "tempo"),
    "tag_key": ("initialkey", "tkey", "key"),
    "tag_mood": ("mood", "tmoo"),
    "tag_gain_db": ("replaygaintrackgain", "r128trackgain"),
    "tag_album_gain_db": ("replaygainalbumgain", "r128albumgain"),
    "tag_peak": ("replaygaintrackpeak",),
    "lyrics": ("lyrics", "uslt", "unsyncedlyrics", "©lyr"),
}  # fmt: skip

_PREFIX = re.compile(r"(?:----:[^:]*:|txxx:|wm/)")
_SEPARATORS = re.compile(r"[\s_/.\-]+")


def plain_name(name: str) -> str:
    """Return the name of a tag without case, prefix and separators: ``WM/Album Title`` becomes ``albumtitle``."""
    return _SEPARATORS.sub("", _PREFIX.sub("", name.lower(), count=1))


@dataclass(frozen=True, kw_only=True)
class Tags:
    """The tags of a file; missing ones are ``None``. Without a title, the file name is the title.

    Attributes
    ----------
    artist, album_artist : str or None
        The names as in the file; several are joined by ``"; "``.
    artists, album_artists : tuple of str
        The names, separated.
    rating : float or None
        0–5 stars, which another program wrote.
    tag_bpm, tag_key, tag_mood, tag_gain_db, tag_album_gain_db, tag_peak : float or str or None
        The values in the file, to compare with the analysis; gains are relative to −18 LUFS (ReplayGain 2).
    cover : {"embedded", "file", None}
        The place of a picture of the album: in the file, or beside it.
    lyrics : str or None
        Lyrics with line breaks, from the file or a ``.lrc`` file beside it.
    cue_sheet : bool
        Whether the file has a CUE sheet inside, like a file that is a whole album.
    """

    title: str
    artist: str | None = None
    artists: tuple[str, ...] = ()
    album: str | None = None
    album_artist: str | None = None
    album_artists: tuple[str, ...] = ()
    genre: str | None = None
    year: int | None = None
    track_number: int | None = None
    disc_number: int | None = None
    compilation: bool | None = None
    composer: str | None = None
    comment: str | None = None
    grouping: str | None = None
    isrc: str | None = None
    title_sort: str | None = None
    artist_sort: str | None = None
    album_sort: str | None = None
    album_artist_sort: str | None = None
    composer_sort: str | None = None
    musicbrainz_recording_id: str | None = None
    musicbrainz_track_id: str | None = None
    musicbrainz_album_id: str | None = None
    musicbrainz_release_group_id: str | None = None
    musicbrainz_artist_id: str | None = None
    musicbrainz_album_artist_id: str | None = None
    rating: float | None = None
    play_count: int | None = None
    tag_bpm: float | None = None
    tag_key: str | None = None
    tag_mood: str | None = None
    tag_gain_db: float | None = None
    tag_album_gain_db: float | None = None
    tag_peak: float | None = None
    cover: str | None = None
    lyrics: str | None = None
    cue_sheet: bool = False

    def __post_init__(self) -> None:
        for names, shown in (("artists", self.artist), ("album_artists", self.album_artist)):
            if shown and not getattr(self, names):
                object.__setattr__(self, names, split_names([shown]))

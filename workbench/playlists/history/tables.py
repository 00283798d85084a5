"""Read histories in CSV from Apple Music, from programs that save a Last.fm profile, and from similar programs."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from workbench.playlists.files.csv_list import delimiter_of, plain_name
from workbench.playlists.files.listing import Entry
from workbench.playlists.files.text import number_in
from workbench.playlists.history.listening_history import ListeningHistory, time_in

LASTFM, APPLE_MUSIC = "Last.fm", "Apple Music"
# Names of columns in the notation of `plain_name`, the best first.
_COLUMNS = {
    "title": ("song name", "track name", "track", "title", "name", "song", "recording name"),
    "artist": ("artist name", "artist", "artists", "container artist name", "creator"),
    "album": ("album name", "container album name", "album", "release name"),
    "recording_id": ("recording mbid", "track mbid"),
    "at": ("uts", "listened at", "event start timestamp", "event end timestamp", "played at", "timestamp", "ts",
           "date played", "utc time", "date", "time"),
    "played_ms": ("play duration milliseconds", "ms played"),
    "length_ms": ("media duration in milliseconds",),
    "event": ("event type",),
    "described": ("track description",),
    "count": ("play count",),
}  # fmt: skip
_PLAYED = ("", "PLAY_END", "PLAY_START")


def add_table(text: str, history: ListeningHistory) -> bool:
    """Add the plays of a CSV; return whether it is a history. Lines that are not CSV are recorded as broken."""
    rows = _rows(text, history)
    first = next(rows, [])
    if len(first) == 4 and time_in(first[3]) is not None:  # lastfm-to-csv writes no header
        history.source = LASTFM
        _add_plain(itertools.chain([first], rows), history)
        return True
    places = _places(first)
    if "at" not in places or not {"title", "described"} & places.keys():
        return False
    history.source = history.source or _source(first)
    for row in rows:
        _add_row({name: row[place].strip() for name, place in places.items() if place < len(row)}, history)
    return True


def _rows(text: str, history: ListeningHistory) -> Iterator[list[str]]:
    """Yield a row for each line, so that a quotation mark that is not closed affects only its own line."""
    delimiter = delimiter_of(text)
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        try:
            if line.strip():
                yield next(csv.reader([line], delimiter=delimiter, strict=line.count('"') % 2 == 1))
        except csv.Error:
            history.broken.append(number)


def _places(header: Sequence[str]) -> dict[str, int]:
    # lastfmstats.com writes the name of the user into the last heading: Date#ann
    names = [plain_name(name.partition("#")[0]) for name in header]
    return {
        field: names.index(wanted)
        for field, columns in _COLUMNS.items()
        for wanted in reversed(columns)
        if wanted in names
    }


def _source(header: Sequence[str]) -> str:
    names = {plain_name(name) for name in header}
    if names & {"event start timestamp", "event end timestamp", "track description"}:
        return APPLE_MUSIC
    return LASTFM if "uts" in names or any("#" in name for name in header) else "CSV"


def _add_plain(rows: Iterable[Sequence[str]], history: ListeningHistory) -> None:
    for row in rows:
        artist, album, title, at = (*row, "", "", "", "")[:4]
        history.add(Entry("", title=title or None, artist=artist or None, album=album or None), time_in(at))


def _add_row(row: Mapping[str, str], history: ListeningHistory) -> None:
    if row.get("event", "") not in _PLAYED:
        history.skipped["not plays: searches, likes, lyrics"] += 1
        return
    described_artist, dash, described_title = row.get("described", "").partition(" - ")
    if not dash:
        described_artist, described_title = "", described_artist
    length = number_in(row.get("length_ms"))
    entry = Entry(
        "",
        title=row.get("title") or described_title or None,
        artist=row.get("artist") or described_artist or None,
        album=row.get("album") or None,
        duration_s=length / 1000 if length else None,
        recording_id=row.get("recording_id") or None,
    )
    played = number_in(row.get("played_ms"))
    for at in _times(row):
        history.add(entry, at, played_s=None if played is None else played / 1000)


def _times(row: Mapping[str, str]) -> Iterator[float | None]:
    """Yield the time of a row; for a day with a number of plays, one time for each, minute by minute from its start."""
    written = row.get("at", "")
    if len(written) == 8 and written.isdecimal():  # 20240131
        day = time_in(f"{written[:4]}-{written[4:6]}-{written[6:]}")
        count = number_in(row.get("count")) or 1
        yield from (None if day is None else day + 60 * number for number in range(int(min(count, 1000))))
    else:
        yield time_in(written)

"""The tracks of the demo library: all 24 keys, tempos from 70 to 174 BPM, invented artists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.audio.demo.synthesis import Score


@dataclass(frozen=True, kw_only=True)
class DemoTrack:
    """One track: its tags, and the score that it is synthesized from."""

    title: str
    artist: str
    album: str
    genre: str
    year: int
    track_number: int
    mood: str
    format: str
    score: Score

    @property
    def bpm(self) -> float:
        return self.score.bpm

    @property
    def key(self) -> str:
        return self.score.key

    @property
    def scale(self) -> str:
        return self.score.scale

    @property
    def seconds(self) -> float:
        return self.score.seconds

    @property
    def file_name(self) -> str:
        """The path inside the demo library, with ``/`` between folders."""
        return f"{self.artist}/{self.album}/{self.track_number:02d} {self.title}.{self.format}"

    def beats_s(self) -> npt.NDArray[np.float64]:
        return self.score.beats_s()


@dataclass(frozen=True)
class _Album:
    artist: str
    title: str
    genre: str
    year: int


_SIGNAL = _Album("Grid Theory", "Signal Path", "Techno", 2019)
_NIGHT = _Album("Grid Theory", "Night Bus", "House", 2014)
_RUST = _Album("The Copper Foxes", "Rust and Honey", "Rock", 1994)
_ALLEY = _Album("The Copper Foxes", "Alley Songs", "Punk", 1979)
_HARBOUR = _Album("Blue Harbour Trio", "After the Ferry", "Jazz", 1964)
_SALT = _Album("Nadia Solis", "Sal y Viento", "Bossa Nova", 1972)
_GLASS = _Album("Nadia Solis", "Glass Balconies", "Pop", 1987)
_MARBLE = _Album("Marble Street", "Corner Light", "Funk", 1976)
_LANTERN = _Album("DJ Lantern", "Paper Cranes", "Hip Hop", 1998)
_JUNGLE = _Album("DJ Lantern", "Concrete Ferns", "Drum and Bass", 2001)
_MILL = _Album("Old Mill Orchestra", "Village Dances", "Classical", 1958)
_TIDE = _Album("Low Tide", "Still Water", "Ambient", 2023)


def _track(album: _Album, number: int, title: str, mood: str, format: str, score: Score) -> DemoTrack:
    return DemoTrack(
        title=title,
        artist=album.artist,
        album=album.title,
        genre=album.genre,
        year=album.year,
        track_number=number,
        mood=mood,
        format=format,
        score=score,
    )


def _score(bpm: float, key: str, progression: str, bars: int, **parts: Any) -> Score:
    """Make a score in a key such as "F# minor"; key and tempo determine its random state."""
    name, scale = key.split()
    seed = sum(key.encode()) * 1000 + round(bpm)
    return Score(bpm=bpm, key=name, scale=scale, progression=progression, bars=bars, seed=seed, **parts)


_CLUB = {"chords": "synth lead", "comping": "off beats", "bass": "synth bass", "bass_line": "beats"}
_BAND = {"chords": "guitar", "comping": "beats", "bass": "finger bass", "bass_line": "beats"}
_TRIO = {
    "groove": "swing",
    "chords": "piano",
    "comping": "two and four",
    "bass": "double bass",
    "bass_line": "walking",
}
_BOSSA = {
    "groove": "bossa",
    "chords": "guitar",
    "comping": "halves",
    "bass_line": "root and fifth",
    "lead": "flute",
}
_WALTZ = {
    "beats_per_bar": 3,
    "comping": "oom pah",
    "bass": "double bass",
    "bass_line": "downbeat",
    "groove": "waltz",
}
_JUNGLE_BAND = {"chords": "pad", "comping": "held", "bass": "synth bass"}
_CALM = {"groove": "none", "chords": "pad", "comping": "held", "bass": "sub bass", "bass_line": "beats"}

# fmt: off
DEMO_TRACKS: tuple[DemoTrack, ...] = (
    _track(_SIGNAL, 1, "Carrier Wave", "driving", "flac", _score(
        128, "A minor", "i iv i V", 9, groove="techno", drive=1.6, **_CLUB)),
    _track(_SIGNAL, 2, "Phase Lock", "dark", "wav", _score(
        138, "D# minor", "i VI iv V", 9, groove="techno", lead="synth lead", drive=1.8, **_CLUB)),
    _track(_SIGNAL, 3, "Noise Floor", "dark", "mp3", _score(
        132, "F minor", "i i iv V7", 9, groove="techno", drive=2.0, **_CLUB)),
    _track(_NIGHT, 1, "Last Stop Sunrise", "happy", "ogg", _score(
        124, "C major", "I vi IV V", 9, groove="house", lead="synth lead", drive=1.4, **_CLUB)),
    _track(_NIGHT, 2, "Neon Rain", "dreamy", "mp3", _score(
        120, "G# minor", "i iv V i", 9, groove="house", chords="pad", comping="held", bass="synth bass",
        bass_line="octaves", lead="pluck", drive=1.3)),
    _track(_RUST, 1, "Honeycomb Road", "happy", "mp3", _score(
        112, "E major", "I IV I V", 5, groove="rock", lead="guitar", drive=1.6, **_BAND)),
    _track(_RUST, 2, "Iron Orchard", "energetic", "flac", _score(
        144, "B minor", "i VI iv V", 9, groove="rock", drive=2.2, **_BAND)),
    _track(_RUST, 3, "Long Way Down", "sad", "ogg", _score(
        76, "D minor", "i VI iv V", 5, groove="ballad", chords="piano", comping="beats", lead="strings")),
    _track(_ALLEY, 1, "Three Chords Late", "energetic", "mp3", _score(
        168, "A major", "I IV V I", 9, groove="punk", drive=2.6, **_BAND)),
    _track(_ALLEY, 2, "Broken Neon", "energetic", "wav", _score(
        160, "C# minor", "i iv V i", 9, groove="punk", drive=2.4, **_BAND)),
    _track(_HARBOUR, 1, "Gulls at Noon", "warm", "flac", _score(
        116, "F major", "IM7 vi7 ii7 V7", 9, lead="flute", **_TRIO)),
    _track(_HARBOUR, 2, "Harbour Lamps", "calm", "ogg", _score(
        92, "A# major", "IM7 IV IM7 V7", 5, lead="electric piano", **_TRIO)),
    _track(_HARBOUR, 3, "Blue Tram", "sad", "wav", _score(
        104, "G minor", "i7 iv7 i7 V7", 5, lead="brass", **_TRIO)),
    _track(_SALT, 1, "Viento", "warm", "ogg", _score(
        126, "D major", "IM7 ii7 V7 IM7", 9, **_BOSSA)),
    _track(_SALT, 2, "Tarde en la Orilla", "calm", "mp3", _score(
        96, "A# minor", "i7 iv7 i7 V7", 5, **_BOSSA)),
    _track(_GLASS, 1, "Balcony", "happy", "flac", _score(
        118, "G major", "I V vi IV", 9, groove="house", chords="electric piano", comping="beats",
        bass="synth bass", lead="synth lead", drive=1.3)),
    _track(_GLASS, 2, "Señal de Humo", "dreamy", "mp3", _score(
        100, "C# major", "I vi IV V", 5, groove="ballad", chords="pad", comping="held", lead="music box")),
    _track(_MARBLE, 1, "Corner Light", "energetic", "wav", _score(
        108, "E minor", "i7 iv7 i7 V7", 5, groove="funk", chords="electric piano", comping="two and four",
        bass_line="octaves", lead="brass", drive=1.5)),
    _track(_MARBLE, 2, "Sunday Shoes", "happy", "ogg", _score(
        102, "D# major", "I IV I V7", 5, groove="funk", chords="organ", comping="two and four",
        bass_line="walking", lead="brass", drive=1.3)),
    _track(_MARBLE, 3, "Porch Radio", "warm", "flac", _score(
        84, "F# major", "I IV V I", 5, groove="reggae", chords="organ", comping="off beats")),
    _track(_LANTERN, 1, "Folding Paper", "calm", "mp3", _score(
        88, "C minor", "i VI iv V", 5, groove="hip hop", chords="electric piano", comping="halves",
        bass="sub bass")),
    _track(_LANTERN, 2, "Thousand Wings", "dreamy", "ogg", _score(
        80, "G# major", "I vi IV V", 5, groove="hip hop", chords="music box", bass="sub bass")),
    _track(_JUNGLE, 1, "Concrete Ferns", "driving", "flac", _score(
        174, "F# minor", "i VI iv V", 9, groove="breakbeat", drive=1.8, **_JUNGLE_BAND)),
    _track(_JUNGLE, 2, "Underpass", "dark", "mp3", _score(
        170, "B major", "I IV I V", 9, groove="breakbeat", lead="pluck", drive=1.7, **_JUNGLE_BAND)),
    _track(_MILL, 1, "Miller's Waltz", "happy", "flac", _score(
        150, "G major", "I IV V7 I", 13, chords="strings", lead="flute", **_WALTZ)),
    _track(_MILL, 2, "Winter Waltz", "sad", "ogg", _score(
        110, "A minor", "i iv V7 i", 9, chords="piano", lead="strings", **_WALTZ)),
    _track(_MILL, 3, "Parade of Geese", "happy", "wav", _score(
        106, "C major", "I V I V7", 5, groove="march", chords="brass", comping="beats", lead="flute",
        bass="double bass", bass_line="root and fifth")),
    _track(_TIDE, 1, "Still Water", "calm", "flac", _score(
        70, "E major", "I IV I V", 5, **_CALM)),
    _track(_TIDE, 2, "Slow Lamp", "dreamy", "ogg", _score(
        72, "D minor", "i iv i V", 5, lead="music box", **_CALM)),
    _track(_TIDE, 3, "Tide Table", "calm", "mp3", _score(
        90, "F major", "I vi IV V", 5, groove="none", chords="electric piano", comping="arpeggio",
        bass="sub bass")),
)
# fmt: on

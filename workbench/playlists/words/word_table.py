"""The meanings of words, one line for each meaning: from words of users to sound tags and descriptors.

A part is a sound tag (``piano``), its opposite (``!no_voice``), or a descriptor with a high (``bpm+``) or low
(``bpm-``) value. The mean of several parts counts. Styles and instruments need no line here for their own names.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.analysis.sound_tags import SOUND_TAGS


@dataclass(frozen=True)
class Trait:
    """A descriptor that words describe.

    Attributes
    ----------
    low, high : float or None
        The values from which the words for little and for much fit fully; by default, ranks in the library are used.
    little, medium, much : str
        Words for a listener.
    """

    little: str
    medium: str
    much: str
    low: float | None = None
    high: float | None = None


# Adagio ends at 76 BPM and allegro begins at 120; a single lasts about three and a half minutes. Danceability over 1 is
# danceable, by the descriptor's definition. The other values depend on how a library was recorded: its ranks count.
TRAITS = {
    "bpm": Trait("slow", "medium tempo", "fast", 70, 140),
    "duration_s": Trait("short", "medium length", "long", 120, 420),
    "danceability": Trait("not danceable", "a little danceable", "danceable", 0.6, 1.4),
    "loudness_lufs": Trait("quiet", "medium loud", "loud"),
    "energy": Trait("little energy", "medium energy", "much energy"),
    "spectral_centroid_hz": Trait("dark sound", "neither dark nor bright", "bright sound"),
    "onset_rate_hz": Trait("few notes", "neither sparse nor busy", "many notes"),
}

_LINES = (
    ("slow, slowly, downtempo, adagio, ballad, ballads", "bpm-"),
    ("fast, quick, uptempo, up-tempo, rapid, allegro, presto", "bpm+"),
    ("short", "duration_s-"),
    ("long", "duration_s+"),
    ("quiet, silent, low volume", "loudness_lufs-"),
    ("loud, noisy", "loudness_lufs+"),
    (
        "calm, peaceful, relaxing, relaxed, relax, gentle, soft, soothing, sleepy, sleep, tender",
        "calm energy-",
    ),
    ("energetic, energy, powerful, intense, wild, driving, workout, running, upbeat, lively", "energy+"),
    ("bright, shiny", "spectral_centroid_hz+"),
    ("dark, warm, muffled", "spectral_centroid_hz-"),
    ("busy, dense", "onset_rate_hz+"),
    ("sparse, minimal", "onset_rate_hz-"),
    ("danceable, dancing", "danceability+"),
    ("party, parties, club", "party danceability+"),
    ("happy, cheerful, joyful, glad, merry, feel-good, sunny", "happy"),
    ("sad, melancholic, melancholy, sorrowful, gloomy, blue, tearful", "sad"),
    ("mellow, smooth, laid-back, laid back", "mellow"),
    ("chill, chilled, chillout, chill-out, lounge, lo-fi, lofi", "chill"),
    ("instrumental, instrumentals", "no_voice"),
    ("singing, sung, vocal, vocals, voice, voices, singer, singers, lyrics, sings", "!no_voice"),
    (
        "woman, women, female, female vocals, female vocalist, female singer, girl, soprano, her voice",
        "female_voice",
    ),
    (
        "man, men, male, male vocals, male vocalist, male singer, guy, tenor, baritone, his voice",
        "male_voice",
    ),
    ("choir, choral, chorus, choirs", "choir"),
    ("piano, pianos, pianist", "piano"),
    ("guitar, guitars, guitarist", "guitar"),
    ("drums, drum, drummer, percussion, beat, beats", "drums"),
    ("strings, string orchestra, orchestra, orchestral, string quartet", "strings"),
    ("violin, violins, fiddle", "violin"),
    ("cello, cellos", "cello"),
    ("flute, flutes", "flute"),
    ("synth, synths, synthesizer, synthesizers, synthetic", "synth"),
    ("hip hop, hip-hop, rap", "hip_hop"),
    ("rnb, r&b, rhythm and blues", "rnb"),
    ("electronic, electronica, electro, edm", "electronic"),
    ("classical, classic music, baroque, romantic era", "classical"),
    ("metal, heavy metal", "metal"),
    ("punk, punk rock", "punk"),
    ("alternative, alternative rock", "alternative"),
    ("indie, indie rock, indie pop", "indie"),
    ("progressive rock, prog, prog rock", "progressive_rock"),
    ("techno, trance", "techno"),
    ("acoustic, unplugged", "acoustic"),
    ("dance, dance music", "dance"),
)
MEANINGS: dict[str, str] = {
    tag.word: tag.name for tag in SOUND_TAGS if tag.family in ("style", "instrument")
} | {word: parts for words, parts in _LINES for word in words.split(", ")}
"""The parts of the meaning of a word or several words."""
LONGEST = max(len(words.split()) for words in MEANINGS)

NEGATIONS = frozenset(
    ["without", "no", "not", "non", "never", "minus", "except", "isn't", "aren't", "lacking"]
)
CARRIES_ON = frozenset(["or", "nor"])
"""Words after which a negation still applies. "and" is one too, but only after "without"."""
_FILLERS = """
a an the and or nor but with in on of for to from by at as is are be it that this some something anything any music song
songs track tracks tune tunes piece pieces kind sort like very really quite rather too bit little lot more less please i
i'd me my want would find play give show which who where have has having good nice sounding sound sounds feel feeling
mood style key tempo around about era years year
"""
FILLERS = frozenset(_FILLERS.split())
"""Words without a meaning for the sound."""

DECADES = {
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
    "noughties": 2000,
}

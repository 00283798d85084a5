"""The table of sound tags: what networks hear in a track, in a listener's words.

MusiCNN was trained twice: on the Last.fm tags of the Million Song Dataset (``msd``) and on the words that players of a
game wrote for MagnaTagATune (``mtt``). The table combines outputs with the same meaning ("female", "woman", "female
voice"), also those of both networks. It leaves out opinions (beautiful, catchy, sexy, weird, classic, oldies) and what
the analysis measures (slow, fast, loud).
"""

from __future__ import annotations

from dataclasses import dataclass

FAMILIES = ("style", "voice", "instrument", "mood", "era")
"""What sound tags are about. Each is also a text column with the tags of a track, such as ``"piano; strings"``."""

HAS = 0.5  # convention: a word applies from even odds on
"""From this value on, a track has a sound tag."""
NO_VOICE, FEMALE_VOICE, MALE_VOICE = "no_voice", "female_voice", "male_voice"


@dataclass(frozen=True)
class SoundTag:
    """One sound tag.

    Attributes
    ----------
    name : str
        Its name in filters: ``hip_hop > 0.5``.
    family : str
        One of ``FAMILIES``.
    word : str
        Its text for people, which is also the value of its family: ``style = "hip hop"``.
    msd, mtt : tuple of str
        The outputs of each network that mean this sound tag.
    """

    name: str
    family: str
    word: str
    msd: tuple[str, ...]
    mtt: tuple[str, ...]


def _tag(family: str, word: str, msd: str, mtt: str, name: str | None = None) -> SoundTag:
    outputs = [tuple(filter(None, text.split(", "))) for text in (msd, mtt)]
    return SoundTag(name or word.replace(" ", "_"), family, word, *outputs)


SOUND_TAGS = (
    _tag("style", "rock", "rock", "rock"),
    _tag("style", "alternative", "alternative, alternative rock", ""),
    _tag("style", "indie", "indie, indie rock, indie pop", ""),
    _tag("style", "classic rock", "classic rock", ""),
    _tag("style", "hard rock", "hard rock", ""),
    _tag("style", "progressive rock", "Progressive rock", ""),
    _tag("style", "metal", "metal, heavy metal", "metal"),
    _tag("style", "punk", "punk", ""),
    _tag("style", "pop", "pop", "pop"),
    _tag("style", "electronic", "electronic, electronica, electro", "electronic"),
    _tag("style", "dance", "dance", "dance"),
    _tag("style", "techno", "", "techno"),
    _tag("style", "house", "House", ""),
    _tag("style", "ambient", "ambient", "ambient"),
    _tag("style", "new age", "", "new age"),
    _tag("style", "experimental", "experimental", ""),
    _tag("style", "hip hop", "Hip-Hop", ""),
    _tag("style", "rnb", "rnb", ""),
    _tag("style", "soul", "soul", ""),
    _tag("style", "funk", "funk", ""),
    _tag("style", "jazz", "jazz", ""),
    _tag("style", "blues", "blues", ""),
    _tag("style", "country", "country", "country"),
    _tag("style", "folk", "folk", ""),
    _tag("style", "acoustic", "acoustic", ""),
    _tag("style", "easy listening", "easy listening", ""),
    _tag("style", "classical", "", "classical"),
    _tag("style", "opera", "", "opera"),
    _tag("style", "indian", "", "indian"),
    _tag("voice", "none", "instrumental", "no vocals, no vocal, no voice", NO_VOICE),
    _tag(
        "voice",
        "female",
        "female vocalists, female vocalist",
        "female, woman, female vocal, female voice",
        FEMALE_VOICE,
    ),
    _tag("voice", "male", "male vocalists", "male, man, male vocal, male voice", MALE_VOICE),
    _tag("voice", "choir", "", "choir, choral"),
    _tag("instrument", "guitar", "guitar", "guitar"),
    _tag("instrument", "piano", "", "piano"),
    _tag("instrument", "synth", "", "synth"),
    _tag("instrument", "drums", "", "drums, beat, beats"),
    _tag("instrument", "strings", "", "strings, violin, cello"),
    _tag("instrument", "violin", "", "violin"),
    _tag("instrument", "cello", "", "cello"),
    _tag("instrument", "flute", "", "flute"),
    _tag("instrument", "harp", "", "harp"),
    _tag("instrument", "harpsichord", "", "harpsichord"),
    _tag("instrument", "sitar", "", "sitar"),
    _tag("mood", "happy", "happy", ""),
    _tag("mood", "sad", "sad", ""),
    _tag("mood", "mellow", "Mellow", ""),
    _tag("mood", "chill", "chill, chillout", ""),
    _tag("mood", "calm", "", "quiet, soft"),
    _tag("mood", "party", "party", ""),
    _tag("era", "60s", "60s", "", "era_60s"),
    _tag("era", "70s", "70s", "", "era_70s"),
    _tag("era", "80s", "80s", "", "era_80s"),
    _tag("era", "90s", "90s", "", "era_90s"),
    _tag("era", "00s", "00s", "", "era_00s"),
)
BY_NAME = {tag.name: tag for tag in SOUND_TAGS}

ANY_VOICE = (
    *BY_NAME[FEMALE_VOICE].mtt,
    *BY_NAME[MALE_VOICE].mtt,
    *BY_NAME["choir"].mtt,
    *("vocal", "vocals", "singing", "voice", "opera"),
)
"""The outputs of ``mtt`` that say that somebody sings; those of ``msd`` are the female and male vocalists."""

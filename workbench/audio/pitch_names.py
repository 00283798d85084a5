"""The twelve pitch classes by name, from C upward in semitones; sharps, as the key descriptor writes them."""

PITCH_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

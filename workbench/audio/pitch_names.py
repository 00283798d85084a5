"""Names of the twelve pitch classes from C upward, with sharps, as the key descriptor writes them."""

PITCH_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

"""Names of the twelve pitch classes from C upward, with sharps, as in the key descriptor."""

PITCH_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

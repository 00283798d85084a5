"""The sound of tracks and their distances."""

"""Make an ordered list of tracks from a request."""

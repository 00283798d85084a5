"""From a request to an ordered list of tracks."""

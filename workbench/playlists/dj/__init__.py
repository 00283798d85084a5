"""Collections for DJ programs: tracks with beat grids and cue points, and playlists, in one file.

A format is a module with ``encode(collection) -> Iterator[str]`` and ``decode(data) -> Decoded``; ``files.formats``
lists them by suffix.
"""

"""Playlist files: writing, reading, and finding their tracks in a library.

A format is a module with two functions, ``encode(listing) -> bytes`` and ``decode(data) -> Decoded``; ``formats``
lists them by suffix.
"""

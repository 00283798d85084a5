"""Listening histories: the plays, ratings and playlists that services and players export for their users.

A service is a module that recognizes its records and adds each to a :class:`ListeningHistory`; ``reading`` opens files.
"""

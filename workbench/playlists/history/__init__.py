"""Listening histories: what services and players export of what their user played, rated and listed.

A service is a module that recognizes its records and adds each to a :class:`ListeningHistory`; ``reading`` opens files.
"""

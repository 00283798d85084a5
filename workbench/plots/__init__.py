"""Drawings of tracks, playlists and taggers, made from plain values."""

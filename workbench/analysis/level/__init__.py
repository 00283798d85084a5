"""Loudness, true peak and dynamics."""

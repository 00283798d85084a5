"""Onsets, beats and tempo."""

"""Spectra that all meters share, and values that are computed from them."""

"""Spectra that all meters share, and what is read from them."""

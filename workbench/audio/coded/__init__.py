"""Coded sound (AC-3, DTS …) in the samples of a file whose header says that it is uncompressed."""

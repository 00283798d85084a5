"""Coded sound (AC-3, DTS …) that lies in the samples of a file which says that it is uncompressed."""

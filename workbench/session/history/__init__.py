"""Listening histories of other programs: imported, counted, and shown as columns of the library table."""

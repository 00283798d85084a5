"""Read and write tags of files, with the same names for all formats.

A file may have several kinds of tags (ID3v2, APEv2 and ID3v1 in one MP3 file). ``kinds`` reads each of them,
``fields`` has the names of each field in them, and ``reading`` takes every field from the best kind that has it.
"""

from workbench.audio.tags.fields import Tags
from workbench.audio.tags.reading import read_tags

__all__ = ["Tags", "read_tags"]

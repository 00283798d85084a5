"""Tags of files, under the same names for all formats.

A file may have several kinds of tags (ID3v2, APEv2 and ID3v1 in one MP3 file): ``kinds`` reads each of them,
``fields`` knows what a field is called in each, and ``reading`` takes every field from the best kind that has it.
"""

from workbench.audio.tags.fields import Tags
from workbench.audio.tags.reading import read_tags

__all__ = ["Tags", "read_tags"]

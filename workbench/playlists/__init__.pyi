from .files.exporting import export
from .generation import COMMON_PARAMETERS, generate, json_schema
from .methods import METHODS
from .ordering import ORDERS
from .playlist import Playlist, PlaylistTrack
from .registry import Method, find_method

__all__ = ["COMMON_PARAMETERS", "METHODS", "ORDERS", "Method", "Playlist", "PlaylistTrack", "export", "find_method",
           "generate", "json_schema"]

from .comparing import Comparison, compare
from .files.exporting import check_folder, check_target, export, export_folder, render
from .files.formats import FORMATS, playlist_format
from .files.listing import Entry, Line, Listing
from .files.matching import Match, match_entries
from .files.reading import read_playlist_file
from .making.counting import count_candidates
from .making.generation import COMMON_PARAMETERS, generate, json_schema
from .making.many import generate_many
from .making.ordering import ORDER_HELP, ORDERS
from .making.registry import Method, method
from .making.request import Pick, Request
from .making.resolve import resolve_track
from .methods import METHODS, find_method
from .playlist import Playlist
from .playlist_track import PlaylistTrack
from .recipes import Refreshed, refresh, regenerate

__all__ = [
    "COMMON_PARAMETERS",
    "FORMATS",
    "METHODS",
    "ORDERS",
    "ORDER_HELP",
    "Comparison",
    "Entry",
    "Line",
    "Listing",
    "Match",
    "Method",
    "Pick",
    "Playlist",
    "PlaylistTrack",
    "Refreshed",
    "Request",
    "check_folder",
    "check_target",
    "compare",
    "count_candidates",
    "export",
    "export_folder",
    "find_method",
    "generate",
    "generate_many",
    "json_schema",
    "match_entries",
    "method",
    "playlist_format",
    "read_playlist_file",
    "refresh",
    "regenerate",
    "render",
    "resolve_track",
]

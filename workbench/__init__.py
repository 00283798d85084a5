"""Playlist Workbench: analyze a music library, explore it in notebooks, make playlists. Everything loads when used."""

import lazy_loader

__version__ = "0.2.0.dev0"

__getattr__, __dir__, _ = lazy_loader.attach_stub(__name__, __file__)
__all__ = [
    "Playlist",
    "Settings",
    "Track",
    "TrackFeatures",
    "Workbench",
    "WorkbenchError",
    "check_parameters",
]

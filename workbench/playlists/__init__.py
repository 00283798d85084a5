"""Playlists: from a library table to ordered and explained tracks, and to files that any player opens.

``generate`` makes one, ``METHODS`` describes how, ``export`` writes it. Everything loads when used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Make playlists of ordered and explained tracks from a library table, and write them to files for any player.

``generate`` makes a playlist, ``METHODS`` describes the methods, ``export`` writes it. Everything loads when used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Plots made from plain values: arrays, mappings of names to values, sequences.

Each module is for one kind of object: ``library_plots``, ``track_plots``, ``playlist_plots``, ``tagger_plots``,
``performance_plots``. Colors are in ``workbench.palette``; ``coloring`` chooses a color for each point of a map.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

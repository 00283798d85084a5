"""Blocks of samples to descriptors: one streaming pass over shared spectra. Knows no file format and no SQL."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

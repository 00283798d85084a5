"""Compute descriptors from blocks of samples, in one pass over shared spectra; without file formats and SQL."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

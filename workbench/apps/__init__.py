"""The servers: REST, the Voila apps and JupyterLab, which share one list of handlers."""

import lazy_loader

from workbench.lazy_imports import defer_iri_grammar

defer_iri_grammar()  # before any module of this package imports Jupyter's server
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

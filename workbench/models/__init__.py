"""TensorFlow, twice: Essentia's published models when the user has them, and a tagger of the user's own library.

Nothing here loads TensorFlow or Essentia when imported; only running or training a model does.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"registry", "inference", "columns", "predicted", "embed", "tagger", "tag_files", "gpu"},
)

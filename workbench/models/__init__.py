"""TensorFlow, twice: Essentia's published models when the user has them, and a tagger of the user's own library.

Nothing here loads TensorFlow or Essentia when imported; only running or training a model does.
"""

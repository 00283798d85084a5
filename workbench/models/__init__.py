"""Trained models: published networks, and taggers that learn from the user's own library.

Nothing here loads TensorFlow or Essentia when imported; only running or training a model does.
"""

